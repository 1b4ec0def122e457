/* site.h - the API without sockets and threads: a database, requests as text, and the steps of each
 * call run one after the other.
 *
 * Every step on the writer is run twice, as after a transaction that had to be repeated: what it
 * left in its first run must not show.
 */
#ifndef CONFAB_TESTS_API_SITE_H
#define CONFAB_TESTS_API_SITE_H

#include "../store/fixture.h"

#include "api/stream.h"
#include "api/throttle.h"
#include "auth/session.h"
#include "chat/commit.h"
#include "http/parser.h"
#include "store/sessions.h"

/* What the messages of the tests are stamped with: the writer's clock stands at 2100-01-01
 * 00:00:00.5. */
#define STAMP_US INT64_C(4102444800500000)
#define STAMP    "2100-01-01T00:00:00.500000Z"
#define NOW      "2026-11-22T18:33:35.571503Z"

struct site {
    struct place place;
    struct db *writer;
    struct db *reader;
    struct commit commit;
    struct api_settings settings;
    struct http_parser *parser;
    int64_t now_us;
    const char *scheme;
    size_t piece_bytes; /* of content that is handed out in pieces, at most; 0: all at once */
    /* While a call waits for an event; false: the time is over. NULL: it is at once. */
    bool (*while_waiting)(struct site *site);
    /* Clients that take one piece at a time: those made ahead of it are made again. */
    bool is_slow;
    /* Each time before pieces of a streamed answer are made again or further ones. NULL: nothing.
     */
    void (*between_pieces)(struct site *site);
};

/* What came of a call. */
struct answer {
    unsigned status;
    bool is_streamed;
    bool is_aborted;
    size_t received;      /* bytes of the content that was handed out in pieces */
    unsigned wait_s;      /* asked for, all times together */
    unsigned piece_count; /* beside the last */
    size_t piece_bytes_max;
    struct buf fields;
    struct buf content;
    struct revocation revocation;
    struct buf revoked_key;
    struct fleeting fleeting;
    int64_t admitted_chat_id;
    struct buf admitted;  /* ids */
    struct event *events; /* that its last step on the writer left */
};

static inline void site_init(struct site *site)
{
    *site = (struct site) {.now_us = NOW_US, .scheme = "http"};
    site->writer = open_new(&site->place);
    site->reader = open_db(&site->place, DB_READER);
    site->commit.last_timestamp_us = STAMP_US;
    site->settings = (struct api_settings) {
        .secrets = {.current = BYTES("a secret of the tests")},
        /* Cheap on purpose: what hashes cost is shown in auth/. */
        .password_policy = {.algorithm = PASSWORD_PBKDF2_SHA256, .iterations = 1},
        .session_age_s = 1209600,
        .cookies = {.session_name = "sessionid", .csrf_name = "csrftoken", .path = "/"},
        .commit = &site->commit,
    };
    CHECK(http_parser_new(&site->parser) == OK);
}

static inline void site_deinit(struct site *site)
{
    http_parser_free(&site->parser);
    throttle_free(&site->settings.throttle);
    rate_free(&site->commit.rate);
    db_close(&site->reader);
    close_all(&site->place, &site->writer);
}

static inline void answer_deinit(struct answer *answer)
{
    buf_free(&answer->fields);
    buf_free(&answer->content);
    buf_free(&answer->revoked_key);
    buf_free(&answer->admitted);
    event_release_list(&answer->events);
}

static inline struct step site_write(struct site *site, struct call *call, struct step step)
{
    struct step next = step;
    for (int run = 0; run < 2; run++) {
        call->write_result = OK;
        call->revocation = (struct revocation) {0};
        call->admission = (struct admission) {0};
        event_release_list(&call->events);
        CHECK(db_begin(site->writer) == OK);
        next = step.run(call, site->writer);
        if (run == 0 || call->write_result != OK)
            db_rollback(site->writer);
        else
            CHECK(db_commit(site->writer) == OK);
    }
    return next;
}

static inline void take_piece(struct answer *answer, struct bytes piece)
{
    if (piece.len > answer->piece_bytes_max)
        answer->piece_bytes_max = piece.len;
    buf_append(&answer->content, piece);
}

/* Take what the response holds: all of it, or the first piece. Where the answer goes on. */
static inline struct step take_pieces(struct site *site, struct call *call, struct answer *answer,
                                      struct step next)
{
    struct bytes content = buf_bytes(&call->response.content);
    size_t taken = 0;
    CHECK(buf_status(&call->response.content) == OK);
    CHECK(call->pieces.count == 0 || call->response.is_streamed);
    for (unsigned i = 0; i < call->pieces.count; i++) {
        size_t end = call->pieces.ends[i];
        take_piece(answer, bytes_first(bytes_skip(content, taken), end - taken));
        answer->piece_count++;
        taken = end;
        if (site->is_slow && call->request->method != HTTP_HEAD) {
            buf_clear(&call->response.content);
            return api_rewind(call, i + 1);
        }
    }
    take_piece(answer, bytes_skip(content, taken));
    buf_clear(&call->response.content);
    return next;
}

static inline void give_piece(const struct site *site, struct call *call, struct answer *answer)
{
    struct bytes rest = bytes_skip(call->request->content, answer->received);
    size_t max = site->piece_bytes > 0 ? site->piece_bytes : rest.len;
    CHECK(!call->is_last_piece);
    call->piece = bytes_first(rest, rest.len < max ? rest.len : max);
    call->is_last_piece = call->piece.len == rest.len;
    answer->received += call->piece.len;
}

static inline void site_run(struct site *site, struct call *call, struct answer *answer)
{
    struct step step = api_begin(call);
    bool is_done = false;
    while (!is_done) {
        switch (step.place) {
        case CALL_ON_READER:
            step = step.run(call, site->reader);
            break;
        case CALL_ON_WRITER:
            step = site_write(site, call, step);
            break;
        case CALL_ON_HASHER:
            step = step.run(call, NULL);
            break;
        case CALL_ON_DISK:
            step = step.run(call, NULL);
            break;
        case CALL_FOR_PIECE:
            give_piece(site, call, answer);
            step = step.run(call, NULL);
            break;
        case CALL_TO_WAIT:
            CHECK(!call->wait_is_over && call->wait_s <= CALL_WAIT_S_MAX);
            answer->wait_s += call->wait_s;
            call->wait_is_over = site->while_waiting == NULL || !site->while_waiting(site);
            step = api_begin(call);
            break;
        case CALL_PIECES_TO_CLIENT:
            step = take_pieces(site, call, answer, step);
            if (site->between_pieces != NULL)
                site->between_pieces(site);
            step.place = CALL_ON_READER;
            break;
        case CALL_TO_CLIENT:
            step = take_pieces(site, call, answer, step);
            is_done = step.place == CALL_TO_CLIENT;
            if (!is_done && site->between_pieces != NULL)
                site->between_pieces(site);
            break;
        case CALL_ABORT:
            is_done = true;
            break;
        }
    }
    answer->is_aborted = step.place == CALL_ABORT;
}

/* A NUL that does not count, for strstr(). */
static inline void end_text(struct buf *buf)
{
    buf_append_byte(buf, 0);
    buf->len--;
}

/* Feed the request's bytes and run its call. The answer is the caller's to end. */
static inline struct answer site_ask(struct site *site, struct bytes bytes)
{
    struct answer answer = {0};
    size_t used = 0;
    http_parser_reset(site->parser);
    enum http_progress progress = http_parser_feed(site->parser, bytes, &used);
    if (progress == HTTP_HAS_HEAD) {
        size_t more = 0;
        progress = http_parser_feed(site->parser, bytes_skip(bytes, used), &more);
    }
    if (progress != HTTP_HAS_REQUEST)
        print_error("refused: %s\n", http_parser_reason(site->parser));
    CHECK(progress == HTTP_HAS_REQUEST);
    struct call call = {
        .settings = &site->settings,
        .request = http_parser_request(site->parser),
        .peer_address = BYTES("192.0.2.1"),
        .scheme = bytes_from_text(site->scheme),
        .now_us = site->now_us,
        .pieces = {.ahead = site->is_slow ? 1 : CALL_PIECES_MAX - 1},
    };
    site_run(site, &call, &answer);
    answer.status = call.response.status;
    answer.is_streamed = call.response.is_streamed;
    answer.revocation = call.revocation;
    answer.fleeting = call.fleeting;
    answer.admitted_chat_id = call.admission.chat_id;
    buf_append(&answer.admitted, bytes_of(call.admission.user_ids,
                                          call.admission.count * sizeof *call.admission.user_ids));
    answer.events = call.events;
    buf_append(&answer.fields, buf_bytes(&call.response.fields));
    end_text(&answer.fields);
    end_text(&answer.content);
    buf_append(&answer.revoked_key, call.revocation.session_key);
    answer.revocation.session_key = buf_bytes(&answer.revoked_key);
    if (call.release != NULL)
        call.release(&call);
    http_response_deinit(&call.response);
    buf_free(&call.pieces.states);
    buf_free(&call.pieces.kept);
    arena_free(&call.arena);
    return answer;
}

/* A request in parts. NULL: there is none of it. */
struct asked {
    const char *method; /* NULL: "GET" */
    const char *path;
    const char *session; /* the cookie's value */
    const char *fields;  /* whole lines, each with CRLF */
    const char *type;    /* NULL: "application/json" if there is content */
    const char *content;
};

static inline struct answer ask(struct site *site, struct asked asked)
{
    struct buf request = {0};
    buf_printf(&request, "%s %s HTTP/1.1\r\nHost: chat.example\r\n",
               asked.method != NULL ? asked.method : "GET", asked.path);
    if (asked.session != NULL)
        buf_printf(&request, "Cookie: sessionid=%s\r\n", asked.session);
    if (asked.fields != NULL)
        buf_append_text(&request, asked.fields);
    if (asked.content != NULL && (asked.type == NULL || asked.type[0] != '\0'))
        buf_printf(&request, "Content-Type: %s\r\n",
                   asked.type != NULL ? asked.type : "application/json");
    buf_printf(&request, "Content-Length: %zu\r\n\r\n",
               asked.content != NULL ? strlen(asked.content) : 0);
    if (asked.content != NULL)
        buf_append_text(&request, asked.content);
    CHECK(buf_status(&request) == OK);
    struct answer answer = site_ask(site, buf_bytes(&request));
    buf_free(&request);
    return answer;
}

static inline void check_answer(const struct answer *answer, unsigned status, const char *content,
                                const char *name, const char *file, int line)
{
    bool is_right = answer->status == status &&
                    (content == NULL || bytes_is(buf_bytes(&answer->content), content));
    if (is_right)
        return;
    print_error("%s:%d: %s\n  is       %u %.*s\n  expected %u %s\n", file, line, name,
                answer->status, BYTES_FMT(buf_bytes(&answer->content)), status,
                content != NULL ? content : "");
    _fail(file, line);
}

/* Ask, and compare status and content (NULL: any) byte for byte. */
#define ASK(site, status, content, ...)                                                            \
    do {                                                                                           \
        struct asked asked_ = {__VA_ARGS__};                                                       \
        struct answer answer_ = ask((site), asked_);                                               \
        check_answer(&answer_, (status), (content), asked_.path, __FILE__, __LINE__);              \
        answer_deinit(&answer_);                                                                   \
    } while (0)

/* Whether the answer has the line "Name: value". */
static inline bool has_field(const struct answer *answer, const char *line)
{
    struct buf wanted = {0};
    buf_printf(&wanted, "%s\r\n", line);
    bool found = memmem(answer->fields.data, answer->fields.len, wanted.data, wanted.len) != NULL;
    buf_free(&wanted);
    return found;
}

static inline bool mentions(const struct answer *answer, const char *text)
{
    return memmem(answer->fields.data, answer->fields.len, text, strlen(text)) != NULL;
}

/* A user with the password "secret". */
static inline int64_t make_user(struct site *site, const char *name, const char *type)
{
    struct buf encoded = {0};
    struct buf email = {0};
    CHECK(password_encode(&site->settings.password_policy, BYTES("secret"), &encoded) == OK);
    buf_printf(&email, "%s@example.com", name);
    struct user user = {
        .username = bytes_from_text(name),
        .email = buf_bytes(&email),
        .user_type = bytes_from_text(type),
        .first_name = BYTES(""),
        .last_name = BYTES(""),
        .password = buf_bytes(&encoded),
        .is_active = true,
    };
    int64_t id = 0;
    CHECK(users_insert(site->writer, &user, NOW_US, &id) == OK);
    buf_free(&encoded);
    buf_free(&email);
    return id;
}

/* A session of the user, as a login makes it. */
static inline void make_session(struct site *site, int64_t user_id, char key[SESSION_KEY_BYTES + 1])
{
    struct arena arena = {0};
    struct buf json = {0};
    struct buf data = {0};
    struct user user;
    session_key_new(key);
    CHECK(users_find_id(site->writer, user_id, &arena, &user) == OK);
    CHECK(session_login_json(user_id, user.password, &site->settings.secrets, NO_BYTES, &json) ==
          OK);
    CHECK(session_encode(buf_bytes(&json), &site->settings.secrets, site->now_us / 1000000,
                         &data) == OK);
    struct session_row row = {
        .key = bytes_from_text(key),
        .data = buf_bytes(&data),
        .expire_us = site->now_us + INT64_C(1209600000000),
    };
    CHECK(sessions_insert(site->writer, &row) == OK);
    buf_free(&json);
    buf_free(&data);
    arena_free(&arena);
}

/* alice, bob and carol, numbered 1 to 3 and logged in, on a new site. */
struct people {
    struct site site;
    char alice[SESSION_KEY_BYTES + 1];
    char bob[SESSION_KEY_BYTES + 1];
    char carol[SESSION_KEY_BYTES + 1];
};

#define ALICE                                                                                      \
    "{\"id\":1,\"username\":\"alice\",\"email\":\"alice@example.com\",\"user_type\":\"student\"}"
#define BOB "{\"id\":2,\"username\":\"bob\",\"email\":\"bob@example.com\",\"user_type\":\"staff\"}"
#define CAROL                                                                                      \
    "{\"id\":3,\"username\":\"carol\",\"email\":\"carol@example.com\",\"user_type\":\"owner\"}"
#define NOT_FOUND      "{\"detail\":\"Not found.\"}"
#define NO_CREDENTIALS "{\"detail\":\"Authentication credentials were not provided.\"}"

static inline void people_init(struct people *people)
{
    site_init(&people->site);
    CHECK(make_user(&people->site, "alice", "student") == 1);
    CHECK(make_user(&people->site, "bob", "staff") == 2);
    CHECK(make_user(&people->site, "carol", "owner") == 3);
    make_session(&people->site, 1, people->alice);
    make_session(&people->site, 2, people->bob);
    make_session(&people->site, 3, people->carol);
}

#endif
