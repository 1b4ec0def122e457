#include "server/exchange.h"

#include <stdio.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/log.h"
#include "base/time_text.h"
#include "server/dispatch.h"
#include "server/health.h"
#include "server/metrics.h"
#include "server/proxy.h"
#include "server/record.h"
#include "server/redirect.h"
#include "server/socket.h"

/* A piece of content is handed out when it is as long as this, or the last. */
enum { CONTENT_PIECE_BYTES = 64 * 1024 };

static const char too_many_uploads[] = "Too many uploads at once, please try again.";

enum { OVERLOAD_RETRY_S = 5 }; /* what Retry-After says when memory for requests is used up */

static enum err exchange_new(struct client *client, struct exchange **out)
{
    struct exchange *exchange = calloc(1, sizeof *exchange);
    if (exchange == NULL)
        return ERR_MEMORY;
    enum err err = http_parser_new(&exchange->parser);
    if (err != OK) {
        free(exchange);
        return err;
    }
    exchange->client = client;
    http_parser_set_streaming(exchange->parser, &client->shard->site->streaming);
    client->exchange = exchange;
    client_hold(client);
    *out = exchange;
    return OK;
}

void exchange_free(struct exchange *exchange)
{
    struct client *client = exchange->client;
    poll_end(exchange);
    if (exchange->call.release != NULL)
        exchange->call.release(&exchange->call);
    client->exchange = NULL;
    client->shard->request_bytes_held -= exchange->request_bytes;
    if (exchange->state != EXCHANGE_READING && !exchange->is_recorded)
        record_aborted(exchange);
    live_unref(&exchange->live);
    http_response_deinit(&exchange->call.response);
    buf_free(&exchange->call.pieces.states);
    buf_free(&exchange->call.pieces.kept);
    arena_free(&exchange->call.arena);
    http_parser_free(&exchange->parser);
    free(exchange);
    client_release(client);
}

/* --- Writing the answer --- */

static void write_head(struct exchange *exchange, struct buf *out)
{
    struct http_response *response = &exchange->call.response;
    const struct client *client = exchange->client;
    int64_t hsts_s = client->shard->site->settings->hsts_s;
    if (http_response_framing(response, exchange->minor_version) == HTTP_FRAMING_CLOSE)
        exchange->keep_alive = false;
    /* RFC 6797, 7.2: only over TLS. */
    if (hsts_s > 0 && client->conn.tls != NULL) {
        char value[48];
        (void)snprintf(value, sizeof value, "max-age=%lld", (long long)hsts_s);
        http_response_field_text(response, "Strict-Transport-Security", value);
    }
    http_response_append_head(response, exchange->minor_version, exchange->keep_alive,
                              time_now_us(), out);
    exchange->head_is_sent = true;
}

/* Append content of the answer as it goes over the wire. */
static void write_content(struct exchange *exchange, struct buf *out, struct bytes content,
                          bool is_last)
{
    const struct http_response *response = &exchange->call.response;
    size_t len_before = out->len;
    if (!exchange->head_is_sent)
        write_head(exchange, out);
    enum http_framing framing = http_response_framing(response, exchange->minor_version);
    if (!exchange->is_head && framing == HTTP_FRAMING_CHUNKED) {
        http_append_chunk(out, content);
        if (is_last)
            http_append_last_chunk(out);
    } else if (!exchange->is_head && framing != HTTP_FRAMING_NONE) {
        buf_append(out, content);
    }
    exchange->response_bytes += out->len - len_before;
}

/* Send these pieces together. False: the client takes no more for now, and of what was made for it
 * only the rest of the piece that it is at is kept, so that it costs one piece. */
static bool send_pieces(struct exchange *exchange, unsigned first, unsigned last)
{
    struct conn *conn = &exchange->client->conn;
    const struct call_pieces *pieces = &exchange->call.pieces;
    struct buf *wire = &exchange->client->shard->wire;
    struct bytes content = buf_bytes(&exchange->call.response.content);
    size_t ends[CALL_PIECES_MAX]; /* in wire */
    buf_clear(wire);
    for (unsigned i = first; i < last; i++) {
        size_t begin = i > 0 ? pieces->ends[i - 1] : 0;
        struct bytes piece = bytes_first(bytes_skip(content, begin), pieces->ends[i] - begin);
        write_content(exchange, wire, piece, false);
        ends[i] = wire->len;
    }
    if (wire->failed)
        conn_close(conn);
    size_t taken = conn_send(conn, buf_bytes(wire));
    if (conn->state == CONN_OPEN && !conn->is_blocked)
        return true;
    unsigned at = first;
    while (at + 1 < last && ends[at] < taken)
        at++;
    conn_write(conn, bytes_skip(bytes_first(buf_bytes(wire), ends[at]), taken));
    exchange->response_bytes -= wire->len - ends[at];
    exchange->next = api_rewind(&exchange->call, at + 1);
    return false;
}

/* Send what the response holds. False: the client takes no more for now. */
static bool send_content(struct exchange *exchange, bool is_last)
{
    struct conn *conn = &exchange->client->conn;
    const struct call_pieces *pieces = &exchange->call.pieces;
    unsigned at_once = conn->tls != NULL ? 1 : CALL_PIECES_MAX; /* a record cannot be taken back */
    for (unsigned i = 0; i < pieces->count; i += at_once) {
        unsigned end = i + at_once < pieces->count ? i + at_once : pieces->count;
        if (!send_pieces(exchange, i, end))
            return false;
    }
    size_t sent = pieces->count > 0 ? pieces->ends[pieces->count - 1] : 0;
    struct bytes rest = bytes_skip(buf_bytes(&exchange->call.response.content), sent);
    if (rest.len > 0 || is_last)
        write_content(exchange, conn_out(conn), rest, is_last);
    conn_flush(conn);
    return true;
}

/* The handshake's answer waits to be sent: the client goes on as a WebSocket. It is in its room
 * before it learns that it is connected, so that whatever is stored from that moment on reaches it.
 */
static void become_socket(struct exchange *exchange)
{
    struct client *client = exchange->client;
    record_request(exchange);
    enum err err = socket_start(client, exchange->call.state);
    exchange_free(exchange);
    if (err != OK)
        client_close(client);
    else
        conn_resume(&client->conn);
}

/* The answer is written: the connection goes on with the next request, or ends. */
static void complete(struct exchange *exchange)
{
    struct client *client = exchange->client;
    bool keep_alive = exchange->keep_alive;
    record_request(exchange);
    exchange_free(exchange);
    if (!keep_alive) {
        client_finish(client);
        return;
    }
    client_arm(client, conn_waiting(&client->conn) > 0 ? DEADLINE_STALL : DEADLINE_KEEP_ALIVE);
    conn_resume(&client->conn);
}

/* The client may take long, or a reader, and so may thousands: not with our memory. */
static void give_memory_back(struct exchange *exchange)
{
    http_response_drop_sent(&exchange->call.response);
    buf_free(&exchange->call.pieces.states);
    buf_free(&exchange->call.pieces.kept);
    buf_trim(&exchange->client->conn.out);
}

/* Ask for more pieces when the client has taken the last one. */
static void continue_stream(struct exchange *exchange)
{
    struct client *client = exchange->client;
    struct shard *shard = client->shard;
    if (conn_wait_for_room(&client->conn)) {
        give_memory_back(exchange);
        exchange->state = EXCHANGE_WAITING;
        client_arm(client, DEADLINE_STALL);
        return;
    }
    exchange->state = EXCHANGE_ANSWERING;
    exchange->is_ahead = shard->ahead_count < ANSWERS_AHEAD_MAX;
    if (exchange->is_ahead)
        buf_clear(&exchange->call.response.content);
    else
        give_memory_back(exchange);
    shard->ahead_count += exchange->is_ahead;
    exchange->call.pieces.ahead = exchange->is_ahead ? CALL_PIECES_MAX - 1 : 0;
    deadline_disarm(&client->deadline);
    dispatch_begin(exchange, (struct step) {CALL_ON_READER, exchange->next.run});
}

/* Whether the answer makes a WebSocket of the client. */
static bool is_upgrade(const struct exchange *exchange)
{
    return exchange->call.response.status == 101 && exchange->call.state != NULL;
}

/* Whether somebody may have lost access since the handshake was checked. */
static bool is_stale_upgrade(const struct exchange *exchange)
{
    const struct upgrade *upgrade = exchange->call.state;
    return is_upgrade(exchange) &&
           upgrade->access_generation !=
               atomic_load(&exchange->client->shard->site->access_generation);
}

/* The piece is there, or the content has none left: the call goes on with it. */
static void take_piece(struct exchange *exchange, bool is_last)
{
    struct call *call = &exchange->call;
    exchange->state = EXCHANGE_ANSWERING;
    exchange->content_is_over = is_last;
    deadline_disarm(&exchange->client->deadline);
    call->piece = http_parser_piece(exchange->parser);
    call->is_last_piece = is_last;
    dispatch_go(exchange, (struct step) {CALL_ON_DISK, exchange->next.run});
}

/* The call wants the next piece. What of it is here already is offered again by conn_resume(). */
static void receive_piece(struct exchange *exchange)
{
    struct client *client = exchange->client;
    http_parser_drop_piece(exchange->parser);
    if (exchange->content_is_over) {
        take_piece(exchange, true);
        return;
    }
    if (exchange->call.request->expects_continue && !exchange->has_said_continue)
        conn_write(&client->conn, BYTES("HTTP/1.1 100 Continue\r\n\r\n"));
    exchange->has_said_continue = true;
    exchange->state = EXCHANGE_RECEIVING;
    client_arm(client, DEADLINE_REQUEST);
    conn_resume(&client->conn);
}

void exchange_answer(struct exchange *exchange, enum call_place place)
{
    struct client *client = exchange->client;
    client->shard->ahead_count -= exchange->is_ahead;
    exchange->is_ahead = false;
    if (client->conn.state != CONN_OPEN) { /* the client went while we worked */
        exchange_free(exchange);
        return;
    }
    if (place == CALL_ABORT) {
        log_warning("a streamed answer could not be completed", client->conn.id, "%s", "");
        exchange_free(exchange);
        client_abort(client);
        return;
    }
    if (place == CALL_TO_WAIT) {
        poll_wait(exchange);
        return;
    }
    if (place == CALL_FOR_PIECE) {
        receive_piece(exchange);
        return;
    }
    if (is_stale_upgrade(exchange)) {
        dispatch_begin(exchange, upgrade_again(&exchange->call));
        return;
    }
    /* What is left of the content would be taken for the next request. */
    if (client->shard->is_draining || !exchange->content_is_over)
        exchange->keep_alive = false;
    if (is_upgrade(exchange)) {
        write_content(exchange, conn_out(&client->conn), NO_BYTES, true);
        become_socket(exchange);
        return;
    }
    bool is_last = place == CALL_TO_CLIENT;
    bool is_sent = send_content(exchange, is_last);
    if (client->conn.state != CONN_OPEN)
        exchange_free(exchange);
    else if (is_sent && is_last)
        complete(exchange);
    else
        continue_stream(exchange);
}

void exchange_on_writable(struct client *client)
{
    struct exchange *exchange = client->exchange;
    if (exchange->state == EXCHANGE_WAITING)
        continue_stream(exchange);
    else if (exchange->state == EXCHANGE_READING && client->deadline_kind == DEADLINE_STALL)
        client_arm(client, DEADLINE_REQUEST);
}

/* --- Reading the request --- */

static struct step first_step(struct exchange *exchange)
{
    struct site *site = exchange->client->shard->site;
    struct call *call = &exchange->call;
    uint8_t entry = exchange->client->entry;
    if (entry == CLIENT_REDIRECTED)
        return redirect_begin(call, site->https_port);
    if (metrics_is_wanted(exchange->client, call->request))
        return metrics_begin(call);
    if (health_is_wanted(call->request))
        return health_begin(call);
    if (entry == CLIENT_METRICS) {
        api_refuse(&call->response, 404, "Not found.");
        return (struct step) {.place = CALL_TO_CLIENT};
    }
    if (upgrade_is_wanted(call->request))
        return upgrade_begin(call, site->settings->ws_echo, &site->access_generation);
    return api_begin(call);
}

/* The request is complete, or as much of it as is needed: give it away to be answered. */
static void begin_answer(struct exchange *exchange, bool content_is_over)
{
    struct client *client = exchange->client;
    struct call *call = &exchange->call;
    exchange->state = EXCHANGE_ANSWERING;
    exchange->content_is_over = content_is_over;
    exchange->began_us = time_steady_us();
    deadline_disarm(&client->deadline);
    call->request = http_parser_request(exchange->parser);
    exchange->live = live_ref(client->shard->live);
    call->settings = &exchange->live->api;
    call->now_us = time_now_us();
    exchange->minor_version = call->request->minor_version;
    exchange->keep_alive = call->request->keep_alive;
    exchange->is_head = call->request->method == HTTP_HEAD;
    proxy_read_peer(client, call->request, exchange->peer_text, &call->peer_address, &call->scheme);
    dispatch_begin(exchange, first_step(exchange));
}

/* Not a request that can be answered: say so and end the connection. */
static void refuse(struct exchange *exchange, unsigned status, const char *reason)
{
    log_debug("request refused", exchange->client->conn.id, "status=%u reason=\"%s\"", status,
              reason);
    api_refuse(&exchange->call.response, status, reason);
    if (status == 503) {
        char seconds[16];
        (void)snprintf(seconds, sizeof seconds, "%d", OVERLOAD_RETRY_S);
        http_response_field_text(&exchange->call.response, "Retry-After", seconds);
    }
    exchange->keep_alive = false;
    exchange->minor_version = 1;
    exchange->call.request = NULL;
    write_content(exchange, conn_out(&exchange->client->conn),
                  buf_bytes(&exchange->call.response.content), true);
    complete(exchange);
}

/* RFC 9110, 15.5.9: say why, so that the peer does not take it for a fault of ours. */
void exchange_on_timeout(struct client *client)
{
    refuse(client->exchange, 408, "The request took too long.");
}

/* Count what has come. False: the loop holds too much, and this is a part of it. */
static bool hold_bytes(struct exchange *exchange)
{
    struct shard *shard = exchange->client->shard;
    size_t bytes = http_parser_held_bytes(exchange->parser);
    shard->request_bytes_held += bytes - exchange->request_bytes;
    exchange->request_bytes = bytes;
    return bytes <= REQUEST_BYTES_FREE || shard->request_bytes_held <= REQUEST_BYTES_HELD_MAX;
}

/* Bytes of content that is handed out in pieces. Returns how many were taken. */
static size_t on_piece_bytes(struct exchange *exchange, struct bytes bytes)
{
    size_t used;
    enum http_progress progress = http_parser_feed(exchange->parser, bytes, &used);
    if (progress == HTTP_IS_BAD) {
        refuse(exchange, http_parser_status(exchange->parser),
               http_parser_reason(exchange->parser));
        return used;
    }
    bool is_last = progress == HTTP_HAS_REQUEST;
    if (!hold_bytes(exchange)) {
        refuse(exchange, 503, too_many_uploads);
        return used;
    }
    if (is_last || http_parser_piece(exchange->parser).len >= CONTENT_PIECE_BYTES)
        take_piece(exchange, is_last);
    return used;
}

size_t exchange_on_bytes(struct client *client, uint8_t *data, size_t len)
{
    struct exchange *exchange = client->exchange;
    if (exchange == NULL) {
        if (exchange_new(client, &exchange) != OK) {
            client_close(client);
            return len;
        }
    }
    if (exchange->state == EXCHANGE_RECEIVING)
        return on_piece_bytes(exchange, bytes_of(data, len));
    if (exchange->state != EXCHANGE_READING)
        return 0; /* kept until the answer is out */

    size_t used;
    enum http_progress progress = http_parser_feed(exchange->parser, bytes_of(data, len), &used);
    /* Blank lines before a request are not yet one: the time for being idle goes on. */
    if (http_parser_has_begun(exchange->parser) && client->deadline_kind != DEADLINE_REQUEST)
        client_arm(client, DEADLINE_REQUEST);
    if (!hold_bytes(exchange)) {
        refuse(exchange, 503, too_many_uploads);
        return used;
    }
    switch (progress) {
    case HTTP_NEEDS_MORE:
        break;
    case HTTP_HAS_HEAD:
        if (http_parser_is_streaming(exchange->parser))
            begin_answer(exchange, false);
        else if (http_parser_request(exchange->parser)->expects_continue)
            conn_write(&client->conn, BYTES("HTTP/1.1 100 Continue\r\n\r\n"));
        break;
    case HTTP_HAS_REQUEST:
        begin_answer(exchange, true);
        break;
    case HTTP_IS_BAD:
        refuse(exchange, http_parser_status(exchange->parser),
               http_parser_reason(exchange->parser));
        break;
    }
    return used;
}
