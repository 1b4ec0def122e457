/* memory.h - the channel layer of one process: which channels are in which groups.
 *
 * A group is a number (a chat's id), a channel an event loop's index. The table has fewer places
 * than there are groups, so it may name a channel that is not in the group (which then ignores what
 * comes); it never leaves out one that is. Thread: a channel's own adds and discards; anybody asks.
 * Without locks.
 */
#ifndef CONFAB_LAYER_MEMORY_H
#define CONFAB_LAYER_MEMORY_H

#include <stdint.h>
#include "base/err.h"

enum {
    LAYER_CHANNELS_MAX = 64,
    LAYER_PLACES = 1 << 14,
};

struct layer; /* opaque */

CHECKED enum err layer_new(unsigned channel_count, struct layer **out);
void layer_free(struct layer **layer);

/* Group add, group discard. A channel discards as often as it has added. */
void layer_group_add(struct layer *layer, uint64_t group, unsigned channel);
void layer_group_discard(struct layer *layer, uint64_t group, unsigned channel);

/* The channels of the group, as bits. */
uint64_t layer_group_channels(const struct layer *layer, uint64_t group);

#endif
