/* map.h - a hash table from 64-bit numbers to pointers.
 *
 * Open addressing with linear probing, in powers of two, at most 3/4 full. Keys come from peers
 * (ids), so the hash is keyed with a random number for each table.
 */
#ifndef CONFAB_BASE_MAP_H
#define CONFAB_BASE_MAP_H

#include "base/bytes.h"

struct map_slot {
    uint64_t key;
    void *value; /* NULL: the slot is free */
};

/* All zero is an empty map. */
struct map {
    struct map_slot *slots;
    size_t count;
    size_t cap;
    uint64_t seed;
};

/* Free the table; the values are the caller's. The map is empty and usable again. */
void map_free(struct map *map);

/* The value of key, or NULL. */
void *map_get(const struct map *map, uint64_t key);

/* Set the value, not NULL, of key. ERR_MEMORY: the map is unchanged. */
CHECKED enum err map_put(struct map *map, uint64_t key, void *value);

/* Take key out and return its value. NULL: it was not there. */
void *map_remove(struct map *map, uint64_t key);

/* Walk over all entries: start with *at = 0; false when there are no more. The map must not change
 * meanwhile. */
bool map_next(const struct map *map, size_t *at, uint64_t *key, void **value);

#endif
