#include "api/stream.h"

#include <assert.h>

size_t stream_room(const struct call *call)
{
    const struct call_pieces *pieces = &call->pieces;
    size_t begin = pieces->count > 0 ? pieces->ends[pieces->count - 1] : 0;
    size_t len = call->response.content.len - begin;
    return len < STREAM_PIECE_BYTES ? STREAM_PIECE_BYTES - len : 0;
}

bool stream_has_room(struct call *call)
{
    struct call_pieces *pieces = &call->pieces;
    /* HEAD only asks whether there is more than one piece. */
    unsigned count_max = call->request->method == HTTP_HEAD ? 1 : 1 + pieces->ahead;
    assert(count_max <= CALL_PIECES_MAX);
    if (call->response.content.failed)
        return false;
    if (stream_room(call) > 0)
        return true;
    if (pieces->count < count_max) {
        buf_append(&pieces->states, bytes_of(call->state, pieces->state_bytes));
        pieces->ends[pieces->count++] = call->response.content.len;
    }
    return pieces->count < count_max && !pieces->states.failed;
}

static struct step make_pieces(struct call *call, struct db *db)
{
    bool is_done = false;
    enum err err = OK;
    call->pieces.count = 0;
    buf_clear(&call->pieces.states);
    /* At once, so that the memory of a reader does not fall to pieces while it grows. */
    if (call->pieces.ahead > 0)
        (void)buf_reserve(&call->response.content, (call->pieces.ahead + 1) * STREAM_PIECE_BYTES);
    while (err == OK && !is_done && stream_has_room(call))
        err = call->pieces.more(call, db, &is_done);
    if (err == OK)
        err = buf_status(&call->response.content);
    if (err == OK)
        err = buf_status(&call->pieces.states);
    if (err == ERR_NOT_FOUND && !call->response.is_streamed)
        return answer_not_found(call);
    if (err != OK)
        return answer_failed(call, err);
    call->response.is_streamed |= call->pieces.count > 0;
    if (is_done || call->request->method == HTTP_HEAD)
        return answer_send(call);
    return step_to(CALL_PIECES_TO_CLIENT, make_pieces);
}

struct step stream_answer(struct call *call, struct db *db, stream_more *more, size_t state_bytes)
{
    call->pieces.more = more;
    call->pieces.state_bytes = state_bytes;
    return make_pieces(call, db);
}

struct step api_rewind(struct call *call, unsigned taken)
{
    const struct call_pieces *pieces = &call->pieces;
    memcpy(call->state, pieces->states.data + (taken - 1) * pieces->state_bytes,
           pieces->state_bytes);
    return step_to(CALL_ON_READER, make_pieces);
}
