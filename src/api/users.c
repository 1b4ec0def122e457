#include "store/users.h"

#include "api/represent.h"
#include "api/routes.h"
#include "api/stream.h"

struct users_state {
    struct json json;
    int64_t after_id;
};

static enum err write_users(struct users_state *state, struct db *db, bool *is_done)
{
    struct arena rows = {0};
    struct user users[STREAM_ROWS_MAX];
    size_t count = 0;
    enum err err = users_list(db, state->after_id, COUNT_OF(users), &rows, users, &count);
    for (size_t i = 0; err == OK && i < count; i++) {
        represent_user_name(&state->json, &users[i]);
        state->after_id = users[i].id;
    }
    *is_done = count < COUNT_OF(users);
    arena_free(&rows);
    return err;
}

static struct step users_piece(struct call *call, struct db *db)
{
    struct users_state *state = call->state;
    bool is_done = false;
    while (!is_done) {
        if (stream_piece_is_full(call))
            return stream_piece(call, users_piece);
        enum err err = write_users(state, db, &is_done);
        if (err != OK)
            return answer_failed(call, err);
    }
    json_array_end(&state->json);
    return answer_send(call);
}

struct step users_get(struct call *call, struct db *db)
{
    struct users_state *state = arena_alloc(&call->arena, sizeof *state);
    if (state == NULL)
        return answer_failed(call, ERR_MEMORY);
    call->state = state;
    answer_begin(call, 200);
    state->json = answer_json(call);
    json_array_begin(&state->json);
    return users_piece(call, db);
}
