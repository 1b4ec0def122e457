/* v1_json.h - users, messages and events as confab.v1 writes them: compact UTF-8.
 *
 * The same over WebSockets and under /api/v1/.
 */
#ifndef CONFAB_CHAT_V1_JSON_H
#define CONFAB_CHAT_V1_JSON_H

#include "base/json_write.h"
#include "store/events.h"
#include "store/uploads.h"
#include "store/window.h"

/* {"id","username","email","user_type"}, and the short form {"id","username"}. */
void v1_write_user(struct json *json, const struct user *user);
void v1_write_short_user(struct json *json, const struct user *user);

/* {"id","chat","sender","content","timestamp"} and the optional members that are set. nonce may be
 * empty. */
void v1_write_message(struct json *json, const struct message_row *message, struct bytes nonce);

/* {"id","name","type","size","url"} of a file that a message shows, or will show. */
void v1_write_upload(struct json *json, const struct upload_row *upload);

/* A chat whose head is at seq: {"id","name","kind","receipts","seq"}. */
void v1_write_chat(struct json *json, const struct chat *chat, int64_t seq);

/* A chat as a window of chats shows it: the same with "read", "unread", "mentions" and
 * "last_message". */
void v1_write_window_row(struct json *json, const struct window_row *row);

/* A whole durable event: {"type","seq","prev",…}. nonce: of a message; may be empty. */
void v1_write_event(struct json *json, const struct event_row *event, int64_t prev,
                    struct bytes nonce);

#endif
