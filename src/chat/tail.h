/* tail.h - the last events of a room, for those who come back after a short while.
 *
 * Knows: numbers and texts, how many of them are worth keeping. Does not know: readers, frames.
 * Thread: its loop's.
 */
#ifndef CONFAB_CHAT_TAIL_H
#define CONFAB_CHAT_TAIL_H

#include "chat/event_run.h"

enum {
    TAIL_BYTES_MIN = 4 * 1024,
    TAIL_BYTES_PER_READER = 128,
    TAIL_BYTES_MAX = 64 * 1024,
};

/* All zero is a tail of nothing. */
struct tail {
    struct event_run run;
    int64_t base; /* all events of the chat behind this one are in the run */
};

void tail_deinit(struct tail *tail);

/* Forget everything: what follows comes behind this seq. */
void tail_start(struct tail *tail, int64_t seq);

/* Add the event that follows the last one, and forget the oldest ones that are too many for a room
 * with so many readers. Without memory everything is forgotten. */
void tail_append(struct tail *tail, int64_t seq, struct bytes json, size_t reader_count);

/* Whether everything behind this seq is there. */
static inline bool tail_covers(const struct tail *tail, int64_t after_seq)
{
    return after_seq >= tail->base;
}

#endif
