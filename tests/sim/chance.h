/* chance.h - the one source of chance of a run: everything that could be otherwise is drawn here,
 * so a run is its number.
 */
#ifndef CONFAB_TESTS_SIM_CHANCE_H
#define CONFAB_TESTS_SIM_CHANCE_H

#include <stdbool.h>
#include <stdint.h>

/* Start over with the number of a run. */
void chance_seed(uint64_t seed);

uint64_t chance_next(void);

/* 0 to count - 1. count is above 0. */
static inline unsigned chance_below(unsigned count)
{
    return (unsigned)(chance_next() % count);
}

/* True once in so many times. */
static inline bool chance_once_in(unsigned count)
{
    return chance_below(count) == 0;
}

#endif
