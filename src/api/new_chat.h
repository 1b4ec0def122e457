/* new_chat.h - a chat that somebody wants to make: the fields and the participants, for part I and
 * for /api/v1/. */
#ifndef CONFAB_API_NEW_CHAT_H
#define CONFAB_API_NEW_CHAT_H

#include "api/chat.h"

struct new_chat {
    struct chat_answer_state answer; /* part I's */
    struct bytes name;
    int64_t *participants; /* ids, each once, in order */
    size_t count;
    enum chat_kind kind;
};

/* Check the fields "name", "participant_ids" and "participant_usernames", and find the
 * participants; call->state is a struct new_chat. For fields_then(). */
void new_chat_read(struct fields *fields, struct call *call);

/* Store it: call->id is the chat's then, and its participants are the call's admission. On the
 * writer. */
CHECKED enum err new_chat_store(struct call *call, struct db *db, const struct new_chat *chat);

#endif
