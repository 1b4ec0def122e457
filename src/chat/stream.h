/* stream.h - the chain of a room's events: which one comes next, and what to do with one that does
 * not.
 *
 * Everything up to the head has been shown. An event that comes behind the head is shown; one that
 * was shown already is passed over; one before which others are missing (another process stored
 * them) waits until they have been read from the database.
 * Knows: numbers, the last events (tail.h). Does not know: readers, the database.
 * Thread: its loop's.
 */
#ifndef CONFAB_CHAT_STREAM_H
#define CONFAB_CHAT_STREAM_H

#include "base/list.h"
#include "chat/event.h"
#include "chat/tail.h"

enum {
    STREAM_HELD_MAX = 256, /* events that wait; of more nothing is kept but that they are there */
};

struct stream {
    int64_t head;
    bool is_known;   /* the head is; nothing is shown before */
    bool wants_pull; /* the database has more than what has been read, or is being read */
    void *pull;      /* whoever reads it; NULL: nobody. The server's own */
    struct tail tail;
    struct list waiting; /* of those who wait for the head; the server's own */
    size_t held_count;
    struct event **held; /* in order; NULL: none was ever held */
};

enum stream_verdict {
    STREAM_SHOW, /* it comes next: show it, then stream_showed() */
    STREAM_PASS, /* it was shown, or it waits: nothing is to be done now */
};

/* ERR_MEMORY. */
CHECKED enum err stream_new(struct stream **out);
void stream_free(struct stream **stream);

/* An event has come. One that waits is kept (a holder more); wants_pull says whether the database
 * must be asked. */
enum stream_verdict stream_offer(struct stream *stream, struct event *event);

/* The event with this number, and this text, was shown to so many readers. */
void stream_showed(struct stream *stream, int64_t seq, struct bytes json, size_t reader_count);

/* The next of those that wait which can be shown now; it is the caller's to release. NULL: none. */
struct event *stream_take_held(struct stream *stream);

/* The head is known from now on. */
void stream_learn(struct stream *stream, int64_t base, int64_t head);

/* Something went wrong in between: the head is to be learnt anew. */
void stream_forget(struct stream *stream);

#endif
