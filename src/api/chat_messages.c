/* chat_messages.c - the history of one chat, and adding to it over REST. */
#include "store/messages.h"

#include "api/chat_stream.h"
#include "api/fields.h"
#include "api/represent.h"
#include "api/routes.h"
#include "api/stream.h"
#include "base/time_text.h"
#include "chat/commit.h"

enum {
    CONTENT_BYTES_MAX = 256 * 1024
}; /* of a message, as over WebSockets; longer: a field error */

struct history_state {
    struct json json;
    int64_t after_id;
    int64_t until_id;
};

static struct step history_piece(struct call *call, struct db *db)
{
    struct history_state *state = call->state;
    bool is_done = false;
    while (!is_done) {
        if (stream_piece_is_full(call))
            return stream_piece(call, history_piece);
        enum err err = chat_stream_messages(&state->json, db, call->id, state->until_id,
                                            &state->after_id, &is_done);
        if (err != OK)
            return answer_failed(call, err);
    }
    json_array_end(&state->json);
    return answer_send(call);
}

struct step chat_messages_get(struct call *call, struct db *db)
{
    struct history_state *state = arena_alloc(&call->arena, sizeof *state);
    if (state == NULL)
        return answer_failed(call, ERR_MEMORY);
    call->state = state;
    enum err err = messages_last_id(db, call->id, &state->until_id);
    if (err != OK)
        return answer_failed(call, err);
    answer_begin(call, 200);
    state->json = answer_json(call);
    json_array_begin(&state->json);
    return history_piece(call, db);
}

struct send_state {
    struct bytes content;
    bool has_token; /* of the sender's rate: a step that runs again takes no second one */
};

/* The rate of REST and WebSocket messages together: one bucket for each user. */
static enum err take_token(struct call *call, struct send_state *state, int64_t now_us,
                           int64_t *wait_us)
{
    struct rate *rate = call->settings->commit->rate;
    if (rate == NULL || state->has_token)
        return OK;
    enum err err = rate_take(rate, call->user.id, now_us, wait_us);
    state->has_token = err == OK;
    return err;
}

/* On the writer. */
static struct step store_message(struct call *call, struct db *db)
{
    struct send_state *state = call->state;
    int64_t now_us = time_now_us();
    int64_t wait_us = 0;
    int64_t prev;
    enum err err = take_token(call, state, now_us, &wait_us);
    if (err == ERR_LIMIT)
        return answer_undone(call, err, answer_throttled(call, wait_us));
    if (err != OK)
        return answer_undone(call, err, answer_failed(call, err));
    struct message_row message = {
        .chat_id = call->id,
        .sender = call->user,
        .content = state->content,
        .timestamp_us = commit_timestamp(call->settings->commit, now_us),
    };
    err = messages_insert(db, message.chat_id, message.sender.id, message.content,
                          message.timestamp_us, &message.id, &prev);
    /* The chat was deleted, or the sender removed from it, since the request was looked at. */
    if (err == ERR_NOT_FOUND || err == ERR_DENIED)
        return answer_undone(call, err, answer_not_found(call));
    if (err != OK)
        return answer_undone(call, err, answer_failed(call, err));
    call->message_count = 1;
    answer_begin(call, 201);
    struct json json = answer_json(call);
    represent_message(&json, &message);
    return answer_send(call);
}

struct step chat_messages_post(struct call *call, struct db *db)
{
    static const struct text_rule content_rule = {
        .name = "content",
        .bytes_max = CONTENT_BYTES_MAX,
    };
    (void)db;
    struct body body;
    struct fields fields = {0};
    struct step next;
    struct send_state *state = arena_alloc(&call->arena, sizeof *state);
    enum err err = body_read(call, &body);
    if (err == OK && state == NULL)
        err = ERR_MEMORY;
    if (err != OK) {
        next = err == ERR_SYNTAX ? answer_send(call) : answer_failed(call, err);
        goto done;
    }
    call->state = state;
    fields_init(&fields, &body, &call->arena);
    (void)fields_text(&fields, &content_rule, &state->content);
    next = fields_are_right(&fields) ? step_to(CALL_ON_WRITER, store_message)
                                     : fields_answer(&fields, call);
done:
    fields_deinit(&fields);
    body_deinit(&body);
    return next;
}
