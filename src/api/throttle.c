#include "api/throttle.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include "auth/signing.h"
#include "base/random.h"

enum {
    MINUTE_US = 60 * 1000000,
    DIGEST_BYTES = 16,  /* enough that nobody finds two keys with one digest */
    NETWORK_GROUPS = 4, /* the groups of 16 bits that make 64 */
};

/* A bucket as one moment: when it is (or was) full. A token taken moves it later by the token's
 * time. */
struct bucket {
    uint8_t digest[DIGEST_BYTES];
    int64_t full_at_us;
};

struct throttle {
    pthread_mutex_t mutex;
    int64_t token_us;          /* time in which one token flows in; 0: everybody passes */
    uint8_t secret[MAC_BYTES]; /* keeps peers from choosing keys that meet in one set */
    struct bucket buckets[THROTTLE_SETS]
                         [THROTTLE_WAYS]; /* all zero: free, and as good as full of tokens */
};

enum err throttle_new(unsigned per_minute, struct throttle **out)
{
    struct throttle *throttle = calloc(1, sizeof *throttle);
    if (throttle == NULL)
        return ERR_MEMORY;
    if (pthread_mutex_init(&throttle->mutex, NULL) != 0) {
        free(throttle);
        return ERR_MEMORY;
    }
    random_fill(throttle->secret, sizeof throttle->secret);
    throttle_set(throttle, per_minute);
    *out = throttle;
    return OK;
}

void throttle_set(struct throttle *throttle, unsigned per_minute)
{
    (void)pthread_mutex_lock(&throttle->mutex);
    throttle->token_us = per_minute > 0 ? MINUTE_US / per_minute : 0;
    (void)pthread_mutex_unlock(&throttle->mutex);
}

void throttle_free(struct throttle **throttle_at)
{
    struct throttle *throttle = *throttle_at;
    *throttle_at = NULL;
    if (throttle == NULL)
        return;
    (void)pthread_mutex_destroy(&throttle->mutex);
    free(throttle);
}

/* The bucket of a key: its own, or else the one of its set that is fullest, made its own. Under the
 * mutex. */
static struct bucket *find_bucket(struct throttle *throttle, const uint8_t digest[MAC_BYTES])
{
    size_t set = ((size_t)digest[MAC_BYTES - 1] << 8 | digest[MAC_BYTES - 2]) % THROTTLE_SETS;
    struct bucket *fullest = &throttle->buckets[set][0];
    for (size_t way = 0; way < THROTTLE_WAYS; way++) {
        struct bucket *bucket = &throttle->buckets[set][way];
        if (memcmp(bucket->digest, digest, DIGEST_BYTES) == 0)
            return bucket;
        if (bucket->full_at_us < fullest->full_at_us)
            fullest = bucket;
    }
    memcpy(fullest->digest, digest, DIGEST_BYTES);
    fullest->full_at_us = 0;
    return fullest;
}

enum err throttle_take(struct throttle *throttle, const char *kind, struct bytes key,
                       int64_t now_us, int64_t *wait_us)
{
    uint8_t digest[MAC_BYTES];
    mac_make(bytes_of(throttle->secret, sizeof throttle->secret), kind, key, digest);
    enum err err = OK;
    (void)pthread_mutex_lock(&throttle->mutex);
    struct bucket *bucket = find_bucket(throttle, digest);
    int64_t full_at_us =
        (bucket->full_at_us > now_us ? bucket->full_at_us : now_us) + throttle->token_us;
    if (throttle->token_us > 0 && full_at_us - now_us > MINUTE_US) {
        *wait_us = full_at_us - now_us - MINUTE_US;
        err = ERR_LIMIT;
    } else {
        bucket->full_at_us = full_at_us;
    }
    (void)pthread_mutex_unlock(&throttle->mutex);
    return err;
}

void throttle_give_back(struct throttle *throttle, const char *kind, struct bytes key,
                        int64_t now_us)
{
    uint8_t digest[MAC_BYTES];
    mac_make(bytes_of(throttle->secret, sizeof throttle->secret), kind, key, digest);
    (void)pthread_mutex_lock(&throttle->mutex);
    struct bucket *bucket = find_bucket(throttle, digest);
    if (bucket->full_at_us > now_us)
        bucket->full_at_us -= throttle->token_us;
    (void)pthread_mutex_unlock(&throttle->mutex);
}

/* The groups before "::" or the end, at most the network's. */
struct bytes throttle_address(struct bytes address, char out[THROTTLE_ADDRESS_BYTES])
{
    static const struct bytes mapped = {(const uint8_t *)"::ffff:", 7};
    if (bytes_starts_with(address, mapped) && bytes_index(address, '.') < address.len)
        address = bytes_skip(address, mapped.len);
    if (bytes_index(address, ':') == address.len || address.len >= THROTTLE_ADDRESS_BYTES) {
        size_t len = address.len < THROTTLE_ADDRESS_BYTES ? address.len : THROTTLE_ADDRESS_BYTES;
        memcpy(out, address.data, len);
        return bytes_of(out, len);
    }
    size_t len = 0;
    struct bytes rest = address;
    struct bytes group;
    for (int groups = 0; groups < NETWORK_GROUPS && bytes_split(&rest, ':', &group); groups++) {
        if (group.len == 0)
            break; /* "::": zeros follow, unless it is short and stands for less; then more is
                      counted together */
        memcpy(out + len, group.data, group.len);
        len += group.len;
        out[len++] = ':';
    }
    return bytes_of(out, len);
}
