/* catch_up.h - the way of a subscription from where the client stands to the log of its room.
 *
 * What is missing is read from the database a page at a time, as fast as the connection takes it,
 * until the room's tail has the rest; then the subscription is a reader of the log. Who cannot keep
 * up there comes back here. What cannot be had is told as a gap. Next: chat/replay.h reads a page,
 * chat/tail.h has the end of the stream. Thread: the shard's.
 */
#ifndef CONFAB_SERVER_CATCH_UP_H
#define CONFAB_SERVER_CATCH_UP_H

#include "server/subscription.h"

enum {
    CATCH_UP_BYTES_WAITING_MAX = 64 * 1024, /* of the past for a connection that takes nothing */
};

/* The next step on the way from the position to the log. The subscription is ASKING, READY or
 * HELD, and its connection open. */
void catch_up(struct shard *shard, struct subscription *subscription);

/* The connection takes bytes again. */
void catch_up_on_writable(struct subscription *subscription);

/* It cannot be served from the room's log any longer: from the database from here on. */
void catch_up_fall_back(struct shard *shard, struct subscription *subscription);

/* The subscription ends: a page that is on its way does not find it any more. */
void catch_up_end(struct subscription *subscription);

/* At each tick: try again what could not be read. */
void catch_up_on_tick(struct shard *shard);

#endif
