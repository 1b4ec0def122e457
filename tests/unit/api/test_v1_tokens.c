#include "site.h"

#include "auth/token.h"

#define TOKENS "/api/v1/tokens/"
#define MAX    100 /* TOKENS_PER_USER_MAX */

/* Chats 1 and 2 of alice and bob. */
static void chats_init(struct people *people)
{
    static const int64_t both[] = {1, 2};
    people_init(people);
    CHECK(add_chat(people->site.writer, both, 2) == 1);
    CHECK(add_chat(people->site.writer, both, 2) == 2);
}

/* A token of alice's, made as content says. */
static void make_token(struct people *people, const char *content, char out[TOKEN_BYTES + 1])
{
    struct answer answer =
        ask(&people->site,
            (struct asked) {
                .method = "POST", .path = TOKENS, .session = people->alice, .content = content});
    check_answer(&answer, 201, NULL, content, __FILE__, __LINE__);
    CHECK(has_field(&answer, "Cache-Control: no-store"));
    const char *at = strstr((char *)answer.content.data, "\"token\":\"");
    CHECK(at != NULL);
    memcpy(out, at + strlen("\"token\":\""), TOKEN_BYTES);
    out[TOKEN_BYTES] = '\0';
    answer_deinit(&answer);
}

static struct answer ask_with(struct people *people, const char *method, const char *path,
                              const char *token, const char *session, const char *content)
{
    char fields[200];
    (void)snprintf(fields, sizeof fields, "Authorization: Bearer %s\r\n", token);
    return ask(&people->site, (struct asked) {.method = method,
                                              .path = path,
                                              .session = session,
                                              .fields = fields,
                                              .content = content});
}

static void check_with(struct people *people, const char *method, const char *path,
                       const char *token, unsigned status, const char *expected, int line)
{
    bool has_content = strcmp(method, "POST") == 0 || strcmp(method, "PATCH") == 0;
    struct answer answer = ask_with(people, method, path, token, NULL,
                                    has_content ? "{\"content\":\"x\",\"name\":\"x\"}" : NULL);
    check_answer(&answer, status, expected, path, __FILE__, line);
    answer_deinit(&answer);
}

#define CHECK_WITH(token, method, path, status, expected)                                          \
    check_with(&people, (method), (path), (token), (status), (expected), __LINE__)

#define NOT_GOOD     "{\"detail\":\"This token is not good for that.\",\"code\":\"forbidden\"}"
#define INVALID      "{\"detail\":\"Invalid token.\",\"code\":\"not_authenticated\"}"
#define NOT_FOUND_V1 "{\"detail\":\"Not found.\",\"code\":\"not_found\"}"

static void test_a_token_acts_as_its_user_under_v1_alone(void **state)
{
    (void)state;
    struct people people;
    char token[TOKEN_BYTES + 1];
    chats_init(&people);
    make_token(&people, "{\"name\":\"bot\"}", token);
    CHECK_WITH(token, "POST", "/api/v1/chats/1/messages/", 201, NULL);
    check_asked(&people.site.place, "SELECT sender_id FROM chat_message", "1");
    CHECK_WITH(token, "GET", "/api/v1/chats/1/messages/", 200, NULL);
    CHECK_WITH(token, "GET", "/api/v1/chats/", 200, NULL);
    CHECK_WITH(token, "GET", "/api/me/", 403, NO_CREDENTIALS);
    CHECK_WITH(token, "GET", "/api/v1/chats/3/messages/", 404, NOT_FOUND_V1);
    site_deinit(&people.site);
}

static void test_a_token_is_good_for_its_scopes_and_chats(void **state)
{
    (void)state;
    struct people people;
    char reader[TOKEN_BYTES + 1];
    char writer[TOKEN_BYTES + 1];
    char narrow[TOKEN_BYTES + 1];
    chats_init(&people);
    make_token(&people, "{\"name\":\"r\",\"scopes\":[\"read\"]}", reader);
    make_token(&people, "{\"name\":\"w\",\"scopes\":[\"write\"]}", writer);
    make_token(&people, "{\"name\":\"n\",\"chats\":[1]}", narrow);
    CHECK_WITH(writer, "POST", "/api/v1/chats/1/messages/", 201, NULL);
    CHECK_WITH(writer, "POST", "/api/v1/chats/2/messages/", 201, NULL);
    static const struct {
        char which; /* 'r', 'w', 'n' */
        const char *method;
        const char *path;
        unsigned status;
        const char *answer;
    } rows[] = {
        {'r', "GET", "/api/v1/chats/1/messages/", 200, NULL},
        {'r', "HEAD", "/api/v1/chats/1/messages/", 200, NULL},
        {'r', "POST", "/api/v1/chats/1/messages/", 403, NOT_GOOD},
        {'r', "DELETE", "/api/v1/messages/1/", 403, NOT_GOOD},
        {'w', "GET", "/api/v1/chats/1/messages/", 403, NOT_GOOD},
        {'w', "PATCH", "/api/v1/messages/1/", 200, NULL},
        {'n', "GET", "/api/v1/chats/1/messages/", 200, NULL},
        {'n', "GET", "/api/v1/chats/1/members/", 200, NULL},
        {'n', "GET", "/api/v1/chats/2/members/", 404, NOT_FOUND_V1},
        {'n', "GET", "/api/v1/chats/2/messages/", 404, NOT_FOUND_V1},
        {'n', "POST", "/api/v1/chats/2/messages/", 404, NOT_FOUND_V1},
        {'n', "PATCH", "/api/v1/messages/1/", 200, NULL},
        {'n', "PATCH", "/api/v1/messages/2/", 404, NOT_FOUND_V1},
        {'n', "PATCH", "/api/v1/messages/9/", 404, NOT_FOUND_V1},
        {'n', "GET", "/api/v1/chats/", 403, NOT_GOOD},
        {'n', "POST", "/api/v1/chats/", 403, NOT_GOOD},
        {'n', "GET", "/api/v1/search/?q=x", 403, NOT_GOOD},
        {'r', "GET", TOKENS, 403, NOT_GOOD}, /* else one token would make others */
        {'w', "POST", TOKENS, 403, NOT_GOOD},
        {'w', "DELETE", TOKENS "1/", 403, NOT_GOOD},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const char *token = rows[i].which == 'r' ? reader : rows[i].which == 'w' ? writer : narrow;
        check_with(&people, rows[i].method, rows[i].path, token, rows[i].status, rows[i].answer,
                   (int)i);
    }
    site_deinit(&people.site);
}

static void test_what_is_no_token_is_told_so(void **state)
{
    (void)state;
    struct people people;
    char token[TOKEN_BYTES + 1];
    chats_init(&people);
    make_token(&people, "{\"name\":\"bot\",\"expires_at\":\"2026-11-22T19:00:00Z\"}", token);
    CHECK_WITH(token, "GET", "/api/v1/chats/", 200, NULL);
    token[TOKEN_BYTES - 1] = token[TOKEN_BYTES - 1] == 'a' ? 'b' : 'a';
    CHECK_WITH(token, "GET", "/api/v1/chats/", 401, INVALID);
    CHECK_WITH("x y", "GET", "/api/v1/chats/", 401, INVALID);
    struct answer answer = ask_with(&people, "GET", "/api/v1/chats/", token, NULL, NULL);
    CHECK(has_field(&answer, "WWW-Authenticate: Bearer error=\"invalid_token\""));
    answer_deinit(&answer);

    make_token(&people, "{\"name\":\"bot\"}", token);
    people.site.now_us += INT64_C(3600000000); /* the first has expired */
    CHECK_WITH(token, "GET", "/api/v1/chats/", 200, NULL);
    ASK(&people.site, 404, NOT_FOUND_V1, .method = "DELETE", .path = TOKENS "2/",
        .session = people.bob);
    ASK(&people.site, 204, "", .method = "DELETE", .path = TOKENS "2/", .session = people.alice);
    CHECK_WITH(token, "GET", "/api/v1/chats/", 401, INVALID);
    elsewhere(&people.site.place, "UPDATE chat_user SET is_active = 0 WHERE id = 1");
    CHECK_WITH(token, "GET", "/api/v1/chats/", 401, INVALID);
    site_deinit(&people.site);
}

/* A page of another site can neither read a token nor send one along; with a cookie it might act as
 * the user. */
static void test_a_token_without_a_cookie_may_come_from_anywhere(void **state)
{
    (void)state;
    struct people people;
    char token[TOKEN_BYTES + 1];
    char fields[300];
    chats_init(&people);
    make_token(&people, "{\"name\":\"bot\"}", token);
    (void)snprintf(fields, sizeof fields,
                   "Origin: http://evil.example\r\nAuthorization: bearer %s\r\n", token);
    ASK(&people.site, 201, NULL, .method = "POST", .path = "/api/v1/chats/1/messages/",
        .fields = fields, .content = "{\"content\":\"x\"}");
    ASK(&people.site, 403, NULL, .method = "POST", .path = "/api/v1/chats/1/messages/",
        .fields = fields, .session = people.alice, .content = "{\"content\":\"x\"}");
    ASK(&people.site, 403, NULL, .method = "POST", .path = "/api/chats/1/send_message/",
        .fields = fields, .content = "{\"content\":\"x\"}");
    site_deinit(&people.site);
}

static void test_tokens_are_listed_without_their_secrets(void **state)
{
    (void)state;
    struct people people;
    char token[TOKEN_BYTES + 1];
    char expected[1000];
    chats_init(&people);
    make_token(&people,
               "{\"name\":\" b\\u00f6t \",\"scopes\":[\"read\"],\"chats\":[1,2],"
               "\"expires_at\":\"2030-01-01T00:00:00Z\"}",
               token);
    CHECK_WITH(token, "GET", "/api/v1/chats/1/messages/", 200, NULL);
    (void)snprintf(
        expected, sizeof expected,
        "{\"next\":null,\"previous\":null,\"results\":[{\"id\":1,\"name\":\"b\xc3\xb6t\","
        "\"prefix\":\"%.11s\",\"scopes\":[\"read\"],\"chats\":[1,2],\"hook\":null,\"by\":1,"
        "\"created_at\":\"" NOW "\",\"expires_at\":\"2030-01-01T00:00:00Z\","
        "\"last_used_at\":\"" NOW "\"}]}",
        token);
    ASK(&people.site, 200, expected, .path = TOKENS, .session = people.alice);
    ASK(&people.site, 200, "{\"next\":null,\"previous\":null,\"results\":[]}", .path = TOKENS,
        .session = people.bob);
    char hash[DIGEST_TEXT_BYTES + 1];
    CHECK(token_hash(bytes_from_text(token), hash) == OK);
    check_asked(&people.site.place, "SELECT hash FROM confab_token", hash);
    site_deinit(&people.site);
}

static void test_faulty_tokens_are_not_made(void **state)
{
    (void)state;
    static const struct {
        const char *content;
        const char *part;
    } rows[] = {
        {"{}", "{\"name\":[\"This field is required.\"],\"code\":\"invalid_frame\"}"},
        {"{\"name\":\"\"}", "\"name\":[\"This field may not be blank.\"]"},
        {"{\"name\":\"x\",\"scopes\":[]}", "\"scopes\":[\"This list may not be empty.\"]"},
        {"{\"name\":\"x\",\"scopes\":[\"all\"]}", "\"scopes\":[\"A scope is"},
        {"{\"name\":\"x\",\"scopes\":\"read\"}", "\"scopes\":[\"Expected a list"},
        {"{\"name\":\"x\",\"chats\":[\"a\"]}", "\"chats\":{\"0\":"},
        {"{\"name\":\"x\",\"expires_at\":\"soon\"}", "\"expires_at\":[\"Datetime has wrong"},
        {"{\"name\":\"x\",\"expires_at\":\"2026-11-22T18:00:00Z\"}",
         "\"expires_at\":[\"This moment is over.\"]"},
        {"{\"name\":\"x\",\"hook\":9}", "\"hook\":[\"You may not write in that chat.\"]"},
        {"{\"name\":\"x\",\"hook\":\"a\"}", "\"hook\":[\"A valid integer is required.\"]"},
    };
    struct people people;
    chats_init(&people);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct answer answer = ask(&people.site, (struct asked) {.method = "POST",
                                                                 .path = TOKENS,
                                                                 .session = people.alice,
                                                                 .content = rows[i].content});
        check_answer(&answer, 400, NULL, rows[i].content, __FILE__, __LINE__);
        if (strstr((char *)answer.content.data, rows[i].part) == NULL)
            print_error("%s\n", (char *)answer.content.data);
        CHECK(strstr((char *)answer.content.data, rows[i].part) != NULL);
        answer_deinit(&answer);
    }
    for (int i = 0; i < MAX; i++)
        ASK(&people.site, 201, NULL, .method = "POST", .path = TOKENS, .session = people.alice,
            .content = "{\"name\":\"x\"}");
    ASK(&people.site, 403,
        "{\"detail\":\"You have as many tokens as you may.\",\"code\":\"forbidden\"}",
        .method = "POST", .path = TOKENS, .session = people.alice, .content = "{\"name\":\"x\"}");
    site_deinit(&people.site);
}

static void test_a_webhook_sends_to_its_chat_and_does_nothing_else(void **state)
{
    (void)state;
    struct people people;
    char token[TOKEN_BYTES + 1];
    char path[100];
    chats_init(&people);
    make_token(&people, "{\"name\":\"ci\",\"hook\":2}", token);
    (void)snprintf(path, sizeof path, "/api/v1/hooks/%s/", token);
    ASK(&people.site, 201, NULL, .method = "POST", .path = path,
        .fields = "Origin: http://ci.example\r\n", .content = "{\"content\":\"built\"}");
    check_asked(&people.site.place,
                "SELECT chat_id || ' ' || sender_id || ' ' || content FROM chat_message",
                "2 1 built");
    ASK(&people.site, 400, NULL, .method = "POST", .path = path, .content = "{\"content\":\"\"}");
    ASK(&people.site, 405, NULL, .path = path);
    ASK(&people.site, 403, NULL, .method = "POST", .path = path, .session = people.bob,
        .fields = "Origin: http://ci.example\r\n", .content = "{\"content\":\"x\"}");
    CHECK_WITH(token, "GET", "/api/v1/chats/2/messages/", 401, INVALID);
    ASK(&people.site, 404, NOT_FOUND_V1, .method = "POST", .path = "/api/v1/hooks/confab_x/",
        .content = "{\"content\":\"x\"}");
    make_token(&people, "{\"name\":\"no hook\"}", token);
    (void)snprintf(path, sizeof path, "/api/v1/hooks/%s/", token);
    ASK(&people.site, 404, NOT_FOUND_V1, .method = "POST", .path = path,
        .content = "{\"content\":\"x\"}");
    site_deinit(&people.site);
}

static void test_the_secret_of_a_webhook_is_not_logged(void **state)
{
    (void)state;
    struct http_request request = {.path = BYTES("/api/v1/hooks/confab_secret/")};
    CHECK_BYTES(api_loggable_path(&request), BYTES("/api/v1/hooks/"));
    request.path = BYTES("/api/v1/hooks");
    CHECK_BYTES(api_loggable_path(&request), BYTES("/api/v1/hooks"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_token_acts_as_its_user_under_v1_alone),
        cmocka_unit_test(test_a_token_is_good_for_its_scopes_and_chats),
        cmocka_unit_test(test_what_is_no_token_is_told_so),
        cmocka_unit_test(test_a_token_without_a_cookie_may_come_from_anywhere),
        cmocka_unit_test(test_tokens_are_listed_without_their_secrets),
        cmocka_unit_test(test_faulty_tokens_are_not_made),
        cmocka_unit_test(test_a_webhook_sends_to_its_chat_and_does_nothing_else),
        cmocka_unit_test(test_the_secret_of_a_webhook_is_not_logged),
    };
    return cmocka_run_group_tests_name("api/v1_tokens", tests, NULL, NULL);
}
