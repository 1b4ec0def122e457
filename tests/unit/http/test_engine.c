/* What the scan before llhttp keeps from it, so that no request can bring it about. */
#include "http/engine.h"

#include "base/buf.h"
#include "check.h"

static void on_field(void *owner, struct bytes name, struct bytes value)
{
    buf_printf(owner, "%.*s=%.*s|", BYTES_FMT(name), BYTES_FMT(value));
}

static void on_content(void *owner, struct bytes piece)
{
    buf_append(owner, piece);
}

static const struct http_engine_events events = {on_field, on_content};

static void test_fields_are_read_whole_or_refused(void **state)
{
    (void)state;
    static const struct {
        const char *fields;
        enum err err;
        const char *seen;
    } rows[] = {
        {"A: b\r\n\r\n", OK, "A=b|"},
        {"A:\r\n\r\n", OK, "A=|"},
        {"A: b\r\n c\r\n\r\n", OK, "A=b\r\n c|"},
        {"A: b\r\n", ERR_PROTOCOL, ""},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct buf seen = {0};
        struct http_engine *engine = NULL;
        struct http_engine_head head;
        CHECK(http_engine_new(&events, &seen, &engine) == OK);
        CHECK(http_engine_read_head(engine, 1, bytes_from_text(rows[i].fields), &head) ==
              rows[i].err);
        CHECK_BYTES(buf_bytes(&seen), bytes_from_text(rows[i].seen));
        CHECK(rows[i].err == OK || strcmp(http_engine_reason(engine), "The fields never end") == 0);
        http_engine_free(&engine);
        buf_free(&seen);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields_are_read_whole_or_refused),
    };
    return cmocka_run_group_tests_name("http/engine", tests, NULL, NULL);
}
