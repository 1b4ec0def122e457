/* replay.h - the past of a chat out of the database, as confab.v1 writes it.
 *
 * Runs on a reader.
 */
#ifndef CONFAB_CHAT_REPLAY_H
#define CONFAB_CHAT_REPLAY_H

#include "chat/event_run.h"
#include "store/db.h"

enum {
    REPLAY_EVENTS_MAX = 5000, /* how far back a client is taken; farther: a gap */
    REPLAY_PAGE_EVENTS = 128, /* read at once */
    REPLAY_TAIL_EVENTS = 32,  /* what a room that begins learns of its past */
};

/* Append one page of the events behind after_seq; run->count stays as it was: there are no more.
 * The chain of prev begins at the event that after_seq names, or the last one before it. */
CHECKED enum err replay_read(struct db *db, int64_t chat_id, int64_t after_seq,
                             struct event_run *run);

/* The last events of the chat, at most REPLAY_TAIL_EVENTS, and what they come behind. *base is 0 if
 * there is none before them; *head is *base if there is none at all. */
CHECKED enum err replay_read_tail(struct db *db, int64_t chat_id, struct event_run *run,
                                  int64_t *base, int64_t *head);

#endif
