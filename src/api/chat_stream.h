/* chat_stream.h - a chat object with all its participants and messages, written in pieces.
 *
 *   PARTICIPANTS --no more--> MESSAGES --no more--> DONE
 *
 * Messages that are stored after the stream has begun do not belong to it.
 */
#ifndef CONFAB_API_CHAT_STREAM_H
#define CONFAB_API_CHAT_STREAM_H

#include "base/arena.h"
#include "base/json_write.h"
#include "store/db.h"
#include "store/rows.h"

enum chat_stream_state { CHAT_STREAM_PARTICIPANTS, CHAT_STREAM_MESSAGES, CHAT_STREAM_DONE };

/* A plain value: where in which chat the stream stands. */
struct chat_stream {
    enum chat_stream_state state;
    int64_t chat_id;
    int64_t created_at_us;
    int64_t after_id; /* of the participant or message written last */
    int64_t until_id; /* of the last message that belongs to the stream */
};

/* Write the beginning of the chat object. */
void chat_stream_begin(struct chat_stream *stream, struct json *json, const struct chat *chat,
                       int64_t until_id);

/* Write the next rows, until the output holds piece_bytes at most, or the object's end: then the
 * state is CHAT_STREAM_DONE. Errors of the storage; then what was written is worth nothing. */
CHECKED enum err chat_stream_more(struct chat_stream *stream, struct json *json, size_t piece_bytes,
                                  struct db *db);

#endif
