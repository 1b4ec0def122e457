#include "check.h"
#include "chat/frame_log.h"
#include "frames.h"

static void append(struct frame_log *log, struct buf *scratch, size_t len, char letter)
{
    CHECK(frame_log_append(log, make_frame(scratch, len, letter)) == OK);
}

/* A reader that joins now must not be shown the past. */
static void test_cursor_at_tail_skips_history(void **state)
{
    (void)state;
    struct frame_log log = {0};
    struct cursor early;
    struct cursor late;
    CHECK(frame_log_open(&log, &early) == OK);
    CHECK(frame_log_append(&log, BYTES("\x81\x02hi")) == OK);
    CHECK(frame_log_open(&log, &late) == OK);
    CHECK(frame_log_read(&log, &late).len == 0);
    CHECK(frame_log_append(&log, BYTES("\x81\x03you")) == OK);
    CHECK_BYTES(frame_log_read(&log, &late), BYTES("\x81\x03you"));
    CHECK_BYTES(frame_log_read(&log, &early), BYTES("\x81\x02hi\x81\x03you"));
    frame_log_close(&log, &early);
    frame_log_close(&log, &late);
    frame_log_deinit(&log);
}

/* Several frames leave in one send: they must lie together. */
static void test_burst_is_one_run(void **state)
{
    (void)state;
    struct frame_log log = {0};
    struct buf scratch = {0};
    struct cursor cursor;
    CHECK(frame_log_open(&log, &cursor) == OK);
    for (int i = 0; i < 3; i++)
        append(&log, &scratch, 100, (char)('a' + i));
    CHECK(frame_log_read(&log, &cursor).len == 3 * 102);
    frame_log_close(&log, &cursor);
    frame_log_deinit(&log);
    buf_free(&scratch);
}

/* What comes out is what went in, byte for byte, however the kernel cuts it. */
static void test_any_cut_gives_the_same_bytes(void **state)
{
    (void)state;
    struct buf expected = {0};
    struct buf scratch = {0};
    for (size_t step = 1; step < 700; step += 13) {
        struct frame_log log = {0};
        struct cursor cursor;
        struct buf got = {0};
        buf_clear(&expected);
        CHECK(frame_log_open(&log, &cursor) == OK);
        for (size_t i = 0; i < 60; i++) {
            append(&log, &scratch, 7 * i, (char)('a' + i % 26));
            buf_append(&expected, buf_bytes(&scratch));
            struct bytes run = frame_log_read(&log, &cursor);
            size_t n = run.len < step ? run.len : step;
            buf_append(&got, bytes_first(run, n));
            frame_log_advance(&log, &cursor, n);
        }
        while (frame_log_backlog(&log, &cursor) > 0) {
            struct bytes run = frame_log_read(&log, &cursor);
            size_t n = run.len < step ? run.len : step;
            buf_append(&got, bytes_first(run, n));
            frame_log_advance(&log, &cursor, n);
        }
        CHECK_BYTES(buf_bytes(&got), buf_bytes(&expected));
        buf_free(&got);
        frame_log_close(&log, &cursor);
        frame_log_deinit(&log);
    }
    buf_free(&expected);
    buf_free(&scratch);
}

/* A direct answer may go out only between two frames. */
static void test_rest_of_frame_is_known_at_every_byte(void **state)
{
    (void)state;
    struct frame_log log = {0};
    struct buf scratch = {0};
    struct cursor cursor;
    CHECK(frame_log_open(&log, &cursor) == OK);
    append(&log, &scratch, 5, 'a');
    append(&log, &scratch, 130, 'b'); /* a longer header */
    size_t first = 7;
    size_t both = first + 4 + 130;
    for (size_t at = 0; at < both; at++) {
        size_t rest = at == 0 || at == first ? 0 : at < first ? first - at : both - at;
        CHECK(frame_log_rest_of_frame(&cursor) == rest);
        frame_log_advance(&log, &cursor, 1);
    }
    CHECK(frame_log_rest_of_frame(&cursor) == 0);
    frame_log_close(&log, &cursor);
    frame_log_deinit(&log);
    buf_free(&scratch);
}

/* The log must not grow while its readers keep up. */
static void test_passed_chunks_are_dropped(void **state)
{
    (void)state;
    struct frame_log log = {0};
    struct buf scratch = {0};
    struct cursor cursor;
    CHECK(frame_log_open(&log, &cursor) == OK);
    for (int i = 0; i < 10000; i++) {
        append(&log, &scratch, 1000, 'x');
        frame_log_advance(&log, &cursor, frame_log_read(&log, &cursor).len);
        CHECK(frame_log_memory(&log) < 3 * FRAME_LOG_CHUNK_BYTES_MAX);
    }
    frame_log_close(&log, &cursor);
    frame_log_deinit(&log);
    buf_free(&scratch);
}

/* A reader that stands still costs the log's bytes, which others go on reading; it can still read
 * all of them. */
static void test_slow_reader_keeps_its_bytes(void **state)
{
    (void)state;
    struct frame_log log = {0};
    struct buf scratch = {0};
    struct cursor slow;
    struct cursor fast;
    CHECK(frame_log_open(&log, &slow) == OK);
    CHECK(frame_log_open(&log, &fast) == OK);
    for (int i = 0; i < 1000; i++) {
        append(&log, &scratch, 300, (char)('a' + i % 26));
        while (frame_log_backlog(&log, &fast) > 0)
            frame_log_advance(&log, &fast, frame_log_read(&log, &fast).len);
    }
    CHECK(frame_log_backlog(&log, &slow) == 1000 * 304);
    size_t got = 0;
    while (frame_log_backlog(&log, &slow) > 0) {
        struct bytes run = frame_log_read(&log, &slow);
        for (size_t at = 0; at < run.len; at += 304, got++)
            CHECK(run.data[at + 4] == 'a' + (int)(got % 26));
        frame_log_advance(&log, &slow, run.len);
    }
    CHECK(got == 1000);
    frame_log_close(&log, &slow);
    frame_log_close(&log, &fast);
    frame_log_deinit(&log);
    buf_free(&scratch);
}

/* A frame larger than any chunk gets one of its own, and that memory is given back once it is read.
 */
static void test_huge_frame_does_not_stay(void **state)
{
    (void)state;
    struct frame_log log = {0};
    struct buf scratch = {0};
    struct cursor cursor;
    CHECK(frame_log_open(&log, &cursor) == OK);
    append(&log, &scratch, 1024 * 1024, 'x');
    CHECK(frame_log_read(&log, &cursor).len == scratch.len);
    frame_log_advance(&log, &cursor, scratch.len);
    CHECK(frame_log_rewind(&log, 1000));
    CHECK(frame_log_read(&log, &cursor).len == 0);
    CHECK(frame_log_memory(&log) < 1024);
    append(&log, &scratch, 10, 'y');
    CHECK_BYTES(frame_log_read(&log, &cursor), buf_bytes(&scratch));
    frame_log_close(&log, &cursor);
    frame_log_deinit(&log);
    buf_free(&scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cursor_at_tail_skips_history),
        cmocka_unit_test(test_burst_is_one_run),
        cmocka_unit_test(test_any_cut_gives_the_same_bytes),
        cmocka_unit_test(test_rest_of_frame_is_known_at_every_byte),
        cmocka_unit_test(test_passed_chunks_are_dropped),
        cmocka_unit_test(test_slow_reader_keeps_its_bytes),
        cmocka_unit_test(test_huge_frame_does_not_stay),
    };
    return cmocka_run_group_tests_name("chat/frame_log", tests, NULL, NULL);
}
