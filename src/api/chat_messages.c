/* chat_messages.c - the history of one chat, and adding to it over REST. */
#include "store/messages.h"

#include "api/fields.h"
#include "api/message_stream.h"
#include "api/represent.h"
#include "api/routes.h"
#include "api/send.h"
#include "api/stream.h"
#include "chat/consumer.h"

struct history_state {
    struct json json;
    struct message_stream messages;
};

static enum err history_more(struct call *call, struct db *db, bool *is_done)
{
    struct history_state *state = call->state;
    struct messages_walk walk;
    messages_walk_chat(db, call->id, state->messages.after_id, state->messages.until_id, &walk);
    enum err err = message_stream_write(&state->messages, &state->json, call, &walk, is_done);
    if (err == OK && *is_done)
        json_array_end(&state->json);
    return err;
}

struct step chat_messages_get(struct call *call, struct db *db)
{
    struct history_state *state = arena_alloc(&call->arena, sizeof *state);
    if (state == NULL)
        return answer_failed(call, ERR_MEMORY);
    call->state = state;
    enum err err = messages_last_id(db, call->id, &state->messages.until_id);
    if (err != OK)
        return answer_failed(call, err);
    answer_begin(call, 200);
    state->json = answer_json(call);
    json_array_begin(&state->json);
    return stream_answer(call, db, history_more, sizeof *state);
}

/* On the writer. */
static struct step store_message(struct call *call, struct db *db)
{
    struct sent sent;
    enum err err = send_store(call, db, call->state, &sent);
    if (err == ERR_LIMIT)
        return answer_undone(call, err, answer_throttled(call, sent.wait_us));
    if (err == ERR_DENIED && sent.code != V1_NOT_PARTICIPANT)
        return answer_undone(call, err, answer_detail(call, 403, v1_code_message(sent.code)));
    /* The chat was deleted, or the sender removed from it, since the request was looked at. */
    if (err == ERR_NOT_FOUND || err == ERR_DENIED)
        return answer_undone(call, err, answer_not_found(call));
    if (err != OK)
        return answer_undone(call, err, answer_failed(call, err));
    answer_begin(call, 201);
    struct json json = answer_json(call);
    represent_message(&json, &sent.message);
    return answer_send(call);
}

static void take_message(struct fields *fields, struct call *call)
{
    static const struct text_rule content_rule = {
        .name = "content",
        .bytes_max = CONTENT_BYTES_MAX,
    };
    struct sending *sending = call->state;
    sending->is_for_part_one = call->settings->rest_broadcast == REST_BROADCAST_ALL;
    (void)fields_text(fields, &content_rule, &sending->texts.content);
}

struct step chat_messages_post(struct call *call, struct db *db)
{
    return fields_then(call, db, FIELDS_OF_BODY, take_message, sizeof(struct sending),
                       step_to(CALL_ON_WRITER, store_message));
}
