/* database.h - makes one call of the database library fail.
 *
 * Only calls that the server makes while it has its turn (memory.h), and only those that can fail.
 */
#ifndef CONFAB_TESTS_SIM_DATABASE_H
#define CONFAB_TESTS_SIM_DATABASE_H

#include <stdbool.h>
#include <stdint.h>

/* The countdown-th call from now on fails, once. 0: none does. kind: any number; in which way it
 * fails. */
void database_arm(uint64_t countdown, uint64_t kind);

/* How many calls there were since then. */
uint64_t database_asked(void);

/* Whether the armed one has failed. */
bool database_has_failed(void);

#endif
