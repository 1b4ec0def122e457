#include "base/metrics.h"

#include <pthread.h>
#include "check.h"

enum { ADDITIONS = 10000 };

static void *add_many(void *argument)
{
    (void)argument;
    for (int i = 0; i < ADDITIONS; i++) {
        metrics_count(COUNTER_SENDS);
        metrics_add(COUNTER_SENT_BYTES, 3);
        metrics_observe(HISTOGRAM_BATCH_WRITES, 2);
    }
    return NULL;
}

/* Run so many threads, eight at a time. */
static void count_in_threads(unsigned count)
{
    pthread_t threads[8];
    for (unsigned done = 0; done < count; done += COUNT_OF(threads)) {
        for (size_t i = 0; i < COUNT_OF(threads); i++)
            CHECK(pthread_create(&threads[i], NULL, add_many, NULL) == 0);
        for (size_t i = 0; i < COUNT_OF(threads); i++)
            CHECK(pthread_join(threads[i], NULL) == 0);
    }
}

static void test_what_was_counted_outlives_its_thread(void **state)
{
    (void)state;
    uint64_t before = metrics_sum(COUNTER_SENDS);
    count_in_threads(8);
    CHECK(metrics_sum(COUNTER_SENDS) == before + 8 * ADDITIONS);
}

/* More threads than blocks: the late ones share one, and nothing may be lost there. */
static void test_threads_without_a_block_of_their_own_are_counted_too(void **state)
{
    (void)state;
    enum { THREADS = METRICS_BLOCKS + 32 };
    struct metrics_reading before;
    struct metrics_reading after;
    uint64_t sends = metrics_sum(COUNTER_SENDS);
    uint64_t bytes = metrics_sum(COUNTER_SENT_BYTES);
    metrics_read(HISTOGRAM_BATCH_WRITES, &before);
    count_in_threads(THREADS);
    metrics_read(HISTOGRAM_BATCH_WRITES, &after);
    CHECK(metrics_sum(COUNTER_SENDS) - sends == (uint64_t)THREADS * ADDITIONS);
    CHECK(metrics_sum(COUNTER_SENT_BYTES) - bytes == (uint64_t)THREADS * ADDITIONS * 3);
    CHECK(after.sum - before.sum == (uint64_t)THREADS * ADDITIONS * 2);
    size_t last = after.bucket_count - 1;
    CHECK(after.buckets[last] - before.buckets[last] == (uint64_t)THREADS * ADDITIONS);
}

static void test_the_last_counter_is_not_its_neighbour(void **state)
{
    (void)state;
    uint64_t before = metrics_sum(COUNTER_COUNT - 2);
    metrics_add(COUNTER_COUNT - 1, 5);
    CHECK(metrics_sum(COUNTER_COUNT - 1) >= 5);
    CHECK(metrics_sum(COUNTER_COUNT - 2) == before);
}

/* What came and went is seen by different reads; a gauge below 0 would be nonsense. */
static void test_a_difference_is_never_negative(void **state)
{
    (void)state;
    metrics_add(COUNTER_ROOMS_OPENED, 5);
    metrics_add(COUNTER_ROOMS_ENDED, 2);
    CHECK(metrics_difference(COUNTER_ROOMS_OPENED, COUNTER_ROOMS_ENDED) == 3);
    metrics_add(COUNTER_ROOMS_ENDED, 7);
    CHECK(metrics_difference(COUNTER_ROOMS_OPENED, COUNTER_ROOMS_ENDED) == 0);
}

/* Prometheus' le means "less or equal": a value at a bound belongs below it. */
static void test_a_value_at_a_bound_is_in_its_bucket_and_one_above_in_the_next(void **state)
{
    (void)state;
    for (unsigned h = 0; h < HISTOGRAM_COUNT; h++) {
        struct metrics_reading before;
        struct metrics_reading after;
        metrics_read((enum histogram)h, &before);
        CHECK(before.bucket_count >= 2 && before.bucket_count <= METRICS_BUCKETS_MAX);
        for (size_t i = 0; i + 1 < before.bucket_count; i++) {
            uint64_t bound = before.bounds[i];
            CHECK(i == 0 || bound > before.bounds[i - 1]);
            metrics_read((enum histogram)h, &before);
            metrics_observe((enum histogram)h, bound);
            metrics_observe((enum histogram)h, bound + 1);
            metrics_read((enum histogram)h, &after);
            CHECK(after.buckets[i] == before.buckets[i] + 1);
            CHECK(after.buckets[i + 1] == before.buckets[i + 1] + 2);
            CHECK(i == 0 || after.buckets[i - 1] == before.buckets[i - 1]);
            CHECK(after.sum == before.sum + 2 * bound + 1);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_counted_outlives_its_thread),
        cmocka_unit_test(test_threads_without_a_block_of_their_own_are_counted_too),
        cmocka_unit_test(test_the_last_counter_is_not_its_neighbour),
        cmocka_unit_test(test_a_difference_is_never_negative),
        cmocka_unit_test(test_a_value_at_a_bound_is_in_its_bucket_and_one_above_in_the_next),
    };
    return cmocka_run_group_tests_name("base/metrics", tests, NULL, NULL);
}
