#include "store/users.h"

#include "api/represent.h"
#include "api/routes.h"
#include "api/stream.h"

struct users_state {
    struct json json;
    int64_t after_id;
};

static enum err users_more(struct call *call, struct db *db, bool *is_done)
{
    struct users_state *state = call->state;
    struct arena rows = {0};
    struct user users[STREAM_ROWS_MAX];
    size_t count = 0;
    size_t i = 0;
    enum err err = users_list(db, state->after_id, COUNT_OF(users), &rows, users, &count);
    for (; i < count && stream_has_room(call); i++) {
        represent_user_name(&state->json, &users[i]);
        state->after_id = users[i].id;
    }
    *is_done = i == count && count < COUNT_OF(users);
    if (err == OK && *is_done)
        json_array_end(&state->json);
    arena_free(&rows);
    return err;
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
    return stream_answer(call, db, users_more, sizeof *state);
}
