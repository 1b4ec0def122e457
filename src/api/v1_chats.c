/* v1_chats.c - making chats of every kind, naming them, their settings, how far one has read, who
 * types. */
#include "api/answer.h"
#include "api/new_chat.h"
#include "api/routes.h"
#include "api/v1_change.h"
#include "chat/v1_json.h"
#include "store/chats.h"
#include "store/events.h"

static const char *const kinds[] = {"group", "direct", "public", "announcement"};

enum { DIRECT_MEMBERS = 2 };

/* As confab.v1 says of a chat that somebody joins. */
static struct step answer_chat(struct call *call, struct db *db, unsigned status)
{
    struct chat chat;
    int64_t head = 0;
    enum err err = chats_find(db, call->id, &call->arena, &chat);
    if (err == OK)
        err = events_head(db, call->id, &head);
    if (err != OK)
        return answer_undone(call, err, answer_failed(call, err));
    answer_begin(call, status);
    struct json json = answer_json(call);
    v1_write_chat(&json, &chat, head);
    return answer_send(call);
}

/* --- Making one --- */

/* On the writer. */
static struct step make_chat(struct call *call, struct db *db)
{
    enum err err = new_chat_store(call, db, call->state);
    if (err != OK)
        return answer_undone(call, err, answer_failed(call, err));
    return answer_chat(call, db, 201);
}

static void take_new_chat(struct fields *fields, struct call *call)
{
    struct new_chat *chat = call->state;
    struct bytes kind = BYTES("group");
    new_chat_read(fields, call);
    (void)fields_choice(fields, "kind", kinds, COUNT_OF(kinds), &kind);
    if (fields->err == OK)
        fields->err = chat_kind_of(kind, &chat->kind);
    if (chat->kind == CHAT_DIRECT && chat->count != DIRECT_MEMBERS)
        fields_error(fields, "kind", "A direct chat is one of two.");
}

struct step v1_chats_post(struct call *call, struct db *db)
{
    return fields_then(call, db, FIELDS_OF_BODY, take_new_chat, sizeof(struct new_chat),
                       step_to(CALL_ON_WRITER, make_chat));
}

/* --- Naming it --- */

struct chat_state {
    struct bytes name; /* empty: as it is */
    struct bytes kind; /* the same */
    bool has_receipts;
    bool sets_receipts; /* else they are as they are */
};

static void take_chat(struct fields *fields, struct call *call)
{
    struct chat_state *state = call->state;
    fields->is_partial = true;
    (void)fields_text(fields, &chat_name_rule, &state->name);
    (void)fields_choice(fields, "kind", kinds, COUNT_OF(kinds), &state->kind);
    state->sets_receipts = fields_bool(fields, "receipts", &state->has_receipts);
}

/* On the writer. */
static struct step update_chat(struct call *call, struct db *db)
{
    const struct chat_state *state = call->state;
    const struct change change = {
        .kind = CHANGE_UPDATE_CHAT,
        .actor = &call->user,
        .chat_id = call->id,
        .text = state->name,
        .chat_kind = state->kind,
        .receipts = state->sets_receipts ? &state->has_receipts : NULL,
    };
    struct change_result result;
    struct step step;
    return v1_change(call, db, &change, &result, &step) ? answer_chat(call, db, 200) : step;
}

struct step v1_chat_patch(struct call *call, struct db *db)
{
    return fields_then(call, db, FIELDS_OF_BODY, take_chat, sizeof(struct chat_state),
                       step_to(CALL_ON_WRITER, update_chat));
}

/* --- Read marks --- */

struct read_state {
    int64_t seq;
};

static void take_seq(struct fields *fields, struct call *call)
{
    static const struct number_rule seq = {"seq", 0, 0, INT64_MAX};
    struct read_state *state = call->state;
    (void)fields_number(fields, &seq, &state->seq);
}

/* On the writer. */
static struct step move_mark(struct call *call, struct db *db)
{
    const struct read_state *state = call->state;
    const struct change change = {
        .kind = CHANGE_READ,
        .actor = &call->user,
        .chat_id = call->id,
        .seq = state->seq,
    };
    struct change_result result;
    struct step step;
    if (!v1_change(call, db, &change, &result, &step))
        return step;
    call->fleeting = (struct fleeting) {
        .kind = FLEETING_READ,
        .chat_id = call->id,
        .seq = result.read_seq,
        .is_receipt = result.is_receipt,
    };
    result.seq = result.read_seq;
    return v1_change_answer(call, &result);
}

struct step v1_read_put(struct call *call, struct db *db)
{
    return fields_then(call, db, FIELDS_OF_BODY, take_seq, sizeof(struct read_state),
                       step_to(CALL_ON_WRITER, move_mark));
}

/* --- Typing --- */

struct step v1_typing_post(struct call *call, struct db *db)
{
    (void)db;
    call->fleeting = (struct fleeting) {.kind = FLEETING_TYPING, .chat_id = call->id};
    return v1_change_answer_empty(call);
}
