/* metrics.h - numbers that grow, counted where things happen.
 *
 * Each thread has a block of counters of its own and is the only one that writes there; whoever
 * wants to know sums over all blocks. So counting is one addition in memory that no other core
 * writes: no lock, no shared cache line. Knows: which counters and histograms there are. Does not
 * know: how the world calls them (server/metrics.c), what they are counted for.
 * Thread: any. A sum is what the threads had counted a moment ago; two sums need not belong to the
 * same moment.
 */
#ifndef CONFAB_BASE_METRICS_H
#define CONFAB_BASE_METRICS_H

#include <stddef.h>
#include <stdint.h>
#include "base/err.h"

enum {
    METRICS_BLOCKS = 96, /* threads with a block of their own: all that a server has. Later ones
                          * share one more, and count a little slower */
    METRICS_BUCKETS_MAX = 16,    /* of a histogram, the one without an upper bound included */
    METRICS_ROUTES_MAX = 64,     /* patterns of paths that requests are counted by */
    METRICS_STATUS_CLASSES = 5,  /* 1xx to 5xx */
    METRICS_LOG_LEVELS = 4,      /* enum log_level */
    METRICS_HANDSHAKE_KINDS = 8, /* status codes that handshakes get */
    METRICS_CLOSE_KINDS = 16,    /* close codes that are told apart */
};

/* A group is several counters in a row: the one of a kind is the group's name + the kind. */
enum counter {
    COUNTER_CONNECTIONS_ACCEPTED,
    COUNTER_CONNECTIONS_CLOSED,
    COUNTER_CONNECTIONS_REFUSED, /* accepted and ended at once, for want of memory */
    COUNTER_ACCEPT_PAUSES,       /* no file descriptor was left */
    COUNTER_WEBSOCKETS_OPENED,
    COUNTER_WEBSOCKETS_ENDED,
    COUNTER_ROOMS_OPENED,
    COUNTER_ROOMS_ENDED,
    COUNTER_RESPONSE_BYTES,
    COUNTER_MESSAGES_FROM_WEBSOCKETS, /* durable */
    COUNTER_MESSAGES_FROM_REST,
    COUNTER_DELIVERIES, /* frames put before readers: one for each reader */
    COUNTER_SENDS,
    COUNTER_SENDS_REFUSED, /* the kernel took less than it was given */
    COUNTER_SENT_BYTES,
    COUNTER_DATABASE_BUSY_RETRIES,
    COUNTER_LOGINS_FAILED,
    COUNTER_REQUESTS_THROTTLED,
    COUNTER_ACCESS_LINES_LOST,
    COUNTER_V1_OPENED, /* WebSockets that speak confab.v1 */
    COUNTER_V1_ENDED,
    COUNTER_V1_REPLAY_PAGES, /* of the past, read for one connection */
    COUNTER_V1_FALLBACKS,    /* readers that have fallen behind the log */
    COUNTER_V1_GAPS,
    COUNTER_V1_DUPLICATES, /* messages whose nonce was known */
    COUNTER_CHAIN_PULLS,   /* of a room: for its head, or for what others have stored */
    COUNTER_RELOADS,
    COUNTER_RELOADS_FAILED,

    COUNTER_MESSAGES_REFUSED,                                       /* by enum err */
    COUNTER_DATABASE_ERRORS = COUNTER_MESSAGES_REFUSED + ERR_COUNT, /* by enum err */
    COUNTER_LOG_LINES = COUNTER_DATABASE_ERRORS + ERR_COUNT,        /* by enum log_level */
    COUNTER_HANDSHAKES = COUNTER_LOG_LINES + METRICS_LOG_LEVELS,
    COUNTER_CLOSES = COUNTER_HANDSHAKES + METRICS_HANDSHAKE_KINDS,
    COUNTER_REQUESTS = COUNTER_CLOSES + METRICS_CLOSE_KINDS, /* route * classes + class - 1 */
    COUNTER_COUNT = COUNTER_REQUESTS + METRICS_ROUTES_MAX * METRICS_STATUS_CLASSES,
};

enum histogram {
    HISTOGRAM_BATCH_WRITES, /* writes that were committed together */
    HISTOGRAM_BATCH_US,     /* from taking the write lock to the end of the commit */
    HISTOGRAM_REQUEST_US,   /* from a request's last byte to the last byte of its answer */
    HISTOGRAM_COUNT,
};

/* Count n more. counter: one of enum counter, or of a group. */
void metrics_add(unsigned counter, uint64_t n);

static inline void metrics_count(unsigned counter)
{
    metrics_add(counter, 1);
}

/* Put a value into the first bucket whose bound is not below it. */
void metrics_observe(enum histogram histogram, uint64_t value);

/* What all threads have counted. */
uint64_t metrics_sum(unsigned counter);

/* Like metrics_sum(), for something that comes and goes: what has come and not gone. Never below
 * 0, though a going may be seen before its coming. */
uint64_t metrics_difference(unsigned come, unsigned gone);

struct metrics_reading {
    size_t bucket_count;
    const uint64_t *bounds;                /* of all buckets but the last, which has none */
    uint64_t buckets[METRICS_BUCKETS_MAX]; /* values in each bucket and those before it */
    uint64_t sum;                          /* of all values */
};

void metrics_read(enum histogram histogram, struct metrics_reading *out);

#endif
