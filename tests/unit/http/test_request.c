#include "http/request.h"

#include "allocation.h"
#include "check.h"

#define FIELD(n, v) ((struct http_field) {bytes_from_text(n), bytes_from_text(v)})

static void test_field_names_know_no_case(void **state)
{
    (void)state;
    struct http_field fields[3];
    struct http_request request = {.field_count = 3, .fields = fields};
    fields[0] = FIELD("Accept", "a");
    fields[1] = FIELD("ACCEPT", "b");
    fields[2] = FIELD("Accepted", "c");
    CHECK_BYTES(http_field_value(&request, "accept"), BYTES("a"));
    CHECK(http_field_count(&request, "Accept") == 2);
    CHECK(http_field_value(&request, "Accep").data == NULL);
    CHECK(http_field_count(&request, "Accep") == 0);
}

/* Sec-WebSocket-Protocol and the like may come in several fields (RFC 9110, section 5.3). */
static void test_values_of_one_name_are_joined(void **state)
{
    (void)state;
    struct http_field fields[3];
    struct http_request request = {.field_count = 3, .fields = fields};
    struct arena arena = {0};
    struct bytes value = BYTES("x");
    CHECK(http_field_joined(&request, "None", &arena, &value) == OK);
    CHECK(value.data == NULL);
    fields[0] = FIELD("A", "1, 2");
    fields[1] = FIELD("B", "other");
    fields[2] = FIELD("a", "");
    CHECK(http_field_joined(&request, "b", &arena, &value) == OK);
    CHECK_BYTES(value, BYTES("other"));
    CHECK(http_field_joined(&request, "A", &arena, &value) == OK);
    CHECK_BYTES(value, BYTES("1, 2,"));
    arena_free(&arena);
    allocation_fail(0);
    CHECK(http_field_joined(&request, "A", &arena, &value) == ERR_MEMORY);
    CHECK(allocation_has_failed());
    CHECK_BYTES(fields[0].value, BYTES("1, 2"));
    arena_free(&arena);
}

/* As Django reads them, so that a session survives the change of servers. */
static void test_cookies_are_read_as_django_reads_them(void **state)
{
    (void)state;
    static const struct {
        const char *field;
        const char *name;
        const char *value; /* NULL: there is none */
    } rows[] = {
        {"a=1", "a", "1"},
        {"a=1; b=2", "b", "2"},
        {"a=1;b=2", "b", "2"},
        {"  a = 1 ; b\t=\t2 ", "a", "1"},
        {"  a = 1 ; b\t=\t2 ", "b", "2"},
        {"a=1; a=2", "a", "2"},
        {"a=1=2", "a", "1=2"},
        {"a=", "a", ""},
        {"a=%20", "a", "%20"},
        {"a=\"1\"", "a", "1"},
        {"a=\"1", "a", "\"1"},
        {"a=\"", "a", "\""},
        {"a=\"\"", "a", ""},
        {"lonely", "", "lonely"},
        {"lonely", "lonely", NULL},
        {"A=1", "a", NULL},
        {"aa=1", "a", NULL},
        {"b=a=1", "a", NULL},
        {";;", "a", NULL},
        {"", "a", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct http_field fields[1];
        struct http_request request = {.field_count = 1, .fields = fields};
        fields[0] = FIELD("Cookie", rows[i].field);
        struct bytes value = http_cookie(&request, rows[i].name);
        CHECK((value.data == NULL) == (rows[i].value == NULL));
        CHECK(rows[i].value == NULL || bytes_is(value, rows[i].value));
    }
}

/* HTTP/2 proxies split the cookies over several fields. */
static void test_cookies_come_from_every_field(void **state)
{
    (void)state;
    struct http_field fields[2];
    struct http_request request = {.field_count = 2, .fields = fields};
    fields[0] = FIELD("Cookie", "a=1; b=2");
    fields[1] = FIELD("cookie", "a=3");
    CHECK_BYTES(http_cookie(&request, "a"), BYTES("3"));
    CHECK_BYTES(http_cookie(&request, "b"), BYTES("2"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_field_names_know_no_case),
        cmocka_unit_test(test_values_of_one_name_are_joined),
        cmocka_unit_test(test_cookies_are_read_as_django_reads_them),
        cmocka_unit_test(test_cookies_come_from_every_field),
    };
    return cmocka_run_group_tests_name("http/request", tests, NULL, NULL);
}
