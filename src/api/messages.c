#include "store/messages.h"

#include "api/represent.h"
#include "api/routes.h"
#include "api/stream.h"

struct messages_state {
    struct json json;
    int64_t after_id;
    int64_t
        until_id; /* what is stored later does not belong to the answer: else it might never end */
};

static enum err write_messages(struct call *call, struct messages_state *state, struct db *db,
                               bool *is_done)
{
    struct arena rows = {0};
    struct message_row messages[STREAM_ROWS_MAX];
    size_t count = 0;
    enum err err = messages_list_of_user(db, call->user.id, state->after_id, state->until_id,
                                         COUNT_OF(messages), &rows, messages, &count);
    for (size_t i = 0; err == OK && i < count; i++) {
        represent_message(&state->json, &messages[i]);
        state->after_id = messages[i].id;
    }
    *is_done = count == 0;
    arena_free(&rows);
    return err;
}

static struct step messages_piece(struct call *call, struct db *db)
{
    struct messages_state *state = call->state;
    bool is_done = false;
    while (!is_done) {
        if (stream_piece_is_full(call))
            return stream_piece(call, messages_piece);
        enum err err = write_messages(call, state, db, &is_done);
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
