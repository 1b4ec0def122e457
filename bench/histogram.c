#include "bench/histogram.h"

#include <assert.h>
#include <string.h>

/* Values below HISTOGRAM_PARTS have a bucket each; above, the leading bits after the first select
 * the part. */
static unsigned bucket_of(uint64_t value)
{
    if (value < HISTOGRAM_PARTS)
        return (unsigned)value;
    unsigned power = 63u - (unsigned)__builtin_clzll(value) - HISTOGRAM_PART_BITS;
    if (power >= HISTOGRAM_POWERS)
        return HISTOGRAM_BUCKETS - 1;
    unsigned part = (unsigned)(value >> power) - HISTOGRAM_PARTS;
    return (power + 1) * HISTOGRAM_PARTS + part;
}

/* The largest value that falls into the bucket. */
static uint64_t bucket_last_value(unsigned bucket)
{
    if (bucket < HISTOGRAM_PARTS)
        return bucket;
    unsigned power = bucket / HISTOGRAM_PARTS - 1;
    uint64_t part = bucket % HISTOGRAM_PARTS + HISTOGRAM_PARTS;
    return ((part + 1) << power) - 1;
}

void histogram_add(struct histogram *histogram, uint64_t value)
{
    histogram->counts[bucket_of(value)]++;
    histogram->total++;
    if (value > histogram->max)
        histogram->max = value;
}

uint64_t histogram_quantile(const struct histogram *histogram, double share)
{
    assert(share >= 0 && share <= 1);
    if (histogram->total == 0)
        return 0;
    double wanted = share * (double)histogram->total;
    uint64_t seen = 0;
    for (unsigned bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++) {
        seen += histogram->counts[bucket];
        if (seen > 0 && (double)seen >= wanted) {
            uint64_t value = bucket_last_value(bucket);
            return value < histogram->max ? value : histogram->max;
        }
    }
    return histogram->max;
}

void histogram_clear(struct histogram *histogram)
{
    memset(histogram, 0, sizeof(*histogram));
}
