/* poll.h - requests that wait for the next event of a chat (long poll).
 *
 *   call comes back with CALL_TO_WAIT --the first time--> listening: it looks once more, for what
 * was stored before it listened listening and nothing new --> waiting --an event of the chat, or
 * the time is over--> it begins again
 *
 * Beginning again means from the session on, so whoever has lost access meanwhile gets nothing. A
 * waiting request costs no thread. Thread: the shard's.
 */
#ifndef CONFAB_SERVER_POLL_H
#define CONFAB_SERVER_POLL_H

#include "api/call.h"
#include "loop/deadline.h"

struct exchange;
struct shard;

/* Lives inside the exchange. All zero: it does not listen. */
struct poll {
    struct list link; /* among those of its bucket */
    struct deadline deadline;
    bool is_listening;
    bool is_waiting;   /* for an event: nobody else has the exchange */
    bool has_news;     /* an event came while a reader looked */
    bool time_is_over; /* nothing is waited for any more */
    int64_t chat_id;
};

enum { POLL_BUCKETS = 256 }; /* lists of polls, by chat */

struct polls {
    struct list buckets[POLL_BUCKETS];
    struct deadline_queue deadlines[CALL_WAIT_S_MAX + 1]; /* by seconds */
    uint64_t foreign_generation_seen;                     /* the site's */
};

void polls_init(struct polls *polls);

/* The call has come back because there is nothing to say yet. */
void poll_wait(struct exchange *exchange);

/* The exchange is answered, or gone. */
void poll_end(struct exchange *exchange);

/* An event of the chat has come. */
void polls_wake(struct shard *shard, int64_t chat_id);

/* Those whose time is over are answered; on shutdown all are. When another process has written, all
 * look again. */
void polls_on_tick(struct shard *shard);
void polls_on_drain(struct shard *shard);

#endif
