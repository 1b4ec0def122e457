/* v1_change.h - changes of chat/change.h that come over REST. */
#ifndef CONFAB_API_V1_CHANGE_H
#define CONFAB_API_V1_CHANGE_H

#include "api/call.h"
#include "chat/change.h"

/* Make the change on behalf of the call's user, and leave on the call what follows from it: events,
 * who has come, who has gone. False: it was refused or could not be made, *step is the answer.
 * Thread: the writer's. */
bool v1_change(struct call *call, struct db *db, const struct change *change,
               struct change_result *result, struct step *step);

/* The answer {"chat","seq"}: what the ack of confab.v1 says of a change. */
struct step v1_change_answer(struct call *call, const struct change_result *result);

/* The answer to what leaves nothing behind: 204. */
struct step v1_change_answer_empty(struct call *call);

#endif
