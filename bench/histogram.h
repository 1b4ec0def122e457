/* histogram.h - how often which latency occurred, in constant memory.
 *
 * Buckets grow with the value, as in HdrHistogram: each power of two is cut into equal parts, so
 * that a quantile is at most 1/HISTOGRAM_PARTS (1.6 %) above the true value, from nanoseconds to
 * hours.
 */
#ifndef CONFAB_BENCH_HISTOGRAM_H
#define CONFAB_BENCH_HISTOGRAM_H

#include <stdint.h>

enum {
    HISTOGRAM_PART_BITS = 6,
    HISTOGRAM_PARTS = 1 << HISTOGRAM_PART_BITS, /* buckets of one power of two */
    HISTOGRAM_POWERS = 40, /* the last bucket holds everything from 2^45 ns (ten hours) on */
    HISTOGRAM_BUCKETS = (HISTOGRAM_POWERS + 1) * HISTOGRAM_PARTS,
};

/* All zero is an empty histogram. */
struct histogram {
    uint64_t counts[HISTOGRAM_BUCKETS];
    uint64_t total;
    uint64_t max; /* exact */
};

void histogram_add(struct histogram *histogram, uint64_t value);

/* The value that the given share (0 to 1) of all values does not exceed; 0 if there are none. */
uint64_t histogram_quantile(const struct histogram *histogram, double share);

void histogram_clear(struct histogram *histogram);

#endif
