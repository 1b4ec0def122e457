#include "cli/table.h"

#include "check.h"
#include "cli/report.h"

static struct table two_columns = {.column_count = 2, .headings = {"ID", "NAME"}};

static void test_columns_are_aligned_and_no_line_ends_with_blanks(void **state)
{
    (void)state;
    struct table table = two_columns;
    struct buf out = {0};
    table_add(&table, (struct bytes[]) {BYTES("1"), BYTES("alice")});
    table_add(&table, (struct bytes[]) {BYTES("1000"), BYTES("")});
    table_append(&table, &out);
    CHECK_BYTES(buf_bytes(&out), BYTES("ID    NAME\n"
                                       "1     alice\n"
                                       "1000\n"));
    buf_free(&out);
}

/* A name in another script is as wide as its code points, not as its bytes. */
static void test_width_is_counted_in_code_points(void **state)
{
    (void)state;
    struct table table = {.column_count = 2, .headings = {"NAME", "ID"}};
    struct buf out = {0};
    table_add(&table, (struct bytes[]) {BYTES("J\u00f6rg\u00e9"), BYTES("1")});
    table_append(&table, &out);
    CHECK_BYTES(buf_bytes(&out), BYTES("NAME   ID\nJ\u00f6rg\u00e9  1\n"));
    buf_free(&out);
}

static void test_headings_stand_above_an_empty_list_and_only_once(void **state)
{
    (void)state;
    struct table table = two_columns;
    struct buf out = {0};
    table_append(&table, &out);
    table_add(&table, (struct bytes[]) {BYTES("1"), BYTES("a")});
    table_append(&table, &out);
    CHECK_BYTES(buf_bytes(&out), BYTES("ID  NAME\n1   a\n"));
    buf_free(&out);
}

static void test_table_is_full_at_its_limit(void **state)
{
    (void)state;
    static struct table table = {.column_count = 2, .headings = {"ID", "NAME"}};
    struct buf out = {0};
    for (size_t i = 0; i < TABLE_ROWS_MAX; i++) {
        CHECK(!table_is_full(&table));
        table_add(&table, (struct bytes[]) {BYTES("1"), BYTES("a")});
    }
    CHECK(table_is_full(&table));
    table_append(&table, &out);
    CHECK(!table_is_full(&table));
    CHECK(out.len == strlen("ID  NAME\n") + TABLE_ROWS_MAX * strlen("1   a\n"));
    buf_free(&out);
}

/* A user's name with an escape sequence in it could rewrite the administrator's screen. */
static void test_control_characters_do_not_reach_the_terminal(void **state)
{
    (void)state;
    struct buf out = {0};
    report_append_visible(&out, BYTES("a\x1b[2J\n\x7f\xc2\x9b"
                                      "b\u2028\u00e9"));
    CHECK_BYTES(buf_bytes(&out), BYTES("a?[2J???b?\u00e9"));
    buf_clear(&out);
    report_append_visible(&out, BYTES("\xff\x1b"
                                      "a"));
    CHECK_BYTES(buf_bytes(&out), BYTES("??a"));
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_columns_are_aligned_and_no_line_ends_with_blanks),
        cmocka_unit_test(test_width_is_counted_in_code_points),
        cmocka_unit_test(test_headings_stand_above_an_empty_list_and_only_once),
        cmocka_unit_test(test_table_is_full_at_its_limit),
        cmocka_unit_test(test_control_characters_do_not_reach_the_terminal),
    };
    return cmocka_run_group_tests_name("cli/table", tests, NULL, NULL);
}
