/* throttle.h - how often somebody may try: failed logins of an account, of an address,
 * registrations of an address.
 *
 * A token bucket for each key. A try takes a token; one that was in order gives it back.
 * Knows: digests of keys, moments. Does not know: what a key stands for.
 * Thread: any; a mutex guards the table.
 */
#ifndef CONFAB_API_THROTTLE_H
#define CONFAB_API_THROTTLE_H

#include "base/bytes.h"

enum {
    THROTTLE_SETS = 8192, /* of THROTTLE_WAYS keys each: so many keys are remembered. When a set is
                           * full, the key of it that has the most tokens left is forgotten */
    THROTTLE_WAYS = 8,
};

struct throttle; /* opaque */

/* per_minute tokens flow in, and as many lie in a full bucket. 0: everybody passes. ERR_MEMORY. */
CHECKED enum err throttle_new(unsigned per_minute, struct throttle **out);
void throttle_free(struct throttle **throttle);

/* The same anew, for the keys that are remembered too. */
void throttle_set(struct throttle *throttle, unsigned per_minute);

/* Take a token of (kind, key). kind is a fixed word that keeps an account apart from an address of
 * the same text. ERR_LIMIT: there is none; one will be there after *wait_us. */
CHECKED enum err throttle_take(struct throttle *throttle, const char *kind, struct bytes key,
                               int64_t now_us, int64_t *wait_us);

/* Put back a token that was taken. */
void throttle_give_back(struct throttle *throttle, const char *kind, struct bytes key,
                        int64_t now_us);

/* What an address is counted as: IPv4 whole, IPv6 by its first 64 bits, because whoever has one of
 * those has them all. An IPv4 address in IPv6 form counts as IPv4. What is neither counts as it
 * stands. Writes text of at most THROTTLE_ADDRESS_BYTES into out and returns it. */
enum { THROTTLE_ADDRESS_BYTES = 64 };
struct bytes throttle_address(struct bytes address, char out[THROTTLE_ADDRESS_BYTES]);

#endif
