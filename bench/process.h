/* process.h - what the measured server has used so far, read from outside. */
#ifndef CONFAB_BENCH_PROCESS_H
#define CONFAB_BENCH_PROCESS_H

#include <sys/types.h>
#include <time.h>
#include "base/err.h"
#include <stddef.h>
#include <stdint.h>

enum { PROCESSES_MAX = 16 }; /* a server may be several processes (nginx); more are refused */

/* The processes that are the server. */
struct process_set {
    pid_t pids[PROCESSES_MAX];
    size_t count;
};

/* User and system time of all threads, also ended ones, in nanoseconds. The clock of the process is
 * read (clock_getcpuclockid), which is the sum that /proc/PID/schedstat shows, but up to date while
 * the threads run. ERR_NOT_FOUND: a process is gone. */
CHECKED enum err process_cpu_ns(const struct process_set *set, uint64_t *out);

/* How to see that processes are at rest. */
struct process_rest {
    uint64_t look_ms;  /* between two looks */
    uint64_t cpu_us;   /* that they may have used between them and still count as at rest */
    uint64_t limit_ms; /* whoever never rests is not waited for */
};

/* Wait until the processes are at rest. ERR_NOT_FOUND: a process is gone. */
CHECKED enum err process_wait_for_rest(const struct process_set *set,
                                       const struct process_rest *rest);

struct process_memory {
    uint64_t rss_bytes;
    uint64_t pss_bytes; /* each shared page counts by its share */
};

/* From /proc/PID/smaps_rollup. ERR_NOT_FOUND: a process is gone, or we may not look. */
CHECKED enum err process_memory(const struct process_set *set, struct process_memory *out);

/* Begin to look for the largest resident memory from now on, and what it was since. ERR_NOT_FOUND:
 * a process is gone, or we may not look. */
CHECKED enum err process_peak_reset(const struct process_set *set);
CHECKED enum err process_peak(const struct process_set *set, uint64_t *rss_bytes);

/* "12,13,14". ERR_SYNTAX, ERR_LIMIT. */
CHECKED enum err process_set_read(const char *text, struct process_set *out);

/* Our own processor time in nanoseconds. */
uint64_t own_cpu_ns(void);

/* Monotonic clock in nanoseconds; and the system's, since 1970. */
uint64_t now_ns(void);
uint64_t wall_ns(void);

uint64_t timespec_ns(struct timespec t);

#endif
