/* trial.h - what the trials have in common: two ways that take turns, and how their ratio is told.
 *
 * Knows: cores, medians, the row of the table. Does not know: what is tried.
 */
#ifndef CONFAB_BENCH_TRIAL_H
#define CONFAB_BENCH_TRIAL_H

#include <stdbool.h>
#include <stddef.h>
#include "base/err.h"

enum {
    TRIAL_ROUNDS = 60,              /* turns of each way */
    TRIAL_ROUNDS_WARM = 5,          /* not counted */
    TRIAL_REPEATS = 5,              /* messages of a turn */
    TRIAL_FRAME_BYTES = 317,        /* content of 100 bytes, as part I sends it */
    TRIAL_CLIENT_FRAME_BYTES = 130, /* what a client sends for it */
};

/* What the two ways took in each round, in microseconds of processor time for one send or receive.
 */
struct trial_rounds {
    double plain_us[TRIAL_ROUNDS];
    double other_us[TRIAL_ROUNDS];
};

/* Note a round; a negative index is one of those that are not counted. */
void trial_note(struct trial_rounds *rounds, int index, double plain_us, double other_us);

/* Print a row: the medians, and the ratio's with its quartiles. */
void trial_print(const struct trial_rounds *rounds, const char *plain, const char *other,
                 size_t bytes);

/* The trials of loops and cores (trial_loops.c). */
void trial_loops(void);

/* End the program, with errno's reason, unless something is true. */
void need(bool is_true, const char *what);

/* Give the calling thread a core, or both of them. */
void pin(int core);
void unpin(void);

#endif
