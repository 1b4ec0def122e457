/* v1_message.c - one message: editing, deleting, reacting, pinning. */
#include "store/history.h"

#include "api/answer.h"
#include "api/fields.h"
#include "api/routes.h"
#include "api/v1_change.h"
#include "chat/v1_json.h"

/* --- Editing --- */

struct edit_state {
    struct bytes content;
    int64_t revision; /* that the editor has seen; 0: any */
};

static void take_edit(struct fields *fields, struct call *call)
{
    static const struct text_rule content = {
        .name = "content",
        .options = FIELD_KEEPS_SPACE | FIELD_MAY_BE_BLANK,
    };
    static const struct number_rule revision = {"revision", FIELD_OPTIONAL, 1, INT64_MAX};
    struct edit_state *state = call->state;
    (void)fields_text(fields, &content, &state->content);
    (void)fields_number(fields, &revision, &state->revision);
}

/* On the writer. */
static struct step edit_message(struct call *call, struct db *db)
{
    const struct edit_state *state = call->state;
    const struct change change = {
        .kind = CHANGE_EDIT,
        .actor = &call->user,
        .message_id = call->id,
        .content = state->content,
        .revision = state->revision,
    };
    struct change_result result;
    struct message_row message;
    struct step step;
    if (!v1_change(call, db, &change, &result, &step))
        return step;
    enum err err = history_find(db, call->id, &call->arena, &message);
    if (err != OK)
        return answer_undone(call, err, answer_failed(call, err));
    answer_begin(call, 200);
    struct json json = answer_json(call);
    v1_write_message(&json, &message, NO_BYTES);
    return answer_send(call);
}

struct step v1_message_patch(struct call *call, struct db *db)
{
    return fields_then(call, db, FIELDS_OF_BODY, take_edit, sizeof(struct edit_state),
                       step_to(CALL_ON_WRITER, edit_message));
}

/* --- What needs no fields --- */

/* On the writer. */
static struct step make_change(struct call *call, struct db *db)
{
    const enum change_kind *kind = call->state;
    const struct change change = {
        .kind = *kind,
        .actor = &call->user,
        .message_id = call->id,
        .text = call->name,
    };
    struct change_result result;
    struct step step;
    if (!v1_change(call, db, &change, &result, &step))
        return step;
    bool is_put = call->request->method == HTTP_PUT;
    return is_put ? v1_change_answer(call, &result) : v1_change_answer_empty(call);
}

static struct step change_message(struct call *call, enum change_kind kind)
{
    enum change_kind *state = arena_alloc(&call->arena, sizeof *state);
    if (state == NULL)
        return answer_failed(call, ERR_MEMORY);
    *state = kind;
    call->state = state;
    return step_to(CALL_ON_WRITER, make_change);
}

struct step v1_message_delete(struct call *call, struct db *db)
{
    (void)db;
    return change_message(call, CHANGE_DELETE);
}

struct step v1_reaction_put(struct call *call, struct db *db)
{
    (void)db;
    return change_message(call, CHANGE_REACT);
}

struct step v1_reaction_delete(struct call *call, struct db *db)
{
    (void)db;
    return change_message(call, CHANGE_UNREACT);
}

struct step v1_pin_put(struct call *call, struct db *db)
{
    (void)db;
    return change_message(call, CHANGE_PIN);
}

struct step v1_pin_delete(struct call *call, struct db *db)
{
    (void)db;
    return change_message(call, CHANGE_UNPIN);
}
