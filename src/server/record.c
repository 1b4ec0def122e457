#include "server/record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include "base/log.h"
#include "base/metrics.h"
#include "base/time_text.h"
#include "server/metrics.h"
#include "server/upgrade.h"

/* --- The access log's file --- */

/* Open for appending. Never waits: a line that a full pipe does not take is lost, and counted. */
static int open_file(const char *path, char reason[ACCESS_LOG_REASON_BYTES])
{
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600);
    if (fd < 0)
        (void)snprintf(reason, ACCESS_LOG_REASON_BYTES, "cannot write the access log %.120s: %s",
                       path, strerror(errno));
    return fd;
}

enum err record_open(struct access_log *log, const char *where,
                     char reason[ACCESS_LOG_REASON_BYTES])
{
    *log = (struct access_log) {.fd = -1};
    if (where == NULL || strcmp(where, "off") == 0)
        return OK;
    if (strcmp(where, "-") == 0) {
        log->fd = STDOUT_FILENO;
        return OK;
    }
    log->path = where;
    log->fd = open_file(where, reason);
    return log->fd >= 0 ? OK : ERR_IO;
}

enum err record_reopen(struct access_log *log, char reason[ACCESS_LOG_REASON_BYTES])
{
    if (log->path == NULL)
        return OK;
    int fd = open_file(log->path, reason);
    if (fd < 0)
        return ERR_IO;
    /* The number stays the same, so the loops need not be told: each line goes whole into the old
     * file or into the new one. */
    enum err err = dup3(fd, log->fd, O_CLOEXEC) >= 0 ? OK : ERR_IO;
    if (err != OK)
        (void)snprintf(reason, ACCESS_LOG_REASON_BYTES, "cannot change the access log: %s",
                       strerror(errno));
    (void)close(fd);
    return err;
}

void record_close(struct access_log *log)
{
    if (log->path != NULL)
        (void)close(log->fd);
    *log = (struct access_log) {.fd = -1};
}

/* --- One request --- */

/* 0: nobody was logged in. */
static int64_t user_of(const struct call *call)
{
    if (call->has_session)
        return call->user.id;
    const struct upgrade *upgrade = call->response.status == 101 ? call->state : NULL;
    return upgrade != NULL ? upgrade->user.id : 0;
}

/* Who asked. A request that was not understood may come from behind a proxy that nobody knows of:
 * then the peer's own address stands here. */
static struct bytes address_of_client(const struct exchange *exchange,
                                      char text[ADDRESS_TEXT_BYTES])
{
    if (exchange->call.peer_address.len > 0)
        return exchange->call.peer_address;
    struct address peer = conn_peer(&exchange->client->conn);
    return bytes_from_text(address_text(&peer, text));
}

static int64_t duration_us(const struct exchange *exchange)
{
    return exchange->began_us != 0 ? time_steady_us() - exchange->began_us : 0;
}

static void write_access_line(const struct exchange *exchange, bool is_complete)
{
    const struct access_log *log = &exchange->client->shard->site->access_log;
    const struct call *call = &exchange->call;
    const struct http_request *request = call->request;
    char path[LOG_QUOTE_BYTES];
    char address[ADDRESS_TEXT_BYTES];
    if (log->fd < 0)
        return;
    bool was_written =
        log_line_to(log->fd, "request", exchange->client->conn.id,
                    "address=%.*s user=%lld method=%s path=%s status=%u bytes=%llu "
                    "duration_us=%lld complete=%s",
                    BYTES_FMT(address_of_client(exchange, address)), (long long)user_of(call),
                    request != NULL ? http_method_name(request->method) : "-",
                    request != NULL ? log_quote(path, api_loggable_path(request)) : "\"\"",
                    call->response.status, (unsigned long long)exchange->response_bytes,
                    (long long)duration_us(exchange), is_complete ? "yes" : "no");
    if (!was_written)
        metrics_count(COUNTER_ACCESS_LINES_LOST);
}

void record_request(struct exchange *exchange)
{
    exchange->is_recorded = true;
    const struct call *call = &exchange->call;
    unsigned status = call->response.status;
    unsigned route = metrics_route(exchange);
    unsigned class = status / 100 - 1;
    if (class < METRICS_STATUS_CLASSES)
        metrics_count(COUNTER_REQUESTS + route * METRICS_STATUS_CLASSES + class);
    if (call->request != NULL && upgrade_is_wanted(call->request))
        metrics_count(COUNTER_HANDSHAKES + metrics_handshake_kind(status));
    if (status == 429)
        metrics_count(COUNTER_REQUESTS_THROTTLED);
    metrics_add(COUNTER_RESPONSE_BYTES, exchange->response_bytes);
    if (exchange->began_us != 0)
        metrics_observe(HISTOGRAM_REQUEST_US, (uint64_t)duration_us(exchange));
    write_access_line(exchange, true);
}

void record_aborted(const struct exchange *exchange)
{
    metrics_add(COUNTER_RESPONSE_BYTES, exchange->response_bytes);
    write_access_line(exchange, false);
}
