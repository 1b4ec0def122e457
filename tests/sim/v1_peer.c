#include "v1_peer.h"

#include <stdio.h>
#include "base/json_read.h"
#include "base/json_write.h"
#include "chance.h"
#include "frames.h"
#include "server/shard.h"

enum {
    LONG_CONTENT_ONCE_IN = 40,
    LONG_CONTENT_BYTES = 9000,
    NO_NONCE_ONCE_IN = 8,
    OTHER_EPOCH_ONCE_IN = 30,
    FORGET_ONCE_IN = 15, /* a client that has lost what it had */
};

struct v1_counts v1_counts;

static struct {
    struct json_doc doc;
    struct buf text;
} scratch;

void v1_peer_deinit_all(void)
{
    json_doc_free(&scratch.doc);
    buf_free(&scratch.text);
}

static bool is_multi(const struct v1_peer *peer)
{
    return peer->chat == TRUTH_CHATS;
}

/* ---- connecting ---- */

void v1_peer_begin(struct v1_peer *peer, unsigned serial, unsigned user, unsigned session,
                   unsigned chat)
{
    v1_peer_leave(peer);
    *peer = (struct v1_peer) {
        .is_alive = true, .serial = serial, .user = user, .session = session, .chat = chat};
    peer->follows_all = is_multi(peer) && chance_once_in(2);
    for (size_t i = 0; i < TRUTH_CHATS; i++)
        peer->places[i].last = -1;
}

static void append_position(struct v1_peer *peer, struct buf *out)
{
    struct v1_place *place = &peer->places[peer->chat];
    if (chance_once_in(FORGET_ONCE_IN))
        place->last = chance_once_in(2) ? -1 : 0;
    place->named = place->last;
    if (place->named < 0)
        return;
    v1_counts.resumed++;
    place->gap_is_due = chance_once_in(OTHER_EPOCH_ONCE_IN);
    buf_printf(out, "?after=%lld%s", (long long)place->last,
               place->gap_is_due ? "&epoch=another" : "");
}

void v1_peer_connect(struct v1_peer *peer)
{
    if (!peer->is_alive || peer->state != V1_PEER_OFF)
        return;
    if (!line_connect(&peer->line))
        return;
    peer->state = V1_PEER_ASKING;
    peer->is_reading = true;
    peer->is_excused = peer->may_be_cut = peer->is_unwelcome = peer->has_hello = false;
    peer->asked_count = peer->answered_count = 0;
    peer->is_following = false;
    peer->last_notice = 0;
    peer->was_a_member = truth_may_connect(peer->user, peer->session, peer->chat);
    peer->join_count = truth_join_count();
    for (size_t i = 0; i < TRUTH_CHATS; i++)
        peer->places[i] =
            (struct v1_place) {.last = peer->places[i].last, .named = peer->places[i].named};
    struct buf *out = &peer->line.wire->to_server;
    buf_append(out, BYTES("GET /ws/"));
    if (!is_multi(peer)) {
        buf_printf(out, "chat/%u/", peer->chat + 1);
        append_position(peer, out);
    }
    buf_printf(out,
               " HTTP/1.1\r\nHost: sim\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
               "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
               "Sec-WebSocket-Protocol: confab.v1\r\n%sCookie: sessionid=%s\r\n\r\n",
               frames_offer(), truth_session(peer->user, peer->session));
}

void v1_peer_leave(struct v1_peer *peer)
{
    line_hang_up(&peer->line);
    peer->state = V1_PEER_OFF;
}

/* ---- sending ---- */

static void send_frame(struct v1_peer *peer, unsigned first_byte, struct bytes payload)
{
    line_send(&peer->line, first_byte, payload);
    peer->is_excused |= peer->line.was_silent;
}

static void send_text(struct v1_peer *peer, struct bytes text)
{
    line_send_text(&peer->line, text);
    peer->is_excused |= peer->line.was_silent;
}

static void send_command(struct v1_peer *peer, struct bytes text)
{
    if (world_is_verbose)
        (void)fprintf(stderr, "client %u says: %.*s\n", peer->serial, BYTES_FMT(text));
    send_text(peer, text);
    peer->asked_count++;
}

/* What the message with this number says: the same whenever it is sent. */
static void append_content(struct buf *out, unsigned number)
{
    static const char *const endings[] = {
        "hello",
        "gr\xc3\xbc\xc3\x9f \xe4\xb8\xad\xe6\x96\x87 \xf0\x9f\x98\x80",
        "\"quotes\" and \\backslashes\\ </script>",
    };
    buf_printf(out, "%u:%s", number, endings[number % COUNT_OF(endings)]);
    if (number % LONG_CONTENT_ONCE_IN == 0)
        buf_printf(out, "%0*u", LONG_CONTENT_BYTES, number);
}

static void send_message(struct v1_peer *peer, unsigned number, bool has_nonce)
{
    struct buf content = {0};
    struct buf text = {0};
    char nonce[32];
    struct json json = {.out = &text, .style = JSON_COMPACT};
    append_content(&content, number);
    (void)snprintf(nonce, sizeof nonce, "n%u", number);
    json_object_begin(&json);
    json_key(&json, "type");
    json_text_z(&json, "send");
    json_key(&json, "chat");
    json_number(&json, (int64_t)truth_chat_of(number) + 1);
    json_key(&json, "ref");
    json_number(&json, number);
    json_key(&json, "content");
    json_text(&json, buf_bytes(&content));
    if (has_nonce) {
        json_key(&json, "nonce");
        json_text_z(&json, nonce);
    }
    json_object_end(&json);
    send_command(peer, buf_bytes(&text));
    buf_free(&content);
    buf_free(&text);
}

static void resend(struct v1_peer *peer)
{
    for (unsigned i = 0; i < peer->unacked_count; i++) {
        truth_sent_again(peer->unacked[i]);
        send_message(peer, peer->unacked[i], true);
    }
}

void v1_peer_say(struct v1_peer *peer)
{
    unsigned chat = is_multi(peer) ? chance_below(TRUTH_CHATS) : peer->chat;
    bool has_nonce = !chance_once_in(NO_NONCE_ONCE_IN);
    if (peer->state != V1_PEER_OPEN || !peer->has_hello || !peer->places[chat].is_subscribed ||
        peer->line.close_code != 0 || peer->unacked_count == V1_PEER_UNACKED_MAX)
        return;
    unsigned number = truth_new_message(peer->serial, chat, true);
    if (has_nonce)
        peer->unacked[peer->unacked_count++] = number;
    send_message(peer, number, has_nonce);
}

void v1_peer_ping(struct v1_peer *peer)
{
    if (peer->state == V1_PEER_OPEN && peer->has_hello && chance_once_in(2))
        send_command(peer, BYTES("{\"type\":\"ping\",\"ref\":\"p\"}"));
    else if (peer->state == V1_PEER_OPEN)
        send_frame(peer, 0x89, BYTES("are you there"));
}

void v1_peer_misbehave(struct v1_peer *peer)
{
    /* Each is answered by one error, and the connection stays. */
    static const char *const refused[] = {
        "",
        "{",
        "[]",
        "{\"type\":5}",
        "{\"type\":\"nonsense\",\"ref\":1}",
        "{\"type\":\"send\",\"content\":\"\"}",
        "{\"type\":\"send\",\"content\":\"x\",\"nonce\":\"\"}",
        "{\"type\":\"send\",\"content\":\"x\",\"chat\":99,\"ref\":1}",
        "{\"type\":\"send\",\"content\":\"a\\u0000b\"}",
        "{\"type\":\"ping\",\"ref\":{}}",
        "{\"type\":\"subscribe\",\"chats\":[99],\"ref\":1}",
        "{\"type\":\"unsubscribe\",\"chats\":\"all\"}",
    };
    if (peer->state != V1_PEER_OPEN || !peer->has_hello)
        return;
    switch (chance_below(12)) {
    case 0:
        send_frame(peer, 0x82, BYTES("binary"));
        peer->is_excused = true;
        break;
    case 1:
        send_frame(peer, 0x81, BYTES("\xff\xfe")); /* not UTF-8 */
        peer->is_excused = true;
        break;
    case 2:
        buf_append(&peer->line.wire->to_server, BYTES("GET / HTTP/1.1\r\n\r\n"));
        peer->is_excused = true;
        break;
    default:
        send_command(peer, bytes_from_text(refused[chance_below(COUNT_OF(refused))]));
        break;
    }
}

void v1_peer_close(struct v1_peer *peer)
{
    if (peer->state == V1_PEER_OPEN)
        send_frame(peer, 0x88, BYTES("\x03\xe8"));
    peer->is_excused = true; /* how it ends is no longer the server's to say */
}

void v1_peer_change(struct v1_peer *peer)
{
    struct buf text = {0};
    if (peer->state != V1_PEER_OPEN || !peer->has_hello || peer->own_id == 0)
        return;
    unsigned chat = truth_chat_of(peer->own_number) + 1;
    long long id = (long long)peer->own_id;
    switch (chance_below(8)) {
    case 0:
    case 1:
        buf_printf(
            &text,
            "{\"type\":\"edit\",\"ref\":\"c\",\"chat\":%u,\"id\":%lld,\"content\":\"%u:%u\"}", chat,
            id, peer->own_number, chance_below(100));
        break;
    case 2:
        buf_printf(&text,
                   "{\"type\":\"%sreact\",\"ref\":\"c\",\"chat\":%u,\"id\":%lld,\"emoji\":\"+%u\"}",
                   chance_once_in(3) ? "un" : "", chat, id, chance_below(3));
        break;
    case 3:
        buf_printf(&text, "{\"type\":\"%spin\",\"ref\":\"c\",\"chat\":%u,\"id\":%lld}",
                   chance_once_in(3) ? "un" : "", chat, id);
        break;
    case 4:
        buf_printf(&text, "{\"type\":\"read\",\"ref\":\"c\",\"chat\":%u,\"seq\":%lld}", chat, id);
        break;
    case 5:
        buf_printf(&text, "{\"type\":\"history\",\"ref\":\"c\",\"chat\":%u,\"limit\":5}", chat);
        break;
    case 6: /* has no answer, but for a refusal without a ref */
        buf_printf(&text, "{\"type\":\"typing\",\"chat\":%u}", chat);
        send_text(peer, buf_bytes(&text));
        buf_free(&text);
        return;
    default:
        buf_printf(&text, "{\"type\":\"chats\",\"ref\":\"c\",\"limit\":3}");
        break;
    }
    send_command(peer, buf_bytes(&text));
    buf_free(&text);
}

/* ---- subscribing, over /ws/ ---- */

static void append_chat(struct v1_peer *peer, struct buf *out, unsigned chat)
{
    struct v1_place *place = &peer->places[chat];
    if (chance_once_in(FORGET_ONCE_IN))
        place->last = -1;
    place->named = place->last;
    v1_counts.resumed += place->named >= 0;
    if (place->named >= 0)
        buf_printf(out, "{\"chat\":%u,\"after\":%lld}", chat + 1, (long long)place->last);
    else
        buf_printf(out, "%u", chat + 1);
}

/* All at once, with what is known of some. */
static void subscribe_all(struct v1_peer *peer)
{
    struct buf text = {0};
    const char *between = "";
    buf_append(&text, BYTES("{\"type\":\"subscribe\",\"ref\":\"s\",\"chats\":\"all\",\"after\":{"));
    for (unsigned chat = 0; chat < TRUTH_CHATS; chat++) {
        peer->places[chat].named = peer->places[chat].last;
        if (peer->places[chat].last < 0)
            continue;
        buf_printf(&text, "%s\"%u\":%lld", between, chat + 1, (long long)peer->places[chat].last);
        v1_counts.resumed++;
        between = ",";
    }
    buf_append(&text, BYTES("}}"));
    send_command(peer, buf_bytes(&text));
    buf_free(&text);
}

/* All that the user is in, each by itself. */
static void subscribe(struct v1_peer *peer)
{
    struct buf text = {0};
    if (peer->follows_all) {
        subscribe_all(peer);
        return;
    }
    const char *between = "";
    buf_append(&text, BYTES("{\"type\":\"subscribe\",\"ref\":\"s\",\"chats\":["));
    for (unsigned chat = 0; chat < TRUTH_CHATS; chat++) {
        if (!truth_may_connect(peer->user, peer->session, chat) || peer->places[chat].is_subscribed)
            continue;
        buf_append(&text, bytes_from_text(between));
        append_chat(peer, &text, chat);
        between = ",";
    }
    buf_append(&text, BYTES("]}"));
    send_command(peer, buf_bytes(&text));
    buf_free(&text);
}

void v1_peer_resubscribe(struct v1_peer *peer)
{
    unsigned chat = chance_below(TRUTH_CHATS);
    struct buf text = {0};
    if (!is_multi(peer) || peer->follows_all || peer->state != V1_PEER_OPEN || !peer->has_hello ||
        peer->answered_count != peer->asked_count)
        return;
    if (peer->places[chat].is_subscribed) {
        buf_printf(&text, "{\"type\":\"unsubscribe\",\"ref\":\"u\",\"chats\":[%u]}", chat + 1);
        send_command(peer, buf_bytes(&text));
        buf_free(&text);
    } else {
        subscribe(peer);
    }
}

/* ---- receiving ---- */

static const struct json_node *find(const struct json_node *object, const char *name)
{
    return object->kind == JSON_OBJECT ? json_member(&scratch.doc, object, name) : NULL;
}

static const struct json_node *member(const struct json_node *object, const char *name)
{
    const struct json_node *node = find(object, name);
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

/* NULL: it is of a chat that was made on the way, of which nothing is known here. */
static struct v1_place *place_of(struct v1_peer *peer, const struct json_node *node)
{
    int64_t chat = number_of(node) - 1;
    if (chat < 0 || (chat >= TRUTH_CHATS && !is_multi(peer)) ||
        (!is_multi(peer) && chat != peer->chat))
        truth_fail("client %u of chat %u is told of chat %lld: %.*s", peer->serial, peer->chat,
                   (long long)chat, BYTES_FMT(scratch.doc.text));
    return chat < TRUTH_CHATS ? &peer->places[chat] : NULL;
}

static unsigned chat_of(const struct v1_peer *peer, const struct v1_place *place)
{
    return (unsigned)(place - peer->places);
}

/* The next event of a chat. content: of a message; NULL: it is another event. */
static void on_event(struct v1_peer *peer, const struct json_node *root,
                     const struct json_node *chat, const struct json_node *content)
{
    uint32_t surrogate;
    struct v1_place *place = place_of(peer, chat);
    int64_t seq = number_of(member(root, "seq"));
    int64_t prev = number_of(member(root, "prev"));
    if (place == NULL)
        return;
    if (!place->is_subscribed || place->gap_is_due)
        truth_fail("client %u is shown an event that it has not been prepared for: %.*s",
                   peer->serial, BYTES_FMT(scratch.doc.text));
    truth_learn();
    truth_follow(chat_of(peer, place), place->last, seq, prev);
    buf_clear(&scratch.text);
    if (content != NULL && json_read_text(&scratch.doc, content, &scratch.text, &surrogate) == OK)
        (void)truth_saw_event(chat_of(peer, place), seq, buf_bytes(&scratch.text));
    place->last = seq;
    v1_counts.events++;
}

static void on_gap(struct v1_peer *peer, const struct json_node *root)
{
    struct v1_place *place = place_of(peer, member(root, "chat"));
    struct bytes reason = json_raw_bytes(&scratch.doc, member(root, "reason"));
    int64_t after = number_of(member(root, "after"));
    int64_t seq = number_of(member(root, "seq"));
    if (place == NULL)
        return;
    unsigned chat = chat_of(peer, place);
    bool is_epoch = bytes_is(reason, "epoch");
    if (!place->is_subscribed || after != place->last || (seq < after && !is_epoch))
        truth_fail("client %u, which has everything to %lld, is told of a gap: %.*s", peer->serial,
                   (long long)place->last, BYTES_FMT(scratch.doc.text));
    truth_learn();
    if (!truth_chat_may_be_gone(chat) &&
        (is_epoch != place->gap_is_due || (!is_epoch && truth_count_events(chat, after, seq) == 0)))
        truth_fail("client %u is told of a gap that is none: %.*s", peer->serial,
                   BYTES_FMT(scratch.doc.text));
    place->gap_is_due = false;
    place->last = seq;
    v1_counts.gaps++;
}

static void on_subscribed(struct v1_peer *peer, const struct json_node *root)
{
    const struct json_node *chats = member(root, "chats");
    const struct json_node *node = json_first(&scratch.doc, chats);
    for (; node != NULL; node = json_next(&scratch.doc, chats, node)) {
        struct v1_place *place = place_of(peer, member(node, "chat"));
        int64_t head = number_of(member(node, "seq"));
        if (place == NULL)
            continue;
        place->is_subscribed = true;
        truth_learn();
        truth_saw_head(chat_of(peer, place), head);
        place->last = place->named >= 0 ? place->named : head;
    }
    if (is_multi(peer))
        peer->answered_count++;
    peer->is_following = peer->follows_all;
    resend(peer);
}

static void on_unsubscribed(struct v1_peer *peer, const struct json_node *root)
{
    const struct json_node *chats = member(root, "chats");
    const struct json_node *node = json_first(&scratch.doc, chats);
    for (; node != NULL; node = json_next(&scratch.doc, chats, node)) {
        if (place_of(peer, node) != NULL)
            place_of(peer, node)->is_subscribed = false;
    }
    peer->answered_count++;
}

/* The message that a nonce names; it waits for its answer no more. False: the frame has none. */
static bool take_nonce(struct v1_peer *peer, const struct json_node *root, unsigned *number)
{
    const struct json_node *node = find(root, "nonce");
    uint64_t named;
    if (node == NULL)
        return false;
    struct bytes text = json_raw_bytes(&scratch.doc, node);
    if (text.len < 2 || bytes_to_number(bytes_skip(text, 1), UINT32_MAX, &named) != OK)
        truth_fail("a nonce that nobody sent: %.*s", BYTES_FMT(scratch.doc.text));
    *number = (unsigned)named;
    for (unsigned i = 0; i < peer->unacked_count; i++) {
        if (peer->unacked[i] != *number)
            continue;
        peer->unacked_count--;
        memmove(&peer->unacked[i], &peer->unacked[i + 1],
                (peer->unacked_count - i) * sizeof peer->unacked[0]);
        break;
    }
    return true;
}

/* A change is stored, or was not needed: its event is the chat's last one then. */
static void on_change_ack(struct v1_peer *peer, const struct json_node *root)
{
    truth_learn();
    truth_saw_head((unsigned)number_of(member(root, "chat")) - 1, number_of(member(root, "seq")));
    peer->answered_count++;
}

/* What is acknowledged is stored, and stays. */
static void on_ack(struct v1_peer *peer, const struct json_node *root)
{
    if (member(root, "ref")->kind == JSON_STRING) {
        on_change_ack(peer, root);
        return;
    }
    unsigned number = (unsigned)number_of(member(root, "ref"));
    unsigned by_nonce = number;
    (void)take_nonce(peer, root, &by_nonce);
    if (by_nonce != number)
        truth_fail("an ack of two messages: %.*s", BYTES_FMT(scratch.doc.text));
    if (number_of(member(root, "chat")) != (int64_t)truth_chat_of(number) + 1)
        truth_fail("an ack of another chat: %.*s", BYTES_FMT(scratch.doc.text));
    truth_learn();
    buf_clear(&scratch.text);
    append_content(&scratch.text, number);
    (void)truth_saw_event(truth_chat_of(number), number_of(member(root, "seq")),
                          buf_bytes(&scratch.text));
    peer->own_number = number;
    peer->own_id = number_of(member(root, "id"));
    peer->answered_count++;
    v1_counts.acks++;
    v1_counts.duplicates += find(root, "duplicate") != NULL;
}

/* Nothing was stored of this time; what came over an earlier connection may still be. */
static void on_error(struct v1_peer *peer, const struct json_node *root)
{
    unsigned number;
    struct bytes code = json_raw_bytes(&scratch.doc, member(root, "code"));
    if (take_nonce(peer, root, &number))
        truth_sent_again(number);
    if (find(root, "ref") == NULL && bytes_is(code, "not_found"))
        return; /* who types in a chat that it is not in any more */
    peer->answered_count++;
}

/* Only who reads all chats is told of coming and going; after that nothing of the chat is shown.
 * What comes before the answer to subscribe subscribes to nothing: the answer says what is. */
static void on_membership(struct v1_peer *peer, const struct json_node *root, bool has_left)
{
    if (!is_multi(peer))
        truth_fail("client %u of one chat is told: %.*s", peer->serial,
                   BYTES_FMT(scratch.doc.text));
    const struct json_node *chat = member(root, "chat");
    struct v1_place *place = place_of(peer, has_left ? chat : member(chat, "id"));
    if (place != NULL && has_left)
        place->is_subscribed = false;
    if (place == NULL || has_left || !peer->is_following || place->is_subscribed)
        return;
    place->is_subscribed = true;
    place->last = number_of(member(chat, "seq"));
}

/* Later ones say larger numbers; none comes twice on a connection, in hello's company and live. */
static void on_notice(struct v1_peer *peer, const struct json_node *root)
{
    int64_t number = number_of(member(root, "message"));
    if (number <= peer->last_notice)
        truth_fail("client %u is told notice %lld after %lld", peer->serial, (long long)number,
                   (long long)peer->last_notice);
    peer->last_notice = number;
    v1_counts.notices++;
}

/* Something fleeting, or the answer of a command that is not judged further. */
static void on_other(struct v1_peer *peer, const struct json_node *root, struct bytes type)
{
    bool is_of_chat = bytes_is(type, "typing") || bytes_is(type, "read");
    struct v1_place *place = is_of_chat ? place_of(peer, member(root, "chat")) : NULL;
    bool is_own_mark =
        bytes_is(type, "read") && number_of(member(root, "user")) == (int64_t)peer->user + 1;
    if (place != NULL && !place->is_subscribed && !is_own_mark)
        truth_fail("client %u is told what others do in a chat that it is not in: %.*s",
                   peer->serial, BYTES_FMT(scratch.doc.text));
    v1_counts.receipts += bytes_is(type, "read") && !is_own_mark;
    if (!is_of_chat && !bytes_is(type, "history") && !bytes_is(type, "chats") &&
        !bytes_is(type, "goodbye"))
        truth_fail("a frame that the protocol does not know: %.*s", BYTES_FMT(scratch.doc.text));
    peer->answered_count += find(root, "ref") != NULL;
}

static void on_text(struct v1_peer *peer, struct bytes text)
{
    if (json_read(&scratch.doc, text) != OK)
        truth_fail("a frame that is not JSON: %.*s", BYTES_FMT(text));
    if (world_is_verbose)
        (void)fprintf(stderr, "client %u is told: %.*s\n", peer->serial, BYTES_FMT(text));
    const struct json_node *root = json_root(&scratch.doc);
    struct bytes type = json_raw_bytes(&scratch.doc, member(root, "type"));
    if (bytes_is(type, "hello") == peer->has_hello)
        truth_fail("hello is not the first frame: %.*s", BYTES_FMT(text));
    if (peer->line.close_code != 0)
        truth_fail("something is shown after the close frame: %.*s", BYTES_FMT(text));
    if (bytes_is(type, "hello")) {
        peer->has_hello = true;
        if (is_multi(peer))
            subscribe(peer);
    } else if (bytes_is(type, "message")) {
        const struct json_node *message = member(root, "message");
        on_event(peer, root, member(message, "chat"), member(message, "content"));
    } else if (bytes_is(type, "subscribed")) {
        on_subscribed(peer, root);
    } else if (bytes_is(type, "unsubscribed")) {
        on_unsubscribed(peer, root);
    } else if (bytes_is(type, "gap")) {
        on_gap(peer, root);
    } else if (bytes_is(type, "ack")) {
        on_ack(peer, root);
    } else if (bytes_is(type, "error")) {
        on_error(peer, root);
    } else if (bytes_is(type, "pong")) {
        peer->answered_count++;
    } else if (find(root, "seq") != NULL && find(root, "prev") != NULL) {
        on_event(peer, root, member(root, "chat"), NULL);
    } else if (bytes_is(type, "chat_joined") || bytes_is(type, "chat_left")) {
        on_membership(peer, root, bytes_is(type, "chat_left"));
    } else if (bytes_is(type, "notice")) {
        on_notice(peer, root);
    } else {
        on_other(peer, root, type);
    }
}

static void take_head(struct v1_peer *peer)
{
    static const char subprotocol[] = "Sec-WebSocket-Protocol: confab.v1\r\n";
    struct bytes head;
    if (!line_take_head(&peer->line, &head))
        return;
    if (peer->line.status != 101) {
        v1_peer_leave(peer);
        return;
    }
    if (!peer->was_a_member && truth_join_count() == peer->join_count)
        truth_fail("user %u is let into chat %u", peer->user, peer->chat);
    if (memmem(head.data, head.len, subprotocol, sizeof subprotocol - 1) == NULL)
        truth_fail("the subprotocol is not answered: %.*s", BYTES_FMT(head));
    peer->state = V1_PEER_OPEN;
}

/* Whether it is to go, because of what the tests or its user did. */
static bool is_unwelcome(const struct v1_peer *peer)
{
    return peer->is_unwelcome || !truth_may_connect(peer->user, peer->session, peer->chat);
}

/* The server has ended the connection: it must have said why, unless the client knows. */
static void on_end(struct v1_peer *peer)
{
    const struct line *line = &peer->line;
    if (peer->state == V1_PEER_OPEN && line->close_code == 0 && !peer->is_excused &&
        !peer->may_be_cut && !line_may_be_cut(line, is_unwelcome(peer)) && world_is_up() &&
        line->wire->server_has_closed)
        truth_fail("client %u was cut off without a word", peer->serial);
    v1_peer_leave(peer);
}

bool v1_peer_read(struct v1_peer *peer, size_t bytes_max)
{
    struct line *line = &peer->line;
    struct bytes text;
    if (line->wire == NULL)
        return false;
    size_t len = line_receive(line, bytes_max);
    peer->is_excused |= line->was_silent || line_was_still(line, SLOW_CLOSE_MS_MAX);
    if (peer->state == V1_PEER_ASKING)
        take_head(peer);
    while (peer->state == V1_PEER_OPEN && line_take_text(line, &text))
        on_text(peer, text);
    if (peer->state != V1_PEER_OFF && line_is_at_end(line))
        on_end(peer);
    return len > 0;
}

void v1_peer_check_complete(const struct v1_peer *peer)
{
    if (peer->state != V1_PEER_OPEN || peer->line.close_code != 0 || peer->is_excused ||
        peer->is_unwelcome || !peer->is_reading)
        return;
    if (!peer->has_hello)
        truth_fail("client %u was never told hello", peer->serial);
    for (unsigned chat = 0; chat < TRUTH_CHATS; chat++) {
        const struct v1_place *place = &peer->places[chat];
        if (truth_chat_may_be_gone(chat))
            continue;
        if (!is_multi(peer) && chat == peer->chat && !place->is_subscribed)
            truth_fail("client %u was never told that it is in chat %u", peer->serial, chat);
        if (truth_has_left(peer->user, chat)) {
            if (place->is_subscribed && is_multi(peer))
                truth_fail("client %u was not told that it has left chat %u", peer->serial, chat);
            continue;
        }
        if (place->is_subscribed && truth_head(chat) > place->last)
            truth_fail("client %u has chat %u to %lld, and there is %lld", peer->serial, chat,
                       (long long)place->last, (long long)truth_head(chat));
    }
    if (peer->asked_count != peer->answered_count)
        truth_fail("client %u sent %u commands and has %u answers", peer->serial, peer->asked_count,
                   peer->answered_count);
}
