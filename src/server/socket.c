#include "server/socket.h"

#include <assert.h>
#include <stdlib.h>
#include "base/log.h"
#include "base/metrics.h"
#include "server/broadcast.h"
#include "server/metrics.h"
#include "server/v1.h"

/* A peer without a sign of life for this many ping intervals is gone (20 s: 50 s). */
static bool is_lifeless(const struct socket *socket, int64_t now_ms)
{
    int64_t interval_ms = (int64_t)socket->client->shard->site->settings->ping_interval_s * 1000;
    return now_ms - socket->seen_ms >= interval_ms * 5 / 2;
}

/* --- Beginning and end --- */

/* Keep what is shown of the user as long as the socket lives. */
static void copy_user(struct socket *socket, const struct user *user)
{
    struct buf texts = {.data = socket->texts,
                        .cap = user->username.len + user->email.len + user->user_type.len};
    buf_append(&texts, user->username);
    buf_append(&texts, user->email);
    buf_append(&texts, user->user_type);
    socket->user_id = user->id;
    socket->username_len = (uint16_t)user->username.len;
    socket->email_len = (uint16_t)user->email.len;
    socket->user_type_len = (uint16_t)user->user_type.len;
}

struct user socket_user(const struct socket *socket)
{
    const uint8_t *at = socket->texts;
    return (struct user) {
        .id = socket->user_id,
        .username = bytes_of(at, socket->username_len),
        .email = bytes_of(at + socket->username_len, socket->email_len),
        .user_type = bytes_of(at + socket->username_len + socket->email_len, socket->user_type_len),
    };
}

static struct socket *socket_new(struct client *client, const struct upgrade *upgrade)
{
    const struct user *user = &upgrade->user;
    struct socket *socket =
        calloc(1, sizeof *socket + user->username.len + user->email.len + user->user_type.len);
    if (socket == NULL || user->username.len > UINT16_MAX || user->email.len > UINT16_MAX ||
        user->user_type.len > UINT16_MAX) { /* no table that we or Django make holds such a text */
        free(socket);
        return NULL;
    }
    bool is_echo = upgrade->kind == UPGRADE_ECHO;
    socket->client = client;
    socket->chat_id = upgrade->chat_id;
    socket->expire_us = upgrade->expire_us;
    socket->is_read_only = upgrade->is_read_only;
    socket->is_narrow = upgrade->is_narrow;
    socket->seen_ms = loop_now_ms(client->shard->loop);
    if (is_echo && upgrade->deflate.is_on)
        socket->window_bits = upgrade->deflate.server_window_bits;
    copy_user(socket, user);
    assert(upgrade->session_key.len <= SESSION_KEY_BYTES_MAX);
    if (upgrade->session_key.len > 0)
        memcpy(socket->session_key, upgrade->session_key.data, upgrade->session_key.len);
    list_init(&socket->link);
    ws_receiver_init(&socket->receiver, is_echo ? ECHO_MESSAGE_BYTES_MAX : CONSUMER_FRAME_BYTES_MAX,
                     upgrade->deflate.is_on);
    return socket;
}

static enum frame_form form_for(const struct ws_deflate_terms *deflate)
{
    if (!deflate->is_on)
        return FORM_PLAIN;
    return deflate->server_window_bits == 15 ? FORM_DEFLATED : FORM_DEFLATED_SMALL;
}

static enum err join_room(struct socket *socket, const struct ws_deflate_terms *deflate)
{
    struct shard *shard = socket->client->shard;
    bool is_new;
    enum err err =
        rooms_join(&shard->rooms, socket->chat_id, form_for(deflate), &socket->reader, &is_new);
    if (err == OK && is_new) {
        metrics_count(COUNTER_ROOMS_OPENED);
        layer_group_add(shard->site->layer, (uint64_t)socket->chat_id, shard->loop->index);
    }
    return err;
}

static void leave_room(struct socket *socket)
{
    struct shard *shard = socket->client->shard;
    bool is_gone;
    if (socket->v1 != NULL)
        v1_leave_rooms(socket->v1);
    if (socket->reader.feed == NULL)
        return;
    rooms_leave(&shard->rooms, &socket->reader, &is_gone);
    if (is_gone) {
        metrics_count(COUNTER_ROOMS_ENDED);
        layer_group_discard(shard->site->layer, (uint64_t)socket->chat_id, shard->loop->index);
    }
}

static void end_presence(const struct socket *socket)
{
    if (socket->is_counted)
        presence_leave(socket->client->shard->site, socket->user_id, socket->is_away);
}

void socket_set_away(struct socket *socket, bool is_away)
{
    if (socket->is_counted && socket->is_away != is_away)
        presence_turn(socket->client->shard->site, socket->user_id, is_away);
    socket->is_away = is_away;
}

enum err socket_start(struct client *client, const struct upgrade *upgrade)
{
    struct shard *shard = client->shard;
    struct socket *socket = socket_new(client, upgrade);
    if (socket == NULL)
        return ERR_MEMORY;
    enum err err = OK;
    client->socket = socket;
    if (upgrade->kind != UPGRADE_ECHO)
        socket->is_counted = presence_enter(shard->site, socket->user_id) == OK;
    if (upgrade->v1.is_on)
        err = v1_start(socket, upgrade);
    else if (upgrade->kind == UPGRADE_CHAT)
        err = join_room(socket, &upgrade->deflate);
    if (err != OK) {
        client->socket = NULL;
        v1_free(&socket->v1);
        end_presence(socket);
        free(socket);
        return err;
    }
    metrics_count(COUNTER_WEBSOCKETS_OPENED);
    list_push(&shard->sockets, &socket->link);
    if (socket->expire_us < shard->expire_us_min)
        shard->expire_us_min = socket->expire_us;
    client_arm(client, DEADLINE_PING);
    log_debug("websocket opened", client->conn.id, "chat=%lld user=%lld",
              (long long)socket->chat_id, (long long)socket->user_id);
    socket_flush(
        socket); /* the handshake's answer; while it waits for the peer, frames wait behind it */
    if (shard->is_draining)
        socket_leave(socket);
    return OK;
}

void socket_free(struct client *client)
{
    struct socket *socket = client->socket;
    client->socket = NULL;
    metrics_count(COUNTER_WEBSOCKETS_ENDED);
    leave_room(socket);
    v1_free(&socket->v1);
    end_presence(socket);
    list_remove(&socket->link);
    ws_receiver_deinit(&socket->receiver);
    free(socket);
}

struct socket *socket_of_reader(struct reader *reader)
{
    return form_is_v1((enum frame_form)reader->feed->form)
               ? subscription_of_reader(reader)->v1->socket
               : CONTAINER_OF(reader, struct socket, reader);
}

int socket_fd(const struct socket *socket)
{
    return socket->client->conn.fd;
}

/* --- Sending --- */

void socket_complete_frame(struct socket *socket, struct reader *reader)
{
    struct shard *shard = socket->client->shard;
    size_t rest = frame_log_rest_of_frame(&reader->cursor);
    if (rest == 0)
        return;
    struct bytes run = frame_log_read(&reader->feed->log, &reader->cursor);
    buf_append(conn_out(&socket->client->conn), bytes_first(run, rest));
    fanout_sent(&shard->fanout, reader, rest);
}

/* Before a direct answer of part I: a frame of the log that is half sent must be completed first.
 * (Those of confab.v1 are completed as soon as they are half sent.) */
static void complete_frame(struct socket *socket)
{
    if (socket->reader.feed != NULL && conn_out(&socket->client->conn)->len == 0)
        socket_complete_frame(socket, &socket->reader);
}

/* An answer for which there was no memory ends the connection: what follows it would be nonsense.
 */
void socket_flush(struct socket *socket)
{
    struct conn *conn = &socket->client->conn;
    if (!conn->is_blocked && (conn_waiting(conn) > 0 || conn_out(conn)->failed))
        conn_flush(conn);
    if (conn->state == CONN_CLOSED)
        leave_room(socket); /* the peer was gone; the rest follows in a later turn */
    else if (conn->is_blocked)
        socket_block(socket);
}

void socket_block(struct socket *socket)
{
    struct shard *shard = socket->client->shard;
    conn_block(&socket->client->conn);
    if (socket->reader.feed != NULL)
        fanout_block(&shard->fanout, &socket->reader, loop_now_ms(shard->loop));
    if (socket->v1 != NULL)
        v1_block(socket->v1);
}

void socket_lost(struct socket *socket)
{
    client_close(socket->client);
}

void socket_on_writable(struct client *client)
{
    struct socket *socket = client->socket;
    if (socket->reader.feed != NULL)
        fanout_unblock(&client->shard->fanout, &socket->reader);
    if (socket->v1 != NULL) {
        v1_on_writable(socket->v1);
        socket_flush(socket);
    }
}

static void answer_control(struct socket *socket, enum ws_opcode opcode, struct bytes payload)
{
    complete_frame(socket);
    serializer_append_control(conn_out(&socket->client->conn), opcode, payload);
}

static void answer_error(struct socket *socket, const char *message)
{
    complete_frame(socket);
    serializer_append_error(conn_out(&socket->client->conn), message);
}

/* Queue our close frame and leave the room. */
static void say_close(struct socket *socket, unsigned code)
{
    assert(socket->state == SOCKET_OPEN);
    complete_frame(socket);
    leave_room(socket);
    serializer_append_close(conn_out(&socket->client->conn), code);
    socket->state = SOCKET_CLOSING;
    metrics_count(COUNTER_CLOSES + metrics_close_kind(code));
    log_debug("websocket closing", socket->client->conn.id, "code=%u", code);
}

void socket_close(struct socket *socket, enum ws_close_code code)
{
    if (socket->state == SOCKET_CLOSING)
        return;
    say_close(socket, code);
    client_arm(socket->client, code == WS_CLOSE_OVERLOADED ? DEADLINE_SLOW_CLOSE : DEADLINE_CLOSE);
    socket_flush(socket);
    conn_resume(&socket->client->conn); /* the peer's close frame must be read */
}

/* The peer broke the protocol: say so and end the connection (RFC 6455, section 7.1.7). */
static void fail(struct socket *socket, enum ws_close_code code)
{
    if (socket->state == SOCKET_OPEN)
        say_close(socket, code);
    client_finish(socket->client);
}

/* With the code that tells each protocol's clients to come again. */
static void close_leaving(struct socket *socket)
{
    socket_close(socket, socket->v1 != NULL ? WS_CLOSE_RESTART : WS_CLOSE_GOING_AWAY);
}

void socket_leave(struct socket *socket)
{
    socket->is_leaving = true;
    if (socket->v1 != NULL && socket->state == SOCKET_OPEN) {
        v1_say_goodbye(socket->v1);
        socket_flush(socket);
    }
    if (socket->outstanding == 0)
        close_leaving(socket);
    else
        conn_pause(&socket->client->conn);
}

/* --- Receiving --- */

static void on_text(struct socket *socket, struct bytes text)
{
    struct shard *shard = socket->client->shard;
    struct bytes content;
    const char *refusal;
    struct event *message = NULL;
    enum err err = consumer_read(&shard->consumer, text, &content, &refusal);
    if (err == ERR_PROTOCOL) {
        answer_error(socket, refusal);
        return;
    }
    struct user sender = socket_user(socket);
    if (err == OK)
        err = event_new_message(socket->chat_id, &sender,
                                &(struct event_texts) {.content = content}, &message);
    if (err != OK) {
        answer_error(socket, consumer_refusal_of(err));
        return;
    }
    message->sender_connection = socket->client;
    message->is_for_part_one = true;
    client_hold(socket->client);
    socket_goes(socket->client);
    broadcast_submit(shard, message);
}

/* The echo endpoint: the message comes back as it came. */
static void echo(struct socket *socket, enum ws_opcode opcode, struct bytes payload)
{
    struct buf *out = conn_out(&socket->client->conn);
    struct buf deflated = {0};
    bool rsv1 = false;
    if (socket->window_bits != 0 &&
        ws_deflate(socket->client->shard->codec, socket->window_bits, payload, &deflated) == OK) {
        rsv1 = true;
        payload = buf_bytes(&deflated);
    }
    uint8_t header[WS_SERVER_HEADER_BYTES_MAX];
    buf_append(out, bytes_of(header, ws_frame_header_write(header, opcode, rsv1, payload.len)));
    buf_append(out, payload);
    buf_free(&deflated);
}

static void on_message(struct socket *socket, const struct ws_event *event)
{
    bool is_text = event->kind == WS_EVENT_TEXT;
    if (socket->v1 != NULL && is_text)
        v1_on_text(socket->v1, event->payload);
    else if (socket->v1 != NULL)
        socket_close(socket, WS_CLOSE_BAD_FRAME);
    else if (socket->chat_id == 0)
        echo(socket, is_text ? WS_OPCODE_TEXT : WS_OPCODE_BINARY, event->payload);
    else if (is_text)
        on_text(socket, event->payload);
    else
        answer_error(socket, "Binary messages are not supported");
}

/* The peer's close frame: answer it if ours has not gone, then the server ends the connection
 * (section 7.1.1). */
static void on_close(struct socket *socket, unsigned code)
{
    if (socket->state == SOCKET_OPEN)
        say_close(socket, code == WS_CLOSE_NO_CODE ? WS_CLOSE_NORMAL : code);
    client_finish(socket->client);
}

static void on_event(struct socket *socket, const struct ws_event *event)
{
    switch (event->kind) {
    case WS_EVENT_TEXT:
    case WS_EVENT_BINARY:
        socket->is_mid_message = false;
        if (socket->state == SOCKET_OPEN)
            on_message(socket, event);
        break;
    case WS_EVENT_PING:
        if (socket->state == SOCKET_OPEN)
            answer_control(socket, WS_OPCODE_PONG, event->payload);
        break;
    case WS_EVENT_PONG:
        break;
    case WS_EVENT_CLOSE:
        on_close(socket, event->close_code);
        break;
    }
}

size_t socket_on_bytes(struct client *client, uint8_t *data, size_t len)
{
    struct shard *shard = client->shard;
    size_t taken = 0;
    client->socket->seen_ms = loop_now_ms(shard->loop);
    while (taken < len && client->socket != NULL && !client->conn.is_paused &&
           conn_waiting(&client->conn) < CONN_OUT_BYTES_PAUSE) {
        struct ws_event event;
        enum ws_close_code code;
        size_t used;
        enum err err = ws_receive(&client->socket->receiver, shard->codec, data + taken,
                                  len - taken, &used, &event, &code);
        taken += used;
        if (err == OK)
            on_event(client->socket, &event);
        else if (err != ERR_PARTIAL)
            fail(client->socket, code);
    }
    if (client->socket != NULL)
        socket_flush(client->socket);
    return client->socket != NULL ? taken : len;
}

void socket_goes(struct client *client)
{
    struct socket *socket = client->socket;
    socket->outstanding++;
    if (socket->outstanding >= SOCKET_OUTSTANDING_MAX)
        conn_pause(&client->conn);
}

void socket_came_back(struct client *client)
{
    struct socket *socket = client->socket;
    if (socket == NULL)
        return;
    assert(socket->outstanding > 0);
    socket->outstanding--;
    socket_flush(socket);
    if (socket->is_leaving && socket->outstanding == 0)
        close_leaving(socket);
    else if (!socket->is_leaving && client->conn.is_paused &&
             socket->outstanding <= SOCKET_OUTSTANDING_MAX / 2)
        conn_resume(&client->conn);
}

/* Part I: a sender that may not write any more is sent away; other failures are told. */
static void tell_failure(struct socket *socket, const struct event *event)
{
    if (event->result == ERR_NOT_FOUND)
        socket_close(socket, WS_CLOSE_CHAT_DELETED);
    else if (event->result == ERR_DENIED && event->code == V1_NOT_PARTICIPANT)
        socket_close(socket, WS_CLOSE_REMOVED);
    else if (event->result == ERR_DENIED)
        answer_error(socket, v1_code_message(event->code));
    else
        answer_error(socket, consumer_refusal_of(event->result));
}

void socket_on_stored(struct client *client, const struct event *event)
{
    struct socket *socket = client->socket;
    if (socket != NULL && socket->state == SOCKET_OPEN) {
        if (socket->v1 != NULL)
            v1_on_stored(socket->v1, event);
        else if (event->result != OK)
            tell_failure(socket, event);
    }
    socket_came_back(client);
    client_release(client);
}

/* A ping interval is over. */
void socket_on_deadline(struct client *client)
{
    struct socket *socket = client->socket;
    int64_t now_ms = loop_now_ms(client->shard->loop);
    if (is_lifeless(socket, now_ms)) {
        log_debug("websocket lifeless", client->conn.id, "%s", "");
        if (socket->v1 != NULL && socket->state == SOCKET_OPEN)
            socket_close(socket, WS_CLOSE_LIFELESS);
        else
            client_close(client);
        return;
    }
    if (socket->is_mid_message && socket->receiver.partial != NULL) {
        /* A message may take one interval to come in, or two, not for ever: it holds memory. */
        socket_close(socket, WS_CLOSE_OVERLOADED);
        return;
    }
    socket->is_mid_message = socket->receiver.partial != NULL;
    if (!client->conn.is_blocked)
        answer_control(socket, WS_OPCODE_PING, NO_BYTES);
    client_arm(client, DEADLINE_PING);
    socket_flush(socket);
}
