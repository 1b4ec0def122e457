/* chain.h - keeps the chains of the rooms whole: shows what comes next, reads from the database
 * what this server has not been told.
 *
 * Whatever another process stores is found when the database says that somebody else wrote, and by
 * the number that the next event names as the one before it. A reader (a worker) reads; the room's
 * stream (chat/stream.h) says what is missing. Thread: the shard's.
 */
#ifndef CONFAB_SERVER_CHAIN_H
#define CONFAB_SERVER_CHAIN_H

#include "server/shard.h"

enum {
    CHAIN_PULL_PAGES = 16, /* read at once; more: once more */
};

/* Watch a chat's room, which stays until chain_unwatch(). From here on this loop is told of what is
 * stored; whoever needs the head asks for it now (survey.h). ERR_MEMORY. */
CHECKED enum err chain_watch(struct shard *shard, int64_t chat_id, struct room **out);
void chain_unwatch(struct shard *shard, struct room **room);

/* An event has become durable: to the readers of confab.v1, in its place. */
void chain_offer(struct shard *shard, struct room *room, struct event *event);

/* Look whether the database has more than the room; then the subscriptions that wait for the head
 * go on. */
void chain_look(struct shard *shard, struct room *room);

/* The stream's head has become known, or its pull is over: show what has waited, wake those who
 * have. The room may go with them. */
void chain_go_on(struct shard *shard, struct room *room);

#endif
