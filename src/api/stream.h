/* stream.h - long answers in pieces, of any length in constant memory.
 *
 * A handler says how the answer goes on from its state, a plain value; this file cuts what it
 * writes into pieces. Several are made at once, for a client that reads has use for them; each
 * remembers the state behind it, so that those which the client does not take are thrown away and
 * made again later. An answer that fits into one piece goes out whole, with its length. What is
 * read lies in an arena of that step's own, so a connection that is lost in between loses nothing.
 */
#ifndef CONFAB_API_STREAM_H
#define CONFAB_API_STREAM_H

#include "api/answer.h"

enum {
    /* A piece that has grown to this ends; only what cannot be cut (a user, the end of a message)
     * goes past it. It is what a client that stops reading costs us, so it is small; the kernel has
     * much more of the answer already. */
    STREAM_PIECE_BYTES = 4 * 1024,
    STREAM_ROWS_MAX =
        16, /* rows read at once; those for which a piece has no room are read again */
};

/* Write the next part of the answer, while stream_has_room(), or its end: then *is_done.
 * ERR_NOT_FOUND before anything is sent: the answer is 404. */
typedef enum err stream_more(struct call *call, struct db *db, bool *is_done);

/* Go on with an answer that has been begun: call->state, of so many bytes, says from where. Runs on
 * a reader; or as the end of a step on the writer, so that what it stored is undone if the answer
 * cannot be begun. */
struct step stream_answer(struct call *call, struct db *db, stream_more *more, size_t state_bytes);

/* Whether to write on. When a piece is full it is ended here, and call->state must say how the
 * answer goes on. False: so much is made that it must be sent first, or there is no memory. */
bool stream_has_room(struct call *call);

/* How many bytes there is room for in this piece. */
size_t stream_room(const struct call *call);

#endif
