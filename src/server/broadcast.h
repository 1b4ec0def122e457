/* broadcast.h - from the writer to the rooms, and from the rooms to the sockets.
 *
 * On the writer's thread: durable messages are collected for each loop that has readers of their
 * chat (layer/) and posted when the batch is done. On a loop: they become frames, enter the rooms'
 * logs, and leave in slices at the end of the turn.
 */
#ifndef CONFAB_SERVER_BROADCAST_H
#define CONFAB_SERVER_BROADCAST_H

#include "server/shard.h"

/* Make what a batch needs even when there is no memory left, and free it. Before the threads begin,
 * after they have ended. */
CHECKED enum err broadcast_prepare(struct site *site);
void broadcast_end(struct site *site);

/* Give a message to the writer, at the end of the turn. Its sender's client holds until it comes
 * back. Thread: the origin loop's. */
void broadcast_submit(struct shard *shard, struct event *message);

/* Give a durable event, which nobody waits for, to the loops with readers of its chat; it is theirs
 * now. Thread: the writer's, after the commit. */
void broadcast_publish(struct site *site, struct event *event);

/* The batch is done: post what was collected. context: the site. Thread: the writer's. */
void broadcast_on_batch(void *context);

/* Send to those who are behind: one slice, of at most SEND_OPS_MAX; the rest in the next turn.
 * Thread: the shard's. */
void broadcast_run(struct shard *shard);

#endif
