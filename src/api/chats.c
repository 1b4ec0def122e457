/* chats.c - the chats of a user, and making one. */
#include "store/chats.h"

#include <stdlib.h>
#include "api/answer.h"
#include "api/chat.h"
#include "api/chat_stream.h"
#include "api/routes.h"
#include "api/stream.h"
#include "store/messages.h"
#include "store/users.h"

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

static struct step list_piece(struct call *call, struct db *db)
{
    struct list_state *state = call->state;
    bool found = true;
    while (found) {
        if (stream_piece_is_full(call))
            return stream_piece(call, list_piece);
        enum err err =
            state->stream.state == CHAT_STREAM_DONE
                ? next_chat(call, state, db, &found)
                : chat_stream_more(&state->stream, &state->json, stream_piece_bytes(call), db);
        if (err != OK)
            return answer_failed(call, err);
    }
    json_array_end(&state->json);
    return answer_send(call);
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
    return list_piece(call, db);
}

struct new_chat {
    struct chat_answer_state answer;
    struct bytes name;
    int64_t *participants; /* ids, each once, in order */
    size_t count;
};

/* On the writer. */
static struct step make_chat(struct call *call, struct db *db)
{
    const struct new_chat *chat = call->state;
    enum err err = chats_insert(db, chat->name, call->user.id, chat->participants, chat->count,
                                call->now_us, &call->id);
    if (err != OK)
        return answer_undone(call, err, answer_failed(call, err));
    return chat_answer(call, db, 201);
}

/* Write down that a number is nobody's. */
static enum err refuse_id(struct fields *fields, const struct integer *id)
{
    struct buf text = {0};
    buf_printf(&text, "Invalid pk \"%s%.*s\" - object does not exist.", id->value < 0 ? "-" : "",
               BYTES_FMT(id->digits));
    buf_append_byte(&text, 0);
    enum err err = buf_status(&text);
    if (err == OK)
        fields_error(fields, "participant_ids", (const char *)text.data);
    buf_free(&text);
    return err;
}

/* Look up the numbers; who does not exist is a fault of the field. */
static enum err add_ids(struct fields *fields, struct db *db, const struct integer *ids,
                        size_t count, struct new_chat *chat)
{
    enum err err = OK;
    for (size_t i = 0; i < count && err == OK; i++) {
        struct arena row = {0};
        struct user user;
        err = ids[i].value > 0 ? users_find_id(db, ids[i].value, &row, &user) : ERR_NOT_FOUND;
        if (err == OK)
            chat->participants[chat->count++] = user.id;
        else if (err == ERR_NOT_FOUND)
            err = refuse_id(fields, &ids[i]);
        arena_free(&row);
    }
    return err;
}

/* Look up the names; who does not exist is passed over. */
static enum err add_usernames(struct db *db, const struct bytes *names, size_t count,
                              struct new_chat *chat)
{
    enum err err = OK;
    for (size_t i = 0; i < count && err == OK; i++) {
        struct arena row = {0};
        struct user user;
        err = users_find_name(db, names[i], &row, &user);
        if (err == OK)
            chat->participants[chat->count++] = user.id;
        else if (err == ERR_NOT_FOUND)
            err = OK;
        arena_free(&row);
    }
    return err;
}

static int compare_ids(const void *a, const void *b)
{
    int64_t first = *(const int64_t *)a;
    int64_t second = *(const int64_t *)b;
    return first < second ? -1 : first > second;
}

/* Sort the participants and leave each one once. */
static void merge_participants(struct new_chat *chat)
{
    qsort(chat->participants, chat->count, sizeof *chat->participants, compare_ids);
    size_t kept = 0;
    for (size_t i = 0; i < chat->count; i++) {
        if (kept == 0 || chat->participants[kept - 1] != chat->participants[i])
            chat->participants[kept++] = chat->participants[i];
    }
    chat->count = kept;
}

/* Check the fields and find the participants. Faults are left in fields; errors are the world's. */
static enum err read_new_chat(struct call *call, struct db *db, struct fields *fields,
                              struct new_chat *chat)
{
    static const struct text_rule username_rule = {.name = "participant_usernames"};
    struct integer *ids = NULL;
    struct bytes *names = NULL;
    size_t id_count = 0;
    size_t name_count = 0;
    (void)fields_text(fields, &chat_name_rule, &chat->name);
    bool has_ids = fields_integers(fields, "participant_ids", &ids, &id_count);
    size_t participants_max = id_count + FIELD_LIST_COUNT_MAX + 1; /* ids, names, the creator */
    chat->participants = arena_alloc(fields->arena, participants_max * sizeof *chat->participants);
    if (chat->participants == NULL)
        return ERR_MEMORY;
    enum err err = has_ids ? add_ids(fields, db, ids, id_count, chat) : OK;
    if (err == OK && fields_texts(fields, &username_rule, &names, &name_count))
        err = add_usernames(db, names, name_count, chat);
    chat->participants[chat->count++] = call->user.id;
    merge_participants(chat);
    return err;
}

struct step chats_post(struct call *call, struct db *db)
{
    struct body body;
    struct fields fields = {0};
    struct step next;
    struct new_chat *chat = arena_alloc(&call->arena, sizeof *chat);
    enum err err = body_read(call, &body);
    if (err == OK && chat == NULL)
        err = ERR_MEMORY;
    if (err == ERR_SYNTAX) {
        next = answer_send(call);
        goto done;
    }
    if (err == OK) {
        call->state = chat;
        fields_init(&fields, &body, &call->arena);
        err = read_new_chat(call, db, &fields, chat);
    }
    if (err != OK)
        next = answer_failed(call, err);
    else
        next = fields_are_right(&fields) ? step_to(CALL_ON_WRITER, make_chat)
                                         : fields_answer(&fields, call);
done:
    fields_deinit(&fields);
    body_deinit(&body);
    return next;
}
