/* subscription.h - one connection's place in the stream of one chat: what it has been sent, and how
 * it gets the rest.
 *
 *   ASKING --the head is known--> READY --"subscribed" was sent--> READING <--> HELD
 *                                                                    |  ^
 *                        the room's tail has the rest: a reader of its log |
 *                                                                    v  |
 *                                                                    LIVE  (too far behind: back)
 *
 * The past is read from the database page by page, as fast as the connection takes it; what happens
 * meanwhile is in the database too. When the room's tail has all that is missing the subscription
 * becomes a reader of the room's log: nothing in between is left out or sent twice, and the room
 * never waits. Next: server/catch_up.h is that way. Thread: the shard's.
 */
#ifndef CONFAB_SERVER_SUBSCRIPTION_H
#define CONFAB_SERVER_SUBSCRIPTION_H

#include "chat/room.h"
#include "server/shard.h"

enum subscription_state {
    SUBSCRIPTION_ASKING,
    SUBSCRIPTION_READY,   /* the others of its command are ASKING */
    SUBSCRIPTION_READING, /* a page is being read */
    SUBSCRIPTION_HELD,    /* the connection takes nothing for now */
    SUBSCRIPTION_LIVE,
};

struct v1;
struct replay;

/* What one command has subscribed to: it is answered when all heads are known. */
struct subscribing;

struct subscription {
    struct reader reader; /* LIVE: in a feed; else its feed is NULL */
    struct v1 *v1;
    struct list link;                /* in v1->subscriptions */
    struct list waiting;             /* ASKING: in the stream's list */
    struct room *room;               /* watched */
    struct subscribing *subscribing; /* ASKING, READY */
    struct replay *replay;           /* READING */
    int64_t position;                /* not LIVE: everything up to it was sent */
    uint32_t replayed;               /* events since it was last LIVE */
    uint8_t state;                   /* enum subscription_state */
    bool has_after;                  /* position is what the client has named; else the head */
    bool was_slow;                   /* it was LIVE and has fallen behind */
    bool is_judged;                  /* position is known to be one of this numbering */
    bool has_looked;                 /* the database was asked whether it is */
    bool is_of_other_epoch;          /* the client's position is of another numbering */
};

/* Chats that the user may read, and where the client stands in each. */
struct subscribing_to {
    const int64_t *chats;
    const int64_t *after; /* of each chat; -1: from the head on */
    size_t count;
    struct bytes ref;       /* of the command, as JSON; empty: none */
    bool is_of_other_epoch; /* what the client has is of another numbering */
    bool is_silent;         /* no "subscribed": the client has been told otherwise */
};

/* Begin one of each. Chats that are subscribed to already begin anew. ERR_MEMORY: some may have
 * begun. */
CHECKED enum err subscription_begin_all(struct v1 *v1, const struct subscribing_to *to);

/* End it; nothing of the chat is sent after that. */
void subscription_end(struct subscription *subscription);

/* NULL: there is none. */
struct subscription *subscription_find(const struct v1 *v1, int64_t chat_id);

/* The head of the chat is known now. */
void subscription_on_head(struct shard *shard, struct subscription *subscription);

/* Whether its connection is there to be sent something. */
bool subscription_is_open(const struct subscription *subscription);

static inline struct subscription *subscription_of_reader(struct reader *reader)
{
    return CONTAINER_OF(reader, struct subscription, reader);
}

#endif
