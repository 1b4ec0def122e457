#include "peer.h"

#include "base/json_read.h"
#include "base/json_write.h"
#include "chance.h"
#include "frames.h"
#include "truth.h"
#include "ws/close_code.h"
#include "server/shard.h"

enum {
    LONG_CONTENT_ONCE_IN = 150,
};

static struct {
    struct json_doc doc;
    struct buf text;
} scratch;

void peer_deinit_all(void)
{
    json_doc_free(&scratch.doc);
    buf_free(&scratch.text);
}

/* ---- asking ---- */

static bool begin(struct peer *peer, unsigned serial, unsigned user, unsigned session)
{
    struct line line = peer->line;
    bool is_connected = line_connect(&line);
    *peer = (struct peer) {
        .state = is_connected ? PEER_ASKING : PEER_FREE,
        .line = line,
        .serial = serial,
        .user = user,
        .session = session,
        .is_reading = true,
        .next = TRUTH_NONE,
        .floor = TRUTH_NONE,
    };
    return is_connected;
}

void peer_connect(struct peer *peer, unsigned serial, unsigned user, unsigned session,
                  unsigned chat)
{
    bool is_connected = begin(peer, serial, user, session);
    peer->is_upgrade = true;
    peer->chat = chat;
    if (!is_connected)
        return;
    buf_printf(&peer->line.wire->to_server,
               "GET /ws/chat/%u/ HTTP/1.1\r\nHost: sim\r\nUpgrade: websocket\r\n"
               "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
               "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n%sCookie: sessionid=%s\r\n\r\n",
               chat + 1, frames_offer(), truth_session(user, session));
}

void peer_ask(struct peer *peer, unsigned serial, unsigned user, unsigned session,
              const char *method, const char *path, struct bytes content)
{
    if (!begin(peer, serial, user, session))
        return;
    buf_printf(&peer->line.wire->to_server,
               "%s %s HTTP/1.1\r\nHost: sim\r\nContent-Type: application/json\r\n"
               "Cookie: sessionid=%s\r\nContent-Length: %zu\r\n\r\n",
               method, path, truth_session(user, session), content.len);
    buf_append(&peer->line.wire->to_server, content);
}

/* ---- sending frames ---- */

static void send_frame(struct peer *peer, unsigned first_byte, struct bytes payload)
{
    line_send(&peer->line, first_byte, payload);
    peer->has_misbehaved |= peer->line.was_silent;
}

static void send_text(struct peer *peer, struct bytes text)
{
    line_send_text(&peer->line, text);
    peer->has_misbehaved |= peer->line.was_silent;
    peer->sent_count++;
}

void peer_say(struct peer *peer)
{
    static const char *const endings[] = {
        "hello",
        "\"quotes\" and \\backslashes\\",
        "</script><script>alert(1)</script>",
        "gr\xc3\xbc\xc3\x9f \xe4\xb8\xad\xe6\x96\x87 \xf0\x9f\x98\x80",
        "\xe2\x80\xae right to left",
        "line\nbreak\ttab \x01\x1f\x7f",
        "'; DROP TABLE chat_message; --",
        "{\"content\": \"inner\"}",
        "%s%n{0}$HOME",
    };
    struct buf content = {0};
    struct buf text = {0};
    struct json json = {.out = &text, .style = chance_once_in(2) ? JSON_PYTHON : JSON_COMPACT};
    if (peer->state != PEER_OPEN)
        return;
    buf_printf(&content, "%u:%s", truth_new_message(peer->serial, peer->chat, true),
               endings[chance_below(COUNT_OF(endings))]);
    for (unsigned left = chance_once_in(LONG_CONTENT_ONCE_IN) ? 1 + chance_below(200) : 0; left > 0;
         left--)
        buf_printf(&content, "%01000u", left);
    json_object_begin(&json);
    json_key(&json, "content");
    json_text(&json, buf_bytes(&content));
    json_object_end(&json);
    send_text(peer, buf_bytes(&text));
    buf_free(&content);
    buf_free(&text);
}

void peer_ping(struct peer *peer)
{
    if (peer->state == PEER_OPEN)
        send_frame(peer, 0x89, BYTES("are you there"));
}

void peer_misbehave(struct peer *peer)
{
    /* Each is answered by one error, and the connection stays. */
    static const char *const refused[] = {
        "",
        "{",
        "nonsense",
        "[]",
        "{}",
        "{\"content\": \"\"}",
        "{\"content\": \" \\u2003 \"}",
        "{\"content\": \"a\\u0000b\"}",
        "{\"content\": \"\\ud800\"}",
        "\xef\xbb\xbf{}",
        "{\"content\": [1]}",
        "[[[[[[[[[[[[[[[[[[[[[[[[",
    };
    if (peer->state != PEER_OPEN)
        return;
    switch (chance_below(8)) {
    case 0:
        send_frame(peer, 0x82, BYTES("binary"));
        peer->sent_count++;
        break;
    case 1:
        send_frame(peer, 0x81, BYTES("\xff\xfe")); /* not UTF-8 */
        peer->has_misbehaved = true;
        break;
    case 2:
        buf_append(&peer->line.wire->to_server, BYTES("GET / HTTP/1.1\r\n\r\n"));
        peer->has_misbehaved = true;
        break;
    case 3:
        buf_append(&peer->line.wire->to_server, BYTES("\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff"));
        peer->has_misbehaved = true;
        break;
    default:
        send_text(peer, bytes_from_text(refused[chance_below(COUNT_OF(refused))]));
        break;
    }
}

void peer_close(struct peer *peer)
{
    if (peer->state == PEER_OPEN)
        send_frame(peer, 0x88, BYTES("\x03\xe8"));
    peer->has_misbehaved = true; /* how it ends is no longer the server's to say */
}

void peer_leave(struct peer *peer)
{
    line_hang_up(&peer->line);
    peer->state = PEER_FREE;
}

/* ---- receiving ---- */

static const struct json_node *member(const struct json_node *object, const char *name)
{
    const struct json_node *node = NULL;
    if (object->kind == JSON_OBJECT)
        node = json_member(&scratch.doc, object, name);
    if (node == NULL)
        truth_fail("a frame without \"%s\": %.*s", name, BYTES_FMT(scratch.doc.text));
    return node;
}

static int64_t number_of(const struct json_node *node)
{
    uint64_t number;
    if (bytes_to_number(json_raw_bytes(&scratch.doc, node), INT64_MAX, &number) != OK)
        truth_fail("not a number: %.*s", BYTES_FMT(scratch.doc.text));
    return (int64_t)number;
}

/* A subscriber is shown every message of its chat once, in the order of the history. */
static void on_message(struct peer *peer, const struct json_node *message)
{
    uint32_t surrogate;
    unsigned chat = (unsigned)number_of(member(message, "chat")) - 1;
    int64_t id = number_of(member(message, "id"));
    if (chat != peer->chat)
        truth_fail("a subscriber of chat %u is shown chat %u", peer->chat, chat);
    if (peer->line.close_code != 0)
        truth_fail("a message is shown after the close frame");
    buf_clear(&scratch.text);
    if (json_read_text(&scratch.doc, member(message, "content"), &scratch.text, &surrogate) != OK)
        truth_fail("the content cannot be read");
    truth_learn();
    size_t at = truth_saw(chat, id, buf_bytes(&scratch.text));
    if (at == TRUTH_NONE)
        return;
    size_t due = truth_next_shown(chat, peer->next != TRUTH_NONE ? peer->next : peer->floor);
    bool is_right = peer->next != TRUTH_NONE ? at == due : due == TRUTH_NONE || at <= due;
    if (!is_right)
        truth_fail("peer %u: message %lld at place %zu of chat %u is shown, %zu was due",
                   peer->serial, (long long)id, at, chat, due);
    peer->next = at + 1;
}

static void on_text(struct peer *peer, struct bytes text)
{
    if (json_read(&scratch.doc, text) != OK)
        truth_fail("a frame that is not JSON: %.*s", BYTES_FMT(text));
    const struct json_node *root = json_root(&scratch.doc);
    struct bytes type = json_raw_bytes(&scratch.doc, member(root, "type"));
    if (bytes_is(type, "message"))
        on_message(peer, member(root, "message"));
    else if (bytes_is(type, "error"))
        peer->error_count++;
    else
        truth_fail("a frame that the contract does not know: %.*s", BYTES_FMT(text));
}

static void take_head(struct peer *peer)
{
    struct bytes head;
    if (!line_take_head(&peer->line, &head))
        return;
    if (!peer->is_upgrade || peer->line.status != 101) {
        peer->state = PEER_ENDED; /* the rest of the answer is other tests' matter */
        return;
    }
    peer->state = PEER_OPEN;
    if (peer->floor == TRUTH_NONE)
        peer_notice_join(peer);
}

/* Whether it is to go, because of what the tests or its user did. */
static bool is_unwelcome(const struct peer *peer)
{
    return peer->is_unwelcome || !truth_may_connect(peer->user, peer->session, peer->chat);
}

/* The server has ended the connection: it must have said why, unless the peer knows. */
static void on_end(struct peer *peer)
{
    const struct line *line = &peer->line;
    if (peer->state == PEER_OPEN && line->close_code == 0 && !peer->has_misbehaved &&
        !line_may_be_cut(line, is_unwelcome(peer)) && world_is_up() &&
        line->wire->server_has_closed)
        truth_fail("peer %u was cut off without a word", peer->serial);
    peer->state = PEER_ENDED;
}

void peer_read(struct peer *peer, size_t bytes_max)
{
    struct line *line = &peer->line;
    struct bytes text;
    if (line->wire == NULL)
        return;
    (void)line_receive(line, bytes_max);
    peer->has_misbehaved |= line->was_silent;
    if (peer->state == PEER_ASKING)
        take_head(peer);
    while (peer->state == PEER_OPEN && line_take_text(line, &text))
        on_text(peer, text);
    if (line_is_at_end(line))
        on_end(peer);
}

void peer_notice_join(struct peer *peer)
{
    truth_learn();
    peer->floor = truth_stored(peer->chat);
}

void peer_check_complete(const struct peer *peer)
{
    if (peer->state != PEER_OPEN || peer->line.close_code != 0 || peer->has_misbehaved ||
        !peer->is_reading || truth_chat_may_be_gone(peer->chat))
        return;
    size_t due = truth_next_shown(peer->chat, peer->next != TRUTH_NONE ? peer->next : peer->floor);
    if (due != TRUTH_NONE)
        truth_fail("peer %u was not shown place %zu of chat %u", peer->serial, due, peer->chat);
    unsigned stored = truth_stored_of(peer->serial);
    if (stored + peer->error_count != peer->sent_count)
        truth_fail("peer %u sent %u, of which %u are stored and %u were refused", peer->serial,
                   peer->sent_count, stored, peer->error_count);
}
