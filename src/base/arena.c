#include "base/arena.h"

#include <stdalign.h>
#include <stdlib.h>

/* The first block is small, because most arenas are; each further one is larger. */
enum {
    ARENA_BLOCK_BYTES = 1024 - 64,
    ARENA_BLOCK_BYTES_MAX = 4096 - 64,
};

struct arena_block {
    struct arena_block *next;
    size_t size;
    alignas(max_align_t) uint8_t data[];
};

static bool arena_grow(struct arena *arena, size_t size)
{
    size_t usual = arena->blocks == NULL ? ARENA_BLOCK_BYTES : ARENA_BLOCK_BYTES_MAX;
    size_t room = size > usual ? size : usual;
    struct arena_block *block = malloc(sizeof *block + room);
    if (block == NULL)
        return false;
    block->next = arena->blocks;
    block->size = room;
    arena->blocks = block;
    arena->used = 0;
    return true;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    if (size > SIZE_MAX / 2)
        return NULL;
    size = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    if ((arena->blocks == NULL || arena->blocks->size - arena->used < size) &&
        !arena_grow(arena, size))
        return NULL;
    void *at = arena->blocks->data + arena->used;
    arena->used += size;
    return memset(at, 0, size);
}

enum err arena_copy(struct arena *arena, struct bytes bytes, struct bytes *out)
{
    uint8_t *copy = arena_alloc(arena, bytes.len + 1);
    if (copy == NULL)
        return ERR_MEMORY;
    if (bytes.len > 0)
        memcpy(copy, bytes.data, bytes.len);
    *out = bytes_of(copy, bytes.len);
    return OK;
}

void arena_free(struct arena *arena)
{
    while (arena->blocks != NULL) {
        struct arena_block *block = arena->blocks;
        arena->blocks = block->next;
        free(block);
    }
    arena->used = 0;
}
