#include "http/route.h"

#include "check.h"

static void test_patterns_match_whole_paths(void **state)
{
    (void)state;
    static const struct {
        const char *pattern;
        const char *path;
        bool matches;
        const char *id; /* NULL: unchanged */
    } rows[] = {
        {"/", "/", true, NULL},
        {"/", "", false, NULL},
        {"/", "//", false, NULL},
        {"/api/chats/", "/api/chats/", true, NULL},
        {"/api/chats/", "/api/chats", false, NULL},
        {"/api/chats/", "/api/chats/1", false, NULL},
        {"/api/chats/", "/api/Chats/", false, NULL},
        {"/api/chats/", "/api/ch%61ts/", false, NULL},
        {"/api/chats/{id}/", "/api/chats/5/", true, "5"},
        {"/api/chats/{id}/", "/api/chats/a%2Fb/", true, "a%2Fb"},
        {"/api/chats/{id}/", "/api/chats//", false, NULL},
        {"/api/chats/{id}/", "/api/chats/5", false, NULL},
        {"/api/chats/{id}/", "/api/chats/5/6/", false, NULL},
        {"/api/chats/{id}/messages/", "/api/chats/5/messages/", true, "5"},
        {"/api/chats/{id}/messages/", "/api/chats/5/message/", false, NULL},
        {"/api/chats/{id}/messages/", "/api/chats/messages/", false, NULL},
        {"/ws/chat/{id}", "/ws/chat/7", true, "7"},
        {"/ws/chat/{id}", "/ws/chat/", false, NULL},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct bytes id = NO_BYTES;
        CHECK(http_route_matches(rows[i].pattern, bytes_from_text(rows[i].path), &id) ==
              rows[i].matches);
        CHECK((id.data == NULL) == (rows[i].id == NULL));
        CHECK(rows[i].id == NULL || bytes_is(id, rows[i].id));
    }
}

/* What is no id names nothing: 404, never an error of the database. */
static void test_ids_are_positive_64_bit_numbers(void **state)
{
    (void)state;
    int64_t id = 0;
    CHECK(http_route_id(BYTES("1"), &id) == OK && id == 1);
    CHECK(http_route_id(BYTES("005"), &id) == OK && id == 5);
    CHECK(http_route_id(BYTES("9223372036854775807"), &id) == OK && id == INT64_MAX);
    static const char *const bad[] = {"",
                                      "0",
                                      "000",
                                      "-1",
                                      "+1",
                                      "1a",
                                      "a",
                                      "1.0",
                                      " 1",
                                      "1 ",
                                      "%31",
                                      "0x1",
                                      "9223372036854775808",
                                      "18446744073709551617",
                                      "99999999999999999999999"};
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        CHECK(http_route_id(bytes_from_text(bad[i]), &id) == ERR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_patterns_match_whole_paths),
        cmocka_unit_test(test_ids_are_positive_64_bit_numbers),
    };
    return cmocka_run_group_tests_name("http/route", tests, NULL, NULL);
}
