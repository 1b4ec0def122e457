#include "site.h"

#include "base/text.h"

/* Chat 1 of alice, who made it, and bob; carol is in none. */
static void chat_init(struct people *people)
{
    people_init(people);
    ASK(&people->site, 201,
        "{\"id\":1,\"name\":\"maths\",\"kind\":\"group\",\"receipts\":false,\"seq\":0}",
        .method = "POST", .path = "/api/v1/chats/", .session = people->alice,
        .content = "{\"name\":\" maths \",\"participant_usernames\":[\"bob\"]}");
}

/* What one person asks, and what comes of it. */
struct scene {
    char who; /* 'a', 'b', 'c' */
    const char *method;
    const char *path; /* behind /api/v1/ */
    const char *content;
    unsigned status;
    const char *answer; /* NULL: any */
    const char *events; /* their kinds, in order; NULL: none */
};

static const char *session_of(const struct people *people, char who)
{
    return who == 'a' ? people->alice : who == 'b' ? people->bob : people->carol;
}

static void append_kinds(const struct event *event, struct buf *out)
{
    for (; event != NULL; event = event->next) {
        if (out->len > 0)
            buf_append_byte(out, ' ');
        buf_append_text(out, event_kind_name(event->kind));
    }
}

static void play(struct people *people, const struct scene *scenes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct scene *scene = &scenes[i];
        char path[200];
        struct buf kinds = {0};
        (void)snprintf(path, sizeof path, "/api/v1/%s", scene->path);
        struct answer answer =
            ask(&people->site, (struct asked) {.method = scene->method,
                                               .path = path,
                                               .session = session_of(people, scene->who),
                                               .content = scene->content});
        check_answer(&answer, scene->status, scene->answer, path, __FILE__, (int)i);
        append_kinds(answer.events, &kinds);
        if (!bytes_is(buf_bytes(&kinds), scene->events != NULL ? scene->events : ""))
            print_error("scene %zu: events are %.*s\n", i, BYTES_FMT(buf_bytes(&kinds)));
        CHECK(bytes_is(buf_bytes(&kinds), scene->events != NULL ? scene->events : ""));
        buf_free(&kinds);
        answer_deinit(&answer);
    }
}

#define PLAY(people, scenes) play((people), (scenes), COUNT_OF(scenes))

#define NOT_FOUND_V1 "{\"detail\":\"Not found.\",\"code\":\"not_found\"}"
#define NO_PERMISSION                                                                              \
    "{\"detail\":\"You do not have permission to perform this action.\",\"code\":\"forbidden\"}"
#define FAULT(name, text) "{\"" name "\":[\"" text "\"],\"code\":\"invalid_frame\"}"
#define SEND(who, text)                                                                            \
    {                                                                                              \
        who, "POST", "chats/1/messages/", "{\"content\":\"" text "\"}", 201, NULL, "message"       \
    }

static void test_a_message_is_edited_and_deleted_by_its_sender(void **state)
{
    (void)state;
    static const struct scene scenes[] = {
        SEND('a', "Hi"),
        {'a', "PATCH", "messages/1/", "{\"content\":\"Hello\",\"revision\":1}", 200,
         "{\"id\":1,\"chat\":1,\"sender\":" ALICE ",\"content\":\"Hello\",\"timestamp\":\"" STAMP
         "\",\"edited_at\":\"" STAMP "\",\"revision\":2}",
         "message_updated"},
        {'a', "PATCH", "messages/1/", "{\"content\":\"Hello\"}", 200, NULL, NULL}, /* as it is */
        {'a', "PATCH", "messages/1/", "{\"content\":\"Hey\",\"revision\":1}", 409,
         "{\"detail\":\"It was changed meanwhile\",\"code\":\"conflict\"}", NULL},
        {'b', "PATCH", "messages/1/", "{\"content\":\"x\"}", 403,
         "{\"detail\":\"Only its sender may edit a message\",\"code\":\"forbidden\"}", NULL},
        {'c', "PATCH", "messages/1/", "{\"content\":\"x\"}", 404, NOT_FOUND_V1, NULL},
        {'a', "PATCH", "messages/9/", "{\"content\":\"x\"}", 404, NOT_FOUND_V1, NULL},
        {'a', "PATCH", "messages/x/", "{\"content\":\"x\"}", 404, NOT_FOUND_V1, NULL},
        {'a', "PATCH", "messages/1/", "{}", 400, FAULT("content", "This field is required."), NULL},
        {'a', "PATCH", "messages/1/", "{\"content\":\" \"}", 400,
         "{\"detail\":\"Content cannot be empty\",\"code\":\"content_empty\"}", NULL},
        {'a', "PATCH", "messages/1/", "{\"content\":\"x\",\"revision\":0}", 400,
         FAULT("revision", "Ensure this value is greater than or equal to 1."), NULL},
        {'b', "DELETE", "messages/1/", NULL, 403, NULL, NULL},
        {'c', "DELETE", "messages/1/", NULL, 404, NOT_FOUND_V1, NULL},
        {'a', "DELETE", "messages/1/", NULL, 204, "", "message_deleted"},
        {'a', "DELETE", "messages/1/", NULL, 204, "", NULL}, /* again: nothing has to change */
    };
    struct people people;
    chat_init(&people);
    PLAY(&people, scenes);
    site_deinit(&people.site);
}

static void test_reactions_and_pins_are_idempotent(void **state)
{
    (void)state;
    static const struct scene scenes[] = {
        SEND('a', "Hi"),
        {'b', "PUT", "messages/1/reactions/%F0%9F%91%8D/", NULL, 200, "{\"chat\":1,\"seq\":2}",
         "reaction_added"},
        {'b', "PUT", "messages/1/reactions/%F0%9F%91%8D/", NULL, 200, "{\"chat\":1,\"seq\":2}",
         NULL},
        {'b', "PUT", "messages/1/reactions/a%20b/", NULL, 400,
         "{\"detail\":\"emoji must be a text of 1 to 32 bytes without "
         "blanks\",\"code\":\"invalid_frame\"}",
         NULL},
        {'b', "PUT", "messages/1/reactions/%FF/", NULL, 404, NOT_FOUND_V1, NULL},
        {'c', "PUT", "messages/1/reactions/x/", NULL, 404, NOT_FOUND_V1, NULL},
        {'b', "DELETE", "messages/1/reactions/%F0%9F%91%8D/", NULL, 204, "", "reaction_removed"},
        {'b', "DELETE", "messages/1/reactions/%F0%9F%91%8D/", NULL, 204, "", NULL},
        {'b', "PUT", "messages/1/pin/", NULL, 403, NO_PERMISSION, NULL},
        {'a', "PUT", "messages/1/pin/", NULL, 200, "{\"chat\":1,\"seq\":4}", "pin_added"},
        {'a', "PUT", "messages/1/pin/", NULL, 200, "{\"chat\":1,\"seq\":4}", NULL},
        {'a', "DELETE", "messages/1/pin/", NULL, 204, "", "pin_removed"},
        {'c', "PUT", "messages/1/pin/", NULL, 404, NOT_FOUND_V1, NULL},
    };
    struct people people;
    chat_init(&people);
    PLAY(&people, scenes);
    site_deinit(&people.site);
}

#define MEMBER(user, rest) "{" user "," rest "}"
#define ALICE_AS(role)                                                                             \
    MEMBER("\"id\":1,\"username\":\"alice\",\"email\":\"alice@example.com\",\"user_type\":"        \
           "\"student\"",                                                                          \
           "\"role\":\"" role "\"")
#define BOB_AS(role, more)                                                                         \
    MEMBER("\"id\":2,\"username\":\"bob\",\"email\":\"bob@example.com\",\"user_type\":\"staff\"",  \
           "\"role\":\"" role "\"" more)
#define CAROL_AS(role)                                                                             \
    MEMBER(                                                                                        \
        "\"id\":3,\"username\":\"carol\",\"email\":\"carol@example.com\",\"user_type\":\"owner\"", \
        "\"role\":\"" role "\"")
#define LIST(next, members) "{\"next\":" next ",\"previous\":null,\"results\":[" members "]}"

static void test_members_come_and_go_and_get_roles(void **state)
{
    (void)state;
    static const struct scene scenes[] = {
        {'a', "GET", "chats/1/members/", NULL, 200,
         LIST("null", ALICE_AS("owner") "," BOB_AS("member", "")), NULL},
        {'b', "GET", "chats/1/members/?limit=1", NULL, 200,
         LIST("\"http://chat.example/api/v1/chats/1/members/?limit=1&cursor=1\"",
              ALICE_AS("owner")),
         NULL},
        {'b', "GET", "chats/1/members/?limit=1&cursor=1", NULL, 200,
         LIST("null", BOB_AS("member", "")), NULL},
        {'c', "GET", "chats/1/members/", NULL, 404, NOT_FOUND_V1, NULL},
        {'c', "POST", "chats/1/members/", NULL, 404, NOT_FOUND_V1, NULL},
        {'b', "POST", "chats/1/members/", "{\"user\":3}", 403, NO_PERMISSION, NULL},
        {'a', "POST", "chats/1/members/", "{\"user\":99}", 404,
         "{\"detail\":\"There is no such user\",\"code\":\"not_found\"}", NULL},
        {'a', "POST", "chats/1/members/", "{\"user\":\"x\"}", 400,
         FAULT("user", "A valid integer is required."), NULL},
        {'a', "POST", "chats/1/members/", "{\"user\":3}", 201, CAROL_AS("member"), "member_joined"},
        {'a', "POST", "chats/1/members/", "{\"user\":3}", 200, CAROL_AS("member"), NULL},
        {'b', "PATCH", "chats/1/members/3/", "{\"role\":\"read_only\"}", 403, NO_PERMISSION, NULL},
        {'a', "PATCH", "chats/1/members/3/", "{\"role\":\"read_only\"}", 200, CAROL_AS("read_only"),
         "member_updated"},
        {'c', "POST", "chats/1/messages/", "{\"content\":\"x\"}", 403,
         "{\"detail\":\"You may only read in this chat\",\"code\":\"read_only\"}", NULL},
        {'a', "PATCH", "chats/1/members/2/",
         "{\"role\":\"moderator\",\"muted_until\":\"2101-01-01T00:00:00Z\"}", 200,
         BOB_AS("moderator", ",\"muted_until\":\"2101-01-01T00:00:00Z\""),
         "member_updated member_updated"},
        {'b', "POST", "chats/1/messages/", "{\"content\":\"x\"}", 403,
         "{\"detail\":\"You are muted in this chat\",\"code\":\"muted\"}", NULL},
        {'a', "PATCH", "chats/1/members/2/", "{\"muted_until\":null}", 200, BOB_AS("moderator", ""),
         "member_updated"},
        {'a', "PATCH", "chats/1/members/2/", "{}", 200, BOB_AS("moderator", ""), NULL},
        {'a', "PATCH", "chats/1/members/2/", "{\"role\":\"king\",\"muted_until\":\"tomorrow\"}",
         400,
         "{\"role\":[\"\\\"king\\\" is not a valid choice.\"],\"muted_until\":[\"Datetime has "
         "wrong "
         "format. Use one of these formats instead: "
         "YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z].\"],\"code\":\"invalid_frame\"}",
         NULL},
        {'a', "PATCH", "chats/1/members/99/", "{}", 404, NOT_FOUND_V1, NULL},
        {'a', "PATCH", "chats/1/members/x/", "{}", 404, NOT_FOUND_V1, NULL},
        {'b', "PATCH", "chats/1/members/3/", "{\"role\":\"banned\"}", 200, CAROL_AS("banned"),
         "member_left"},
        {'c', "DELETE", "chats/1/members/3/", NULL, 404, NOT_FOUND_V1, NULL},
        {'a', "POST", "chats/1/members/", "{\"user\":3}", 403,
         "{\"detail\":\"The user is banned from this chat\",\"code\":\"forbidden\"}", NULL},
        {'b', "DELETE", "chats/1/members/3/", NULL, 204, "", NULL}, /* the ban goes */
        {'b', "POST", "chats/1/members/", "{\"user\":3}", 201, CAROL_AS("member"), "member_joined"},
        {'c', "DELETE", "chats/1/members/2/", NULL, 403, NO_PERMISSION, NULL},
        {'b', "DELETE", "chats/1/members/3/", NULL, 204, "", "member_left"},
        {'b', "DELETE", "chats/1/members/1/", NULL, 403, NO_PERMISSION, NULL},
        {'a', "DELETE", "chats/1/members/1/", NULL, 204, "", "member_updated member_left"},
        {'a', "GET", "chats/1/members/", NULL, 404, NOT_FOUND_V1, NULL},
        {'b', "GET", "chats/1/members/", NULL, 200, LIST("null", BOB_AS("owner", "")), NULL},
    };
    struct people people;
    chat_init(&people);
    PLAY(&people, scenes);
    site_deinit(&people.site);
}

/* Live connections follow; who has lost access is cut off. */
static void test_who_comes_and_who_goes_is_said(void **state)
{
    (void)state;
    struct people people;
    chat_init(&people);
    struct answer answer = ask(&people.site, (struct asked) {.method = "POST",
                                                             .path = "/api/v1/chats/1/members/",
                                                             .session = people.alice,
                                                             .content = "{\"user\":3}"});
    CHECK(answer.status == 201 && answer.admitted_chat_id == 1);
    CHECK(answer.admitted.len == sizeof(int64_t) && *(int64_t *)(void *)answer.admitted.data == 3);
    CHECK(answer.revocation.user_id == 0);
    answer_deinit(&answer);
    answer = ask(&people.site, (struct asked) {.method = "DELETE",
                                               .path = "/api/v1/chats/1/members/3/",
                                               .session = people.carol});
    CHECK(answer.status == 204 && answer.admitted_chat_id == 0);
    CHECK(answer.revocation.chat_id == 1 && answer.revocation.user_id == 3);
    answer_deinit(&answer);
    answer =
        ask(&people.site, (struct asked) {.method = "POST",
                                          .path = "/api/chats/",
                                          .session = people.bob,
                                          .content = "{\"name\":\"x\",\"participant_ids\":[3,1]}"});
    CHECK(answer.status == 201 && answer.admitted_chat_id == 2);
    CHECK(answer.admitted.len == 3 * sizeof(int64_t));
    answer_deinit(&answer);
    site_deinit(&people.site);
}

static void test_chats_have_kinds_and_names(void **state)
{
    (void)state;
    static const struct scene scenes[] = {
        {'a', "POST", "chats/", "{\"name\":\"two\",\"kind\":\"direct\",\"participant_ids\":[2]}",
         201, "{\"id\":2,\"name\":\"two\",\"kind\":\"direct\",\"receipts\":false,\"seq\":0}", NULL},
        {'a', "POST", "chats/", "{\"name\":\"two\",\"kind\":\"direct\"}", 400,
         FAULT("kind", "A direct chat is one of two."), NULL},
        {'a', "POST", "chats/", "{\"kind\":\"secret\",\"participant_ids\":[99]}", 400,
         "{\"name\":[\"This field is required.\"],\"participant_ids\":[\"Invalid pk \\\"99\\\" - "
         "object does not exist.\"],\"kind\":[\"\\\"secret\\\" is not a valid choice.\"],"
         "\"code\":\"invalid_frame\"}",
         NULL},
        {'b', "POST", "chats/", "{\"name\":\"open\",\"kind\":\"public\"}", 201,
         "{\"id\":3,\"name\":\"open\",\"kind\":\"public\",\"receipts\":false,\"seq\":0}", NULL},
        {'c', "POST", "chats/3/members/", NULL, 201, CAROL_AS("member"), "member_joined"},
        {'c', "POST", "chats/3/members/", NULL, 200, CAROL_AS("member"), NULL},
        {'c', "PATCH", "chats/3/", "{\"name\":\"mine\"}", 403, NO_PERMISSION, NULL},
        {'c', "DELETE", "chats/3/", NULL, 403, NO_PERMISSION, NULL},
        {'b', "PATCH", "chats/3/", "{\"name\":\"news\",\"kind\":\"announcement\"}", 200,
         "{\"id\":3,\"name\":\"news\",\"kind\":\"announcement\",\"receipts\":false,\"seq\":2}",
         "chat_updated"},
        {'b', "PATCH", "chats/3/", "{}", 200, NULL, NULL},
        {'b', "PATCH", "chats/3/", "{\"receipts\":true}", 200,
         "{\"id\":3,\"name\":\"news\",\"kind\":\"announcement\",\"receipts\":true,\"seq\":3}",
         "chat_updated"},
        {'b', "PATCH", "chats/3/", "{\"receipts\":true}", 200, NULL, NULL},
        {'b', "PATCH", "chats/3/", "{\"receipts\":null}", 400,
         FAULT("receipts", "This field may not be null."), NULL},
        {'b', "PATCH", "chats/3/", "{\"receipts\":1}", 400,
         FAULT("receipts", "Must be a valid boolean."), NULL},
        {'c', "PATCH", "chats/3/", "{\"receipts\":false}", 403, NO_PERMISSION, NULL},
        {'b', "PATCH", "chats/3/", "{\"kind\":\"secret\"}", 400,
         FAULT("kind", "\\\"secret\\\" is not a valid choice."), NULL},
        {'b', "PATCH", "chats/3/", "{\"name\":\" \"}", 400,
         FAULT("name", "This field may not be blank."), NULL},
        {'a', "PATCH", "chats/3/", "{\"name\":\"x\"}", 404, NOT_FOUND_V1, NULL},
        {'b', "DELETE", "chats/3/", NULL, 204, "", NULL},
        {'c', "PATCH", "chats/3/", "{}", 404, NOT_FOUND_V1, NULL},
    };
    struct people people;
    chat_init(&people);
    PLAY(&people, scenes);
    site_deinit(&people.site);
}

/* Part I's way of renaming is seen in the chain too. */
static void test_a_renaming_over_part_one_is_an_event(void **state)
{
    (void)state;
    struct people people;
    chat_init(&people);
    struct answer answer = ask(&people.site, (struct asked) {.method = "PUT",
                                                             .path = "/api/chats/1/",
                                                             .session = people.bob,
                                                             .content = "{\"name\":\"new\"}"});
    CHECK(answer.status == 200 && answer.events != NULL && answer.events->next == NULL);
    CHECK(answer.events->kind == EVENT_CHAT_UPDATED && !answer.events->is_for_part_one);
    answer_deinit(&answer);
    site_deinit(&people.site);
}

static void test_read_marks_go_forward(void **state)
{
    (void)state;
    static const struct scene scenes[] = {
        SEND('a', "one"),
        SEND('a', "two"),
        {'b', "PUT", "chats/1/read/", "{\"seq\":2}", 200, "{\"chat\":1,\"seq\":2}", NULL},
        {'b', "PUT", "chats/1/read/", "{\"seq\":1}", 200, "{\"chat\":1,\"seq\":2}", NULL},
        {'b', "PUT", "chats/1/read/", "{}", 400, FAULT("seq", "This field is required."), NULL},
        {'b', "PUT", "chats/1/read/", "{\"seq\":-1}", 400,
         FAULT("seq", "Ensure this value is greater than or equal to 0."), NULL},
        {'c', "PUT", "chats/1/read/", "{\"seq\":1}", 404, NOT_FOUND_V1, NULL},
    };
    struct people people;
    chat_init(&people);
    PLAY(&people, scenes);
    site_deinit(&people.site);
}

/* Members learn of it where the chat says so. */
static void test_members_show_how_far_they_have_read(void **state)
{
    (void)state;
#define BOB_HAS_READ                                                                               \
    "{\"id\":2,\"username\":\"bob\",\"email\":\"bob@example.com\",\"user_type\":\"staff\","        \
    "\"role\":\"member\",\"read\":2}"
    static const struct scene scenes[] = {
        SEND('a', "one"),
        {'b', "PUT", "chats/1/read/", "{\"seq\":1}", 200, "{\"chat\":1,\"seq\":1}", NULL},
        {'a', "PATCH", "chats/1/", "{\"receipts\":true}", 200, NULL, "chat_updated"},
        {'b', "PUT", "chats/1/read/", "{\"seq\":2}", 200, "{\"chat\":1,\"seq\":2}", NULL},
        {'a', "GET", "chats/1/members/?cursor=1", NULL, 200,
         "{\"next\":null,\"previous\":null,\"results\":[" BOB_HAS_READ "]}", NULL},
        {'a', "PATCH", "chats/1/members/2/", "{\"role\":\"member\"}", 200, BOB_HAS_READ, NULL},
    };
    struct people people;
    chat_init(&people);
    PLAY(&people, scenes);
    site_deinit(&people.site);
}

/* The most lively first; a page is a part of the list. */
static void test_chats_are_seen_through_a_window(void **state)
{
    (void)state;
#define WINDOW_ROW(id, name, seq, unread, rest)                                                    \
    "{\"id\":" id ",\"name\":\"" name "\",\"kind\":\"group\",\"receipts\":false,\"seq\":" seq      \
    ",\"read\":0,\"unread\":" unread ",\"mentions\":0" rest "}"
#define LAST                                                                                       \
    ",\"last_message\":{\"id\":1,\"sender\":{\"id\":1,\"username\":\"alice\"},\"content\":\"Hi\"," \
    "\"timestamp\":\"" STAMP "\"}"
#define WINDOW(next, previous, rows)                                                               \
    "{\"next\":" next ",\"previous\":" previous ",\"results\":[" rows "]}"
#define CHATS_AT "\"http://chat.example/api/v1/chats/?limit=1&cursor="
    static const struct scene scenes[] = {
        {'b', "POST", "chats/", "{\"name\":\"physics\"}", 201, NULL, NULL},
        SEND('a', "Hi"),
        {'b', "GET", "chats/", NULL, 200,
         WINDOW(
             "null", "null",
             WINDOW_ROW("1", "maths", "1", "1", LAST) "," WINDOW_ROW("2", "physics", "0", "0", "")),
         NULL},
        {'b', "GET", "chats/?limit=1", NULL, 200,
         WINDOW(CHATS_AT "1\"", "null", WINDOW_ROW("1", "maths", "1", "1", LAST)), NULL},
        {'b', "GET", "chats/?limit=1&cursor=1", NULL, 200,
         WINDOW("null", CHATS_AT "0\"", WINDOW_ROW("2", "physics", "0", "0", "")), NULL},
        {'b', "GET", "chats/?cursor=9", NULL, 200, WINDOW("null", "null", ""), NULL},
        {'b', "GET", "chats/?cursor=-1", NULL, 400,
         FAULT("cursor", "Ensure this value is greater than or equal to 0."), NULL},
        {'c', "GET", "chats/", NULL, 200, WINDOW("null", "null", ""), NULL},
    };
    struct people people;
    chat_init(&people);
    PLAY(&people, scenes);
    site_deinit(&people.site);
}

/* What is kept nowhere is told to those who are there. */
static void test_typing_and_read_marks_are_told(void **state)
{
    (void)state;
    struct people people;
    chat_init(&people);
    struct answer answer = ask(&people.site, (struct asked) {.method = "POST",
                                                             .path = "/api/v1/chats/1/typing/",
                                                             .session = people.bob});
    CHECK(answer.status == 204 && answer.fleeting.kind == FLEETING_TYPING);
    CHECK(answer.fleeting.chat_id == 1);
    answer_deinit(&answer);
    answer = ask(&people.site, (struct asked) {.method = "PUT",
                                               .path = "/api/v1/chats/1/read/",
                                               .session = people.bob,
                                               .content = "{\"seq\":0}"});
    CHECK(answer.status == 200 && answer.fleeting.kind == FLEETING_READ);
    CHECK(answer.fleeting.chat_id == 1 && answer.fleeting.seq == 0);
    answer_deinit(&answer);
    ASK(&people.site, 404, NOT_FOUND_V1, .method = "POST", .path = "/api/v1/chats/1/typing/",
        .session = people.carol);
    site_deinit(&people.site);
}

/* --- Pages --- */

static void write_message(struct buf *out, int id)
{
    buf_printf(out,
               "{\"id\":%d,\"chat\":1,\"sender\":" ALICE
               ",\"content\":\"message %d\",\"timestamp\":\"2026-11-22T18:00:00Z\"}",
               id, id);
}

static void write_link(struct buf *out, const char *key, const char *query)
{
    if (query == NULL)
        buf_printf(out, "\"%s\":null,", key);
    else
        buf_printf(out, "\"%s\":\"http://chat.example/api/v1/chats/1/messages/?%s\",", key, query);
}

static void test_messages_come_page_by_page(void **state)
{
    (void)state;
    static const struct {
        const char *query;
        int first;
        int last;
        const char *next;
        const char *previous;
    } rows[] = {
        {"", 251, 300, NULL, "before=251"},
        {"?limit=1", 300, 300, NULL, "limit=1&before=300"},
        {"?limit=300", 101, 300, NULL, "limit=300&before=101"},
        {"?limit=3&before=300", 297, 299, "limit=3&after=299", "limit=3&before=297"},
        {"?limit=3&before=3", 1, 2, "limit=3&after=2", NULL},
        {"?limit=3&after=297", 298, 300, NULL, "limit=3&before=298"},
        {"?limit=3&after=1", 2, 4, "limit=3&after=4", "limit=3&before=2"},
        {"?x=%C3%A9+%26&limit=3&after=0%31", 2, 4, "x=%C3%A9%20%26&limit=3&after=4",
         "x=%C3%A9%20%26&limit=3&before=2"},
        {"?before=1", 1, 0, NULL, NULL},
        {"?after=300", 1, 0, NULL, NULL},
    };
    struct people people;
    chat_init(&people);
    elsewhere(&people.site.place,
              "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) "
              "INSERT INTO chat_message (content, timestamp, chat_id, sender_id) "
              "SELECT 'message ' || i, '2026-11-22 18:00:00', 1, 1 FROM n");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char path[200];
        struct buf expected = {0};
        (void)snprintf(path, sizeof path, "/api/v1/chats/1/messages/%s", rows[i].query);
        buf_append_byte(&expected, '{');
        write_link(&expected, "next", rows[i].next);
        write_link(&expected, "previous", rows[i].previous);
        buf_append_text(&expected, "\"results\":[");
        for (int id = rows[i].first; id <= rows[i].last; id++) {
            write_message(&expected, id);
            if (id < rows[i].last)
                buf_append_byte(&expected, ',');
        }
        buf_append(&expected, bytes_of("]}", 3));
        struct answer answer =
            ask(&people.site, (struct asked) {.path = path, .session = people.bob});
        check_answer(&answer, 200, (char *)expected.data, path, __FILE__, __LINE__);
        CHECK(mentions(&answer, "ETag: \""));
        answer_deinit(&answer);
        buf_free(&expected);
    }
    site_deinit(&people.site);
}

static void test_faulty_positions_are_told(void **state)
{
    (void)state;
    static const struct scene scenes[] = {
        {'a', "GET", "chats/1/messages/?before=0", NULL, 400,
         FAULT("before", "Ensure this value is greater than or equal to 1."), NULL},
        {'a', "GET", "chats/1/messages/?before=5&after=1", NULL, 400,
         FAULT("after", "Only one of before, after and around may be given."), NULL},
        {'a', "GET", "chats/1/messages/?limit=x", NULL, 400,
         FAULT("limit", "A valid integer is required."), NULL},
        {'a', "GET", "chats/1/messages/?thread=-1", NULL, 400,
         FAULT("thread", "Ensure this value is greater than or equal to 1."), NULL},
        {'c', "GET", "chats/1/messages/", NULL, 404, NOT_FOUND_V1, NULL},
    };
    struct people people;
    chat_init(&people);
    PLAY(&people, scenes);
    site_deinit(&people.site);
}

#define FOUND(id, content, snippet)                                                                \
    "{\"message\":{\"id\":" id ",\"chat\":1,\"sender\":" ALICE ",\"content\":\"" content           \
    "\",\"timestamp\":\"" STAMP "\"},\"snippet\":[" snippet "]}"
#define PAGE(next, results) "{\"next\":" next ",\"previous\":null,\"results\":[" results "]}"
#define SHEET_1                                                                                    \
    FOUND("1", "Who has the sheet?",                                                               \
          "{\"text\":\"Who has the \"},{\"text\":\"sheet\",\"hit\":true},{\"text\":\"?\"}")
#define SHEET_3 FOUND("3", "SHEET", "{\"text\":\"SHEET\",\"hit\":true}")

/* What was sent a moment ago is found: the writer is asked to bring it into the index first. */
static void test_messages_are_found_by_their_words(void **state)
{
    (void)state;
    static const struct scene scenes[] = {
        SEND('a', "Who has the sheet?"),
        SEND('b', "I do"),
        SEND('a', "SHEET"),
        {'b', "GET", "search/?q=sheet", NULL, 200, PAGE("null", SHEET_3 "," SHEET_1), NULL},
        {'b', "GET", "search/?q=sheet&limit=1", NULL, 200,
         PAGE("\"http://chat.example/api/v1/search/?q=sheet&limit=1&before=3\"", SHEET_3), NULL},
        {'b', "GET", "search/?q=sheet&limit=1&before=3", NULL, 200,
         PAGE("\"http://chat.example/api/v1/search/?q=sheet&limit=1&before=1\"", SHEET_1), NULL},
        {'b', "GET", "search/?q=sheet&chat=1&sender=2", NULL, 200, PAGE("null", ""), NULL},
        {'b', "GET", "search/?q=sheet&until=2099-01-01T00:00:00Z", NULL, 200, PAGE("null", ""),
         NULL},
        {'b', "GET", "search/?q=sheet&chat=9", NULL, 404, NOT_FOUND_V1, NULL},
        {'c', "GET", "search/?q=sheet&chat=1", NULL, 404, NOT_FOUND_V1, NULL},
        {'c', "GET", "search/?q=sheet", NULL, 200, PAGE("null", ""), NULL},
        {'b', "GET", "search/", NULL, 400, FAULT("q", "This field is required."), NULL},
        {'b', "GET", "search/?q=%21", NULL, 400, FAULT("q", "There is no word in it."), NULL},
        {'b', "GET", "search/?q=a&since=x&chat=0", NULL, 400,
         "{\"chat\":[\"Ensure this value is greater than or equal to 1.\"],\"since\":[\"Datetime "
         "has "
         "wrong format. Use one of these formats instead: "
         "YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z].\"],\"code\":\"invalid_frame\"}",
         NULL},
    };
    struct people people;
    chat_init(&people);
    PLAY(&people, scenes);
    site_deinit(&people.site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_message_is_edited_and_deleted_by_its_sender),
        cmocka_unit_test(test_reactions_and_pins_are_idempotent),
        cmocka_unit_test(test_members_come_and_go_and_get_roles),
        cmocka_unit_test(test_who_comes_and_who_goes_is_said),
        cmocka_unit_test(test_chats_have_kinds_and_names),
        cmocka_unit_test(test_a_renaming_over_part_one_is_an_event),
        cmocka_unit_test(test_read_marks_go_forward),
        cmocka_unit_test(test_members_show_how_far_they_have_read),
        cmocka_unit_test(test_chats_are_seen_through_a_window),
        cmocka_unit_test(test_typing_and_read_marks_are_told),
        cmocka_unit_test(test_messages_come_page_by_page),
        cmocka_unit_test(test_faulty_positions_are_told),
        cmocka_unit_test(test_messages_are_found_by_their_words),
    };
    return cmocka_run_group_tests_name("api/v1_changes", tests, NULL, NULL);
}
