/* send.h - a message that comes over REST, by part I's path or by /api/v1/: one way to store it.
 *
 * Rate, nonce and the rules of the chat are those of chat/commit.h, as for a message over a
 * WebSocket. Thread: the writer's, inside its transaction.
 */
#ifndef CONFAB_API_SEND_H
#define CONFAB_API_SEND_H

#include "api/call.h"
#include "chat/event.h"
#include "chat/rate.h"

/* A message to the chat call->id from call->user. Lies in the call's arena: the step may run twice.
 */
struct sending {
    struct event_texts texts;
    int64_t reply_to;     /* 0: to none */
    int64_t thread;       /* 0: in none */
    bool is_for_part_one; /* its connections are shown it */
    bool has_token;       /* of the sender's rate: a step that runs again takes no second one */
};

/* What became of it. */
struct sent {
    struct message_row message; /* its texts live as long as the call has its events */
    bool is_duplicate; /* the nonce is known: nothing was stored; id and timestamp are those
                          of the first time */
    enum v1_code code; /* with ERR_DENIED: which rule refused it */
    int64_t wait_us;   /* with ERR_LIMIT: when the next one may come */
    bool has_rate;     /* the sender's rate is limited, and stands so: */
    struct rate_state rate;
};

/* Store it, and leave its event on the call. Errors as those of commit_message(), and ERR_MEMORY.
 */
CHECKED enum err send_store(struct call *call, struct db *db, struct sending *sending,
                            struct sent *out);

#endif
