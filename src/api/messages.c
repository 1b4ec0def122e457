#include "store/messages.h"

#include "api/message_stream.h"
#include "api/represent.h"
#include "api/routes.h"
#include "api/stream.h"

enum { ROWS_MAX = 256 }; /* of one search: the ids of all chats are sorted for it */

struct messages_state {
    struct json json;
    int64_t after_id;
    int64_t
        until_id; /* what is stored later does not belong to the answer: else it might never end */
};

static struct step messages_piece(struct call *call, struct db *db)
{
    struct messages_state *state = call->state;
    bool is_done = false;
    while (!is_done) {
        if (stream_piece_is_full(call))
            return stream_piece(call, messages_piece);
        struct messages_walk walk;
        messages_walk_user(db, call->user.id, state->after_id, state->until_id, ROWS_MAX, &walk);
        int64_t after_id = state->after_id;
        enum err err = message_stream_write(&state->json, &walk, stream_piece_bytes(call),
                                            &state->after_id, &is_done);
        is_done = is_done && state->after_id == after_id; /* else there may be more rows */
        if (err != OK)
            return answer_failed(call, err);
    }
    json_array_end(&state->json);
    return answer_send(call);
}

struct step messages_get(struct call *call, struct db *db)
{
    struct messages_state *state = arena_alloc(&call->arena, sizeof *state);
    if (state == NULL)
        return answer_failed(call, ERR_MEMORY);
    call->state = state;
    enum err err = messages_last_id(db, 0, &state->until_id);
    if (err != OK)
        return answer_failed(call, err);
    answer_begin(call, 200);
    state->json = answer_json(call);
    json_array_begin(&state->json);
    return messages_piece(call, db);
}

struct step message_get(struct call *call, struct db *db)
{
    struct message_row message;
    enum err err = messages_find_of_user(db, call->user.id, call->id, &call->arena, &message);
    if (err == ERR_NOT_FOUND)
        return answer_not_found(call);
    if (err != OK)
        return answer_failed(call, err);
    answer_begin(call, 200);
    struct json json = answer_json(call);
    represent_message(&json, &message);
    return answer_send(call);
}
