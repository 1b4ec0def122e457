/* rate.h - how fast a user may send: a token bucket for each.
 *
 * Thread: the writer's, which sees every message wherever it came in.
 */
#ifndef CONFAB_CHAT_RATE_H
#define CONFAB_CHAT_RATE_H

#include "base/map.h"

enum { RATE_BUCKETS_MAX = 100000 }; /* users remembered; full buckets are forgotten first */

struct rate; /* opaque */

/* per_second tokens flow in, at most burst lie in a bucket. per_second 0: everybody passes. */
CHECKED enum err rate_new(uint32_t per_second, uint32_t burst, struct rate **out);
void rate_free(struct rate **rate);

/* The same anew, for the buckets that there are too. Thread: any. */
void rate_set(struct rate *rate, uint32_t per_second, uint32_t burst);

/* How a user stands. */
struct rate_state {
    int64_t quota;     /* tokens of a full bucket */
    int64_t window_us; /* in which an empty one fills */
    int64_t remaining; /* whole tokens in it now */
    int64_t full_in_us;
};

/* False: everybody passes. */
bool rate_look(const struct rate *rate, int64_t user_id, int64_t now_us, struct rate_state *out);

/* Take one token of the user's. ERR_LIMIT: there is none; *wait_us says when there will be one.
 * ERR_MEMORY.  */
CHECKED enum err rate_take(struct rate *rate, int64_t user_id, int64_t now_us, int64_t *wait_us);

#endif
