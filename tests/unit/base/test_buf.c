#include "base/buf.h"

#include "check.h"

static void test_appended_bytes_stand_in_order(void **state)
{
    (void)state;
    struct buf buf = {0};
    buf_append(&buf, BYTES("a\0b"));
    buf_append_text(&buf, "cd");
    buf_append_byte(&buf, 'e');
    buf_append_number(&buf, -7);
    buf_printf(&buf, "%s=%d", "f", 8);
    CHECK_BYTES(buf_bytes(&buf), BYTES("a\0bcde-7f=8"));
    buf_free(&buf);
    CHECK(buf.data == NULL && buf.len == 0 && buf.cap == 0);
}

/* What waits for long costs no more than it is. */
static void test_a_trimmed_buffer_is_as_large_as_its_content(void **state)
{
    (void)state;
    struct buf buf = {0};
    buf_trim(&buf);
    CHECK(buf.data == NULL);
    buf_append_text(&buf, "content");
    CHECK(buf.cap > buf.len);
    buf_trim(&buf);
    CHECK(buf.cap == buf.len);
    buf_append_text(&buf, " and more");
    CHECK_BYTES(buf_bytes(&buf), BYTES("content and more"));
    buf_clear(&buf);
    buf_trim(&buf);
    CHECK(buf.data == NULL && buf.cap == 0);
    /* That it has failed is not forgotten. */
    buf.failed = true;
    buf_trim(&buf);
    CHECK(buf_status(&buf) == ERR_MEMORY);
    buf_free(&buf);
}

/* The largest and smallest numbers are where a sign or a digit gets lost. */
static void test_numbers_are_written_in_full(void **state)
{
    (void)state;
    static const struct {
        int64_t number;
        const char *text;
    } cases[] = {
        {0, "0"},
        {-1, "-1"},
        {10, "10"},
        {INT64_MAX, "9223372036854775807"},
        {INT64_MIN, "-9223372036854775808"},
    };
    struct buf buf = {0};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        buf_clear(&buf);
        buf_append_number(&buf, cases[i].number);
        CHECK_BYTES(buf_bytes(&buf), bytes_from_text(cases[i].text));
    }
    buf_free(&buf);
}

/* Growth must not lose what is there, whichever size it happens at. */
static void test_content_survives_growth(void **state)
{
    (void)state;
    struct buf buf = {0};
    for (unsigned i = 0; i < 100000; i++)
        buf_append_byte(&buf, (uint8_t)(i * 7));
    CHECK(buf.len == 100000);
    for (unsigned i = 0; i < 100000; i++)
        CHECK(buf.data[i] == (uint8_t)(i * 7));
    buf_free(&buf);
}

static void test_printf_fits_exactly_where_the_room_ends(void **state)
{
    (void)state;
    for (size_t before = 250; before < 260; before++) {
        struct buf buf = {0};
        for (size_t i = 0; i < before; i++)
            buf_append_byte(&buf, 'x');
        buf_printf(&buf, "%s", "12345");
        CHECK(buf.len == before + 5);
        CHECK_BYTES(bytes_skip(buf_bytes(&buf), before), BYTES("12345"));
        buf_free(&buf);
    }
}

/* A writer asks once, at its end: nothing that comes after a failure may look like success. */
static void test_failure_sticks_until_cleared(void **state)
{
    (void)state;
    struct buf buf = {0};
    buf_append_text(&buf, "kept");
    CHECK(!buf_reserve(&buf, SIZE_MAX - 100));
    CHECK(buf_status(&buf) == ERR_MEMORY);
    buf_append_text(&buf, "more");
    buf_append_byte(&buf, 'x');
    buf_printf(&buf, "%d", 1);
    CHECK_BYTES(buf_bytes(&buf), BYTES("kept"));
    CHECK(buf_status(&buf) == ERR_MEMORY);
    buf_clear(&buf);
    CHECK(buf_status(&buf) == OK);
    buf_append_text(&buf, "new");
    CHECK_BYTES(buf_bytes(&buf), BYTES("new"));
    buf_free(&buf);
}

static void test_consume_keeps_the_rest(void **state)
{
    (void)state;
    struct buf buf = {0};
    buf_consume(&buf, 0);
    buf_append_text(&buf, "abcdef");
    buf_consume(&buf, 2);
    CHECK_BYTES(buf_bytes(&buf), BYTES("cdef"));
    buf_consume(&buf, 0);
    CHECK_BYTES(buf_bytes(&buf), BYTES("cdef"));
    buf_consume(&buf, 4);
    CHECK(buf.len == 0);
    buf_free(&buf);
}

static void test_empty_appends_change_nothing(void **state)
{
    (void)state;
    struct buf buf = {0};
    buf_append(&buf, NO_BYTES);
    buf_append_text(&buf, "");
    CHECK(buf.len == 0 && buf_status(&buf) == OK);
    buf_free(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_appended_bytes_stand_in_order),
        cmocka_unit_test(test_a_trimmed_buffer_is_as_large_as_its_content),
        cmocka_unit_test(test_numbers_are_written_in_full),
        cmocka_unit_test(test_content_survives_growth),
        cmocka_unit_test(test_printf_fits_exactly_where_the_room_ends),
        cmocka_unit_test(test_failure_sticks_until_cleared),
        cmocka_unit_test(test_consume_keeps_the_rest),
        cmocka_unit_test(test_empty_appends_change_nothing),
    };
    return cmocka_run_group_tests_name("base/buf", tests, NULL, NULL);
}
