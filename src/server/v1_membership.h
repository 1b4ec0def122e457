/* v1_membership.h - a connection to all chats follows its user: into chats that the user joins, out
 * of those that it leaves. Thread: the shard's.
 */
#ifndef CONFAB_SERVER_V1_MEMBERSHIP_H
#define CONFAB_SERVER_V1_MEMBERSHIP_H

#include "server/v1.h"

/* The user takes part in the chat now: tell the client, and, if it subscribes to all, subscribe. */
void v1_follow(struct v1 *v1, int64_t chat_id);

/* Not any more: nothing of the chat follows after chat_left. reason: "removed", "left", "deleted".
 */
void v1_unfollow(struct v1 *v1, int64_t chat_id, const char *reason);

#endif
