/* lives.h - the same life again and again, and in each something else fails, once.
 *
 * A life is: a database is made, the server starts, a scenario is gone through, and once more to
 * see that nothing of the trouble is left, and the server ends.
 */
#ifndef CONFAB_TESTS_SIM_LIVES_H
#define CONFAB_TESTS_SIM_LIVES_H

#include <stdint.h>

/* A life takes a few hundredths of a second; one that does not end in that time spins. */
enum { LIFE_S_MAX = 300 };

enum lives_fault {
    FAULT_NONE,
    FAULT_ALLOCATION,         /* of the server's own */
    FAULT_LIBRARY_ALLOCATION, /* of SQLite's or zlib's */
    FAULT_DATABASE_CALL,
};

/* FAULT_NONE: nothing is called so. */
enum lives_fault lives_fault_named(const char *name);

/* After a promise was broken: how to see that again. */
void lives_print(void);

/* The n-th of all fails, in one way of several. Ends the program if a promise is broken. */
void lives_run_one(enum lives_fault fault, uint64_t n, uint64_t kind);

/* Each of them fails in a life of its own: all, or that many spread over the whole. seed: which
 * ones, and in which way each. *total: how many there are in a life. Returns how
 * many lives there were. */
uint64_t lives_run_each(enum lives_fault fault, uint64_t seed, uint64_t lives_max, uint64_t *total);

#endif
