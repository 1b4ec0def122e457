#include "chat/rate.h"

#include <stdatomic.h>
#include <stdlib.h>

/* A bucket as one number: the moment at which it is (or was) full. A token taken moves it later by
 * the token's time. */
struct bucket {
    int64_t full_at_us;
};

struct rate {
    struct map buckets; /* by user id */
    /* A reload may set them while tokens are taken. Whoever sees one new and one old judges one
     * message by a mixture. */
    _Atomic int64_t token_us; /* time in which one token flows in; 0: everybody passes */
    _Atomic int64_t burst_us; /* time in which an empty bucket fills */
};

enum err rate_new(uint32_t per_second, uint32_t burst, struct rate **out)
{
    struct rate *rate = calloc(1, sizeof *rate);
    if (rate == NULL)
        return ERR_MEMORY;
    rate_set(rate, per_second, burst);
    *out = rate;
    return OK;
}

void rate_set(struct rate *rate, uint32_t per_second, uint32_t burst)
{
    int64_t token_us = per_second > 0 ? 1000000 / per_second : 0;
    rate->burst_us = token_us * burst;
    rate->token_us = token_us;
}

void rate_free(struct rate **rate_at)
{
    struct rate *rate = *rate_at;
    *rate_at = NULL;
    if (rate == NULL)
        return;
    size_t at = 0;
    uint64_t key;
    void *bucket;
    while (map_next(&rate->buckets, &at, &key, &bucket))
        free(bucket);
    map_free(&rate->buckets);
    free(rate);
}

/* Forget the users whose buckets are full: they stand as if they had never sent. */
static void forget_full(struct rate *rate, int64_t now_us)
{
    struct map kept = {0};
    size_t at = 0;
    uint64_t key;
    void *value;
    while (map_next(&rate->buckets, &at, &key, &value)) {
        struct bucket *bucket = value;
        if (bucket->full_at_us <= now_us || map_put(&kept, key, bucket) != OK)
            free(bucket);
    }
    map_free(&rate->buckets);
    rate->buckets = kept;
}

enum err rate_take(struct rate *rate, int64_t user_id, int64_t now_us, int64_t *wait_us)
{
    int64_t token_us = rate->token_us;
    int64_t burst_us = rate->burst_us;
    if (token_us == 0)
        return OK;
    struct bucket *bucket = map_get(&rate->buckets, (uint64_t)user_id);
    if (bucket == NULL) {
        if (rate->buckets.count >= RATE_BUCKETS_MAX)
            forget_full(rate, now_us);
        bucket = calloc(1, sizeof *bucket);
        if (bucket == NULL)
            return ERR_MEMORY;
        enum err err = map_put(&rate->buckets, (uint64_t)user_id, bucket);
        if (err != OK) {
            free(bucket);
            return err;
        }
    }
    int64_t full_at_us = (bucket->full_at_us > now_us ? bucket->full_at_us : now_us) + token_us;
    if (full_at_us - now_us > burst_us) {
        *wait_us = full_at_us - now_us - burst_us;
        return ERR_LIMIT;
    }
    bucket->full_at_us = full_at_us;
    return OK;
}

bool rate_look(const struct rate *rate, int64_t user_id, int64_t now_us, struct rate_state *out)
{
    int64_t token_us = rate->token_us;
    int64_t burst_us = rate->burst_us;
    if (token_us == 0)
        return false;
    const struct bucket *bucket = map_get(&rate->buckets, (uint64_t)user_id);
    int64_t full_in_us =
        bucket != NULL && bucket->full_at_us > now_us ? bucket->full_at_us - now_us : 0;
    *out = (struct rate_state) {
        .quota = burst_us / token_us,
        .window_us = burst_us,
        .remaining = full_in_us < burst_us ? (burst_us - full_in_us) / token_us : 0,
        .full_in_us = full_in_us,
    };
    return true;
}
