#include "base/metrics.h"

#include <assert.h>
#include <stdalign.h>
#include <stdatomic.h>

enum { CACHE_LINE_BYTES = 64 };

struct bounds {
    size_t count;
    uint64_t bounds[METRICS_BUCKETS_MAX - 1]; /* rising */
};

static const struct bounds histograms[HISTOGRAM_COUNT] = {
    [HISTOGRAM_BATCH_WRITES] = {13, {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096}},
    [HISTOGRAM_BATCH_US] = {15,
                            {50, 100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000,
                             250000, 500000, 1000000, 5000000}},
    [HISTOGRAM_REQUEST_US] = {15,
                              {100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000,
                               500000, 1000000, 2500000, 10000000}},
};

/* Places in a block: the counters, then each histogram's buckets (not added up) and sum. */
enum {
    HISTOGRAM_PLACES = METRICS_BUCKETS_MAX + 1,
    PLACES = COUNTER_COUNT + HISTOGRAM_COUNT * HISTOGRAM_PLACES,
};

struct block {
    alignas(CACHE_LINE_BYTES) _Atomic uint64_t values[PLACES];
};

/* The last one is for the threads that came too late for one of their own. Blocks outlive their
 * threads: what was counted stays. */
static struct block blocks[METRICS_BLOCKS + 1];
static atomic_uint blocks_given;
static _Thread_local struct block *own_block;

static struct block *block_of_thread(void)
{
    if (own_block == NULL) {
        /* A number that has passed the limit stays there, so that it never comes round to 0. */
        unsigned index = atomic_load(&blocks_given);
        while (index < METRICS_BLOCKS &&
               !atomic_compare_exchange_weak(&blocks_given, &index, index + 1))
            ;
        own_block = &blocks[index];
    }
    return own_block;
}

static size_t place_of(enum histogram histogram, size_t bucket)
{
    return COUNTER_COUNT + (size_t)histogram * HISTOGRAM_PLACES + bucket;
}

static void add(size_t place, uint64_t n)
{
    struct block *block = block_of_thread();
    _Atomic uint64_t *at = &block->values[place];
    if (block == &blocks[METRICS_BLOCKS]) {
        atomic_fetch_add_explicit(at, n, memory_order_relaxed);
        return;
    }
    /* Only this thread writes here, so nobody can come between the two: an addition without a
     * locked instruction. */
    uint64_t value = atomic_load_explicit(at, memory_order_relaxed);
    atomic_store_explicit(at, value + n, memory_order_relaxed);
}

void metrics_add(unsigned counter, uint64_t n)
{
    assert(counter < COUNTER_COUNT);
    add(counter, n);
}

void metrics_observe(enum histogram histogram, uint64_t value)
{
    const struct bounds *bounds = &histograms[histogram];
    size_t bucket = 0;
    while (bucket < bounds->count && value > bounds->bounds[bucket])
        bucket++;
    add(place_of(histogram, bucket), 1);
    add(place_of(histogram, METRICS_BUCKETS_MAX), value);
}

static uint64_t sum_of(size_t place)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < COUNT_OF(blocks); i++)
        sum += atomic_load_explicit(&blocks[i].values[place], memory_order_relaxed);
    return sum;
}

uint64_t metrics_sum(unsigned counter)
{
    assert(counter < COUNTER_COUNT);
    return sum_of(counter);
}

uint64_t metrics_difference(unsigned come, unsigned gone)
{
    uint64_t went = metrics_sum(gone);
    uint64_t came = metrics_sum(come);
    return came > went ? came - went : 0;
}

void metrics_read(enum histogram histogram, struct metrics_reading *out)
{
    const struct bounds *bounds = &histograms[histogram];
    *out = (struct metrics_reading) {.bucket_count = bounds->count + 1, .bounds = bounds->bounds};
    uint64_t count = 0;
    for (size_t i = 0; i < out->bucket_count; i++) {
        count += sum_of(place_of(histogram, i));
        out->buckets[i] = count;
    }
    out->sum = sum_of(place_of(histogram, METRICS_BUCKETS_MAX));
}
