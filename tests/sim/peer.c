#include "peer.h"

#include "base/json_read.h"
#include "base/json_write.h"
#include "chance.h"
#include "frames.h"
#include "truth.h"
#include "ws/close_code.h"
#include "server/shard.h"

enum {
    SIGN_OF_LIFE_US = 40 * 1000000, /* a peer that says nothing for longer may be taken for gone */
    SLOW_ROOM_BYTES = 1024,         /* through a smaller wire a close frame may not get in time */
    LONG_CONTENT_ONCE_IN = 150,
};

static struct {
    struct json_doc doc;
    struct buf text;
} scratch;

void peer_deinit_all(void)
{
    frames_deinit();
    json_doc_free(&scratch.doc);
    buf_free(&scratch.text);
}

/* ---- asking ---- */

static void begin(struct peer *peer, unsigned serial, unsigned user, unsigned session)
{
    buf_free(&peer->received);
    *peer = (struct peer) {
        .serial = serial,
        .user = user,
        .session = session,
        .is_reading = true,
        .last_read_us = world_now_us(),
        .next = TRUTH_NONE,
        .floor = TRUTH_NONE,
        .last_sign_us = world_now_us(),
    };
    peer->wire = world_connect();
    if (peer->wire != NULL)
        peer->state = PEER_ASKING;
}

void peer_connect(struct peer *peer, unsigned serial, unsigned user, unsigned session,
                  unsigned chat)
{
    begin(peer, serial, user, session);
    peer->is_upgrade = true;
    peer->chat = chat;
    if (peer->wire == NULL)
        return;
    buf_printf(&peer->wire->to_server,
               "GET /ws/chat/%u/ HTTP/1.1\r\nHost: sim\r\nUpgrade: websocket\r\n"
               "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
               "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n%sCookie: sessionid=%s\r\n\r\n",
               chat + 1, frames_offer(), truth_session(user, session));
}

void peer_ask(struct peer *peer, unsigned serial, unsigned user, unsigned session,
              const char *method, const char *path, struct bytes content)
{
    begin(peer, serial, user, session);
    if (peer->wire == NULL)
        return;
    buf_printf(&peer->wire->to_server,
               "%s %s HTTP/1.1\r\nHost: sim\r\nContent-Type: application/json\r\n"
               "Cookie: sessionid=%s\r\nContent-Length: %zu\r\n\r\n",
               method, path, truth_session(user, session), content.len);
    buf_append(&peer->wire->to_server, content);
}

/* ---- sending frames ---- */

/* A peer that was silent for too long may have been taken for gone. */
static void note_silence(struct peer *peer)
{
    if (world_now_us() - peer->last_sign_us > SIGN_OF_LIFE_US)
        peer->has_misbehaved = true;
}

static void send_frame(struct peer *peer, unsigned first_byte, struct bytes payload)
{
    note_silence(peer);
    frames_write(&peer->wire->to_server, first_byte, payload);
    peer->last_sign_us = world_now_us();
}

static void send_text(struct peer *peer, struct bytes text)
{
    note_silence(peer);
    frames_write_text(&peer->wire->to_server, peer->is_deflated, text);
    peer->last_sign_us = world_now_us();
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
        buf_append(&peer->wire->to_server, BYTES("GET / HTTP/1.1\r\n\r\n"));
        peer->has_misbehaved = true;
        break;
    case 3:
        buf_append(&peer->wire->to_server, BYTES("\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff"));
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
    if (peer->wire != NULL)
        world_hang_up(peer->wire);
    peer->wire = NULL;
    peer->state = PEER_FREE;
    buf_free(&peer->received);
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
    if (peer->close_code != 0)
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

static void on_frame(struct peer *peer, uint8_t first_byte, struct bytes payload)
{
    bool is_deflated = (first_byte & 0x40) != 0;
    switch (first_byte & 0x8f) {
    case 0x81:
        if (is_deflated && !peer->is_deflated)
            truth_fail("a deflated frame that was not asked for");
        on_text(peer, is_deflated ? frames_inflate(payload) : payload);
        break;
    case 0x88:
        peer->close_code = payload.len >= 2 ? payload.data[0] * 256u + payload.data[1] : 1005;
        if (!peer->wire->peer_has_ended)
            send_frame(peer, 0x88, bytes_first(payload, payload.len >= 2 ? 2 : 0));
        break;
    case 0x89:
        send_frame(peer, 0x8a, payload);
        break;
    case 0x8a:
        break;
    default:
        truth_fail("a frame that begins with %02x", first_byte);
    }
}

/* Take one whole frame off. False: there is none. */
static bool take_frame(struct peer *peer)
{
    uint8_t first_byte;
    struct bytes payload;
    size_t len = frames_take(buf_bytes(&peer->received), &first_byte, &payload);
    if (len == 0)
        return false;
    on_frame(peer, first_byte, payload);
    buf_consume(&peer->received, len);
    return true;
}

static void take_head(struct peer *peer)
{
    if (peer->received.len == 0)
        return;
    const char *end = memmem(peer->received.data, peer->received.len, "\r\n\r\n", 4);
    uint64_t status = 0;
    if (end == NULL)
        return;
    size_t len = (size_t)((const uint8_t *)end - peer->received.data) + 4;
    if (len < 12 || bytes_to_number(bytes_of(peer->received.data + 9, 3), 999, &status) != OK)
        truth_fail("an answer that is none: %.*s", BYTES_FMT(buf_bytes(&peer->received)));
    peer->status = (unsigned)status;
    peer->is_deflated = memmem(peer->received.data, len, "permessage-deflate", 18) != NULL;
    if (peer->is_upgrade && status == 101) {
        peer->state = PEER_OPEN;
        if (peer->floor == TRUTH_NONE)
            peer_notice_join(peer);
    } else {
        peer->state = PEER_ENDED; /* the rest of the answer is other tests' matter */
    }
    buf_consume(&peer->received, len);
}

/* The server has ended the connection: it must have said why, unless the peer knows. */
static void on_end(struct peer *peer)
{
    bool is_slow = peer->wire->room < SLOW_ROOM_BYTES || peer->was_still;
    /* Told to go in the middle of a long frame, whose rest it must take first, in CLOSE_MS_MAX. */
    if (peer->is_unwelcome && peer->received.len > 0)
        is_slow = true;
    if (peer->state == PEER_OPEN && peer->close_code == 0 && !peer->has_misbehaved && !is_slow &&
        world_is_up() && peer->wire->server_has_closed)
        truth_fail("peer %u was cut off without a word", peer->serial);
    peer->state = PEER_ENDED;
}

void peer_read(struct peer *peer, size_t bytes_max)
{
    struct wire *wire = peer->wire;
    if (wire == NULL)
        return;
    note_silence(peer);
    int64_t now_us = world_now_us();
    if (now_us - peer->last_read_us >= (int64_t)SLOW_CLOSE_MS_MAX * 1000)
        peer->was_still = true;
    peer->last_read_us = now_us;
    size_t len = wire->to_peer.len < bytes_max ? wire->to_peer.len : bytes_max;
    if (len > 0)
        buf_append(&peer->received, bytes_of(wire->to_peer.data, len));
    buf_consume(&wire->to_peer, len);
    if (peer->state == PEER_ASKING)
        take_head(peer);
    while (peer->state == PEER_OPEN && take_frame(peer)) {
    }
    if (wire->to_peer.len == 0 && (wire->server_has_ended || wire->server_has_closed))
        on_end(peer);
}

void peer_notice_join(struct peer *peer)
{
    truth_learn();
    peer->floor = truth_stored(peer->chat);
}

void peer_check_complete(const struct peer *peer)
{
    if (peer->state != PEER_OPEN || peer->close_code != 0 || peer->has_misbehaved ||
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
