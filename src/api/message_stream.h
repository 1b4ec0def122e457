/* message_stream.h - message objects straight from the database into a piece of an answer.
 *
 * Long histories pass here: rows are not copied, and a sender's object that stands in the piece
 * already is copied from there.
 */
#ifndef CONFAB_API_MESSAGE_STREAM_H
#define CONFAB_API_MESSAGE_STREAM_H

#include "base/json_write.h"
#include "store/messages.h"

/* Write messages of the walk, which has just begun, until the output holds piece_bytes or there are
 * no more (*is_done), and end the walk. *after_id becomes the id of the last one. Errors of the
 * storage; then the piece is worth nothing. */
CHECKED enum err message_stream_write(struct json *json, struct messages_walk *walk,
                                      size_t piece_bytes, int64_t *after_id, bool *is_done);

#endif
