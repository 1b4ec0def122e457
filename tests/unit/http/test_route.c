#include "http/route.h"

#include "allocation.h"
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

static void test_a_pattern_may_have_two_segments(void **state)
{
    (void)state;
    struct bytes segments[HTTP_ROUTE_SEGMENTS_MAX] = {BYTES("x"), BYTES("y")};
    CHECK(!http_route_matches("/m/{id}/r/{emoji}/", BYTES("/m/5/r//"), segments));
    CHECK(!http_route_matches("/m/{id}/r/{emoji}/", BYTES("/m/5/r/a"), segments));
    CHECK(!http_route_matches("/m/{id}/r/{emoji}/", BYTES("/m/5/r/a/b/"), segments));
    CHECK_BYTES(segments[0], BYTES("x"));
    CHECK_BYTES(segments[1], BYTES("y"));
    CHECK(http_route_matches("/m/{id}/r/{emoji}/", BYTES("/m/5/r/%F0%9F%91%8D/"), segments));
    CHECK_BYTES(segments[0], BYTES("5"));
    CHECK_BYTES(segments[1], BYTES("%F0%9F%91%8D"));
}

/* What a path says is text for people to read: nothing in it may be taken for something else. */
static void test_texts_are_decoded_utf8_without_control_characters(void **state)
{
    (void)state;
    static const struct {
        const char *segment;
        const char *text; /* NULL: it names nothing */
    } rows[] = {
        {"", ""},
        {"a", "a"},
        {"%61+%20b", "a+ b"},
        {"%F0%9F%91%8d", "\xf0\x9f\x91\x8d"},
        {"\xf0\x9f\x91\x8d", "\xf0\x9f\x91\x8d"},
        {"%2541", "%41"},
        {"%", NULL},
        {"a%4", NULL},
        {"%4g", NULL},
        {"%g4", NULL},
        {"%00", NULL},
        {"%0A", NULL},
        {"%7f", NULL},
        {"..%2Fetc", NULL},
        {"%ff", NULL},
        {"%ed%a0%80", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct arena arena = {0};
        struct bytes text;
        enum err err = http_route_text(bytes_from_text(rows[i].segment), &arena, &text);
        CHECK(err == (rows[i].text != NULL ? OK : ERR_NOT_FOUND));
        if (err == OK)
            CHECK_BYTES(text, bytes_from_text(rows[i].text));
        arena_free(&arena);
    }
}

/* No memory is a fault of ours: it must not become "there is no such thing". */
static void test_a_text_without_memory_is_not_a_missing_one(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct bytes text = BYTES("unchanged");
    allocation_fail(0);
    CHECK(http_route_text(BYTES("a"), &arena, &text) == ERR_MEMORY);
    CHECK(allocation_has_failed());
    CHECK_BYTES(text, BYTES("unchanged"));
    arena_free(&arena);
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
        cmocka_unit_test(test_a_pattern_may_have_two_segments),
        cmocka_unit_test(test_texts_are_decoded_utf8_without_control_characters),
        cmocka_unit_test(test_a_text_without_memory_is_not_a_missing_one),
        cmocka_unit_test(test_ids_are_positive_64_bit_numbers),
    };
    return cmocka_run_group_tests_name("http/route", tests, NULL, NULL);
}
