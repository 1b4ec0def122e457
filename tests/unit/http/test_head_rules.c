/* The rules for fields that llhttp refuses as well: they must hold whatever llhttp lets through.
 * What only they refuse is in test_smuggling.c.
 */
#include "http/head_rules.h"

#include "check.h"

enum { FIELDS_MAX = 3 };

static void test_ambiguous_lengths_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *names[2];
        const char *values[2];
        unsigned status;
    } rows[] = {
        {{"Content-Length", "A"}, {"5", "b"}, 0},
        {{"Content-Length", "A"}, {"", "b"}, 400},
        {{"Content-Length", "A"}, {"+5", "b"}, 400},
        {{"Content-Length", "A"}, {"5, 5", "b"}, 400},
        {{"Content-Length", "A"}, {"101", "b"}, 413},
        {{"Content-Length", "content-length"}, {"5", "5"}, 400},
        {{"Content-Length", "Transfer-Encoding"}, {"5", "chunked"}, 400},
        {{"Transfer-Encoding", "Content-Length"}, {"chunked", "0"}, 400},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct http_field fields[FIELDS_MAX] = {
            {BYTES("Host"), BYTES("a")},
            {bytes_from_text(rows[i].names[0]), bytes_from_text(rows[i].values[0])},
            {bytes_from_text(rows[i].names[1]), bytes_from_text(rows[i].values[1])},
        };
        struct http_request request = {
            .minor_version = 1, .field_count = FIELDS_MAX, .fields = fields};
        struct http_length length;
        struct refusal refusal = {0};
        CHECK(head_rules_check(&request, 100, &length, &refusal) == (rows[i].status == 0));
        CHECK(refusal.status == rows[i].status);
        CHECK(refusal.status != 0 || (length.content_length == 5 && request.has_content));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ambiguous_lengths_are_refused),
    };
    return cmocka_run_group_tests_name("http/head_rules", tests, NULL, NULL);
}
