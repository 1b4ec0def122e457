/* load.c - the load generator: connects, warms up, measures, and says what it saw.
 *
 * Ends with status 0 only if every subscriber got every message exactly once, all of a room in one
 * order, and no connection was refused or lost; 1 otherwise; 2 for a mistake on the command line.
 */
#include "bench/load.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>
#include "bench/client.h"
#include "bench/report.h"
#include "bench/target.h"

enum {
    POLL_MS = 20,    /* how often phases look at the clock when nothing comes */
    SETTLE_MS = 150, /* rest before and after measuring: late work of the server shows, late
                        duplicates too */
    FIRST_CONNECTIONS_MAX = 1000, /* opened before the first look at the memory, so that what a
                                     server sets up once does not count as memory of connections */
};

/* Looked at too early, the server only has company for its last sends. */
static const struct process_rest after_fanout = {.look_ms = 20, .cpu_us = 1000, .limit_ms = 60000};

/* What is put off is put off by a second at most, and may wait for the disk meanwhile. */
static const struct process_rest after_all = {.look_ms = 1500, .cpu_us = 7500, .limit_ms = 60000};

static const uint64_t ms_ns = 1000 * 1000;
static const uint64_t s_ns = 1000 * 1000 * 1000;

/* As many files as we may have. */
static void raise_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit); /* if it fails, connections fail and are counted */
}

/* A client for each seat, a room for each chat. */
static enum err make_clients(struct load *load)
{
    load->client_count = load->plan.seat_count;
    load->clients = calloc(load->client_count, sizeof(*load->clients));
    load->rooms = calloc(load->client_count, sizeof(*load->rooms));
    load->read_buffer = malloc(READ_BYTES);
    if (load->clients == NULL || load->rooms == NULL || load->read_buffer == NULL)
        return ERR_MEMORY;
    const struct plan_seat *seats = load->plan.seats;
    for (size_t i = 0; i < load->client_count; i++) {
        if (i == 0 || seats[i].chat_id != seats[i - 1].chat_id)
            load->rooms[load->room_count++].first_client = i;
        load->rooms[load->room_count - 1].client_count++;
        load->clients[i] = (struct client) {
            .fd = -1,
            .room = (uint32_t)(load->room_count - 1),
            .publisher = NO_PUBLISHER,
        };
    }
    return OK;
}

/* Publishers are dealt out over the rooms in turn. ERR_LIMIT: more of them than seats in some room.
 */
static enum err make_publishers(struct load *load)
{
    load->publisher_count = load->options.publishers;
    load->publishers = calloc(load->publisher_count + 1, sizeof(*load->publishers));
    if (load->publishers == NULL)
        return ERR_MEMORY;
    for (size_t i = 0; i < load->publisher_count; i++) {
        const struct room *room = &load->rooms[i % load->room_count];
        size_t seat = i / load->room_count;
        if (seat >= room->client_count) {
            (void)fprintf(stderr, "load: more publishers than seats in a room\n");
            return ERR_LIMIT;
        }
        load->publishers[i].client = &load->clients[room->first_client + seat];
        load->publishers[i].client->publisher = (uint32_t)i;
    }
    return OK;
}

/* A publisher for each room who has published all that its clients have missed; nobody is it now.
 */
static enum err make_missed(struct load *load)
{
    load->publisher_count = load->room_count;
    load->publishers = calloc(load->publisher_count, sizeof(*load->publishers));
    if (load->publishers == NULL)
        return ERR_MEMORY;
    uint64_t published_ns = now_ns();
    enum err err = OK;
    for (size_t i = 0; i < load->room_count; i++) {
        uint32_t number;
        for (uint64_t j = 0; j < load->options.missed && err == OK; j++)
            err = publisher_log_add(&load->publishers[i].log, published_ns, &number);
        load->due += load->options.missed * load->rooms[i].client_count;
    }
    return err;
}

static enum err load_prepare(struct load *load)
{
    const struct options *options = &load->options;
    enum err err = target_read(options->target, &load->address);
    if (err == OK && options->pids != NULL)
        err = process_set_read(options->pids, &load->server);
    load->dialect = dialect_find(options->dialect);
    if (err == OK && load->dialect == NULL)
        err = ERR_SYNTAX;
    if (err == OK && options->bare)
        err = plan_make_bare(options->connections, &load->plan);
    else if (err == OK)
        err = plan_read(options->plan, options->connections, &load->plan);
    if (err == OK && load->plan.seat_count == 0)
        err = ERR_SYNTAX;
    if (err == OK)
        err = make_clients(load);
    if (err == OK)
        err = options->missed > 0 ? make_missed(load) : make_publishers(load);
    if (err != OK)
        return err;
    load->random = 2463534242u;
    load->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    return load->epoll_fd < 0 ? ERR_IO : OK;
}

static void load_free(struct load *load)
{
    for (size_t i = 0; load->clients != NULL && i < load->client_count; i++)
        client_free(&load->clients[i]);
    for (size_t i = 0; load->publishers != NULL && i < load->publisher_count; i++)
        publisher_log_free(&load->publishers[i].log);
    for (size_t i = 0; load->rooms != NULL && i < load->room_count; i++)
        order_room_free(&load->rooms[i].order);
    free(load->clients);
    free(load->publishers);
    free(load->rooms);
    free(load->read_buffer);
    plan_free(&load->plan);
    if (load->epoll_fd >= 0)
        (void)close(load->epoll_fd);
}

static bool is_stalled(const struct load *load)
{
    return now_ns() > load->progress_ns + load->options.stall_ms * ms_ns;
}

/* Deal with what comes, for a fixed time. */
static void settle(struct load *load)
{
    uint64_t end_ns = now_ns() + SETTLE_MS * ms_ns;
    for (uint64_t now = now_ns(); now < end_ns; now = now_ns())
        client_poll(load, end_ns - now);
}

/* Open clients from the first idle one up to (without) end. */
static void connect_until(struct load *load, size_t *first_idle, size_t end)
{
    load->progress_ns = now_ns();
    while (*first_idle < end || load->handshakes_pending > 0) {
        while (*first_idle < end && load->handshakes_pending < load->options.concurrency)
            client_open(load, &load->clients[(*first_idle)++]);
        client_poll(load, POLL_MS * ms_ns);
        if (is_stalled(load))
            break;
    }
}

/* The server's processor time and memory stay 0 when no process was named. */
static enum err connect_phase(struct load *load, struct result *result)
{
    size_t first = load->client_count / 10;
    if (first > FIRST_CONNECTIONS_MAX)
        first = FIRST_CONNECTIONS_MAX;
    if (load->options.missed > 0)
        first = 0; /* all at once */
    uint64_t cpu_begin_ns = 0;
    uint64_t cpu_end_ns = 0;
    size_t opened = 0;
    enum err err = process_cpu_ns(&load->server, &cpu_begin_ns);
    if (err != OK)
        return err;
    uint64_t begin_ns = now_ns();
    connect_until(load, &opened, first);
    uint64_t first_ns = now_ns() - begin_ns;
    settle(load);
    err = process_memory(&load->server, &result->memory_before);
    if (err != OK)
        return err;

    begin_ns = now_ns();
    connect_until(load, &opened, load->client_count);
    result->handshakes_ns = now_ns() - begin_ns + first_ns;
    settle(load);
    if (load->handshakes_pending > 0 && load->complaint[0] == '\0')
        (void)snprintf(load->complaint, sizeof(load->complaint), "%zu handshakes without an answer",
                       load->handshakes_pending);
    load->faults.refused += load->handshakes_pending;
    err = process_cpu_ns(&load->server, &cpu_end_ns);
    if (err == OK)
        err = process_memory(&load->server, &result->memory_after);
    result->handshakes = load->open_count;
    result->handshakes_cpu_ns = cpu_end_ns - cpu_begin_ns;
    result->idle_connections = load->client_count - first;
    return err;
}

/* Publish count messages as fast as the windows allow, and wait until all have come everywhere. */
static void publish_by_window(struct load *load, uint64_t count, uint64_t end_ns)
{
    load->publish_left = count;
    load->progress_ns = now_ns();
    for (size_t i = 0; i < load->publisher_count; i++)
        client_fill_window(load, &load->publishers[i]);
    while (load->publish_left > 0 || load->delivered < load->due) {
        client_poll(load, POLL_MS * ms_ns);
        if (end_ns != 0 && now_ns() >= end_ns)
            load->publish_left = 0;
        if (is_stalled(load))
            break;
    }
    load->publish_left = 0;
}

/* Publish at fixed moments, whatever comes back when: a slow answer does not slow the questions
 * down, and each latency counts from the moment at which the message was to be sent. */
static enum err publish_by_rate(struct load *load, uint64_t count, uint64_t end_ns)
{
    uint64_t step_ns = s_ns / load->options.rate;
    uint64_t next_ns = now_ns();
    load->progress_ns = next_ns;
    for (uint64_t sent = 0; sent < count && (end_ns == 0 || next_ns < end_ns); sent++) {
        for (uint64_t now = now_ns(); now < next_ns; now = now_ns())
            client_poll(load, next_ns - now);
        struct publisher *publisher = &load->publishers[sent % load->publisher_count];
        enum err err = client_publish(load, publisher, next_ns);
        if (err != OK)
            return err;
        client_flush(load, publisher->client);
        next_ns += step_ns;
        if (is_stalled(load))
            break;
    }
    while (load->delivered < load->due && !is_stalled(load))
        client_poll(load, POLL_MS * ms_ns);
    return OK;
}

static void hold_all(const struct load *load, bool is_held)
{
    for (size_t i = 0; i < load->client_count; i++) {
        if (load->clients[i].publisher == NO_PUBLISHER)
            client_hold(load, &load->clients[i], is_held);
    }
}

/* One message at a time; nobody but its publisher reads it until the server has sent it to all.
 * What had come when, the kernel knows. */
static enum err publish_and_hold(struct load *load, uint64_t count)
{
    enum err err = OK;
    for (uint64_t sent = 0; sent < count && err == OK; sent++) {
        struct publisher *publisher = &load->publishers[sent % load->publisher_count];
        hold_all(load, true);
        uint64_t begin_ns = now_ns();
        err = client_publish(load, publisher, begin_ns);
        if (err != OK)
            break;
        client_flush(load, publisher->client);
        err = process_wait_for_rest(&load->server, &after_fanout);
        hold_all(load, false);
        load->progress_ns = now_ns();
        while (load->delivered < load->due && !is_stalled(load))
            client_poll(load, POLL_MS * ms_ns);
        histogram_add(&load->complete, load->last_arrival_ns - begin_ns);
    }
    return err;
}

static uint64_t messages_published(const struct load *load)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < load->publisher_count; i++)
        sum += load->publishers[i].log.count;
    return sum;
}

/* What the server has put off until nothing else is to do. */
static enum err later_phase(const struct load *load, uint64_t cpu_begin_ns, uint64_t *later_cpu_ns)
{
    uint64_t cpu_end_ns = cpu_begin_ns;
    enum err err = process_wait_for_rest(&load->server, &after_all);
    if (err == OK)
        err = process_cpu_ns(&load->server, &cpu_end_ns);
    *later_cpu_ns = cpu_end_ns - cpu_begin_ns;
    return err;
}

/* Processor time is read at rest on both sides, so what the server still does after the last
 * delivery is its cost too. */
static enum err measured_phase(struct load *load, struct result *result)
{
    const struct options *options = &load->options;
    publish_by_window(load, options->warmup, 0);
    settle(load);
    histogram_clear(&load->latency);
    uint64_t messages_before = messages_published(load);
    uint64_t delivered_before = load->delivered;
    load->receives = load->frame_bytes = 0;
    uint64_t cpu_begin_ns = 0;
    uint64_t cpu_end_ns = 0;
    enum err err = process_cpu_ns(&load->server, &cpu_begin_ns);
    if (err != OK)
        return err;

    uint64_t own_begin_ns = own_cpu_ns();
    uint64_t begin_ns = now_ns();
    uint64_t end_ns = options->seconds > 0 ? begin_ns + options->seconds * s_ns : 0;
    uint64_t count = options->seconds > 0 ? UINT32_MAX : options->messages;
    if (options->hold)
        err = publish_and_hold(load, count);
    else if (options->rate > 0)
        err = publish_by_rate(load, count, end_ns);
    else
        publish_by_window(load, count, end_ns);
    result->measured_ns = load->progress_ns - begin_ns;
    result->own_cpu_ns = own_cpu_ns() - own_begin_ns;
    settle(load);
    if (err == OK)
        err = process_cpu_ns(&load->server, &cpu_end_ns);
    result->server_cpu_ns = cpu_end_ns - cpu_begin_ns;
    if (err == OK && options->later)
        err = later_phase(load, cpu_end_ns, &result->later_cpu_ns);
    result->messages = messages_published(load) - messages_before;
    result->deliveries = load->delivered - delivered_before;
    result->receives = load->receives;
    result->frame_bytes = load->frame_bytes;
    load->faults.missing = load->due - load->delivered;
    return err;
}

/* Everybody gets what they have missed. The server's processor time is all that it has had since
 * its start. */
static enum err resume_phase(struct load *load, struct result *result)
{
    load->progress_ns = now_ns();
    while (load->delivered < load->due && !is_stalled(load))
        client_poll(load, POLL_MS * ms_ns);
    result->measured_ns = load->progress_ns - load->clients[0].began_ns;
    settle(load);
    result->deliveries = load->delivered;
    load->faults.missing = load->due - load->delivered;
    return process_cpu_ns(&load->server, &result->server_cpu_ns);
}

static enum err load_run(struct load *load)
{
    struct result result = {0};
    enum err err = load_prepare(load);
    if (err == OK)
        err = connect_phase(load, &result);
    if (err == OK && load->options.missed > 0)
        err = resume_phase(load, &result);
    else if (err == OK && load->publisher_count > 0 && report_is_clean(&load->faults))
        err = measured_phase(load, &result);
    if (err != OK)
        return err;
    result.connections = load->open_count;
    return report_print(load, &result);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        options_print_help();
        return 0;
    }
    static struct load load; /* zero, and too large for a stack */
    load.epoll_fd = -1;
    if (options_read(argc, argv, &load.options) != OK)
        return 2;
    raise_file_limit();
    enum err err = load_run(&load);
    if (err != OK)
        (void)fprintf(stderr, "load: cannot run: %s\n", err_name(err));
    if (load.complaint[0] != '\0')
        (void)fprintf(stderr, "load: the first fault was: %s\n", load.complaint);
    bool clean = err == OK && report_is_clean(&load.faults);
    load_free(&load);
    return clean ? 0 : 1;
}
