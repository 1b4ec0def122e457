/* chat.h - what one chat and the list of chats share. */
#ifndef CONFAB_API_CHAT_H
#define CONFAB_API_CHAT_H

#include "api/chat_stream.h"
#include "api/fields.h"
#include "store/chats.h"

/* The field "name" of a chat. */
extern const struct text_rule chat_name_rule;

/* What an answer with a chat's object goes by: the first member of the state of its handlers. */
struct chat_answer_state {
    struct json json;
    struct chat_stream stream;
};

/* Answer with the object of the chat call->id, in pieces if it is long. call->state is a struct
 * chat_answer_state, or begins with one. Runs on a reader; or as the end of a step on the writer,
 * so that what was stored is undone if it cannot be told. */
struct step chat_answer(struct call *call, struct db *db, unsigned status);

#endif
