#include "base/log.h"

#include <stdio.h>
#include <unistd.h>
#include "base/json_read.h"
#include "base/text.h"
#include "check.h"

static int ends[2]; /* of a pipe; lines are far smaller than what it holds */

static int setup(void **state)
{
    (void)state;
    return pipe(ends);
}

static int teardown(void **state)
{
    (void)state;
    log_configure(STDERR_FILENO, LOG_TEXT, LOG_INFO);
    (void)close(ends[0]);
    (void)close(ends[1]);
    return 0;
}

/* Everything that was logged since the last call. */
static struct bytes logged(char out[16384])
{
    CHECK(write(ends[1], "", 1) == 1); /* so that reading does not wait when nothing was */
    ssize_t len = read(ends[0], out, 16384);
    CHECK(len > 0);
    return bytes_of(out, (size_t)len - 1);
}

static void check_is_one_line(struct bytes line)
{
    CHECK(line.len > 0 && line.len <= 2 * LOG_LINE_BYTES_MAX);
    CHECK(bytes_index(line, '\n') == line.len - 1);
    CHECK(utf8_is_valid(line));
    for (size_t i = 0; i + 1 < line.len; i++)
        CHECK(line.data[i] >= 0x20 && line.data[i] != 0x7f);
}

static struct bytes member(const struct json_doc *doc, const char *name)
{
    const struct json_node *node = json_member(doc, json_root(doc), name);
    CHECK(node != NULL);
    return json_raw_bytes(doc, node);
}

static void test_text_line_has_its_parts(void **state)
{
    (void)state;
    char out[16384];
    log_configure(ends[1], LOG_TEXT, LOG_INFO);
    log_info("websocket closed", 17, "code=%d reason=%s", 1000, "gone");
    struct bytes line = logged(out);
    check_is_one_line(line);
    size_t time_len = bytes_index(line, ' ');
    CHECK_BYTES(bytes_skip(line, time_len),
                BYTES(" info websocket closed connection=17 code=1000 reason=gone\n"));
    log_error("stopped", 0, "%s", "");
    line = logged(out);
    CHECK_BYTES(bytes_skip(line, bytes_index(line, ' ')), BYTES(" error stopped\n"));
}

static void test_json_line_has_its_members(void **state)
{
    (void)state;
    char out[16384];
    char quoted[LOG_QUOTE_BYTES];
    struct json_doc doc = {0};
    log_configure(ends[1], LOG_JSON, LOG_INFO);
    log_warning("slow", 9, "count=%d name=%s share=%s empty= text=%s", 12, "x", "1.5",
                log_quote(quoted, BYTES("a \"b\" = \\")));
    struct bytes line = logged(out);
    check_is_one_line(line);
    CHECK(json_read(&doc, line) == OK);
    CHECK_BYTES(member(&doc, "level"), BYTES("warning"));
    CHECK_BYTES(member(&doc, "message"), BYTES("slow"));
    CHECK_BYTES(member(&doc, "connection"), BYTES("9"));
    CHECK_BYTES(member(&doc, "count"), BYTES("12"));
    CHECK_BYTES(member(&doc, "name"), BYTES("x"));
    CHECK_BYTES(member(&doc, "share"), BYTES("1.5"));
    CHECK_BYTES(member(&doc, "empty"), BYTES(""));
    CHECK_BYTES(member(&doc, "text"), BYTES("a \\\"b\\\" = \\\\"));
    json_doc_free(&doc);
}

/* Texts that somebody else chose, put in without log_quote(): also a mistake of ours must not let a
 * peer forge a line, paint the terminal, or break the reader of the log. */
static void test_hostile_text_stays_inside_its_line(void **state)
{
    (void)state;
    static const char *const hostile[] = {
        "x\n2026-01-01T00:00:00Z error forged",
        "x\r\n",
        "\x1b[31mred",
        "\x7f",
        "\xff\xfe",
        "\xc3",
        "\"",
        "\"\\",
        "\"a\\\"",
        "a\"b",
        "\\",
        "=",
        "==",
        "a=b c=d",
        "\"x\"y",
        "{\"a\":1}",
        "\"\xc3\xa9\"",
        "\"\\q\"",
        "\xc2\x9bm",
    };
    char out[16384];
    struct json_doc doc = {0};
    for (size_t i = 0; i < COUNT_OF(hostile); i++) {
        log_configure(ends[1], LOG_TEXT, LOG_INFO);
        log_info("message", 1, "value=%s after=1", hostile[i]);
        check_is_one_line(logged(out));
        log_configure(ends[1], LOG_JSON, LOG_INFO);
        log_info("message", 1, "value=%s after=1", hostile[i]);
        struct bytes line = logged(out);
        check_is_one_line(line);
        if (json_read(&doc, line) != OK)
            print_error("case: %s\n", hostile[i]);
        CHECK(json_read(&doc, line) == OK);
        CHECK_BYTES(member(&doc, "message"), BYTES("message"));
    }
    json_doc_free(&doc);
}

/* A line that is too long is cut; cut anywhere, it is still a line and still JSON. */
static void test_long_line_is_cut(void **state)
{
    (void)state;
    static char text[LOG_LINE_BYTES_MAX + 200];
    char out[16384];
    struct json_doc doc = {0};
    for (size_t len = LOG_LINE_BYTES_MAX - 30; len < LOG_LINE_BYTES_MAX + 30; len++) {
        memset(text, 'x', len);
        memcpy(text + len - 8, "\\\"\xc3\xa9\\\\\"\"", 8);
        text[len] = '\0';
        log_configure(ends[1], LOG_TEXT, LOG_INFO);
        log_info("m", 0, "a=\"%s\" b=1", text);
        check_is_one_line(logged(out));
        log_configure(ends[1], LOG_JSON, LOG_INFO);
        log_info("m", 0, "a=\"%s\" b=1", text);
        struct bytes line = logged(out);
        check_is_one_line(line);
        CHECK(json_read(&doc, line) == OK);
    }
    json_doc_free(&doc);
}

static void test_only_wanted_levels_are_written(void **state)
{
    (void)state;
    char out[16384];
    log_configure(ends[1], LOG_TEXT, LOG_WARNING);
    CHECK(log_is_on(LOG_ERROR) && log_is_on(LOG_WARNING) && !log_is_on(LOG_INFO) &&
          !log_is_on(LOG_DEBUG));
    log_info("not written", 0, "%s", "");
    log_debug("not written", 0, "%s", "");
    CHECK(logged(out).len == 0);
    log_warning("written", 0, "%s", "");
    CHECK(logged(out).len > 0);
    log_configure(ends[1], LOG_TEXT, LOG_DEBUG);
    log_debug("written", 0, "%s", "");
    CHECK(logged(out).len > 0);
}

static void test_levels_have_names(void **state)
{
    (void)state;
    static const char *const names[] = {"error", "warning", "info", "debug"};
    enum log_level level;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        CHECK(log_level_from_name(bytes_from_text(names[i]), &level) == OK);
        CHECK(level == (enum log_level)i);
    }
    CHECK(log_level_from_name(BYTES("INFO"), &level) == ERR_SYNTAX);
    CHECK(log_level_from_name(BYTES(""), &level) == ERR_SYNTAX);
}

/* Quoting doubles some characters: the worst text of 100 must fit, and of 101 the last is dropped.
 */
static void test_quote_holds_a_hundred_bytes(void **state)
{
    (void)state;
    char quoted[LOG_QUOTE_BYTES];
    uint8_t text[101];
    memset(text, '"', sizeof text);
    CHECK(strlen(log_quote(quoted, bytes_of(text, 100))) == 202);
    CHECK(strlen(log_quote(quoted, bytes_of(text, 101))) == 202);
    memset(text, 'x', sizeof text);
    CHECK(strlen(log_quote(quoted, bytes_of(text, 100))) == 102);
    CHECK(strlen(log_quote(quoted, bytes_of(text, 99))) == 101);
    CHECK_BYTES(bytes_from_text(log_quote(quoted, BYTES("a\n\0\x1b\xff"
                                                        "b"))),
                BYTES("\"a????b\""));
    CHECK_BYTES(bytes_from_text(log_quote(quoted, NO_BYTES)), BYTES("\"\""));
}

/* A signal changes the level while threads log: what is below it must not be written any more. */
static void test_level_may_change_at_any_time(void **state)
{
    (void)state;
    char out[16384];
    log_configure(ends[1], LOG_TEXT, LOG_INFO);
    log_debug("quiet", 0, "%s", "");
    log_set_level(LOG_DEBUG);
    log_debug("loud", 0, "%s", "");
    log_set_level(LOG_ERROR);
    log_warning("quiet again", 0, "%s", "");
    struct bytes line = logged(out);
    check_is_one_line(line);
    CHECK(memmem(line.data, line.len, " debug loud", 11) != NULL);
    CHECK(strcmp(log_level_name(LOG_WARNING), "warning") == 0);
}

/* The access log is not a matter of levels, and a line that is lost is told. */
static void test_line_to_another_file_knows_no_level_and_tells_of_its_loss(void **state)
{
    (void)state;
    char out[16384];
    log_configure(STDERR_FILENO, LOG_TEXT, LOG_ERROR);
    CHECK(log_line_to(ends[1], "request", 5, "status=%d", 200));
    struct bytes line = logged(out);
    check_is_one_line(line);
    size_t time_len = bytes_index(line, ' ');
    CHECK_BYTES(bytes_skip(line, time_len), BYTES(" info request connection=5 status=200\n"));
    CHECK(!log_line_to(-1, "request", 5, "status=%d", 200));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_line_has_its_parts),
        cmocka_unit_test(test_json_line_has_its_members),
        cmocka_unit_test(test_hostile_text_stays_inside_its_line),
        cmocka_unit_test(test_long_line_is_cut),
        cmocka_unit_test(test_only_wanted_levels_are_written),
        cmocka_unit_test(test_levels_have_names),
        cmocka_unit_test(test_quote_holds_a_hundred_bytes),
        cmocka_unit_test(test_level_may_change_at_any_time),
        cmocka_unit_test(test_line_to_another_file_knows_no_level_and_tells_of_its_loss),
    };
    return cmocka_run_group_tests_name("base/log", tests, setup, teardown);
}
