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

/* The same in parts: what is the message's alone, what all messages of one sender in one chat have
 * alike, and what stands behind the content. Between them the caller writes the content as parts of
 * a text, and at last the moment and the object's end. */
void represent_message_begin(struct json *json, int64_t id);
void represent_message_sender(struct json *json, int64_t chat_id, const struct user *sender);
void represent_message_time(struct json *json);

/* {"id","name","participants":[user objects],"messages":[message objects],"created_at"}, in three
 * parts, because the lists can be long: between them the caller writes the elements. */
void represent_chat_begin(struct json *json, const struct chat *chat);
void represent_chat_messages(struct json *json);
void represent_chat_end(struct json *json, int64_t created_at_us);

#endif
