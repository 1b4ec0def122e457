/* figures.h - named numbers, printed for people or for bench/run. */
#ifndef CONFAB_BENCH_FIGURES_H
#define CONFAB_BENCH_FIGURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/err.h"

enum { FIGURES_MAX = 48 }; /* more are dropped */

struct figure {
    const char *name; /* with its unit; the key in JSON */
    double value;
    int decimals;
};

/* All zero is none. */
struct figures {
    struct figure rows[FIGURES_MAX];
    size_t count;
};

void figures_add(struct figures *figures, const char *name, double value, int decimals);
void figures_add_count(struct figures *figures, const char *name, uint64_t value);

/* a / b; 0 for b = 0. */
double figures_ratio(double a, double b);

/* On standard output: a line for each, or one JSON object on one line. ERR_MEMORY. */
CHECKED enum err figures_print(const struct figures *figures, bool json);

#endif
