/* chat.c - one chat: reading, renaming, deleting. */
#include "api/chat.h"

#include "api/chat_stream.h"
#include "api/represent.h"
#include "api/routes.h"
#include "api/stream.h"
#include "api/v1_change.h"
#include "store/chats.h"
#include "store/messages.h"

const struct text_rule chat_name_rule = {
    .name = "name",
    .count_max = CHAT_NAME_COUNT_MAX,
};

static enum err chat_more(struct call *call, struct db *db, bool *is_done)
{
    struct chat_answer_state *state = call->state;
    enum err err = chat_stream_more(&state->stream, &state->json, call, db);
    *is_done = state->stream.state == CHAT_STREAM_DONE;
    return err;
}

struct step chat_answer(struct call *call, struct db *db, unsigned status)
{
    struct chat chat;
    int64_t until_id;
    struct chat_answer_state *state = call->state;
    enum err err = chats_find(db, call->id, &call->arena, &chat);
    if (err == ERR_NOT_FOUND)
        return answer_not_found(call);
    if (err == OK)
        err = messages_last_id(db, call->id, &until_id);
    if (err != OK)
        return answer_failed(call, err);
    answer_begin(call, status);
    state->json = answer_json(call);
    chat_stream_begin(&state->stream, &state->json, &chat, until_id);
    return stream_answer(call, db, chat_more, sizeof *state);
}

struct step chat_get(struct call *call, struct db *db)
{
    call->state = arena_alloc(&call->arena, sizeof(struct chat_answer_state));
    if (call->state == NULL)
        return answer_failed(call, ERR_MEMORY);
    return chat_answer(call, db, 200);
}

struct rename_state {
    struct chat_answer_state answer;
    struct bytes name;
    bool is_given;
};

/* On the writer. */
static struct step rename_chat(struct call *call, struct db *db)
{
    struct rename_state *state = call->state;
    const struct change change = {
        .kind = CHANGE_UPDATE_CHAT,
        .actor = &call->user,
        .chat_id = call->id,
        .text = state->name,
    };
    struct change_result result;
    struct step step;
    return v1_change(call, db, &change, &result, &step) ? chat_answer(call, db, 200) : step;
}

/* Without a name, which only PATCH may leave out, everything stays as it is. */
static struct step change_chat(struct call *call, struct db *db)
{
    const struct rename_state *state = call->state;
    return state->is_given ? step_to(CALL_ON_WRITER, rename_chat) : chat_answer(call, db, 200);
}

static void take_name(struct fields *fields, struct call *call)
{
    struct rename_state *state = call->state;
    fields->is_partial = call->request->method == HTTP_PATCH;
    state->is_given = fields_text(fields, &chat_name_rule, &state->name);
}

struct step chat_put(struct call *call, struct db *db)
{
    return fields_then(call, db, FIELDS_OF_BODY, take_name, sizeof(struct rename_state),
                       step_to(CALL_ON_READER, change_chat));
}

/* A chat whose creator nobody knows came from elsewhere: there any participant might delete it. */
static bool may_delete(const struct user *user, const struct chat *chat)
{
    return chat->creator_id == 0 || chat->creator_id == user->id || user->is_staff ||
           user->is_superuser;
}

/* On the writer: who takes part is asked again, because it may have changed since the request was
 * looked at. */
static struct step delete_chat(struct call *call, struct db *db)
{
    bool takes_part = false;
    enum err err = chats_has_participant(db, call->id, call->user.id, &takes_part);
    if (err == OK)
        err = takes_part ? chats_delete(db, call->id) : ERR_NOT_FOUND;
    if (err == ERR_NOT_FOUND)
        return answer_undone(call, err, answer_not_found(call));
    if (err != OK)
        return answer_undone(call, err, answer_failed(call, err));
    call->revocation.chat_id = call->id;
    answer_begin_as(call, 204, NULL);
    return answer_send(call);
}

struct step chat_delete(struct call *call, struct db *db)
{
    struct chat chat;
    enum err err = chats_find(db, call->id, &call->arena, &chat);
    if (err == ERR_NOT_FOUND)
        return answer_not_found(call);
    if (err != OK)
        return answer_failed(call, err);
    if (!may_delete(&call->user, &chat))
        return answer_detail(call, 403, "You do not have permission to perform this action.");
    return step_to(CALL_ON_WRITER, delete_chat);
}
