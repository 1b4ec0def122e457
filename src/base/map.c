#include "base/map.h"

#include <assert.h>
#include <stdlib.h>
#include "base/random.h"

enum { MAP_SLOTS_FIRST = 16 };

/* splitmix64's finaliser, over the key and the table's own seed. */
static uint64_t map_hash(const struct map *map, uint64_t key)
{
    uint64_t x = key ^ map->seed;
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

/* The slot of key, or the free slot where it belongs. */
static struct map_slot *map_find(const struct map *map, uint64_t key)
{
    size_t at = (size_t)map_hash(map, key) & (map->cap - 1);
    while (map->slots[at].value != NULL && map->slots[at].key != key)
        at = (at + 1) & (map->cap - 1);
    return &map->slots[at];
}

void map_free(struct map *map)
{
    free(map->slots);
    *map = (struct map) {0};
}

void *map_get(const struct map *map, uint64_t key)
{
    return map->cap > 0 ? map_find(map, key)->value : NULL;
}

static enum err map_grow(struct map *map)
{
    struct map bigger = {.cap = map->cap > 0 ? map->cap * 2 : MAP_SLOTS_FIRST, .count = map->count};
    bigger.slots = calloc(bigger.cap, sizeof *bigger.slots);
    if (bigger.slots == NULL)
        return ERR_MEMORY;
    random_fill(&bigger.seed, sizeof bigger.seed);
    for (size_t i = 0; i < map->cap; i++) {
        if (map->slots[i].value != NULL)
            *map_find(&bigger, map->slots[i].key) = map->slots[i];
    }
    free(map->slots);
    *map = bigger;
    return OK;
}

enum err map_put(struct map *map, uint64_t key, void *value)
{
    assert(value != NULL);
    if ((map->count + 1) * 4 > map->cap * 3) {
        enum err err = map_grow(map);
        if (err != OK)
            return err;
    }
    struct map_slot *slot = map_find(map, key);
    if (slot->value == NULL)
        map->count++;
    *slot = (struct map_slot) {key, value};
    return OK;
}

void *map_remove(struct map *map, uint64_t key)
{
    if (map->cap == 0)
        return NULL;
    struct map_slot *slot = map_find(map, key);
    void *value = slot->value;
    if (value == NULL)
        return NULL;
    map->count--;
    /* Close the hole: move back what was pushed past it by probing. */
    size_t hole = (size_t)(slot - map->slots);
    size_t at = hole;
    for (;;) {
        at = (at + 1) & (map->cap - 1);
        if (map->slots[at].value == NULL)
            break;
        size_t home = (size_t)map_hash(map, map->slots[at].key) & (map->cap - 1);
        if (((at - home) & (map->cap - 1)) >= ((at - hole) & (map->cap - 1))) {
            map->slots[hole] = map->slots[at];
            hole = at;
        }
    }
    map->slots[hole].value = NULL;
    return value;
}

bool map_next(const struct map *map, size_t *at, uint64_t *key, void **value)
{
    for (; *at < map->cap; (*at)++) {
        if (map->slots[*at].value != NULL) {
            *key = map->slots[*at].key;
            *value = map->slots[*at].value;
            (*at)++;
            return true;
        }
    }
    return false;
}
