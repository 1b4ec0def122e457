/* v1_watch.h - the command watch: whose presence a connection is told of.
 *
 * A loop knows for each watched user which of its connections want to know, and asks the table of
 * all (presence.h) to be told. What has changed is merged: each connection gets one frame in
 * WATCH_MERGE_MS at most. Thread: the shard's, but for v1_watch_post().
 */
#ifndef CONFAB_SERVER_V1_WATCH_H
#define CONFAB_SERVER_V1_WATCH_H

#include "chat/command.h"
#include "server/v1.h"

enum { WATCH_MERGE_MS = 1000 };

void v1_run_watch(struct v1 *v1, const struct command *command);

/* The connection watches nobody any more. */
void v1_watch_end(struct v1 *v1);

/* A user's status has changed. Thread: any. Without memory nobody is told. */
void v1_watch_post(struct shard *shard, int64_t user_id);

/* At each tick: tell those who watch what has changed. */
void v1_watch_on_tick(struct shard *shard);

#endif
