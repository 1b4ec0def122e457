/* memory.h - makes one allocation of the server fail.
 *
 * Only what the server's own code asks for while it has its turn: not SQLite's, OpenSSL's or the
 * simulator's own.
 */
#ifndef CONFAB_TESTS_SIM_MEMORY_H
#define CONFAB_TESTS_SIM_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The countdown-th allocation from now on fails, once. 0: none does. */
void memory_arm(uint64_t countdown);

/* How many the server has asked for since then. */
uint64_t memory_asked(void);

/* Whether the armed one has failed. */
bool memory_has_failed(void);

/* For the simulator's own, inside a turn of the server's: these never fail on purpose. */
void *memory_own_calloc(size_t count, size_t size);
void *memory_own_realloc(void *old, size_t size);

/* The server's turn begins; then it ends. Returns and takes what was before, since turns nest. */
bool memory_begin_turn(bool is_servers);
void memory_end_turn(bool before);

#endif
