#include "store/messages.h"

#include "api/message_stream.h"
#include "api/routes.h"
#include "api/stream.h"

enum { ROWS_MAX = 256 }; /* of one search: the ids of all chats are sorted for it */

struct messages_state {
    struct json json;
    struct message_stream messages;
};

static enum err messages_more(struct call *call, struct db *db, bool *is_done)
{
    struct messages_state *state = call->state;
    struct message_stream *stream = &state->messages;
    struct messages_walk walk;
    int64_t after_id = stream->after_id;
    messages_walk_user(db, call->user.id, after_id, stream->until_id, ROWS_MAX, &walk);
    enum err err = message_stream_write(stream, &state->json, call, &walk, is_done);
    *is_done = *is_done && stream->after_id == after_id; /* else there may be more rows */
    if (err == OK && *is_done)
        json_array_end(&state->json);
    return err;
}

struct step messages_get(struct call *call, struct db *db)
{
    struct messages_state *state = arena_alloc(&call->arena, sizeof *state);
    if (state == NULL)
        return answer_failed(call, ERR_MEMORY);
    call->state = state;
    enum err err = messages_last_id(db, 0, &state->messages.until_id);
    if (err != OK)
        return answer_failed(call, err);
    answer_begin(call, 200);
    state->json = answer_json(call);
    json_array_begin(&state->json);
    return stream_answer(call, db, messages_more, sizeof *state);
}

static enum err message_more(struct call *call, struct db *db, bool *is_done)
{
    struct messages_state *state = call->state;
    struct messages_walk walk;
    messages_walk_one(db, call->user.id, call->id, &walk);
    enum err err = message_stream_write(&state->messages, &state->json, call, &walk, is_done);
    return err == OK && *is_done && state->messages.after_id == 0 ? ERR_NOT_FOUND : err;
}

struct step message_get(struct call *call, struct db *db)
{
    struct messages_state *state = arena_alloc(&call->arena, sizeof *state);
    if (state == NULL)
        return answer_failed(call, ERR_MEMORY);
    call->state = state;
    answer_begin(call, 200);
    state->json = answer_json(call);
    return stream_answer(call, db, message_more, sizeof *state);
}
