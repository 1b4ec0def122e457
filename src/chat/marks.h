/* marks.h - which event ends where in a log: how far a reader has come that cannot be served from
 * the log any longer.
 *
 * Knows: offsets and numbers. Thread: its loop's.
 */
#ifndef CONFAB_CHAT_MARKS_H
#define CONFAB_CHAT_MARKS_H

#include <stddef.h>
#include <stdint.h>
#include "base/err.h"

struct mark {
    uint64_t end; /* offset in the log behind the event's frame */
    int64_t seq;
};

/* All zero is empty. */
struct marks {
    struct mark *items; /* those that count are from begin to end */
    size_t begin;
    size_t end;
    size_t cap;
    int64_t base; /* the seq before the first mark */
};

void marks_deinit(struct marks *marks);

/* Nothing is kept; the next mark comes behind this seq. */
void marks_start(struct marks *marks, int64_t seq);

/* The log ends now with this event. What ends at or before kept_from may be forgotten: nobody
 * stands there any more. ERR_MEMORY: the mark is missing. */
CHECKED enum err marks_add(struct marks *marks, uint64_t end, int64_t seq, uint64_t kept_from);

/* The last event that lies wholly before the offset, at which a frame begins. */
int64_t marks_seq_at(const struct marks *marks, uint64_t offset);

#endif
