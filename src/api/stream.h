/* stream.h - long answers in pieces, of any length in constant memory.
 *
 * A handler writes into the answer until a piece is full, and goes on in the next step when the
 * client has taken it. An answer that fits into its first piece goes out whole, with its length.
 * What a step reads lies in an arena of that step's own, so a connection that is lost in between
 * loses nothing.
 */
#ifndef CONFAB_API_STREAM_H
#define CONFAB_API_STREAM_H

#include "api/answer.h"

enum {
    /* A piece that has grown past this is sent. It is what a client that stops reading costs us, so
     * it is small; the kernel has much more of the answer already. */
    STREAM_PIECE_BYTES = 8 * 1024,
    /* A client that keeps up gets larger ones, since each is handed from thread to thread. */
    STREAM_PIECE_BYTES_MAX = 64 * 1024,
    STREAM_ROWS_MAX = 16, /* rows read at once: how far a piece may grow past it */
};

/* The size that the piece which is being made may grow past. */
static inline size_t stream_piece_bytes(const struct call *call)
{
    return call->piece_bytes > STREAM_PIECE_BYTES ? call->piece_bytes : STREAM_PIECE_BYTES;
}

static inline bool stream_piece_is_full(const struct call *call)
{
    return call->response.content.len >= stream_piece_bytes(call);
}

/* The client has taken a piece, at once or after a while: the next one is twice as large, or small
 * again. */
static inline void stream_piece_taken(struct call *call, bool at_once)
{
    size_t twice = 2 * stream_piece_bytes(call);
    call->piece_bytes = !at_once                         ? STREAM_PIECE_BYTES
                        : twice < STREAM_PIECE_BYTES_MAX ? twice
                                                         : STREAM_PIECE_BYTES_MAX;
}

/* The piece is full: send it, then run next on a reader. HEAD has no use for more. */
static inline struct step stream_piece(struct call *call,
                                       struct step (*next)(struct call *call, struct db *db))
{
    if (buf_status(&call->response.content) != OK)
        return answer_failed(call, ERR_MEMORY);
    call->response.is_streamed = true;
    return call->request->method == HTTP_HEAD ? step_to(CALL_TO_CLIENT, NULL)
                                              : step_to(CALL_PIECE_TO_CLIENT, next);
}

#endif
