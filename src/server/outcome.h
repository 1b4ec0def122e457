/* outcome.h - what follows from a change once it is durable: everybody whom it concerns is told,
 * and who has lost access is cut off. Thread: the writer's, after the commit.
 */
#ifndef CONFAB_SERVER_OUTCOME_H
#define CONFAB_SERVER_OUTCOME_H

#include "chat/change.h"
#include "server/site.h"

/* Deliver events, linked by next, in that order; *events becomes NULL: they are the loops' now. */
void outcome_deliver(struct site *site, struct event **events);

/* Deliver the change's events, and let connections follow into its chat and out of it. */
void outcome_publish(struct site *site, struct change_result *change);

/* The users take part in the chat now: their connections to all chats follow. */
void outcome_admit(struct site *site, int64_t chat_id, const int64_t *user_ids, size_t count);

#endif
