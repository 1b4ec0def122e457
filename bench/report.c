#include "bench/report.h"

#include "bench/figures.h"

/* The latency at a share of the deliveries, in microseconds. */
static double quantile_us(const struct histogram *histogram, double share)
{
    return (double)histogram_quantile(histogram, share) / 1e3;
}

static void add_faults(struct figures *figures, const struct faults *faults)
{
    figures_add_count(figures, "missing", faults->missing);
    figures_add_count(figures, "duplicate", faults->duplicate);
    figures_add_count(figures, "out_of_order", faults->out_of_order);
    figures_add_count(figures, "unknown", faults->unknown);
    figures_add_count(figures, "error_frames", faults->error_frames);
    figures_add_count(figures, "closed", faults->closed);
    figures_add_count(figures, "refused", faults->refused);
}

static void add_messages(struct figures *figures, const struct load *load,
                         const struct result *result)
{
    double cpu_s = (double)result->server_cpu_ns / 1e9;
    double deliveries = (double)result->deliveries;
    figures_add_count(figures, "messages", result->messages);
    figures_add_count(figures, "deliveries", result->deliveries);
    figures_add(figures, "frame_bytes", figures_ratio((double)result->frame_bytes, deliveries), 1);
    figures_add(figures, "measured_s", (double)result->measured_ns / 1e9, 3);
    figures_add(figures, "server_cpu_s", cpu_s, 4);
    figures_add(figures, "server_cpu_us_per_delivery", figures_ratio(cpu_s * 1e6, deliveries), 4);
    figures_add(figures, "deliveries_per_server_cpu_s", figures_ratio(deliveries, cpu_s), 0);
    figures_add(figures, "server_cpu_us_per_message",
                figures_ratio(cpu_s * 1e6, (double)result->messages), 3);
    figures_add(figures, "messages_per_server_cpu_s",
                figures_ratio((double)result->messages, cpu_s), 0);
    figures_add(figures, "deliveries_per_s",
                figures_ratio(deliveries * 1e9, (double)result->measured_ns), 0);
    figures_add(figures, "deliveries_per_receive",
                figures_ratio(deliveries, (double)result->receives), 2);
    figures_add(figures, "latency_p50_us", quantile_us(&load->latency, 0.50), 1);
    figures_add(figures, "latency_p90_us", quantile_us(&load->latency, 0.90), 1);
    figures_add(figures, "latency_p99_us", quantile_us(&load->latency, 0.99), 1);
    figures_add(figures, "latency_max_us", quantile_us(&load->latency, 1), 1);
    if (load->options.later)
        figures_add(figures, "later_cpu_us_per_message",
                    figures_ratio((double)result->later_cpu_ns / 1e3, (double)result->messages), 3);
    if (load->options.hold)
        figures_add(figures, "complete_p50_us", quantile_us(&load->complete, 0.50), 1);
    figures_add(figures, "generator_busy",
                figures_ratio((double)result->own_cpu_ns, (double)result->measured_ns), 2);
}

static void add_connections(struct figures *figures, const struct load *load,
                            const struct result *result)
{
    double handshakes = (double)result->handshakes;
    double pss = (double)result->memory_after.pss_bytes - (double)result->memory_before.pss_bytes;
    double rss = (double)result->memory_after.rss_bytes - (double)result->memory_before.rss_bytes;
    double idle = (double)result->idle_connections;
    figures_add_count(figures, "connections", result->connections);
    figures_add_count(figures, "rooms", load->room_count);
    figures_add_count(figures, "handshakes", result->handshakes);
    figures_add(figures, "handshakes_per_server_cpu_s",
                figures_ratio(handshakes * 1e9, (double)result->handshakes_cpu_ns), 0);
    figures_add(figures, "handshakes_per_s",
                figures_ratio(handshakes * 1e9, (double)result->handshakes_ns), 0);
    figures_add(figures, "handshake_p50_us", quantile_us(&load->handshake_latency, 0.50), 1);
    figures_add(figures, "handshake_p99_us", quantile_us(&load->handshake_latency, 0.99), 1);
    figures_add(figures, "handshake_max_us", quantile_us(&load->handshake_latency, 1), 1);
    figures_add(figures, "pss_bytes_per_connection", figures_ratio(pss, idle), 0);
    figures_add(figures, "rss_bytes_per_connection", figures_ratio(rss, idle), 0);
    figures_add_count(figures, "server_pss_bytes", result->memory_after.pss_bytes);
    figures_add_count(figures, "server_rss_bytes", result->memory_after.rss_bytes);
}

static void add_resume(struct figures *figures, const struct load *load,
                       const struct result *result)
{
    double cpu_s = (double)result->server_cpu_ns / 1e9;
    figures_add_count(figures, "deliveries", result->deliveries);
    figures_add(figures, "resume_server_cpu_s", cpu_s, 3);
    figures_add(figures, "resume_s", (double)result->measured_ns / 1e9, 3);
    figures_add(figures, "resume_server_cpu_us_per_connection",
                figures_ratio(cpu_s * 1e6, (double)load->client_count), 1);
}

enum err report_print(const struct load *load, const struct result *result)
{
    struct figures figures = {0};
    add_connections(&figures, load, result);
    if (load->options.missed > 0)
        add_resume(&figures, load, result);
    else if (result->messages > 0)
        add_messages(&figures, load, result);
    add_faults(&figures, &load->faults);
    return figures_print(&figures, load->options.json);
}

bool report_is_clean(const struct faults *faults)
{
    return faults->missing == 0 && faults->duplicate == 0 && faults->out_of_order == 0 &&
           faults->unknown == 0 && faults->error_frames == 0 && faults->closed == 0 &&
           faults->refused == 0;
}
