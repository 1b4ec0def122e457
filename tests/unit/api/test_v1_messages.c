#include "site.h"

enum { CONTENT_BYTES_MAX = 256 * 1024 };

#define MESSAGES "/api/v1/chats/1/messages/"
#define EVENTS   "/api/v1/chats/1/events/"

#define MESSAGE(id, sender, content, more)                                                         \
    "{\"id\":" id ",\"chat\":1,\"sender\":" sender ",\"content\":\"" content                       \
    "\",\"timestamp\":\"" STAMP "\"" more "}"

/* Chat 1 of alice and bob. */
static void chat_init(struct people *people)
{
    static const int64_t both[] = {1, 2};
    people_init(people);
    CHECK(add_chat(people->site.writer, both, 2) == 1);
}

static void send_with(struct people *people, const char *session, const char *fields,
                      unsigned status, const char *answer, const char *content, int line)
{
    struct answer got = ask(&people->site, (struct asked) {.method = "POST",
                                                           .path = MESSAGES,
                                                           .session = session,
                                                           .fields = fields,
                                                           .content = content});
    check_answer(&got, status, answer, content, __FILE__, line);
    CHECK((got.events != NULL) == (status == 201));
    answer_deinit(&got);
}

#define SEND(session, status, answer, content)                                                     \
    send_with(&people, people.session, NULL, (status), (answer), (content), __LINE__)
#define SEND_KEY(key, status, answer, content)                                                     \
    send_with(&people, people.alice, "Idempotency-Key: " key "\r\n", (status), (answer),           \
              (content), __LINE__)

/* The content is not trimmed, unlike part I's: a nonce means the same here and over a WebSocket. */
static void test_a_nonce_is_stored_once_and_answered_the_same(void **state)
{
    (void)state;
    struct people people;
    chat_init(&people);
    SEND(alice, 201, MESSAGE("1", ALICE, " Hi ", ",\"nonce\":\"n-1\""),
         "{\"content\":\" Hi \",\"nonce\":\"n-1\"}");
    SEND(alice, 200, MESSAGE("1", ALICE, " Hi ", ",\"nonce\":\"n-1\""),
         "{\"nonce\":\"n-1\",\"content\":\" Hi \"}");
    SEND(alice, 409,
         "{\"detail\":\"This nonce was used for another content\",\"code\":\"nonce_conflict\"}",
         "{\"content\":\"Hi\",\"nonce\":\"n-1\"}");
    SEND(bob, 201, MESSAGE("2", BOB, "Hi", ",\"nonce\":\"n-1\""),
         "{\"content\":\"Hi\",\"nonce\":\"n-1\"}");
    SEND(bob, 201, MESSAGE("3", BOB, "Hi", ""), "{\"content\":\"Hi\"}");
    SEND(bob, 201, MESSAGE("4", BOB, "Hi", ""), "{\"content\":\"Hi\"}");
    check_asked(&people.site.place, "SELECT count(*) FROM chat_message", "4");
    site_deinit(&people.site);
}

static void test_an_idempotency_key_is_a_nonce(void **state)
{
    (void)state;
    struct people people;
    chat_init(&people);
    SEND_KEY("\"k 1\"", 201, MESSAGE("1", ALICE, "Hi", ",\"nonce\":\"k 1\""),
             "{\"content\":\"Hi\"}");
    SEND_KEY("k 1", 200, MESSAGE("1", ALICE, "Hi", ",\"nonce\":\"k 1\""), "{\"content\":\"Hi\"}");
    SEND(alice, 200, NULL, "{\"content\":\"Hi\",\"nonce\":\"k 1\"}");
    SEND_KEY("k 1", 200, NULL, "{\"content\":\"Hi\",\"nonce\":\"k 1\"}");
    SEND_KEY("k 2", 400,
             "{\"nonce\":[\"Idempotency-Key says another one.\"],\"code\":\"invalid_frame\"}",
             "{\"content\":\"Hi\",\"nonce\":\"k 1\"}");
#define KEY_64 "0123456789012345678901234567890123456789012345678901234567890123"
    SEND_KEY(KEY_64, 201, NULL, "{\"content\":\"Hi\"}");
#define BAD_KEY                                                                                    \
    "{\"nonce\":[\"Idempotency-Key must have 1 to 64 characters.\"],\"code\":\"invalid_frame\"}"
    SEND_KEY(KEY_64 "4", 400, BAD_KEY, "{\"content\":\"Hi\"}");
    SEND_KEY("\"\"", 400, BAD_KEY, "{\"content\":\"Hi\"}");
    SEND_KEY("\xff", 400, BAD_KEY, "{\"content\":\"Hi\"}");
    check_asked(&people.site.place, "SELECT count(*) FROM chat_message", "2");
    site_deinit(&people.site);
}

static void test_faulty_messages_are_not_stored(void **state)
{
    (void)state;
    static const struct {
        const char *content;
        unsigned status;
        const char *answer;
    } rows[] = {
#define FAULT(name, text, code) "{\"" name "\":[\"" text "\"],\"code\":\"" code "\"}"
#define EMPTY                   FAULT("content", "Content cannot be empty", "content_empty")
        {"{}", 400, FAULT("content", "This field is required.", "invalid_frame")},
        {"{\"content\":null}", 400,
         FAULT("content", "This field may not be null.", "invalid_frame")},
        {"{\"content\":true}", 400, FAULT("content", "Not a valid string.", "invalid_frame")},
        {"{\"content\":\"\"}", 400, EMPTY},
        {"{\"content\":\" \\u2003\\n\"}", 400, EMPTY},
        {"{\"content\":\"a\\u0000\"}", 400,
         FAULT("content", "Null characters are not allowed.", "invalid_frame")},
        {"{\"content\":\"\\ud83d\"}", 400,
         FAULT("content", "Surrogate characters are not allowed: U+D83D.", "invalid_frame")},
        {"{\"content\":\"a\",\"nonce\":\"\"}", 400,
         FAULT("nonce", "This field may not be blank.", "invalid_frame")},
        {"{\"content\":\"a\",\"nonce\":[]}", 400,
         FAULT("nonce", "Not a valid string.", "invalid_frame")},
        {"{\"content\":\"a\",\"nonce\":\"" KEY_64 "4\"}", 400,
         FAULT("nonce", "Ensure this field has no more than 64 characters.", "invalid_frame")},
        {"{\"content\":\"a\",\"reply_to\":\"x\"}", 400,
         FAULT("reply_to", "A valid integer is required.", "invalid_frame")},
        {"{\"content\":\"a\",\"reply_to\":0}", 400,
         FAULT("reply_to", "Ensure this value is greater than or equal to 1.", "invalid_frame")},
        {"{\"content\":\"a\",\"thread\":-99999999999999999999}", 400,
         FAULT("thread", "Ensure this value is greater than or equal to 1.", "invalid_frame")},
        {"{\"content\":\"a\",\"thread\":9223372036854775808}", 400,
         FAULT("thread", "Ensure this value is less than or equal to 9223372036854775807.",
               "invalid_frame")},
        {"{\"content\":\"\",\"thread\":null}", 400,
         "{\"content\":[\"Content cannot be empty\"],\"thread\":[\"This field may not be null.\"],"
         "\"code\":\"content_empty\"}"},
        {"[]", 400,
         "{\"non_field_errors\":[\"Invalid data. Expected a dictionary, but got list.\"],"
         "\"code\":\"invalid_frame\"}"},
        {"{", 400,
         "{\"detail\":\"JSON parse error - Expecting property name enclosed in double quotes: "
         "line 1 column 2 (char 1)\",\"code\":\"invalid_json\"}"},
    };
    struct people people;
    chat_init(&people);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        SEND(alice, rows[i].status, rows[i].answer, rows[i].content);
    check_asked(&people.site.place, "SELECT count(*) FROM chat_message", "0");
    site_deinit(&people.site);
}

static void test_contents_are_limited_to_256_kib(void **state)
{
    (void)state;
    struct people people;
    struct buf content = {0};
    chat_init(&people);
    buf_append_text(&content, "{\"content\":\"");
    for (int i = 0; i < CONTENT_BYTES_MAX; i++)
        buf_append_byte(&content, 'x');
    size_t len = content.len;
    buf_append(&content, bytes_of("\"}", 3));
    SEND(alice, 201, NULL, (const char *)content.data);
    content.len = len;
    buf_append(&content, bytes_of("x\"}", 4));
    SEND(alice, 400, FAULT("content", "Content is too long (at most 262144 bytes)", "too_large"),
         (const char *)content.data);
    buf_free(&content);
    site_deinit(&people.site);
}

/* A client can see what is left to it before it is refused. */
static void test_answers_tell_how_the_rate_stands(void **state)
{
    (void)state;
    static const struct {
        unsigned status;
        const char *rate;
    } rows[] = {
        {201, "RateLimit: \"messages\";r=1;t=1"},
        {201, "RateLimit: \"messages\";r=0;t=2"},
        {429, "RateLimit: \"messages\";r=0;t=2"},
    };
    struct people people;
    chat_init(&people);
    CHECK(rate_new(1, 2, &people.site.commit.rate) == OK);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct answer answer = ask(&people.site, (struct asked) {.method = "POST",
                                                                 .path = MESSAGES,
                                                                 .session = people.alice,
                                                                 .content = "{\"content\":\"a\"}"});
        CHECK(answer.status == rows[i].status);
        CHECK(has_field(&answer, "RateLimit-Policy: \"messages\";q=2;w=2"));
        CHECK(has_field(&answer, rows[i].rate));
        CHECK(has_field(&answer, "Retry-After: 1") == (rows[i].status == 429));
        answer_deinit(&answer);
    }
    site_deinit(&people.site);
}

/* What was there at the time of the polls below: messages 1 to 3. */
static void send_three(struct people *people_at)
{
    struct people people = *people_at;
    SEND(alice, 201, NULL, "{\"content\":\"one\"}");
    SEND(bob, 201, NULL, "{\"content\":\"two\"}");
    SEND(alice, 201, NULL, "{\"content\":\"three\"}");
}

#define EVENT(seq, prev, sender, content)                                                          \
    "{\"type\":\"message\",\"seq\":" seq ",\"prev\":" prev                                         \
    ",\"message\":" MESSAGE(seq, sender, content, "") "}"
#define ONE   EVENT("1", "0", ALICE, "one")
#define TWO   EVENT("2", "1", BOB, "two")
#define THREE EVENT("3", "2", ALICE, "three")

static void test_events_behind_a_number_come_in_a_chain(void **state)
{
    (void)state;
    static const struct {
        const char *query;
        const char *rest; /* behind seq and epoch */
    } rows[] = {
        {"", ",\"events\":[]}"}, /* no position yet: begin here */
        {"?after=0", ",\"events\":[" ONE "," TWO "," THREE "]}"},
        {"?after=1", ",\"events\":[" TWO "," THREE "]}"},
        {"?after=0&limit=2", ",\"events\":[" ONE "," TWO "]}"},
        {"?after=2&limit=1000000", ",\"events\":[" THREE "]}"},
        {"?after=3", ",\"events\":[]}"},
        {"?after=3&epoch=EPOCH", ",\"events\":[]}"},
        {"?after=4", ",\"gap\":{\"after\":4,\"seq\":3,\"reason\":\"epoch\"},\"events\":[]}"},
        {"?after=1&epoch=other",
         ",\"gap\":{\"after\":1,\"seq\":3,\"reason\":\"epoch\"},\"events\":[]}"},
    };
    struct people people;
    chat_init(&people);
    send_three(&people);
    elsewhere(&people.site.place, "UPDATE confab_meta SET value = 'EPOCH' WHERE key = 'epoch'");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char path[100];
        char content[2000];
        (void)snprintf(path, sizeof path, EVENTS "%s", rows[i].query);
        (void)snprintf(content, sizeof content, "{\"seq\":3,\"epoch\":\"EPOCH\"%s", rows[i].rest);
        ASK(&people.site, 200, content, .path = path, .session = people.bob);
    }
    site_deinit(&people.site);
}

static bool somebody_sends(struct site *site)
{
    elsewhere(&site->place, "INSERT INTO chat_message (content, timestamp, chat_id, sender_id)"
                            " VALUES ('four', '2100-01-01 00:00:00.500000', 1, 2)");
    return true;
}

static bool alice_is_removed(struct site *site)
{
    elsewhere(&site->place, "DELETE FROM chat_chat_participants WHERE user_id = 1");
    return true;
}

/* The call begins again with its session, so whoever was removed meanwhile gets nothing. */
static void test_who_has_everything_may_wait_for_more(void **state)
{
    (void)state;
    static const struct {
        const char *query;
        bool (*meanwhile)(struct site *site);
        unsigned wait_s; /* asked for */
        unsigned status;
        const char *answer; /* a part of it */
    } rows[] = {
        {"?after=3&wait=25", NULL, 25, 200, "\"seq\":3,"},
        {"?after=3&wait=26", NULL, 25, 200, "\"events\":[]"},
        {"?after=3&wait=0", NULL, 0, 200, "\"events\":[]"},
        {"?after=2&wait=25", NULL, 0, 200, THREE},
        {"?wait=25", NULL, 0, 200, "\"seq\":3,"},
        {"?after=4&wait=25", NULL, 0, 200, "\"gap\":"},
        {"?after=3&wait=-1", NULL, 0, 400, "\"wait\":"},
        {"?after=3&wait=7", somebody_sends, 7, 200, EVENT("4", "3", BOB, "four")},
        {"?after=4&wait=7", alice_is_removed, 7, 404, "not_found"},
    };
    struct people people;
    chat_init(&people);
    send_three(&people);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char path[100];
        (void)snprintf(path, sizeof path, EVENTS "%s", rows[i].query);
        people.site.while_waiting = rows[i].meanwhile;
        struct answer answer =
            ask(&people.site, (struct asked) {.path = path, .session = people.alice});
        check_answer(&answer, rows[i].status, NULL, path, __FILE__, __LINE__);
        CHECK(answer.wait_s == rows[i].wait_s);
        CHECK(strstr((char *)answer.content.data, rows[i].answer) != NULL);
        answer_deinit(&answer);
    }
    site_deinit(&people.site);
}

/* More than can be brought is never left out in silence. */
static void test_who_is_too_far_behind_is_told_of_the_gap(void **state)
{
    (void)state;
    struct people people;
    chat_init(&people);
    elsewhere(&people.site.place,
              "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5002) "
              "INSERT INTO chat_message (content, timestamp, chat_id, sender_id) "
              "SELECT 'message ' || i, '2026-11-22 18:00:00', 1, 1 FROM n");
    struct answer answer =
        ask(&people.site, (struct asked) {.path = EVENTS "?after=1", .session = people.alice});
    CHECK(strstr((char *)answer.content.data,
                 "\"gap\":{\"after\":1,\"seq\":5002,\"reason\":\"too_far\"},\"events\":[]}"));
    answer_deinit(&answer);
    answer = ask(&people.site, (struct asked) {.path = EVENTS "?after=2", .session = people.alice});
    CHECK(strstr((char *)answer.content.data, "\"gap\"") == NULL);
    CHECK(strstr((char *)answer.content.data, "\"events\":[{\"type\":\"message\",\"seq\":3,"));
    CHECK(strstr((char *)answer.content.data, "\"seq\":52,"));
    CHECK(strstr((char *)answer.content.data, "\"seq\":53,") == NULL);
    answer_deinit(&answer);
    site_deinit(&people.site);
}

static void test_faulty_queries_are_told_what_is_wrong(void **state)
{
    (void)state;
    struct people people;
    chat_init(&people);
    ASK(&people.site, 400, FAULT("after", "A valid integer is required.", "invalid_frame"),
        .path = EVENTS "?after=x", .session = people.alice);
    ASK(&people.site, 400,
        "{\"after\":[\"Ensure this value is greater than or equal to 0.\"],"
        "\"limit\":[\"Ensure this value is greater than or equal to 1.\"],"
        "\"code\":\"invalid_frame\"}",
        .path = EVENTS "?after=-1&limit=0", .session = people.alice);
    site_deinit(&people.site);
}

/* Polling costs next to nothing when nothing has happened. */
static void test_what_the_client_has_is_not_sent_again(void **state)
{
    (void)state;
    struct people people;
    char tag[100] = "";
    chat_init(&people);
    send_three(&people);
    struct answer answer =
        ask(&people.site, (struct asked) {.path = EVENTS "?after=1", .session = people.alice});
    const char *at = strstr((const char *)answer.fields.data, "ETag: ");
    CHECK(at != NULL && answer.status == 200);
    CHECK(sscanf(at, "ETag: %99s", tag) == 1);
    answer_deinit(&answer);

    static const struct {
        const char *before;
        const char *behind;
        unsigned status;
    } lists[] = {
        {"", "", 304},        {"W/", "", 304},       {"\"x\" ,", "", 304},
        {"", ", \"x\"", 304}, {"*\r\nX: ", "", 304}, {"\"x\"\r\nX: ", "", 200},
        {"x", "", 200},
    };
    char fields[300];
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        (void)snprintf(fields, sizeof fields, "If-None-Match: %s%s%s\r\n", lists[i].before, tag,
                       lists[i].behind);
        answer = ask(
            &people.site,
            (struct asked) {.path = EVENTS "?after=1", .session = people.alice, .fields = fields});
        check_answer(&answer, lists[i].status, lists[i].status == 304 ? "" : NULL, fields, __FILE__,
                     __LINE__);
        CHECK(mentions(&answer, tag));
        CHECK(mentions(&answer, "Content-Type: ") == (lists[i].status == 200));
        answer_deinit(&answer);
    }
    SEND(bob, 201, NULL, "{\"content\":\"four\"}");
    (void)snprintf(fields, sizeof fields, "If-None-Match: %s\r\n", tag);
    ASK(&people.site, 200, NULL, .path = EVENTS "?after=1", .session = people.alice,
        .fields = fields);
    site_deinit(&people.site);
}

/* As in part I, with a code. */
static void test_errors_have_a_code(void **state)
{
    (void)state;
    static const struct {
        const char *method;
        const char *path;
        bool is_bob; /* else carol, who is in no chat */
        unsigned status;
        const char *answer;
    } rows[] = {
#define NOT_FOUND_V1 "{\"detail\":\"Not found.\",\"code\":\"not_found\"}"
        {"GET", "/api/v1/nothing/", true, 404, NOT_FOUND_V1},
        {"GET", "/api/v1/chats/2/events/", true, 404, NOT_FOUND_V1},
        {"GET", "/api/v1/chats/x/events/", true, 404, NOT_FOUND_V1},
        {"GET", EVENTS, false, 404, NOT_FOUND_V1},
        {"POST", MESSAGES, false, 404, NOT_FOUND_V1},
        {"PUT", EVENTS, true, 405,
         "{\"detail\":\"Method \\\"PUT\\\" not allowed.\",\"code\":\"method_not_allowed\"}"},
    };
    struct people people;
    chat_init(&people);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        ASK(&people.site, rows[i].status, rows[i].answer, .method = rows[i].method,
            .path = rows[i].path, .session = rows[i].is_bob ? people.bob : people.carol);
    ASK(&people.site, 403,
        "{\"detail\":\"Authentication credentials were not provided.\","
        "\"code\":\"not_authenticated\"}",
        .path = EVENTS);
    ASK(&people.site, 415,
        "{\"detail\":\"Unsupported media type \\\"text/plain\\\" in request.\","
        "\"code\":\"unsupported_media_type\"}",
        .method = "POST", .path = MESSAGES, .session = people.bob, .type = "text/plain",
        .content = "x");
    ASK(&people.site, 403,
        "{\"detail\":\"CSRF Failed: Origin checking failed - http://evil.example does not match "
        "any "
        "trusted origins.\",\"code\":\"forbidden\"}",
        .method = "POST", .path = MESSAGES, .session = people.bob,
        .fields = "Origin: http://evil.example\r\n", .content = "{\"content\":\"a\"}");
    site_deinit(&people.site);
}

static void test_the_version_names_the_protocol(void **state)
{
    (void)state;
    struct people people;
    people_init(&people);
    struct answer answer = ask(&people.site, (struct asked) {.path = "/api/v1/version/"});
    CHECK(answer.status == 200);
    CHECK(bytes_starts_with(buf_bytes(&answer.content), BYTES("{\"server\":\"confab/")));
    CHECK(strstr((char *)answer.content.data,
                 ",\"protocols\":[\"confab.v1\"],\"features\":[\"resume\","));
    answer_deinit(&answer);
    site_deinit(&people.site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_nonce_is_stored_once_and_answered_the_same),
        cmocka_unit_test(test_an_idempotency_key_is_a_nonce),
        cmocka_unit_test(test_faulty_messages_are_not_stored),
        cmocka_unit_test(test_contents_are_limited_to_256_kib),
        cmocka_unit_test(test_answers_tell_how_the_rate_stands),
        cmocka_unit_test(test_events_behind_a_number_come_in_a_chain),
        cmocka_unit_test(test_who_has_everything_may_wait_for_more),
        cmocka_unit_test(test_who_is_too_far_behind_is_told_of_the_gap),
        cmocka_unit_test(test_faulty_queries_are_told_what_is_wrong),
        cmocka_unit_test(test_what_the_client_has_is_not_sent_again),
        cmocka_unit_test(test_errors_have_a_code),
        cmocka_unit_test(test_the_version_names_the_protocol),
    };
    return cmocka_run_group_tests_name("api/v1_messages", tests, NULL, NULL);
}
