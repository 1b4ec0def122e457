/* allocation.h - memory that runs out at the moment a test chooses.
 *
 * Counts what the tested code, and zlib for it, asks of malloc(), calloc() and realloc(); what
 * OpenSSL and SQLite ask for themselves is not counted. A test fails each allocation of what it
 * tests in turn, until none is left to fail:
 *
 *     size_t index = 0;
 *     do {
 *         allocation_fail(index++);
 *         err = room_new(7, &room);
 *         CHECK(err == (allocation_has_failed() ? ERR_MEMORY : OK));
 *     } while (err != OK);
 */
#ifndef CONFAB_TESTS_ALLOCATION_H
#define CONFAB_TESTS_ALLOCATION_H

#include <stdbool.h>
#include <stddef.h>

/* The allocation with this index from now on (0: the next one) fails, once, if it is made on the
 * calling thread. */
void allocation_fail(size_t index);

/* Whether it was asked for and failed. From now on none fails. */
bool allocation_has_failed(void);

#endif
