#include "check.h"

#include <stdlib.h>
#include "chat/tail.h"

static size_t count_behind(const struct tail *tail, int64_t after)
{
    size_t at = tail->run.begin;
    size_t count = 0;
    int64_t seq;
    struct bytes json;
    while (event_run_next(&tail->run, &at, &seq, &json))
        count += seq > after;
    return count;
}

/* Who has the base or more finds everything that is missing. */
static void test_everything_behind_the_base_is_there(void **state)
{
    (void)state;
    struct tail tail = {0};
    tail_start(&tail, 5);
    tail_append(&tail, 7, BYTES("{\"a\":1}"), 1);
    tail_append(&tail, 9, BYTES("{}"), 1);
    CHECK(tail_covers(&tail, 5) && !tail_covers(&tail, 4));
    CHECK(count_behind(&tail, 5) == 2 && count_behind(&tail, 7) == 1 &&
          count_behind(&tail, 9) == 0);
    size_t at = tail.run.begin;
    int64_t seq;
    struct bytes json;
    CHECK(event_run_next(&tail.run, &at, &seq, &json));
    CHECK(seq == 7);
    CHECK_BYTES(json, BYTES("{\"a\":1}"));
    tail_deinit(&tail);
}

/* The oldest go when there are too many bytes, and the base with them. */
static void test_a_tail_has_a_limit(void **state)
{
    (void)state;
    struct tail tail = {0};
    static const uint8_t text[1000];
    tail_start(&tail, 1);
    for (int64_t seq = 2; seq < 1002; seq++) {
        tail_append(&tail, seq, bytes_of(text, sizeof text), 1);
        CHECK(tail.run.bytes.len - tail.run.begin <= TAIL_BYTES_MIN + TAIL_BYTES_PER_READER);
        CHECK(count_behind(&tail, tail.base) == tail.run.count);
        CHECK(tail.base + (int64_t)tail.run.count == seq);
    }
    CHECK(tail.run.count >= 4);
    CHECK(tail.run.bytes.len < 4 * (size_t)TAIL_BYTES_MIN); /* what was dropped is given back */
    tail_deinit(&tail);
}

/* More readers, a longer tail; up to its largest size. */
static void test_many_readers_have_a_longer_tail(void **state)
{
    (void)state;
    struct tail tail = {0};
    static const uint8_t text[1000];
    tail_start(&tail, 1);
    for (int64_t seq = 2; seq < 1002; seq++)
        tail_append(&tail, seq, bytes_of(text, sizeof text), 100000);
    CHECK(tail.run.bytes.len - tail.run.begin <= TAIL_BYTES_MAX);
    CHECK(tail.run.bytes.len - tail.run.begin > TAIL_BYTES_MAX - 2048);
    tail_deinit(&tail);
}

static void test_an_event_that_is_too_large_leaves_nothing(void **state)
{
    (void)state;
    struct tail tail = {0};
    uint8_t *text = calloc(1, TAIL_BYTES_MAX);
    CHECK(text != NULL);
    tail_start(&tail, 1);
    tail_append(&tail, 2, bytes_of(text, TAIL_BYTES_MAX), 1);
    CHECK(tail.base == 2 && tail.run.count == 0 && tail.run.bytes.cap == 0);
    free(text);
    tail_deinit(&tail);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_everything_behind_the_base_is_there),
        cmocka_unit_test(test_a_tail_has_a_limit),
        cmocka_unit_test(test_many_readers_have_a_longer_tail),
        cmocka_unit_test(test_an_event_that_is_too_large_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
