/* represent.h - the objects of the API as JSON: fields and their order, in one place. */
#ifndef CONFAB_API_REPRESENT_H
#define CONFAB_API_REPRESENT_H

#include "base/json_write.h"
#include "store/rows.h"

/* {"id","username","email","user_type"} */
void represent_user(struct json *json, const struct user *user);

/* {"username","first_name","last_name"}: what everybody may know of everybody. */
void represent_user_name(struct json *json, const struct user *user);

/* {"id","chat","sender":{user object},"content","timestamp"} */
void represent_message(struct json *json, const struct message_row *message);

/* The same in three parts: between them the caller writes the sender's object, and then the content
 * as parts of a text. */
void represent_message_begin(struct json *json, const struct message_row *message);
void represent_message_content(struct json *json);
void represent_message_end(struct json *json, const struct message_row *message);

/* {"id","name","participants":[user objects],"messages":[message objects],"created_at"}, in three
 * parts, because the lists can be long: between them the caller writes the elements. */
void represent_chat_begin(struct json *json, const struct chat *chat);
void represent_chat_messages(struct json *json);
void represent_chat_end(struct json *json, int64_t created_at_us);

#endif
