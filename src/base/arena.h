/* arena.h - memory that is freed all at once.
 *
 * What one request needs while it is answered: rows, texts, small structures. Nothing in it is
 * freed alone.
 */
#ifndef CONFAB_BASE_ARENA_H
#define CONFAB_BASE_ARENA_H

#include "base/bytes.h"

struct arena_block;

/* All zero is an empty arena. */
struct arena {
    struct arena_block *blocks;
    size_t used; /* bytes of the newest block that are taken */
};

/* Zeroed memory, aligned for any type, that lives until arena_free(). NULL: no memory. */
void *arena_alloc(struct arena *arena, size_t size);

/* A copy of the bytes, with a NUL behind them that is not counted. ERR_MEMORY: *out is unchanged.
 */
CHECKED enum err arena_copy(struct arena *arena, struct bytes bytes, struct bytes *out);

/* Free everything; the arena is empty and usable again. */
void arena_free(struct arena *arena);

#endif
