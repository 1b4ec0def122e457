#include "site.h"

/* Clients of the existing system test for these fields. */
static void test_every_answer_has_the_common_fields(void **state)
{
    (void)state;
    struct people people;
    people_init(&people);
    struct answer answer =
        ask(&people.site, (struct asked) {.path = "/api/me/", .session = people.alice});
    check_answer(&answer, 200, ALICE, "me", __FILE__, __LINE__);
    CHECK_BYTES(buf_bytes(&answer.fields), BYTES("Content-Type: application/json\r\n"
                                                 "Vary: Accept, Cookie\r\n"
                                                 "X-Frame-Options: DENY\r\n"
                                                 "X-Content-Type-Options: nosniff\r\n"
                                                 "Referrer-Policy: same-origin\r\n"
                                                 "Allow: GET, HEAD, OPTIONS\r\n"));
    answer_deinit(&answer);

    struct http_response refusal = {0};
    api_refuse(&refusal, 431, "Too many fields");
    CHECK(refusal.status == 431);
    CHECK_BYTES(buf_bytes(&refusal.content), BYTES("{\"detail\":\"Too many fields\"}"));
    CHECK_BYTES(buf_bytes(&refusal.fields), BYTES("Content-Type: application/json\r\n"
                                                  "Vary: Accept, Cookie\r\n"
                                                  "X-Frame-Options: DENY\r\n"
                                                  "X-Content-Type-Options: nosniff\r\n"
                                                  "Referrer-Policy: same-origin\r\n"));
    http_response_deinit(&refusal);
    site_deinit(&people.site);
}

/* No HTML on an API path, whatever is asked. */
static void test_unknown_paths_are_not_found(void **state)
{
    (void)state;
    static const char *const paths[] = {
        "/api/",     "/api/nothing/", "/api/me/x/",   "/api/chats/1/messages/2/",
        "/api//me/", "/apix/me/",     "/api/docs/x/", "/api/%6de/",
    };
    struct people people;
    people_init(&people);
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        ASK(&people.site, 404, NOT_FOUND, .path = paths[i]);
        ASK(&people.site, 404, NOT_FOUND, .method = "POST", .path = paths[i],
            .session = people.alice);
    }
    site_deinit(&people.site);
}

/* Only methods without content are sent on: others would arrive as GET. */
static void test_a_missing_slash_is_added_for_get_and_head_alone(void **state)
{
    (void)state;
    static const struct {
        const char *method;
        const char *path;
        const char *location; /* NULL: not found */
    } cells[] = {
        {"GET", "/api/me", "Location: /api/me/"},
        {"HEAD", "/api/me", "Location: /api/me/"},
        {"GET", "/api/chats/7?a=b&c=%2F", "Location: /api/chats/7/?a=b&c=%2F"},
        {"GET", "/api/chats/abc/messages", "Location: /api/chats/abc/messages/"},
        {"GET", "/api/docs", "Location: /api/docs/"},
        {"GET", "/api/login", "Location: /api/login/"},
        {"POST", "/api/login", NULL},
        {"PUT", "/api/chats/7", NULL},
        {"OPTIONS", "/api/me", NULL},
        {"GET", "/api/nothing", NULL},
        {"GET", "/api/docs/x", NULL},
    };
    struct people people;
    people_init(&people);
    for (size_t i = 0; i < COUNT_OF(cells); i++) {
        struct answer answer =
            ask(&people.site, (struct asked) {.method = cells[i].method, .path = cells[i].path});
        check_answer(&answer, cells[i].location != NULL ? 301 : 404,
                     cells[i].location != NULL ? "" : NOT_FOUND, cells[i].path, __FILE__, __LINE__);
        CHECK(cells[i].location == NULL ? !mentions(&answer, "Location")
                                        : has_field(&answer, cells[i].location));
        answer_deinit(&answer);
    }
    site_deinit(&people.site);
}

/* Session authentication has no challenge: 403, never 401, and before the method is looked at. */
static void test_who_is_not_logged_in_is_refused_before_anything_else(void **state)
{
    (void)state;
    static const char *const paths[] = {
        "/api/logout/",
        "/api/me/",
        "/api/users/",
        "/api/chats/",
        "/api/chats/1/",
        "/api/chats/abc/",
        "/api/chats/1/messages/",
        "/api/chats/1/send_message/",
        "/api/messages/",
        "/api/messages/1/",
    };
    static const char *const methods[] = {"GET",   "HEAD",   "POST",   "PUT",
                                          "PATCH", "DELETE", "OPTIONS"};
    struct people people;
    people_init(&people);
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        for (size_t k = 0; k < COUNT_OF(methods); k++)
            ASK(&people.site, 403, NO_CREDENTIALS, .method = methods[k], .path = paths[i]);
        ASK(&people.site, 403, NO_CREDENTIALS, .method = "POST", .path = paths[i],
            .type = "text/plain", .content = "{");
    }
    site_deinit(&people.site);
}

static void test_a_wrong_method_is_told_which_are_right(void **state)
{
    (void)state;
    static const struct {
        const char *method;
        const char *path;
        const char *allow;
    } cells[] = {
        {"GET", "/api/register/", "Allow: POST, OPTIONS"},
        {"DELETE", "/api/login/", "Allow: POST, OPTIONS"},
        {"GET", "/api/logout/", "Allow: POST, OPTIONS"},
        {"POST", "/api/me/", "Allow: GET, HEAD, OPTIONS"},
        {"POST", "/api/users/", "Allow: GET, HEAD, OPTIONS"},
        {"PUT", "/api/chats/", "Allow: GET, POST, HEAD, OPTIONS"},
        {"POST", "/api/chats/1/", "Allow: GET, PUT, PATCH, DELETE, HEAD, OPTIONS"},
        {"POST", "/api/chats/1/messages/", "Allow: GET, HEAD, OPTIONS"},
        {"GET", "/api/chats/1/send_message/", "Allow: POST, OPTIONS"},
        {"HEAD", "/api/chats/1/send_message/", "Allow: POST, OPTIONS"},
        {"POST", "/api/messages/", "Allow: GET, HEAD, OPTIONS"},
        {"PATCH", "/api/messages/1/", "Allow: GET, HEAD, OPTIONS"},
        {"POST", "/api/schema/", "Allow: GET, HEAD, OPTIONS"},
        {"POST", "/api/docs/", "Allow: GET, HEAD, OPTIONS"},
        {"TRACE", "/api/me/", "Allow: GET, HEAD, OPTIONS"},
    };
    struct people people;
    people_init(&people);
    for (size_t i = 0; i < COUNT_OF(cells); i++) {
        char text[80];
        (void)snprintf(text, sizeof text, "{\"detail\":\"Method \\\"%s\\\" not allowed.\"}",
                       cells[i].method);
        struct answer answer = ask(&people.site, (struct asked) {.method = cells[i].method,
                                                                 .path = cells[i].path,
                                                                 .session = people.alice});
        check_answer(&answer, 405, text, cells[i].path, __FILE__, __LINE__);
        CHECK(has_field(&answer, cells[i].allow));
        answer_deinit(&answer);
    }
    site_deinit(&people.site);
}

static void test_options_describes_the_resource(void **state)
{
    (void)state;
    struct people people;
    people_init(&people);
    ASK(&people.site, 200,
        "{\"name\":\"Chat List\",\"description\":\"The chats of the "
        "user.\",\"renders\":[\"application/json\"],"
        "\"parses\":[\"application/json\",\"application/x-www-form-urlencoded\",\"multipart/"
        "form-data\"]}",
        .method = "OPTIONS", .path = "/api/chats/", .session = people.alice);
    ASK(&people.site, 200, NULL, .method = "OPTIONS", .path = "/api/login/");
    site_deinit(&people.site);
}

/* A path's id is digits; everything else is not found, like a chat of others. */
static void test_ids_that_are_none_are_not_found(void **state)
{
    (void)state;
    static const char *const ids[] = {
        "abc", "-1",  "1.5", "0", "9223372036854775808", "99999999999999999999999",
        "+1",  "1e0", "%31", "2",
    };
    struct people people;
    people_init(&people);
    ASK(&people.site, 201, NULL, .method = "POST", .path = "/api/chats/", .session = people.alice,
        .content = "{\"name\":\"c\"}");
    for (size_t i = 0; i < COUNT_OF(ids); i++) {
        static const char *const patterns[] = {"/api/chats/%s/", "/api/chats/%s/messages/",
                                               "/api/messages/%s/"};
        for (size_t k = 0; k < COUNT_OF(patterns); k++) {
            char path[96];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
            (void)snprintf(path, sizeof path, patterns[k], ids[i]);
#pragma GCC diagnostic pop
            ASK(&people.site, 404, NOT_FOUND, .path = path, .session = people.alice);
        }
    }
    ASK(&people.site, 200, NULL, .path = "/api/chats/005/", .session = people.alice,
        .method = "OPTIONS");
    ASK(&people.site, 200, NULL, .path = "/api/chats/001/", .session = people.alice);
    site_deinit(&people.site);
}

/* Browsers say where a request comes from; the guide's curl commands do not, and must work. */
static void test_requests_that_change_something_must_come_from_here(void **state)
{
    (void)state;
#define FOREIGN                                                                                    \
    "{\"detail\":\"CSRF Failed: Origin checking failed - http://evil.example does not match any "  \
    "trusted origins.\"}"
    static const struct {
        const char *fields;
        unsigned status;
    } cells[] = {
        {NULL, 401},
        {"Sec-Fetch-Site: same-origin\r\nOrigin: http://evil.example\r\n", 401},
        {"Sec-Fetch-Site: none\r\n", 401},
        {"Origin: http://chat.example\r\n", 401},
        {"Origin: https://friend.example\r\n", 401},
        {"Sec-Fetch-Site: cross-site\r\nOrigin: https://friend.example\r\n", 401},
        {"Referer: http://chat.example/page\r\n", 401},
        {"Origin: http://evil.example\r\n", 403},
        {"Origin: http://evil.example\r\nX-CSRFToken: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n", 403},
        {"Sec-Fetch-Site: cross-site\r\nOrigin: http://evil.example\r\n", 403},
        {"Origin: null\r\n", 403},
        {"Sec-Fetch-Site: same-site\r\n", 403},
        {"Referer: http://evil.example/page\r\n", 403},
    };
    struct people people;
    people_init(&people);
    people.site.settings.origins.allowed[0] = BYTES("https://friend.example");
    people.site.settings.origins.count = 1;
    for (size_t i = 0; i < COUNT_OF(cells); i++) {
        ASK(&people.site, cells[i].status, NULL, .method = "POST", .path = "/api/login/",
            .fields = cells[i].fields, .content = "{}");
        /* Reading is free, and so is asking which methods there are. */
        ASK(&people.site, 200, NULL, .path = "/api/me/", .session = people.alice,
            .fields = cells[i].fields);
    }
    ASK(&people.site, 403, FOREIGN, .method = "POST", .path = "/api/logout/",
        .session = people.alice, .fields = "Origin: http://evil.example\r\n");
    ASK(&people.site, 200, NULL, .path = "/api/me/", .session = people.alice);
    site_deinit(&people.site);
}

/* Pages of allowed origins may read answers; nobody else's page may. */
static void test_cors_fields_are_for_allowed_origins_alone(void **state)
{
    (void)state;
    static const char friend[] = "Origin: https://friend.example\r\n";
    static const char preflight[] = "Origin: https://friend.example\r\n"
                                    "Access-Control-Request-Method: PATCH\r\n";
    struct people people;
    people_init(&people);
    struct asked asked = {.path = "/api/me/", .session = people.alice, .fields = friend};
    struct answer answer = ask(&people.site, asked);
    CHECK(!mentions(&answer, "Access-Control"));
    CHECK(!mentions(&answer, "Vary: Origin"));
    answer_deinit(&answer);

    people.site.settings.origins.allowed[0] = BYTES("https://friend.example");
    people.site.settings.origins.count = 1;
    answer = ask(&people.site, asked);
    CHECK(has_field(&answer, "Access-Control-Allow-Origin: https://friend.example"));
    CHECK(has_field(&answer, "Access-Control-Allow-Credentials: true"));
    CHECK(has_field(&answer, "Vary: Origin"));
    answer_deinit(&answer);

    asked.fields = "Origin: https://stranger.example\r\n";
    answer = ask(&people.site, asked);
    CHECK(answer.status == 200);
    CHECK(!mentions(&answer, "Access-Control"));
    CHECK(has_field(&answer, "Vary: Origin"));
    answer_deinit(&answer);

    /* A preflight carries no cookie. */
    answer =
        ask(&people.site,
            (struct asked) {.method = "OPTIONS", .path = "/api/chats/1/", .fields = preflight});
    check_answer(&answer, 204, "", "preflight", __FILE__, __LINE__);
    CHECK(
        has_field(&answer, "Access-Control-Allow-Methods: GET, PUT, PATCH, DELETE, HEAD, OPTIONS"));
    CHECK(has_field(&answer, "Access-Control-Allow-Origin: https://friend.example"));
    CHECK(mentions(&answer,
                   "Access-Control-Allow-Headers: accept, content-type, user-agent, x-csrftoken"));
    CHECK(has_field(&answer, "Access-Control-Max-Age: 86400"));
    CHECK(!mentions(&answer, "application/json"));
    answer_deinit(&answer);
    site_deinit(&people.site);
}

/* A database that fails is our fault: the client is told to come again, and not what happened. */
static void test_storage_trouble_is_answered_with_503(void **state)
{
    (void)state;
    struct people people;
    people_init(&people);
    elsewhere(&people.site.place, "ALTER TABLE chat_message RENAME TO hidden");
    struct answer answer =
        ask(&people.site, (struct asked) {.path = "/api/messages/", .session = people.alice});
    check_answer(&answer, 503,
                 "{\"detail\":\"The request could not be carried out, please try again.\"}",
                 "messages", __FILE__, __LINE__);
    CHECK(has_field(&answer, "Retry-After: 1"));
    answer_deinit(&answer);
    site_deinit(&people.site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_answer_has_the_common_fields),
        cmocka_unit_test(test_unknown_paths_are_not_found),
        cmocka_unit_test(test_a_missing_slash_is_added_for_get_and_head_alone),
        cmocka_unit_test(test_who_is_not_logged_in_is_refused_before_anything_else),
        cmocka_unit_test(test_a_wrong_method_is_told_which_are_right),
        cmocka_unit_test(test_options_describes_the_resource),
        cmocka_unit_test(test_ids_that_are_none_are_not_found),
        cmocka_unit_test(test_requests_that_change_something_must_come_from_here),
        cmocka_unit_test(test_cors_fields_are_for_allowed_origins_alone),
        cmocka_unit_test(test_storage_trouble_is_answered_with_503),
    };
    return cmocka_run_group_tests_name("api/begin", tests, NULL, NULL);
}
