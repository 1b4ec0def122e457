#include "scenario.h"

#include <stdio.h>
#include <stdlib.h>
#include "base/json_read.h"
#include "peer.h"
#include "truth.h"
#include "v1_peer.h"
#include "world.h"
#include "ws/close_code.h"

enum {
    ANSWER_MS_MAX = 30000,  /* after that a request counts as forgotten */
    NOTICE_MS_MAX = 2000,   /* part I: whoever may not stay is told within two seconds */
    TROUBLED_MS_MAX = 6000, /* ... and with a fault on the way after another try */
    TICK_MS = 100,
    CLIENT_MS = 2000, /* in which clients of confab.v1 get what is missing */
    CLIENT_TRIES_MAX = 3,
    WIRE_BYTES = 1 << 20, /* no answer here is longer */
    REMOVED_USER = 2,     /* carol */
};

/* Who asks. */
enum asker {
    NOBODY,
    ALICE,
    LEAVER,   /* who logs out of one of two sessions */
    NEWCOMER, /* who registers and logs in on the way */
};

enum effect {
    NO_EFFECT,
    MAKES_USER,
    MAKES_CHAT,
    ENDS_CHAT,
    MAKES_MESSAGE,
    BEGINS_SESSION,
    ENDS_SESSION
};

/* '#' stands for the number of the run or, in a path, of the chat that was made; '$' for the number
 * of a new message. */
struct request {
    const char *method;
    const char *path;
    const char *content;
    enum asker asker;
    unsigned status;
    enum effect effect;
    bool builds_on_others; /* so their failure may make it fail in other ways */
};

static const struct request requests[] = {
    {"POST", "/api/register/",
     "{\"username\": \"user#\", \"email\": \"user#@example.com\", \"password\": \"word of #\", "
     "\"password_confirm\": \"word of #\"}",
     NOBODY, 201, MAKES_USER, false},
    {"POST", "/api/register/", "username=alice&password=x&password_confirm=x", NOBODY, 400,
     NO_EFFECT, false},
    {"POST", "/api/login/", "{\"username\": \"alice\", \"password\": \"wrong\"}", NOBODY, 401,
     NO_EFFECT, false},
    {"POST", "/api/login/", "username=user#&password=word+of+#", NOBODY, 200, BEGINS_SESSION, true},
    {"GET", "/api/me/", "", NEWCOMER, 200, NO_EFFECT, true},
    {"GET", "/api/me/", "", ALICE, 200, NO_EFFECT, false},
    {"OPTIONS", "/api/me/", "", ALICE, 200, NO_EFFECT, false},
    {"GET", "/api/users/", "", ALICE, 200, NO_EFFECT, false},
    {"POST", "/api/chats/",
     "{\"name\": \"made by #\", \"participant_usernames\": [\"alice\", \"bob\", \"user#\"]}", ALICE,
     201, MAKES_CHAT, false},
    {"POST", "/api/chats/", "{\"name\": \"never\", \"participant_ids\": [1, 99]}", ALICE, 400,
     NO_EFFECT, false},
    {"GET", "/api/v1/chats/#/events/?after=0&wait=1", "", NEWCOMER, 200, NO_EFFECT, true},
    {"GET", "/api/chats/#/", "", NEWCOMER, 200, NO_EFFECT, true},
    {"PUT", "/api/chats/#/", "name=a+new+name", NEWCOMER, 200, NO_EFFECT, true},
    {"PATCH", "/api/chats/#/", "{}", ALICE, 200, NO_EFFECT, true},
    {"DELETE", "/api/chats/#/", "", NEWCOMER, 403, NO_EFFECT, true},
    {"PATCH", "/api/v1/chats/#/", "{\"kind\": \"public\"}", ALICE, 200, NO_EFFECT, true},
    {"PATCH", "/api/v1/chats/#/", "{\"receipts\": true}", ALICE, 200, NO_EFFECT, true},
    {"GET", "/api/v1/chats/#/hooks/", "", ALICE, 200, NO_EFFECT, true},
    {"GET", "/api/v1/chats/#/members/", "", NEWCOMER, 200, NO_EFFECT, true},
    {"POST", "/api/v1/chats/#/members/", "{\"user\": 99}", ALICE, 404, NO_EFFECT, true},
    {"POST", "/api/v1/chats/#/messages/", "{\"content\": \"a\", \"nonce\": \"n\"}", NEWCOMER, 201,
     NO_EFFECT, true},
    {"GET", "/api/v1/chats/#/messages/?limit=1", "", NEWCOMER, 200, NO_EFFECT, true},
    {"GET", "/api/v1/chats/#/events/?after=0", "", NEWCOMER, 200, NO_EFFECT, true},
    {"PUT", "/api/v1/chats/#/read/", "{\"seq\": 1}", NEWCOMER, 200, NO_EFFECT, true},
    {"POST", "/api/v1/chats/#/typing/", "", NEWCOMER, 204, NO_EFFECT, true},
    {"GET", "/api/v1/chats/?limit=2", "", ALICE, 200, NO_EFFECT, false},
    {"GET", "/api/v1/search/?q=a", "", ALICE, 200, NO_EFFECT, false},
    {"PUT", "/api/v1/messages/999999/pin/", "", ALICE, 404, NO_EFFECT, false},
    {"POST", "/api/v1/tokens/", "{\"name\": \"bot\", \"chats\": [1]}", ALICE, 201, NO_EFFECT,
     false},
    {"GET", "/api/v1/tokens/", "", ALICE, 200, NO_EFFECT, false},
    {"POST", "/api/v1/hooks/confab_x/", "{\"content\": \"x\"}", NOBODY, 404, NO_EFFECT, false},
    {"POST", "/api/v1/uploads/?chat=1&name=a", "{}", ALICE, 403, NO_EFFECT, false},
    {"GET", "/api/v1/version/", "", NOBODY, 200, NO_EFFECT, false},
    {"POST", "/api/chats/1/send_message/", "{\"content\": \"$:by REST\"}", ALICE, 201,
     MAKES_MESSAGE, false},
    {"POST", "/api/chats/1/send_message/", "{\"content\": \"\"}", ALICE, 400, NO_EFFECT, false},
    {"GET", "/api/chats/1/", "", ALICE, 200, NO_EFFECT, false},
    {"GET", "/api/chats/77/", "", ALICE, 404, NO_EFFECT, false},
    {"GET", "/api/chats/", "", ALICE, 200, NO_EFFECT, false},
    {"GET", "/api/chats/1/messages/", "", ALICE, 200, NO_EFFECT, false},
    {"GET", "/api/messages/", "", ALICE, 200, NO_EFFECT, false},
    {"GET", "/api/messages/1/", "", ALICE, 200, NO_EFFECT, true},
    {"DELETE", "/api/chats/#/", "", ALICE, 204, ENDS_CHAT, true},
    {"POST", "/api/logout/", "", NEWCOMER, 200, NO_EFFECT, true},
    {"GET", "/api/me/", "", NEWCOMER, 403, NO_EFFECT, true},
    {"POST", "/api/logout/", "", LEAVER, 200, ENDS_SESSION, false},
    {"GET", "/api/schema/", "", NOBODY, 200, NO_EFFECT, false},
};

enum { LISTENERS = 4, CLIENTS = 3 };

static struct {
    trouble_now *trouble;
    struct peer listeners[LISTENERS];
    struct v1_peer clients[CLIENTS]; /* of confab.v1 */
    unsigned serial;
    unsigned message_number; /* of the latest message by REST */
    uint64_t chat_id;        /* the latest that was made; 0: none */
    char cookie[128];        /* the newcomer's */
    struct buf answer;
    struct buf content; /* of the answer, without its transfer coding */
    struct json_doc doc;
    bool is_uncertain; /* a change has failed in a way that does not tell whether it was made */
} scenario;

/* A session ends only once: bob's, the next time that of the fourth. */
static unsigned leaver(void)
{
    return scenario.serial % 2 != 0 ? 1 : 3;
}

/* ---- asking ---- */

static bool on_time(void)
{
    bool had_something = false;
    for (size_t i = 0; i < LISTENERS && world_is_up(); i++) {
        struct peer *peer = &scenario.listeners[i];
        if (peer->state == PEER_FREE || peer->state == PEER_ENDED)
            continue;
        if (scenario.trouble() == TROUBLE_OF_MEMORY)
            peer->has_misbehaved = true;
        had_something |= peer->line.wire->to_peer.len > 0;
        peer_read(peer, SIZE_MAX);
    }
    for (size_t i = 0; i < CLIENTS && world_is_up(); i++) {
        scenario.clients[i].may_be_cut |= scenario.trouble() == TROUBLE_OF_MEMORY;
        had_something |= v1_peer_read(&scenario.clients[i], SIZE_MAX);
    }
    return had_something;
}

static void settle(void)
{
    do {
        world_settle();
    } while (on_time());
}

static void append_filled(struct buf *out, const char *text, uint64_t number)
{
    for (; *text != '\0'; text++) {
        if (*text == '#')
            buf_printf(out, "%llu", (unsigned long long)number);
        else if (*text == '$')
            buf_printf(out, "%u", scenario.message_number);
        else
            buf_append_byte(out, (uint8_t)*text);
    }
}

static void write_request(const struct request *request, struct buf *out)
{
    const char *cookies[] = {
        [NOBODY] = "",
        [ALICE] = truth_session(0, 0),
        [LEAVER] = truth_session(leaver(), 1),
        [NEWCOMER] = scenario.cookie,
    };
    struct buf content = {0};
    append_filled(&content, request->content, scenario.serial);
    buf_printf(out, "%s ", request->method);
    append_filled(out, request->path, scenario.chat_id);
    buf_printf(out,
               " HTTP/1.1\r\nHost: sim\r\nConnection: close\r\nContent-Type: %s\r\n"
               "Cookie: sessionid=%s\r\nContent-Length: %zu\r\n\r\n",
               request->content[0] == '{' ? "application/json"
                                          : "application/x-www-form-urlencoded",
               cookies[request->asker], content.len);
    buf_append(out, buf_bytes(&content));
    buf_free(&content);
}

/* Ask, and wait for the end of the connection: what came is in scenario.answer. */
static void ask(const struct request *request)
{
    struct wire *wire = world_connect();
    buf_clear(&scenario.answer);
    if (wire == NULL)
        truth_fail("nobody can connect");
    wire->room = WIRE_BYTES;
    write_request(request, &wire->to_server);
    settle();
    for (unsigned ms = 0; !wire->server_has_ended && !wire->server_has_closed; ms += TICK_MS) {
        if (ms > ANSWER_MS_MAX)
            truth_fail("%s %s is never answered", request->method, request->path);
        world_pass_ms(TICK_MS);
    }
    buf_append(&scenario.answer, buf_bytes(&wire->to_peer));
    world_hang_up(wire);
    settle();
}

/* ---- judging an answer ---- */

/* The value of a field of the answer's header section. data NULL: there is no such field. */
static struct bytes field(struct bytes head, const char *name)
{
    const char *at = memmem(head.data, head.len, name, strlen(name));
    if (at == NULL)
        return NO_BYTES;
    struct bytes rest = bytes_skip(head, (size_t)((const uint8_t *)at - head.data) + strlen(name));
    return bytes_first(rest, bytes_index(rest, '\r'));
}

/* Take the chunks together (RFC 9112, section 7.1). False: the last one has not come. */
static bool join_chunks(struct bytes rest)
{
    buf_clear(&scenario.content);
    for (;;) {
        char *end;
        unsigned long len = strtoul((const char *)rest.data, &end, 16);
        size_t head_len = (size_t)((const uint8_t *)end - rest.data) + 2;
        if (rest.len < head_len + len + 2)
            return false;
        if (len == 0)
            return true;
        buf_append(&scenario.content, bytes_of(rest.data + head_len, len));
        rest = bytes_skip(rest, head_len + len + 2);
    }
}

/* The content, whole. False: it was cut short. */
static bool take_content(struct bytes head, struct bytes rest)
{
    uint64_t len = 0;
    struct bytes len_text = field(head, "Content-Length: ");
    if (field(head, "Transfer-Encoding: ").data != NULL)
        return join_chunks(rest);
    if (len_text.data != NULL && bytes_to_number(len_text, SIZE_MAX, &len) != OK)
        truth_fail("a Content-Length that is none");
    buf_clear(&scenario.content);
    buf_append(&scenario.content, rest);
    return rest.len == len;
}

/* Take the answer apart. Its status; 0: the connection ended before the answer did. */
static unsigned take_answer(void)
{
    uint64_t status = 0;
    buf_append_byte(&scenario.answer, 0); /* for strtoul() */
    struct bytes all = bytes_first(buf_bytes(&scenario.answer), scenario.answer.len - 1);
    const char *end = memmem(all.data, all.len, "\r\n\r\n", 4);
    if (end == NULL)
        return 0;
    struct bytes head = bytes_first(all, (size_t)((const uint8_t *)end - all.data) + 4);
    if (head.len < 12 || bytes_to_number(bytes_of(head.data + 9, 3), 999, &status) != OK)
        truth_fail("an answer that is none: %.*s", BYTES_FMT(head));
    if (!take_content(head, bytes_skip(all, head.len)))
        return 0;
    struct bytes type = field(head, "Content-Type: ");
    if (scenario.content.len > 0 && bytes_is(type, "application/json") &&
        json_read(&scenario.doc, buf_bytes(&scenario.content)) != OK)
        truth_fail("content that is not JSON: %.*s", BYTES_FMT(buf_bytes(&scenario.content)));
    struct bytes cookie = field(head, "Set-Cookie: sessionid=");
    if (status == 200 && cookie.len > 0)
        (void)snprintf(scenario.cookie, sizeof scenario.cookie, "%.*s",
                       BYTES_FMT(bytes_first(cookie, bytes_index(cookie, ';'))));
    return (unsigned)status;
}

static void judge_status(const struct request *request, unsigned status)
{
    bool has_trouble = scenario.trouble() != TROUBLE_NONE;
    if (world_is_verbose)
        (void)fprintf(stderr, "%s %s: %u\n", request->method, request->path, status);
    if (status == request->status)
        return;
    if (has_trouble && (status == 0 || status == 503))
        return;
    if (has_trouble && request->builds_on_others && status < 500)
        return;
    truth_fail("%s %s is answered by %u, not by %u: %.*s", request->method, request->path, status,
               request->status, BYTES_FMT(buf_bytes(&scenario.content)));
}

/* ---- what answers say is what is stored ---- */

static struct {
    uint64_t users;
    uint64_t chats;
} due;

static void count_due(void)
{
    due.users = truth_count("SELECT count(*) FROM chat_user");
    due.chats = truth_count("SELECT count(*) FROM chat_chat");
    scenario.is_uncertain = false;
}

static void check_message(unsigned serial, unsigned status)
{
    truth_learn();
    unsigned stored = truth_stored_of(serial);
    if (status != 0 && stored != (status == 201 ? 1 : 0))
        truth_fail("a message by REST is answered by %u and stored %u times", status, stored);
}

static void note_effect(const struct request *request, unsigned status)
{
    bool is_done = status == request->status;
    uint64_t id = 0;
    switch (request->effect) {
    case NO_EFFECT:
    case BEGINS_SESSION:
    case ENDS_SESSION:
    case MAKES_MESSAGE:
        return;
    case MAKES_USER:
        due.users += is_done;
        break;
    case MAKES_CHAT:
        due.chats += is_done;
        if (is_done && bytes_to_number(json_raw_bytes(&scenario.doc,
                                                      json_member(&scenario.doc,
                                                                  json_root(&scenario.doc), "id")),
                                       INT64_MAX, &id) != OK)
            truth_fail("a chat without its id");
        scenario.chat_id = id;
        break;
    case ENDS_CHAT:
        due.chats -= is_done;
        break;
    }
    /* The connection was lost on the way to the request or from it. 503 says "try again": nothing
     * is stored. */
    if (status == 0)
        scenario.is_uncertain = true;
}

static void check_counts(void)
{
    uint64_t users = truth_count("SELECT count(*) FROM chat_user");
    uint64_t chats = truth_count("SELECT count(*) FROM chat_chat");
    if (!scenario.is_uncertain && (users != due.users || chats != due.chats))
        truth_fail("%llu users and %llu chats are stored, %llu and %llu were promised",
                   (unsigned long long)users, (unsigned long long)chats,
                   (unsigned long long)due.users, (unsigned long long)due.chats);
    if (truth_count("SELECT count(*) FROM chat_chat WHERE name = 'never'") != 0)
        truth_fail("a chat is stored whose making was refused");
    if (truth_count("SELECT count(*) FROM pragma_foreign_key_check") != 0)
        truth_fail("rows point at nothing");
    if (truth_count("SELECT count(*) FROM chat_chat WHERE NOT EXISTS (SELECT 1 FROM "
                    "chat_chat_participants WHERE chat_id = chat_chat.id)") != 0)
        truth_fail("a chat was stored in part");
}

/* ---- listeners ---- */

static void check_listeners(void)
{
    for (size_t i = 0; i < LISTENERS; i++)
        peer_check_complete(&scenario.listeners[i]);
}

static void connect_listeners(void)
{
    const struct {
        unsigned user;
        unsigned session;
    } who[LISTENERS] = {{0, 0}, {leaver(), 1}, {REMOVED_USER, 0}, {0, 1}};
    for (size_t i = 0; i < LISTENERS; i++) {
        struct peer *peer = &scenario.listeners[i];
        peer_connect(peer, 1000 * scenario.serial + (unsigned)i, who[i].user, who[i].session, 0);
        if (peer->line.wire == NULL)
            truth_fail("nobody can connect");
        peer->line.wire->room = WIRE_BYTES;
        settle();
        bool is_excused = (scenario.trouble() != TROUBLE_NONE &&
                           (peer->line.status == 503 || peer->line.status == 0)) ||
                          (scenario.trouble() == TROUBLE_OF_MEMORY && peer->line.status == 101);
        if (peer->state != PEER_OPEN && !is_excused)
            truth_fail("a handshake is answered by %u", peer->line.status);
    }
}

/* Clients of confab.v1 come again whenever they were sent away. */
static void connect_clients(void)
{
    for (size_t i = 0; i < CLIENTS; i++) {
        v1_peer_connect(&scenario.clients[i]);
        if (scenario.clients[i].line.wire != NULL)
            scenario.clients[i].line.wire->room = WIRE_BYTES;
        settle();
    }
}

static void begin_clients(void)
{
    static const struct {
        unsigned user;
        unsigned chat;
    } who[CLIENTS] = {{0, 0}, {0, TRUTH_CHATS}, {1, 0}};
    for (size_t i = 0; i < CLIENTS; i++)
        v1_peer_begin(&scenario.clients[i], 1000 * scenario.serial + 100 + (unsigned)i, who[i].user,
                      0, who[i].chat);
    connect_clients();
}

/* A handshake may have met with the fault too: then the client tries again. */
static bool all_clients_are_answered(void)
{
    for (size_t i = 0; i < CLIENTS; i++) {
        const struct v1_peer *client = &scenario.clients[i];
        if (client->state != V1_PEER_OPEN || client->unacked_count > 0)
            return false;
    }
    return true;
}

/* One says something and is gone before it has read the answer. All come back, and after a short
 * while nothing is missing to anybody. */
static void go_on_with_clients(void)
{
    struct v1_peer *hasty = &scenario.clients[0];
    for (size_t i = 0; i < CLIENTS; i++)
        v1_peer_say(&scenario.clients[i]);
    world_settle();
    v1_peer_leave(hasty);
    unsigned tries = 0;
    do {
        connect_clients();
        world_pass_ms(CLIENT_MS);
        truth_learn();
    } while (!all_clients_are_answered() && ++tries < CLIENT_TRIES_MAX);
    for (size_t i = 0; i < CLIENTS; i++) {
        const struct v1_peer *client = &scenario.clients[i];
        if (client->state != V1_PEER_OPEN || client->unacked_count > 0)
            truth_fail("client %u was not answered, or does not get in: %u", client->serial,
                       client->line.status);
        v1_peer_check_complete(client);
    }
}

static void say_all(void)
{
    for (size_t i = 0; i < LISTENERS; i++) {
        peer_say(&scenario.listeners[i]);
        peer_say(&scenario.listeners[i]);
    }
    settle();
    check_listeners();
}

/* Whoever may not stay is told so in time. */
static void expect_close(const struct peer *peer, unsigned close_code)
{
    bool was_open = peer->state == PEER_OPEN && !peer->has_misbehaved;
    unsigned ms_max = scenario.trouble() == TROUBLE_NONE ? NOTICE_MS_MAX : TROUBLED_MS_MAX;
    for (unsigned ms = 0; ms < ms_max && peer->state == PEER_OPEN && peer->line.close_code == 0;
         ms += TICK_MS) {
        world_pass_ms(TICK_MS);
        if (scenario.trouble() != TROUBLE_NONE)
            ms_max = TROUBLED_MS_MAX;
    }
    if (peer->state == PEER_OPEN && peer->line.close_code == 0)
        truth_fail("peer %u was not told to go", peer->serial);
    if (was_open && peer->line.close_code != close_code && !peer->has_misbehaved)
        truth_fail("peer %u was closed with %u, not with %u", peer->serial, peer->line.close_code,
                   close_code);
}

/* An operator says something, beside the server. Whoever is connected, or connects again, learns
 * it. */
static void say_to_everybody(void)
{
    char text[160];
    int64_t number = scenario.serial + 1;
    (void)snprintf(text, sizeof text,
                   "INSERT INTO confab_notice (code, message, created_at, ends_at)"
                   " VALUES ('x', '%lld', '2026-11-22', '2099-01-01')",
                   (long long)number);
    if (!truth_run_elsewhere(text))
        truth_fail("another program cannot write");
    world_pass_ms(scenario.trouble() == TROUBLE_NONE ? NOTICE_MS_MAX : TROUBLED_MS_MAX);
    go_on_with_clients();
    for (size_t i = 0; i < CLIENTS; i++) {
        if (scenario.clients[i].last_notice != number)
            truth_fail("client %u was not told what holds", scenario.clients[i].serial);
    }
}

/* Another program takes somebody out of the chat, and later in again. */
static void remove_elsewhere(void)
{
    char text[160];
    (void)snprintf(text, sizeof text,
                   "DELETE FROM chat_chat_participants WHERE chat_id = 1 AND user_id = %d",
                   REMOVED_USER + 1);
    if (!truth_run_elsewhere(text))
        truth_fail("another program cannot write");
    truth_note_removed(REMOVED_USER, 0);
    /* Whoever speaks is found at once; whoever is silent, when the server looks after everybody. */
    if (scenario.serial % 2 == 0)
        peer_say(&scenario.listeners[2]);
    expect_close(&scenario.listeners[2], WS_CLOSE_REMOVED);
}

static void restore_elsewhere(void)
{
    char text[160];
    (void)snprintf(text, sizeof text,
                   "INSERT INTO chat_chat_participants (chat_id, user_id) VALUES (1, %d)",
                   REMOVED_USER + 1);
    truth_note_restored(REMOVED_USER, 0);
    if (!truth_run_elsewhere(text))
        truth_fail("another program cannot write");
}

/* ---- the whole ---- */

static void go_through(const struct request *request)
{
    unsigned serial = 1000 * scenario.serial + LISTENERS;
    if (request->effect == MAKES_MESSAGE)
        scenario.message_number = truth_new_message(serial, 0, false);
    ask(request);
    unsigned status = take_answer();
    judge_status(request, status);
    note_effect(request, status);
    if (request->effect == MAKES_MESSAGE)
        check_message(serial, status);
    if (request->effect == ENDS_SESSION && status == 200)
        expect_close(&scenario.listeners[1], WS_CLOSE_SESSION_ENDED);
}

void scenario_run(unsigned serial, trouble_now *trouble)
{
    scenario.serial = serial;
    scenario.trouble = trouble;
    scenario.chat_id = 0;
    scenario.cookie[0] = '\0';
    world_on_time = on_time;
    count_due();
    connect_listeners();
    begin_clients();
    say_all();
    go_on_with_clients();
    for (size_t i = 0; i < COUNT_OF(requests); i++)
        go_through(&requests[i]);
    say_all();
    go_on_with_clients();
    say_to_everybody();
    remove_elsewhere();
    check_counts();
    for (size_t i = 0; i < LISTENERS; i++)
        peer_leave(&scenario.listeners[i]);
    for (size_t i = 0; i < CLIENTS; i++)
        v1_peer_leave(&scenario.clients[i]);
    settle();
    restore_elsewhere();
}

void scenario_deinit(void)
{
    buf_free(&scenario.answer);
    buf_free(&scenario.content);
    json_doc_free(&scenario.doc);
}
