/* metrics.h - GET /metrics: what the counters say, in Prometheus' words.
 *
 * Knows: names, help texts and labels of all metrics, and where they are served: on a listener of
 * their own (--metrics-listen), on the main ones only if asked for (--metrics), because they tell
 * everybody how busy the site is. Does not know: where things are counted.
 */
#ifndef CONFAB_SERVER_METRICS_H
#define CONFAB_SERVER_METRICS_H

#include "server/exchange.h"

enum {
    METRICS_SAMPLE_MS = 1000, /* how old what a loop tells of its rooms may be */
};

/* What is not counted but looked at, over all loops. */
struct metrics_gauges {
    uint64_t loops;
    uint64_t blocked_readers;
    uint64_t lag_bytes;
    uint64_t lag_bytes_max;
    uint64_t log_bytes;
};

bool metrics_is_wanted(const struct client *client, const struct http_request *request);
struct step metrics_begin(struct call *call);

/* At each tick: look at the rooms for the next one who asks. Thread: the shard's. */
void metrics_on_tick(struct shard *shard, int64_t now_ms);

/* Append the whole text but what the system knows of the process (process_stats.h). */
void metrics_write(struct buf *out, const struct metrics_gauges *gauges);

/* Which member of a group of counters (base/metrics.h) something belongs to. */
unsigned metrics_route(const struct exchange *exchange);
unsigned metrics_handshake_kind(unsigned status);
unsigned metrics_close_kind(unsigned code);

#endif
