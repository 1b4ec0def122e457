/* chats.c - the chats of a user, and making one. */
#include "store/chats.h"

#include "api/answer.h"
#include "api/chat_stream.h"
#include "api/new_chat.h"
#include "api/routes.h"
#include "api/stream.h"
#include "store/messages.h"

struct list_state {
    struct json json;
    struct chat_stream stream; /* of the chat that is being written; DONE between two */
    int64_t until_id;
};

/* Begin the user's next chat. *found: there was one. */
static enum err next_chat(struct call *call, struct list_state *state, struct db *db, bool *found)
{
    struct arena rows = {0};
    struct chat chat;
    size_t count = 0;
    enum err err = chats_list(db, call->user.id, state->stream.chat_id, 1, &rows, &chat, &count);
    if (err == OK && count > 0)
        chat_stream_begin(&state->stream, &state->json, &chat, state->until_id);
    *found = count > 0;
    arena_free(&rows);
    return err;
}

static enum err list_more(struct call *call, struct db *db, bool *is_done)
{
    struct list_state *state = call->state;
    bool found = true;
    if (state->stream.state != CHAT_STREAM_DONE)
        return chat_stream_more(&state->stream, &state->json, call, db);
    enum err err = next_chat(call, state, db, &found);
    *is_done = !found;
    if (err == OK && !found)
        json_array_end(&state->json);
    return err;
}

struct step chats_get(struct call *call, struct db *db)
{
    struct list_state *state = arena_alloc(&call->arena, sizeof *state);
    if (state == NULL)
        return answer_failed(call, ERR_MEMORY);
    call->state = state;
    enum err err = messages_last_id(db, 0, &state->until_id);
    if (err != OK)
        return answer_failed(call, err);
    answer_begin(call, 200);
    state->json = answer_json(call);
    state->stream.state = CHAT_STREAM_DONE;
    json_array_begin(&state->json);
    return stream_answer(call, db, list_more, sizeof *state);
}

/* On the writer. */
static struct step make_chat(struct call *call, struct db *db)
{
    const struct new_chat *chat = call->state;
    enum err err = new_chat_store(call, db, chat);
    if (err != OK)
        return answer_undone(call, err, answer_failed(call, err));
    return chat_answer(call, db, 201);
}

struct step chats_post(struct call *call, struct db *db)
{
    return fields_then(call, db, FIELDS_OF_BODY, new_chat_read, sizeof(struct new_chat),
                       step_to(CALL_ON_WRITER, make_chat));
}
