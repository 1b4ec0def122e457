#include "server/metrics.h"

#include <assert.h>
#include <stdio.h>
#include "api/routes.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/prometheus.h"
#include "http/route.h"
#include "server/process_stats.h"
#include "server/upgrade.h"
#include "ws/close_code.h"

/* --- Kinds: labels have few values, whatever peers send --- */

/* Paths beside the API's resources. */
static const char *const other_routes[] = {"/ws/chat/{id}/", "/ws/", "/ws/echo/", "/healthz",
                                           "/metrics"};
static const char no_route[] = "other"; /* all paths that lead nowhere, and what is no request */

static const unsigned handshake_statuses[METRICS_HANDSHAKE_KINDS - 1] = {101, 400, 403, 404,
                                                                         405, 426, 503};
static const unsigned close_codes[METRICS_CLOSE_KINDS - 1] = {
    WS_CLOSE_NORMAL,     WS_CLOSE_GOING_AWAY,    WS_CLOSE_PROTOCOL, WS_CLOSE_UNSUPPORTED,
    WS_CLOSE_BAD_DATA,   WS_CLOSE_TOO_BIG,       WS_CLOSE_INTERNAL, WS_CLOSE_RESTART,
    WS_CLOSE_OVERLOADED, WS_CLOSE_SESSION_ENDED, WS_CLOSE_REMOVED,  WS_CLOSE_CHAT_DELETED,
    WS_CLOSE_BAD_FRAME,  WS_CLOSE_LIFELESS,      WS_CLOSE_FLOODING,
};

/* The number's index; count - 1, "other", if it is not in the list. Zeros are places left free. */
static unsigned kind_of(const unsigned *numbers, unsigned count, unsigned number)
{
    unsigned kind = 0;
    while (kind < count - 1 && numbers[kind] != number)
        kind++;
    return kind;
}

unsigned metrics_handshake_kind(unsigned status)
{
    return kind_of(handshake_statuses, METRICS_HANDSHAKE_KINDS, status);
}

unsigned metrics_close_kind(unsigned code)
{
    return kind_of(close_codes, METRICS_CLOSE_KINDS, code);
}

unsigned metrics_route(const struct exchange *exchange)
{
    const struct call *call = &exchange->call;
    unsigned resources = (unsigned)resource_count();
    struct bytes segment;
    assert(resources + COUNT_OF(other_routes) < METRICS_ROUTES_MAX);
    if (call->resource != NULL)
        return (unsigned)resource_index(call->resource);
    for (unsigned i = 0; call->request != NULL && i < COUNT_OF(other_routes); i++) {
        if (http_route_matches(other_routes[i], call->request->path, &segment))
            return resources + i;
    }
    return resources + (unsigned)COUNT_OF(other_routes);
}

/* NULL: no route has that number. */
static const char *route_name(unsigned route)
{
    unsigned resources = (unsigned)resource_count();
    if (route < resources)
        return resource_pattern(route);
    if (route < resources + COUNT_OF(other_routes))
        return other_routes[route - resources];
    return route == resources + COUNT_OF(other_routes) ? no_route : NULL;
}

/* --- The label of each member of a group; false: there is no such member --- */

enum { LABEL_BYTES_MAX = 64 };
typedef bool name_of_kind(unsigned kind, char out[LABEL_BYTES_MAX]);

static bool number_name(const unsigned *numbers, unsigned count, unsigned kind,
                        char out[LABEL_BYTES_MAX])
{
    if (kind == count - 1)
        (void)snprintf(out, LABEL_BYTES_MAX, "%s", no_route);
    else
        (void)snprintf(out, LABEL_BYTES_MAX, "%u", numbers[kind]);
    return kind == count - 1 || numbers[kind] != 0;
}

static bool handshake_name(unsigned kind, char out[LABEL_BYTES_MAX])
{
    return number_name(handshake_statuses, METRICS_HANDSHAKE_KINDS, kind, out);
}

static bool close_name(unsigned kind, char out[LABEL_BYTES_MAX])
{
    return number_name(close_codes, METRICS_CLOSE_KINDS, kind, out);
}

static bool error_name(unsigned kind, char out[LABEL_BYTES_MAX])
{
    (void)snprintf(out, LABEL_BYTES_MAX, "%s", err_name((enum err)kind));
    return kind != OK && kind != ERR_PARTIAL;
}

static bool level_name(unsigned kind, char out[LABEL_BYTES_MAX])
{
    (void)snprintf(out, LABEL_BYTES_MAX, "%s", log_level_name((enum log_level)kind));
    return true;
}

static bool way_name(unsigned kind, char out[LABEL_BYTES_MAX])
{
    (void)snprintf(out, LABEL_BYTES_MAX, "%s", kind == 0 ? "websocket" : "rest");
    return true;
}

static bool result_name(unsigned kind, char out[LABEL_BYTES_MAX])
{
    (void)snprintf(out, LABEL_BYTES_MAX, "%s", kind == 0 ? "ok" : "failed");
    return true;
}

/* --- The tables --- */

/* One counter, or a group with a label. */
static const struct family {
    const char *name;
    unsigned counter;  /* the first, or only one */
    unsigned count;    /* of the group; 0: it is one counter */
    const char *label; /* of the group */
    name_of_kind *kind_name;
    const char *help;
} families[] = {
    {"confab_connections_accepted_total", COUNTER_CONNECTIONS_ACCEPTED,
     .help = "Connections accepted."},
    {"confab_connections_refused_total", COUNTER_CONNECTIONS_REFUSED,
     .help = "Connections ended at once for want of memory."},
    {"confab_accept_pauses_total", COUNTER_ACCEPT_PAUSES,
     .help = "Times that no connection could be accepted: no file descriptor was left."},
    {"confab_http_response_bytes_total", COUNTER_RESPONSE_BYTES,
     .help = "Bytes of answers to requests, heads included."},
    {"confab_requests_throttled_total", COUNTER_REQUESTS_THROTTLED,
     .help = "Requests answered 429."},
    {"confab_logins_failed_total", COUNTER_LOGINS_FAILED, .help = "Logins with wrong credentials."},
    {"confab_websocket_handshakes_total", COUNTER_HANDSHAKES, METRICS_HANDSHAKE_KINDS, "status",
     handshake_name, "Opening handshakes by the status of their answer."},
    {"confab_websocket_closes_total", COUNTER_CLOSES, METRICS_CLOSE_KINDS, "code", close_name,
     "Close frames sent, by close code."},
    {"confab_messages_stored_total", COUNTER_MESSAGES_FROM_WEBSOCKETS, 2, "way", way_name,
     "Messages of chats that became durable, by the way they came."},
    {"confab_messages_refused_total", COUNTER_MESSAGES_REFUSED, ERR_COUNT, "kind", error_name,
     "Messages from WebSockets that were not stored; limit: the sender was too fast."},
    {"confab_deliveries_total", COUNTER_DELIVERIES,
     .help = "Messages put before readers: one for each reader."},
    {"confab_v1_replay_pages_total", COUNTER_V1_REPLAY_PAGES,
     .help = "Pages of the past read from the database for connections that resume."},
    {"confab_v1_fallbacks_total", COUNTER_V1_FALLBACKS,
     .help = "Readers of confab.v1 that fell behind their room's log."},
    {"confab_v1_gaps_total", COUNTER_V1_GAPS, .help = "Gaps that clients were told of."},
    {"confab_v1_duplicates_total", COUNTER_V1_DUPLICATES,
     .help = "Messages whose nonce was known: stored before."},
    {"confab_chain_pulls_total", COUNTER_CHAIN_PULLS,
     .help = "Reads of a room's events that this server was not told of."},
    {"confab_sends_total", COUNTER_SENDS,
     .help = "Sends of room logs; one may carry many messages."},
    {"confab_sends_refused_total", COUNTER_SENDS_REFUSED,
     .help = "Sends of which the kernel did not take all: the reader is slow, or gone."},
    {"confab_sent_bytes_total", COUNTER_SENT_BYTES, .help = "Bytes of room logs sent."},
    {"confab_database_errors_total", COUNTER_DATABASE_ERRORS, ERR_COUNT, "kind", error_name,
     "Database calls that failed."},
    {"confab_database_busy_retries_total", COUNTER_DATABASE_BUSY_RETRIES,
     .help = "Batches that waited for another process's write lock once more."},
    {"confab_log_lines_total", COUNTER_LOG_LINES, METRICS_LOG_LEVELS, "level", level_name,
     "Log lines written."},
    {"confab_access_log_lines_lost_total", COUNTER_ACCESS_LINES_LOST,
     .help = "Lines that the access log's file did not take."},
    {"confab_reloads_total", COUNTER_RELOADS, 2, "result", result_name,
     "Reloads of the configuration."},
};

static const struct open_family {
    const char *name;
    unsigned come;
    unsigned gone;
    const char *help;
} open_families[] = {
    {"confab_connections_open", COUNTER_CONNECTIONS_ACCEPTED, COUNTER_CONNECTIONS_CLOSED,
     "Connections that are open, WebSockets included."},
    {"confab_websockets_open", COUNTER_WEBSOCKETS_OPENED, COUNTER_WEBSOCKETS_ENDED,
     "WebSockets that are open."},
    {"confab_v1_websockets_open", COUNTER_V1_OPENED, COUNTER_V1_ENDED,
     "WebSockets that speak confab.v1."},
    {"confab_rooms_open", COUNTER_ROOMS_OPENED, COUNTER_ROOMS_ENDED,
     "Chats with readers; a chat counts once for each loop that has some."},
};

static const struct histogram_family {
    const char *name;
    enum histogram histogram;
    unsigned decimals; /* from its unit to the base unit */
    const char *help;
} histogram_families[] = {
    {"confab_batch_writes", HISTOGRAM_BATCH_WRITES, 0, "Writes committed together."},
    {"confab_batch_duration_seconds", HISTOGRAM_BATCH_US, 6,
     "Time from taking the write lock to the end of the commit."},
    {"confab_http_request_duration_seconds", HISTOGRAM_REQUEST_US, 6,
     "Time from a request's last byte to its answer; to a handshake's answer."},
};

static const struct gauge_family {
    const char *name;
    size_t offset; /* in struct metrics_gauges */
    const char *help;
} gauge_families[] = {
    {"confab_loops", offsetof(struct metrics_gauges, loops), "Event loops."},
    {"confab_readers_blocked", offsetof(struct metrics_gauges, blocked_readers),
     "WebSockets that take no bytes for now."},
    {"confab_reader_lag_bytes", offsetof(struct metrics_gauges, lag_bytes),
     "Bytes that all blocked readers are behind."},
    {"confab_reader_lag_bytes_max", offsetof(struct metrics_gauges, lag_bytes_max),
     "Bytes that the slowest reader is behind."},
    {"confab_room_log_bytes", offsetof(struct metrics_gauges, log_bytes),
     "Memory of all rooms' logs."},
};

/* --- Writing --- */

static void write_family(struct buf *out, const struct family *family)
{
    prometheus_family(out, family->name, "counter", family->help);
    if (family->count == 0)
        prometheus_sample(out, family->name, "", NULL, 0, metrics_sum(family->counter), 0);
    for (unsigned kind = 0; kind < family->count; kind++) {
        char value[LABEL_BYTES_MAX];
        struct prometheus_label label = {family->label, value};
        if (family->kind_name(kind, value))
            prometheus_sample(out, family->name, "", &label, 1, metrics_sum(family->counter + kind),
                              0);
    }
}

static void write_requests(struct buf *out)
{
    static const char name[] = "confab_http_requests_total";
    prometheus_family(out, name, "counter",
                      "Requests answered, by pattern of the path and class of the status.");
    for (unsigned i = 0; i < METRICS_ROUTES_MAX * METRICS_STATUS_CLASSES; i++) {
        uint64_t count = metrics_sum(COUNTER_REQUESTS + i);
        const char *route = route_name(i / METRICS_STATUS_CLASSES);
        char class[4];
        (void)snprintf(class, sizeof class, "%uxx", i % METRICS_STATUS_CLASSES + 1);
        struct prometheus_label labels[] = {{"route", route}, {"status", class}};
        /* Most pairs never come: the others stay away until they have come once. */
        if (route != NULL && count > 0)
            prometheus_sample(out, name, "", labels, COUNT_OF(labels), count, 0);
    }
}

static void write_histogram(struct buf *out, const struct histogram_family *family)
{
    struct metrics_reading reading;
    metrics_read(family->histogram, &reading);
    size_t last = reading.bucket_count - 1;
    prometheus_family(out, family->name, "histogram", family->help);
    for (size_t i = 0; i <= last; i++) {
        char bound[LABEL_BYTES_MAX] = "+Inf";
        struct prometheus_label label = {"le", bound};
        if (i < last && family->decimals == 0)
            (void)snprintf(bound, sizeof bound, "%llu", (unsigned long long)reading.bounds[i]);
        else if (i < last)
            (void)snprintf(bound, sizeof bound, "%g", (double)reading.bounds[i] / 1e6);
        prometheus_sample(out, family->name, "_bucket", &label, 1, reading.buckets[i], 0);
    }
    prometheus_sample(out, family->name, "_sum", NULL, 0, reading.sum, family->decimals);
    prometheus_sample(out, family->name, "_count", NULL, 0, reading.buckets[last], 0);
}

void metrics_write(struct buf *out, const struct metrics_gauges *gauges)
{
    const struct prometheus_label build[] = {{"version", CONFAB_VERSION},
                                             {"sqlite", db_library_version()}};
    prometheus_family(out, "confab_build_info", "gauge", "Always 1; the labels say what runs.");
    prometheus_sample(out, "confab_build_info", "", build, COUNT_OF(build), 1, 0);
    for (size_t i = 0; i < COUNT_OF(families); i++)
        write_family(out, &families[i]);
    write_requests(out);
    for (size_t i = 0; i < COUNT_OF(open_families); i++) {
        const struct open_family *family = &open_families[i];
        prometheus_family(out, family->name, "gauge", family->help);
        prometheus_sample(out, family->name, "", NULL, 0,
                          metrics_difference(family->come, family->gone), 0);
    }
    for (size_t i = 0; i < COUNT_OF(histogram_families); i++)
        write_histogram(out, &histogram_families[i]);
    for (size_t i = 0; i < COUNT_OF(gauge_families); i++) {
        uint64_t value;
        memcpy(&value, (const char *)gauges + gauge_families[i].offset, sizeof value);
        prometheus_family(out, gauge_families[i].name, "gauge", gauge_families[i].help);
        prometheus_sample(out, gauge_families[i].name, "", NULL, 0, value, 0);
    }
}

/* --- What the loops tell of their rooms --- */

static bool is_served(const struct server_settings *settings)
{
    return settings->metrics || settings->metrics_listen != NULL;
}

static void look_at_feed(const struct feed *feed, struct metrics_gauges *gauges)
{
    gauges->log_bytes += frame_log_memory(&feed->log);
    for (struct list *link = feed->blocked.next; link != &feed->blocked; link = link->next) {
        const struct reader *reader = CONTAINER_OF(link, struct reader, link);
        uint64_t behind = frame_log_backlog(&feed->log, &reader->cursor);
        gauges->blocked_readers++;
        gauges->lag_bytes += behind;
        if (behind > gauges->lag_bytes_max)
            gauges->lag_bytes_max = behind;
    }
}

void metrics_on_tick(struct shard *shard, int64_t now_ms)
{
    struct shard_gauges *told = &shard->gauges;
    struct metrics_gauges gauges = {0};
    size_t at = 0;
    uint64_t chat_id;
    void *value;
    if (!is_served(shard->site->settings) || now_ms - told->sampled_at_ms < METRICS_SAMPLE_MS)
        return;
    while (map_next(&shard->rooms.by_chat, &at, &chat_id, &value)) {
        const struct room *room = value;
        for (unsigned form = 0; form < FORM_COUNT; form++) {
            if (room->feeds[form] != NULL)
                look_at_feed(room->feeds[form], &gauges);
        }
    }
    told->sampled_at_ms = now_ms;
    atomic_store_explicit(&told->blocked_readers, gauges.blocked_readers, memory_order_relaxed);
    atomic_store_explicit(&told->lag_bytes, gauges.lag_bytes, memory_order_relaxed);
    atomic_store_explicit(&told->lag_bytes_max, gauges.lag_bytes_max, memory_order_relaxed);
    atomic_store_explicit(&told->log_bytes, gauges.log_bytes, memory_order_relaxed);
}

static void add_up(const struct site *site, struct metrics_gauges *gauges)
{
    gauges->loops = site->shard_count;
    for (unsigned i = 0; i < site->shard_count; i++) {
        const struct shard_gauges *told = &site->shards[i]->gauges;
        uint64_t lag_bytes_max = atomic_load_explicit(&told->lag_bytes_max, memory_order_relaxed);
        gauges->blocked_readers +=
            atomic_load_explicit(&told->blocked_readers, memory_order_relaxed);
        gauges->lag_bytes += atomic_load_explicit(&told->lag_bytes, memory_order_relaxed);
        gauges->log_bytes += atomic_load_explicit(&told->log_bytes, memory_order_relaxed);
        if (lag_bytes_max > gauges->lag_bytes_max)
            gauges->lag_bytes_max = lag_bytes_max;
    }
}

/* --- The resource --- */

bool metrics_is_wanted(const struct client *client, const struct http_request *request)
{
    bool is_here = client->entry == CLIENT_METRICS || client->shard->site->settings->metrics;
    return is_here && bytes_is(request->path, "/metrics");
}

/* On a reader: /proc may take a moment. */
static struct step write_all(struct call *call, struct db *db)
{
    const struct exchange *exchange = CONTAINER_OF(call, struct exchange, call);
    struct http_response *response = &call->response;
    struct metrics_gauges gauges = {0};
    (void)db;
    add_up(exchange->client->shard->site, &gauges);
    metrics_write(&response->content, &gauges);
    process_stats_write(&response->content);
    response->status = 200;
    api_common_fields(response, PROMETHEUS_CONTENT_TYPE);
    http_response_field_text(response, "Cache-Control", "no-store");
    if (buf_status(&response->content) != OK) {
        http_response_clear(response);
        api_refuse(response, 503, "No memory.");
    }
    return (struct step) {.place = CALL_TO_CLIENT};
}

struct step metrics_begin(struct call *call)
{
    if (call->request->method == HTTP_GET || call->request->method == HTTP_HEAD)
        return (struct step) {CALL_ON_READER, write_all};
    api_refuse(&call->response, 405, "Only GET and HEAD.");
    http_response_field_text(&call->response, "Allow", "GET, HEAD");
    return (struct step) {.place = CALL_TO_CLIENT};
}
