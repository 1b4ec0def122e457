/* options.h - the command line of the load generator. */
#ifndef CONFAB_BENCH_OPTIONS_H
#define CONFAB_BENCH_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include "base/err.h"

struct options {
    const char *target;   /* HOST:PORT, numeric */
    const char *path;     /* of the WebSocket; {chat} stands for the chat's id, {after} for
                              the last message that the connection has */
    const char *dialect;  /* dialect.h */
    const char *plan;     /* file; see plan.h */
    const char *pids;     /* the server's processes, for processor time and memory; may be NULL */
    uint64_t connections; /* at most so many of the plan's seats */
    uint64_t publishers;
    uint64_t window;   /* messages of a publisher that have not come back to it; rate: ignored */
    uint64_t messages; /* of the measured phase, all publishers together */
    uint64_t seconds;  /* instead of messages: how long to publish; 0: by messages */
    uint64_t rate;   /* messages a second, all publishers together, at fixed times; 0: as the window
                        allows */
    uint64_t warmup; /* messages before the measured phase */
    uint64_t missed; /* nothing is published: so many numbered messages of each chat, which
                        bench/seed.py has stored, come to everybody who connects */
    uint64_t concurrency; /* connections whose handshake is under way */
    uint64_t content_bytes;
    uint64_t stall_ms; /* no progress for so long ends the run, and what has not come is missing */
    bool hold;  /* publish one message at a time; nobody but its publisher reads until the server is
                   at rest, so that the machine has only the server's work to do meanwhile */
    bool later; /* also measure what the server does from the end until it is at rest */
    bool bare;  /* no handshake and no plan: the other end is bench/raw */
    bool json;
};

/* Fill in what argv says and defaults for the rest. ERR_SYNTAX: something is wrong and was said on
 * standard error. */
CHECKED enum err options_read(int argc, char **argv, struct options *out);

/* What options there are, for standard output. */
void options_print_help(void);

#endif
