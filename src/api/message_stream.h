/* message_stream.h - messages straight from the database into the pieces of a long answer.
 *
 * Rows are not copied, and a sender's object that stands in the answer's pieces already is copied
 * from there. A content can be longer than a piece: then the piece ends in the middle of it, and if
 * no other follows at once, the next one reads the message again and goes on from there. So what a
 * client that stops reading costs does not depend on what was sent to the chat.
 */
#ifndef CONFAB_API_MESSAGE_STREAM_H
#define CONFAB_API_MESSAGE_STREAM_H

#include "api/stream.h"
#include "store/messages.h"

/* The message of which the pieces so far have only the beginning. */
struct message_part {
    int64_t id; /* 0: they end between two messages */
    size_t content_len;
    uint64_t content_sum;
    size_t written; /* bytes of the content */
};

/* A plain value; until_id and otherwise zeros are the beginning. */
struct message_stream {
    int64_t after_id; /* of the last message that is written whole */
    int64_t
        until_id; /* what is stored later does not belong to the answer: else it might never end */
    struct message_part part;
};

/* Write messages of the walk, which has just begun after after_id, while the answer has room or
 * until there are no more (*is_done), and end the walk. stream and json lie in call->state.
 * ERR_CONFLICT: the message whose beginning is sent is not what it was. Errors of the storage; then
 * what was written is worth nothing. */
CHECKED enum err message_stream_write(struct message_stream *stream, struct json *json,
                                      struct call *call, struct messages_walk *walk, bool *is_done);

#endif
