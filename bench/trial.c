#include "bench/trial.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void need(bool is_true, const char *what)
{
    if (is_true)
        return;
    (void)fprintf(stderr, "trials: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void run_on(int first, int last)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    for (int core = first; core <= last; core++)
        CPU_SET((size_t)core, &set);
    need(sched_setaffinity(0, sizeof set, &set) == 0, "pinning; two cores are needed");
}

void pin(int core)
{
    run_on(core, core);
}

void unpin(void)
{
    run_on(0, 1);
}

void trial_note(struct trial_rounds *rounds, int index, double plain_us, double other_us)
{
    if (index < 0)
        return;
    rounds->plain_us[index] = plain_us;
    rounds->other_us[index] = other_us;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(const double *values)
{
    double sorted[TRIAL_ROUNDS];
    memcpy(sorted, values, sizeof sorted);
    qsort(sorted, TRIAL_ROUNDS, sizeof(double), compare);
    return sorted[TRIAL_ROUNDS / 2];
}

void trial_print(const struct trial_rounds *rounds, const char *plain, const char *other,
                 size_t bytes)
{
    double ratios[TRIAL_ROUNDS];
    for (size_t i = 0; i < TRIAL_ROUNDS; i++)
        ratios[i] = rounds->other_us[i] / rounds->plain_us[i];
    qsort(ratios, TRIAL_ROUNDS, sizeof(double), compare);
    (void)printf("| %s | %s | %zu | %.2f | %.2f | %.2f (%.2f-%.2f) |\n", plain, other, bytes,
                 median(rounds->plain_us), median(rounds->other_us), ratios[TRIAL_ROUNDS / 2],
                 ratios[TRIAL_ROUNDS / 4], ratios[3 * TRIAL_ROUNDS / 4]);
    (void)fflush(stdout);
}
