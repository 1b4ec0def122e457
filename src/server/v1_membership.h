/* v1_membership.h - a connection to all chats follows its user: into chats that the user joins, out
 * of those that it leaves. Thread: the shard's.
 */
#ifndef CONFAB_SERVER_V1_MEMBERSHIP_H
#define CONFAB_SERVER_V1_MEMBERSHIP_H

#include "server/v1.h"

/* The user takes part in the chat now: tell the client, and, if it subscribes to all, subscribe. */
void v1_follow(struct v1 *v1, int64_t chat_id);

/* A subscribe has come; it has been answered, or refused. What the user comes into meanwhile is
 * told behind the answer, so that each chat begins where the answer says, or else with its
 * chat_joined. */
void v1_begin_answer(struct v1 *v1);
void v1_end_answer(struct v1 *v1);

/* The connection ends. */
void v1_follow_none(struct v1 *v1);

/* Not any more: nothing of the chat follows after chat_left. reason: "removed", "left", "deleted".
 */
void v1_unfollow(struct v1 *v1, int64_t chat_id, const char *reason);

#endif
