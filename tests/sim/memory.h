/* memory.h - makes one allocation fail.
 *
 * Only what is asked for while the server has its turn: by its own code, or by the libraries on its
 * behalf (SQLite, zlib). Not OpenSSL's: it ends the process rather than sign with what it has not,
 * and the simulator's own never fail.
 */
#ifndef CONFAB_TESTS_SIM_MEMORY_H
#define CONFAB_TESTS_SIM_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum memory_of {
    MEMORY_OF_SERVER,
    MEMORY_OF_LIBRARIES,
    MEMORY_OF_COUNT,
};

/* Have SQLite ask here. Once, before anything of SQLite is called. */
void memory_install(void);

/* The countdown-th allocation from now on fails, once. 0: none does. */
void memory_arm(enum memory_of whose, uint64_t countdown);

/* How many were asked for since then. */
uint64_t memory_asked(enum memory_of whose);

/* Whether an armed one has failed. */
bool memory_has_failed(void);

/* Allocations that are not freed yet, of the server and the simulator together: after a life there
 * are as many as before it. */
int64_t memory_held(void);

/* For the simulator's own, inside a turn of the server's: these never fail on purpose. */
void *memory_own_calloc(size_t count, size_t size);
void *memory_own_realloc(void *old, size_t size);

/* The server's turn begins; then it ends. Returns and takes what was before, since turns nest. */
bool memory_begin_turn(bool is_servers);
void memory_end_turn(bool before);
bool memory_is_servers_turn(void);

#endif
