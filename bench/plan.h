/* plan.h - who connects where: the file that bench/seed.py writes beside the database.
 *
 * One connection a line: the chat's id, the session key ("-" for none), and, for one that resumes,
 * the number of the last message that it has. Blank lines do not count.
 */
#ifndef CONFAB_BENCH_PLAN_H
#define CONFAB_BENCH_PLAN_H

#include "base/buf.h"

struct plan_seat {
    uint64_t chat_id;
    struct bytes session_key; /* borrowed from the plan; empty: the connection sends no cookie */
    uint64_t after;           /* 0: it has none */
};

/* All zero is an empty plan. */
struct plan {
    struct buf text;
    struct plan_seat *seats; /* those of one chat lie together, in the file's order */
    size_t seat_count;
};

/* Read the file, at most seats_max lines. ERR_NOT_FOUND: it cannot be read; ERR_SYNTAX: a line is
 * not of that form; ERR_MEMORY. The plan is to be freed in any case. */
CHECKED enum err plan_read(const char *path, size_t seats_max, struct plan *out);

/* Seats without cookies in one chat with id 1, for a baseline that knows no users. ERR_MEMORY. */
CHECKED enum err plan_make_bare(size_t seat_count, struct plan *out);

void plan_free(struct plan *plan);

#endif
