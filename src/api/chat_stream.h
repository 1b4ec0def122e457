/* chat_stream.h - a chat object with all its participants and messages, written in pieces.
 *
 *   PARTICIPANTS --no more--> MESSAGES --no more--> DONE
 *
 * Messages that are stored after the stream has begun do not belong to it.
 */
#ifndef CONFAB_API_CHAT_STREAM_H
#define CONFAB_API_CHAT_STREAM_H

#include "api/message_stream.h"
#include "base/arena.h"
#include "store/db.h"
#include "store/rows.h"

enum chat_stream_state { CHAT_STREAM_PARTICIPANTS, CHAT_STREAM_MESSAGES, CHAT_STREAM_DONE };

/* A plain value: where in which chat the stream stands. */
struct chat_stream {
    enum chat_stream_state state;
    int64_t chat_id;
    int64_t created_at_us;
    int64_t after_user_id; /* of the participant written last */
    struct message_stream messages;
};

/* Write the beginning of the chat object. */
void chat_stream_begin(struct chat_stream *stream, struct json *json, const struct chat *chat,
                       int64_t until_id);

/* Write the next rows, STREAM_ROWS_MAX at most and while the answer has room, or the object's end:
 * then the state is CHAT_STREAM_DONE. stream and json lie in call->state. Errors of the storage and
 * of message_stream_write(). */
CHECKED enum err chat_stream_more(struct chat_stream *stream, struct json *json, struct call *call,
                                  struct db *db);

#endif
