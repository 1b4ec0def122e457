/* chat.h - what one chat and the list of chats share. */
#ifndef CONFAB_API_CHAT_H
#define CONFAB_API_CHAT_H

#include "api/fields.h"

enum { CHAT_NAME_COUNT_MAX = 255 }; /* code points */

/* The field "name" of a chat. */
extern const struct text_rule chat_name_rule;

/* Answer with the object of the chat call->id, in pieces if it is long. Runs on a reader. */
struct step chat_answer(struct call *call, struct db *db, unsigned status);

#endif
