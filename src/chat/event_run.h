/* event_run.h - a run of events as confab.v1 writes them: their JSON texts with their numbers, one
 * behind the other.
 *
 * Knows: numbers and texts. Does not know: what is in a text.
 */
#ifndef CONFAB_CHAT_EVENT_RUN_H
#define CONFAB_CHAT_EVENT_RUN_H

#include "base/buf.h"

/* All zero is an empty run. */
struct event_run {
    struct buf bytes;
    size_t begin; /* where the oldest entry lies; what is before it was dropped */
    size_t count;
    int64_t last_seq; /* of the newest entry ever; 0: there was none */
};

void event_run_deinit(struct event_run *run);

/* Add an event at the end. If memory runs out the run has failed: buf_status(&run->bytes). */
void event_run_append(struct event_run *run, int64_t seq, struct bytes json);

/* Begin an event whose text is written straight behind it; end it when the text is there. */
size_t event_run_begin(struct event_run *run, int64_t seq);
void event_run_end(struct event_run *run, size_t place);

/* The event at *at, which becomes the place of the next one; begin with run->begin. False: there
 * are no more. Borrowed: until the run changes. */
bool event_run_next(const struct event_run *run, size_t *at, int64_t *seq, struct bytes *json);

/* Drop the oldest event and return its number. The run is not empty. */
int64_t event_run_drop(struct event_run *run);

#endif
