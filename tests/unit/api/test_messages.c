#include "site.h"

#include "base/json_read.h"

#include "api/stream.h"

enum {
    CONTENT_BYTES_MAX = 256 * 1024,
    MANY = 3000,
    UNCUT_BYTES = 512, /* a user of these tests, or the end of a message */
};

#define MESSAGE(id, chat, sender, content)                                                         \
    "{\"id\":" id ",\"chat\":" chat ",\"sender\":" sender ",\"content\":\"" content                \
    "\",\"timestamp\":\"" STAMP "\"}"

/* Chat 1 of alice and bob, chat 2 of bob and carol. */
static void chats_init(struct people *people)
{
    static const int64_t first[] = {1, 2};
    static const int64_t second[] = {2, 3};
    people_init(people);
    CHECK(add_chat(people->site.writer, first, 2) == 1);
    CHECK(add_chat(people->site.writer, second, 2) == 2);
}

static void send_to(struct people *people, const char *path, const char *session, unsigned status,
                    const char *answer, const char *content, int line)
{
    struct answer got = ask(
        &people->site,
        (struct asked) {.method = "POST", .path = path, .session = session, .content = content});
    check_answer(&got, status, answer, content, __FILE__, line);
    answer_deinit(&got);
}

#define SEND(session, status, answer, content)                                                     \
    send_to(&people, "/api/chats/1/send_message/", people.session, (status), (answer), (content),  \
            __LINE__)

static void test_sent_messages_are_in_the_history(void **state)
{
    (void)state;
    struct people people;
    chats_init(&people);
    SEND(alice, 201, MESSAGE("1", "1", ALICE, "Hello"), "{\"content\":\" Hello\\u2003\"}");
    send_to(&people, "/api/chats/2/send_message/", people.carol, 201, MESSAGE("2", "2", CAROL, "5"),
            "{\"content\":5}", __LINE__);
    SEND(bob, 201, MESSAGE("3", "1", BOB, "\xf0\x9f\x98\x80 \\\"q\\\"\\n."),
         "{\"content\":\"\\ud83d\\ude00 \\\"q\\\"\\n.\"}");
    ASK(&people.site, 200,
        "[" MESSAGE("1", "1", ALICE, "Hello") "," MESSAGE("3", "1", BOB,
                                                          "\xf0\x9f\x98\x80 \\\"q\\\"\\n.") "]",
        .path = "/api/chats/1/messages/", .session = people.alice);
    site_deinit(&people.site);
}

static void test_messages_are_seen_by_participants_alone(void **state)
{
    (void)state;
    struct people people;
    chats_init(&people);
    SEND(alice, 201, NULL, "{\"content\":\"a\"}");
    send_to(&people, "/api/chats/2/send_message/", people.carol, 201, NULL, "{\"content\":\"b\"}",
            __LINE__);
#define FIRST  MESSAGE("1", "1", ALICE, "a")
#define SECOND MESSAGE("2", "2", CAROL, "b")
    ASK(&people.site, 200, "[" FIRST "]", .path = "/api/messages/", .session = people.alice);
    ASK(&people.site, 200, "[" FIRST "," SECOND "]", .path = "/api/messages/",
        .session = people.bob);
    ASK(&people.site, 200, "[" SECOND "]", .path = "/api/messages/?x=1", .session = people.carol);
    ASK(&people.site, 200, FIRST, .path = "/api/messages/1/", .session = people.bob);
    ASK(&people.site, 200, SECOND, .path = "/api/messages/02/", .session = people.bob);
    ASK(&people.site, 404, NOT_FOUND, .path = "/api/messages/2/", .session = people.alice);
    ASK(&people.site, 404, NOT_FOUND, .path = "/api/messages/3/", .session = people.alice);
    ASK(&people.site, 404, NOT_FOUND, .path = "/api/chats/2/messages/", .session = people.alice);
    site_deinit(&people.site);
}

static void test_faulty_messages_are_not_stored(void **state)
{
    (void)state;
    static const struct {
        const char *content;
        const char *answer;
    } cells[] = {
        {"{}", "{\"content\":[\"This field is required.\"]}"},
        {"{\"content\":null}", "{\"content\":[\"This field may not be null.\"]}"},
        {"{\"content\":\" \\t\\u00a0\"}", "{\"content\":[\"This field may not be blank.\"]}"},
        {"{\"content\":false}", "{\"content\":[\"Not a valid string.\"]}"},
        {"{\"content\":\"a\\u0000\"}", "{\"content\":[\"Null characters are not allowed.\"]}"},
        {"{\"content\":\"x\\ud83d\"}",
         "{\"content\":[\"Surrogate characters are not allowed: U+D83D.\"]}"},
    };
    struct people people;
    chats_init(&people);
    for (size_t i = 0; i < COUNT_OF(cells); i++)
        SEND(alice, 400, cells[i].answer, cells[i].content);
    check_asked(&people.site.place, "SELECT count(*) FROM chat_message", "0");
    site_deinit(&people.site);
}

static void test_contents_are_limited_to_256_kib(void **state)
{
    (void)state;
    struct people people;
    struct buf content = {0};
    chats_init(&people);
    buf_append_text(&content, "{\"content\":\"");
    for (int i = 0; i < CONTENT_BYTES_MAX; i++)
        buf_append_byte(&content, 'x');
    size_t len = content.len;
    buf_append(&content, bytes_of("\"}", 3));
    SEND(alice, 201, NULL, (const char *)content.data);
    content.len = len;
    buf_append(&content, bytes_of("x\"}", 4));
    SEND(alice, 400, "{\"content\":[\"Ensure this field has no more than 262144 bytes.\"]}",
         (const char *)content.data);
    buf_free(&content);
    check_asked(&people.site.place, "SELECT count(*) FROM chat_message", "1");
    site_deinit(&people.site);
}

/* One rate for REST and WebSocket: whoever is too fast stores nothing, and nobody else notices. */
static void test_who_sends_too_fast_is_throttled(void **state)
{
    (void)state;
    struct people people;
    chats_init(&people);
    CHECK(rate_new(1, 2, &people.site.commit.rate) == OK);
    SEND(alice, 201, NULL, "{\"content\":\"1\"}");
    SEND(alice, 201, NULL, "{\"content\":\"2\"}");
    struct answer answer = ask(&people.site, (struct asked) {.method = "POST",
                                                             .path = "/api/chats/1/send_message/",
                                                             .session = people.alice,
                                                             .content = "{\"content\":\"3\"}"});
    check_answer(&answer, 429,
                 "{\"detail\":\"Request was throttled. Expected available in 1 second.\"}", "third",
                 __FILE__, __LINE__);
    CHECK(has_field(&answer, "Retry-After: 1"));
    answer_deinit(&answer);
    SEND(bob, 201, NULL, "{\"content\":\"4\"}");
    check_asked(&people.site.place, "SELECT group_concat(content) FROM chat_message", "1,2,4");
    site_deinit(&people.site);
}

/* The writer's clock never goes back, so timestamps follow ids. */
static void test_timestamps_never_go_back(void **state)
{
    (void)state;
    struct people people;
    chats_init(&people);
    SEND(alice, 201, NULL, "{\"content\":\"1\"}");
    people.site.now_us -= 1000000;
    SEND(alice, 201, NULL, "{\"content\":\"2\"}");
    check_asked(&people.site.place, "SELECT count(DISTINCT timestamp) FROM chat_message", "1");
    site_deinit(&people.site);
}

static void check_event(struct people *people, bool is_for_part_one, int64_t seq, int64_t prev,
                        int line)
{
    struct answer answer = ask(&people->site, (struct asked) {.method = "POST",
                                                              .path = "/api/chats/1/send_message/",
                                                              .session = people->alice,
                                                              .content = "{\"content\":\"x\"}"});
    check_answer(&answer, 201, NULL, "send", __FILE__, line);
    const struct event *event = answer.events;
    CHECK(event != NULL && event->next == NULL);
    CHECK(event->kind == EVENT_MESSAGE && event->result == OK);
    CHECK(event->is_for_part_one == is_for_part_one);
    CHECK(event->chat_id == 1 && event->seq == seq && event->prev == prev);
    CHECK(bytes_is(event->content, "x") && bytes_is(event->sender.username, "alice"));
    answer_deinit(&answer);
}

/* The step that stores it runs twice here: one event is left all the same. */
static void test_a_message_leaves_its_event_for_the_rooms(void **state)
{
    (void)state;
    struct people people;
    chats_init(&people);
    check_event(&people, false, 1, 0, __LINE__);
    people.site.settings.rest_broadcast = REST_BROADCAST_ALL;
    check_event(&people, true, 2, 1, __LINE__);
    struct answer answer = ask(&people.site, (struct asked) {.method = "POST",
                                                             .path = "/api/chats/1/send_message/",
                                                             .session = people.alice,
                                                             .content = "{\"content\":\" \"}"});
    CHECK(answer.status == 400 && answer.events == NULL);
    answer_deinit(&answer);
    site_deinit(&people.site);
}

/* Fill chat 1 behind the server's back. */
static void add_many_messages(struct people *people)
{
    char text[300];
    (void)snprintf(text, sizeof text,
                   "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) "
                   "INSERT INTO chat_message (content, timestamp, chat_id, sender_id) "
                   "SELECT 'message ' || i, '2026-11-22 18:00:00', 1, 1 + i %% 2 FROM n",
                   MANY);
    elsewhere(&people->site.place, text);
}

/* By the text's first byte: a sanitizer looks at all of the rest whenever memmem() is called. */
static size_t count_text(const struct buf *content, const char *text)
{
    size_t count = 0;
    size_t len = strlen(text);
    struct bytes rest = buf_bytes(content);
    while (rest.len >= len) {
        const uint8_t *at = memchr(rest.data, text[0], rest.len);
        if (at == NULL)
            break;
        rest = bytes_skip(rest, (size_t)(at - rest.data));
        bool is_here = rest.len >= len && memcmp(rest.data, text, len) == 0;
        rest = bytes_skip(rest, is_here ? len : 1);
        count += is_here;
    }
    return count;
}

static const struct long_answer {
    const char *path;
    const char *begin;
    const char *end;
    const char *method;  /* NULL: GET */
    const char *content; /* of the request */
} long_answers[] = {
    {"/api/chats/1/messages/", "[{\"id\":1,", "\"2026-11-22T18:00:00Z\"}]", NULL, NULL},
    {"/api/messages/", "[{\"id\":1,", "\"2026-11-22T18:00:00Z\"}]", NULL, NULL},
    {"/api/chats/1/", "{\"id\":1,\"name\":\"chat\",", "],\"created_at\":\"" NOW "\"}", NULL, NULL},
    {"/api/chats/", "[{\"id\":1,\"name\":\"chat\",", "],\"created_at\":\"" NOW "\"}]", NULL, NULL},
    {"/api/chats/1/", "{\"id\":1,\"name\":\"chat\",", "],\"created_at\":\"" NOW "\"}", "PATCH",
     "{\"name\":\"chat\"}"},
};

static struct answer ask_long(struct people *people, const struct long_answer *row)
{
    return ask(&people->site, (struct asked) {.method = row->method,
                                              .path = row->path,
                                              .session = people->alice,
                                              .content = row->content});
}

/* However long: complete, in order, and never much more than a piece for whoever takes no more. */
static void test_long_answers_come_in_pieces(void **state)
{
    (void)state;
    struct people people;
    chats_init(&people);
    add_many_messages(&people);
    for (size_t i = 0; i < 2 * COUNT_OF(long_answers); i++) {
        people.site.is_slow = i >= COUNT_OF(long_answers);
        const struct long_answer *row = &long_answers[i % COUNT_OF(long_answers)];
        struct answer answer = ask_long(&people, row);
        struct bytes content = buf_bytes(&answer.content);
        size_t end_len = strlen(row->end);
        CHECK(answer.status == 200 && answer.is_streamed && !answer.is_aborted);
        CHECK(answer.piece_count >= 5);
        CHECK(answer.piece_bytes_max >= STREAM_PIECE_BYTES &&
              answer.piece_bytes_max < STREAM_PIECE_BYTES + UNCUT_BYTES);
        CHECK(bytes_starts_with(content, bytes_from_text(row->begin)));
        CHECK_BYTES(bytes_skip(content, content.len - end_len), bytes_from_text(row->end));
        CHECK(count_text(&answer.content, "\"content\":\"message ") == MANY);
        CHECK(count_text(&answer.content, "}{") == 0 && count_text(&answer.content, ",,") == 0);
        answer_deinit(&answer);
        if (row->method != NULL)
            continue;

        /* HEAD reads no more than it takes to know that the length is not known. */
        answer = ask(&people.site,
                     (struct asked) {.method = "HEAD", .path = row->path, .session = people.alice});
        CHECK(answer.status == 200 && answer.is_streamed && answer.piece_count == 1);
        answer_deinit(&answer);
    }
    site_deinit(&people.site);
}

/* Each message shows its own sender, though 63 others stood in the same place of the table before.
 */
static void test_senders_are_not_mixed_up(void **state)
{
    (void)state;
    enum { USERS = 200 };
    struct people people;
    chats_init(&people);
    elsewhere(
        &people.site.place,
        "WITH RECURSIVE n(i) AS (SELECT 4 UNION ALL SELECT i + 1 FROM n WHERE i < 200) "
        "INSERT INTO chat_user (id, password, is_superuser, username, first_name, last_name, "
        "email, is_staff, is_active, date_joined, user_type) SELECT i, '!', 0, 'user' || i, "
        "'', '', 'mail' || i, 0, 1, '2026-11-22 18:00:00', 'student' FROM n; "
        "WITH RECURSIVE n(i) AS (SELECT 4 UNION ALL SELECT i + 1 FROM n WHERE i < 1200) "
        "INSERT INTO chat_message (content, timestamp, chat_id, sender_id) "
        "SELECT 'by ' || (4 + i * i % 197), '2026-11-22 18:00:00', 1, 4 + i * i % 197 FROM n");
    struct answer answer = ask(
        &people.site, (struct asked) {.path = "/api/chats/1/messages/", .session = people.alice});
    size_t count = 0;
    for (int id = 4; id <= USERS; id++) {
        char text[200];
        (void)snprintf(text, sizeof text,
                       "\"sender\":{\"id\":%d,\"username\":\"user%d\",\"email\":\"mail%d\","
                       "\"user_type\":\"student\"},\"content\":\"by %d\",",
                       id, id, id, id);
        count += count_text(&answer.content, text);
    }
    CHECK(count == 1197);
    answer_deinit(&answer);
    site_deinit(&people.site);
}

/* A row that points at nobody is not shown, and the others are. */
static void test_a_message_of_nobody_is_left_out(void **state)
{
    (void)state;
    struct people people;
    chats_init(&people);
    elsewhere(&people.site.place,
              "PRAGMA foreign_keys = OFF; "
              "INSERT INTO chat_message (id, content, timestamp, chat_id, sender_id) VALUES "
              "(1001, 'first', '2026-11-22 18:00:00', 1, 1), "
              "(1002, 'of nobody', '2026-11-22 18:00:00', 1, 77), "
              "(1003, 'last', '2026-11-22 18:00:00', 1, 1)");
    static const char *const paths[] = {"/api/chats/1/messages/", "/api/messages/"};
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        struct answer answer =
            ask(&people.site, (struct asked) {.path = paths[i], .session = people.alice});
        CHECK(answer.status == 200);
        CHECK(count_text(&answer.content, "\"first\"") == 1);
        CHECK(count_text(&answer.content, "nobody") == 0);
        CHECK(count_text(&answer.content, "\"last\"") == 1);
        answer_deinit(&answer);
    }
    site_deinit(&people.site);
}

static void add_one_message(struct site *site)
{
    elsewhere(&site->place, "INSERT INTO chat_message (content, timestamp, chat_id, sender_id) "
                            "VALUES ('message later', '2026-11-22 19:00:00', 1, 1)");
}

/* Else an answer that is slower than the chat would never end. */
static void test_what_is_stored_meanwhile_is_left_out(void **state)
{
    (void)state;
    struct people people;
    chats_init(&people);
    add_many_messages(&people);
    people.site.between_pieces = add_one_message;
    people.site.is_slow = true;
    for (size_t i = 0; i < COUNT_OF(long_answers); i++) {
        struct answer answer = ask_long(&people, &long_answers[i]);
        CHECK(answer.piece_count >= 5);
        CHECK(count_text(&answer.content, "message 3000") == 1);
        CHECK(count_text(&answer.content, "later") == 0);
        answer_deinit(&answer);
        elsewhere(&people.site.place, "DELETE FROM chat_message WHERE content = 'message later'");
    }
    site_deinit(&people.site);
}

static void hide_messages(struct site *site)
{
    elsewhere(&site->place, "ALTER TABLE chat_message RENAME TO hidden");
    site->between_pieces = NULL;
}

/* A part must not look like the whole: the connection is dropped. */
static void test_an_answer_that_cannot_be_completed_is_cut(void **state)
{
    (void)state;
    struct people people;
    chats_init(&people);
    add_many_messages(&people);
    for (size_t i = 0; i < COUNT_OF(long_answers); i++) {
        people.site.between_pieces = hide_messages;
        people.site.is_slow = true;
        struct answer answer = ask_long(&people, &long_answers[i]);
        CHECK(answer.is_aborted);
        CHECK(answer.piece_count == 1);
        answer_deinit(&answer);
        elsewhere(&people.site.place, "ALTER TABLE hidden RENAME TO chat_message");
    }
    site_deinit(&people.site);
}

/* Contents as long as they may be, of characters that become longer in JSON and of those that may
 * not be cut in two. */
static void add_long_messages(struct people *people)
{
    elsewhere(&people->site.place,
              "INSERT INTO chat_message (content, timestamp, chat_id, sender_id) VALUES"
              " ('begin ' || replace(hex(zeroblob(100000)), '0', char(1)) || ' end',"
              " '2026-11-22 18:00:00', 1, 1),"
              " ('begin ' || replace(hex(zeroblob(30000)), '0', char(8364)) || ' end',"
              " '2026-11-22 18:00:00', 1, 1),"
              " ('begin ' || replace(hex(zeroblob(20000)), '0', char(128512)) || ' end',"
              " '2026-11-22 18:00:00', 1, 1)");
}

/* What was sent to the chat does not decide what somebody costs who does not read it. */
static void test_long_contents_are_cut_into_pieces(void **state)
{
    (void)state;
    struct people people;
    struct json_doc doc = {0};
    chats_init(&people);
    add_long_messages(&people);
    struct buf at_once = {0};
    for (size_t i = 0; i < 2 * COUNT_OF(long_answers); i++) {
        people.site.is_slow = i % 2 == 1;
        struct answer answer = ask_long(&people, &long_answers[i / 2]);
        CHECK(answer.status == 200 && !answer.is_aborted && answer.piece_count > 300);
        CHECK(answer.piece_bytes_max < STREAM_PIECE_BYTES + UNCUT_BYTES);
        CHECK(json_read(&doc, buf_bytes(&answer.content)) == OK);
        CHECK(count_text(&answer.content, "\"content\":\"begin ") == 3);
        CHECK(count_text(&answer.content, " end\",\"timestamp\":") == 3);
        CHECK(count_text(&answer.content, "\\u0001") == 200000);
        CHECK(count_text(&answer.content, "\xe2\x82\xac") == 60000);
        CHECK(count_text(&answer.content, "\xf0\x9f\x98\x80") == 40000);
        if (people.site.is_slow)
            CHECK(bytes_equal(buf_bytes(&answer.content), buf_bytes(&at_once)));
        buf_clear(&at_once);
        buf_append(&at_once, buf_bytes(&answer.content));
        answer_deinit(&answer);
    }
    buf_free(&at_once);
    json_doc_free(&doc);
    site_deinit(&people.site);
}

static void test_one_long_message_is_cut_into_pieces(void **state)
{
    (void)state;
    struct people people;
    chats_init(&people);
    add_long_messages(&people);
    for (int is_slow = 0; is_slow < 2; is_slow++) {
        people.site.is_slow = is_slow == 1;
        struct answer answer =
            ask(&people.site, (struct asked) {.path = "/api/messages/2/", .session = people.alice});
        CHECK(answer.status == 200 && !answer.is_aborted && answer.piece_count > 40);
        CHECK(answer.piece_bytes_max < STREAM_PIECE_BYTES + UNCUT_BYTES);
        CHECK(count_text(&answer.content, "\xe2\x82\xac") == 60000);
        CHECK(count_text(&answer.content, " end\",\"timestamp\":\"2026-11-22T18:00:00Z\"}") == 1);
        answer_deinit(&answer);
    }
    site_deinit(&people.site);
}

static const char *const changes[] = {
    "UPDATE chat_message SET content = replace(content, 'end', 'END') WHERE id = 2",
    "UPDATE chat_message SET content = content || '.' WHERE id = 2",
    "UPDATE chat_message SET content = '' WHERE id = 2",
    "DELETE FROM chat_message WHERE id = 2",
    "DELETE FROM chat_message WHERE id >= 2",
};
static const char *change;
static unsigned pieces_before_change;

static void change_a_message(struct site *site)
{
    if (pieces_before_change-- == 0)
        elsewhere(&site->place, change);
}

/* Half of the old and half of the new would be neither. */
static void test_a_message_that_is_changed_in_the_middle_cuts_the_answer(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(changes); i++) {
        struct people people;
        chats_init(&people);
        add_long_messages(&people);
        people.site.is_slow = true;
        people.site.between_pieces = change_a_message;
        change = changes[i];
        pieces_before_change = 310; /* message 2 has been begun */
        struct answer answer = ask_long(&people, &long_answers[0]);
        CHECK(count_text(&answer.content, "\xe2\x82\xac") > 0);
        CHECK(answer.is_aborted);
        answer_deinit(&answer);
        site_deinit(&people.site);
    }
}

/* All users, in pieces too, and nothing of them but their names. */
static void test_users_are_listed(void **state)
{
    (void)state;
    struct people people;
    people_init(&people);
    elsewhere(&people.site.place,
              "UPDATE chat_user SET first_name = 'Bob', last_name = 'B\xc3\xa9' WHERE id = 2");
    ASK(&people.site, 200,
        "[{\"username\":\"alice\",\"first_name\":\"\",\"last_name\":\"\"},"
        "{\"username\":\"bob\",\"first_name\":\"Bob\",\"last_name\":\"B\xc3\xa9\"},"
        "{\"username\":\"carol\",\"first_name\":\"\",\"last_name\":\"\"}]",
        .path = "/api/users/", .session = people.alice);
    elsewhere(&people.site.place,
              "WITH RECURSIVE n(i) AS (SELECT 4 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) "
              "INSERT INTO chat_user (id, password, is_superuser, username, first_name, last_name, "
              "email, is_staff, "
              "is_active, date_joined, user_type) SELECT i, '!', 0, 'user' || i, '', '', '', 0, 1, "
              "'2026-11-22 18:00:00', 'student' FROM n");
    struct answer answer =
        ask(&people.site, (struct asked) {.path = "/api/users/", .session = people.alice});
    CHECK(answer.status == 200 && answer.is_streamed && answer.piece_count >= 2);
    CHECK(answer.piece_bytes_max < STREAM_PIECE_BYTES + UNCUT_BYTES);
    CHECK(count_text(&answer.content, "\"username\":") == 3000);
    CHECK(count_text(&answer.content, "user3000") == 1);
    CHECK(answer.content.data[answer.content.len - 1] == ']');
    answer_deinit(&answer);
    site_deinit(&people.site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sent_messages_are_in_the_history),
        cmocka_unit_test(test_messages_are_seen_by_participants_alone),
        cmocka_unit_test(test_faulty_messages_are_not_stored),
        cmocka_unit_test(test_contents_are_limited_to_256_kib),
        cmocka_unit_test(test_who_sends_too_fast_is_throttled),
        cmocka_unit_test(test_timestamps_never_go_back),
        cmocka_unit_test(test_a_message_leaves_its_event_for_the_rooms),
        cmocka_unit_test(test_long_answers_come_in_pieces),
        cmocka_unit_test(test_senders_are_not_mixed_up),
        cmocka_unit_test(test_a_message_of_nobody_is_left_out),
        cmocka_unit_test(test_what_is_stored_meanwhile_is_left_out),
        cmocka_unit_test(test_an_answer_that_cannot_be_completed_is_cut),
        cmocka_unit_test(test_long_contents_are_cut_into_pieces),
        cmocka_unit_test(test_one_long_message_is_cut_into_pieces),
        cmocka_unit_test(test_a_message_that_is_changed_in_the_middle_cuts_the_answer),
        cmocka_unit_test(test_users_are_listed),
    };
    return cmocka_run_group_tests_name("api/messages", tests, NULL, NULL);
}
