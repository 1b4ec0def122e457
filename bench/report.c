#include "bench/report.h"

#include <stdio.h>
#include "base/json_write.h"

/* One line of the report. */
struct figure {
    const char *name; /* with its unit; the key in JSON */
    double value;
    int decimals;
};

enum { FIGURES_MAX = 48, FIGURE_TEXT_BYTES = 64 };

struct figures {
    struct figure rows[FIGURES_MAX];
    size_t count;
};

static void add(struct figures *figures, const char *name, double value, int decimals)
{
    if (figures->count < FIGURES_MAX)
        figures->rows[figures->count++] = (struct figure) {name, value, decimals};
}

static void add_count(struct figures *figures, const char *name, uint64_t value)
{
    add(figures, name, (double)value, 0);
}

static double ratio(double a, double b)
{
    return b == 0 ? 0 : a / b;
}

/* The latency at a share of the deliveries, in microseconds. */
static double quantile_us(const struct histogram *histogram, double share)
{
    return (double)histogram_quantile(histogram, share) / 1e3;
}

static void add_faults(struct figures *figures, const struct faults *faults)
{
    add_count(figures, "missing", faults->missing);
    add_count(figures, "duplicate", faults->duplicate);
    add_count(figures, "out_of_order", faults->out_of_order);
    add_count(figures, "unknown", faults->unknown);
    add_count(figures, "error_frames", faults->error_frames);
    add_count(figures, "closed", faults->closed);
    add_count(figures, "refused", faults->refused);
}

static void add_messages(struct figures *figures, const struct load *load,
                         const struct result *result)
{
    double cpu_s = (double)result->server_cpu_ns / 1e9;
    double deliveries = (double)result->deliveries;
    add_count(figures, "messages", result->messages);
    add_count(figures, "deliveries", result->deliveries);
    add(figures, "frame_bytes", ratio((double)result->frame_bytes, deliveries), 1);
    add(figures, "measured_s", (double)result->measured_ns / 1e9, 3);
    add(figures, "server_cpu_s", cpu_s, 4);
    add(figures, "server_cpu_us_per_delivery", ratio(cpu_s * 1e6, deliveries), 4);
    add(figures, "deliveries_per_server_cpu_s", ratio(deliveries, cpu_s), 0);
    add(figures, "server_cpu_us_per_message", ratio(cpu_s * 1e6, (double)result->messages), 3);
    add(figures, "messages_per_server_cpu_s", ratio((double)result->messages, cpu_s), 0);
    add(figures, "deliveries_per_s", ratio(deliveries * 1e9, (double)result->measured_ns), 0);
    add(figures, "deliveries_per_receive", ratio(deliveries, (double)result->receives), 2);
    add(figures, "latency_p50_us", quantile_us(&load->latency, 0.50), 1);
    add(figures, "latency_p90_us", quantile_us(&load->latency, 0.90), 1);
    add(figures, "latency_p99_us", quantile_us(&load->latency, 0.99), 1);
    add(figures, "latency_max_us", quantile_us(&load->latency, 1), 1);
    add(figures, "generator_busy", ratio((double)result->own_cpu_ns, (double)result->measured_ns),
        2);
}

static void add_connections(struct figures *figures, const struct load *load,
                            const struct result *result)
{
    double handshakes = (double)result->handshakes;
    double pss = (double)result->memory_after.pss_bytes - (double)result->memory_before.pss_bytes;
    double rss = (double)result->memory_after.rss_bytes - (double)result->memory_before.rss_bytes;
    double idle = (double)result->idle_connections;
    add_count(figures, "connections", result->connections);
    add_count(figures, "rooms", load->room_count);
    add_count(figures, "handshakes", result->handshakes);
    add(figures, "handshakes_per_server_cpu_s",
        ratio(handshakes * 1e9, (double)result->handshakes_cpu_ns), 0);
    add(figures, "handshakes_per_s", ratio(handshakes * 1e9, (double)result->handshakes_ns), 0);
    add(figures, "handshake_p50_us", quantile_us(&load->handshake_latency, 0.50), 1);
    add(figures, "handshake_p99_us", quantile_us(&load->handshake_latency, 0.99), 1);
    add(figures, "handshake_max_us", quantile_us(&load->handshake_latency, 1), 1);
    add(figures, "pss_bytes_per_connection", ratio(pss, idle), 0);
    add(figures, "rss_bytes_per_connection", ratio(rss, idle), 0);
    add_count(figures, "server_pss_bytes", result->memory_after.pss_bytes);
    add_count(figures, "server_rss_bytes", result->memory_after.rss_bytes);
}

static enum err print_json(const struct figures *figures)
{
    struct buf out = {0};
    struct json json = {.out = &out, .style = JSON_PYTHON};
    json_object_begin(&json);
    for (size_t i = 0; i < figures->count; i++) {
        const struct figure *row = &figures->rows[i];
        char text[FIGURE_TEXT_BYTES];
        (void)snprintf(text, sizeof(text), "%.*f", row->decimals, row->value);
        json_key(&json, row->name);
        json_raw(&json, bytes_from_text(text));
    }
    json_object_end(&json);
    enum err err = buf_status(&out);
    if (err == OK)
        (void)printf("%.*s\n", BYTES_FMT(buf_bytes(&out)));
    buf_free(&out);
    return err;
}

enum err report_print(const struct load *load, const struct result *result)
{
    struct figures figures = {0};
    add_connections(&figures, load, result);
    if (result->messages > 0)
        add_messages(&figures, load, result);
    add_faults(&figures, &load->faults);
    if (load->options.json)
        return print_json(&figures);
    for (size_t i = 0; i < figures.count; i++) {
        const struct figure *row = &figures.rows[i];
        (void)printf("%-30s %18.*f\n", row->name, row->decimals, row->value);
    }
    return OK;
}

bool report_is_clean(const struct faults *faults)
{
    return faults->missing == 0 && faults->duplicate == 0 && faults->out_of_order == 0 &&
           faults->unknown == 0 && faults->error_frames == 0 && faults->closed == 0 &&
           faults->refused == 0;
}
