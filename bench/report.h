/* report.h - what a run has shown, for people and for programs. */
#ifndef CONFAB_BENCH_REPORT_H
#define CONFAB_BENCH_REPORT_H

#include "bench/load.h"

/* The raw sums of a run, out of which the figures are made. */
struct result {
    uint64_t connections; /* that are open at the end */
    uint64_t messages;
    uint64_t deliveries;
    uint64_t measured_ns;   /* from the first message to the last delivery */
    uint64_t server_cpu_ns; /* while that went on */
    uint64_t later_cpu_ns;  /* from then until the server was at rest */
    uint64_t own_cpu_ns;
    uint64_t receives;
    uint64_t frame_bytes;
    uint64_t handshakes;
    uint64_t handshakes_ns;
    uint64_t handshakes_cpu_ns;
    uint64_t idle_connections; /* between the two looks at the memory */
    struct process_memory memory_before;
    struct process_memory memory_after;
};

/* Print the run's figures as a table, or as one JSON object on one line. ERR_MEMORY. */
CHECKED enum err report_print(const struct load *load, const struct result *result);

/* Whether every message came once, in one order, and no connection was lost. */
bool report_is_clean(const struct faults *faults);

#endif
