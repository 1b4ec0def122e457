#include "api/new_chat.h"

#include <stdlib.h>
#include "store/users.h"

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
static enum err add_ids(struct fields *fields, const struct integer *ids, size_t count,
                        struct new_chat *chat)
{
    enum err err = OK;
    for (size_t i = 0; i < count && err == OK; i++) {
        struct arena row = {0};
        struct user user;
        err =
            ids[i].value > 0 ? users_find_id(fields->db, ids[i].value, &row, &user) : ERR_NOT_FOUND;
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

void new_chat_read(struct fields *fields, struct call *call)
{
    static const struct text_rule username_rule = {.name = "participant_usernames"};
    struct new_chat *chat = call->state;
    struct integer *ids = NULL;
    struct bytes *names = NULL;
    size_t id_count = 0;
    size_t name_count = 0;
    (void)fields_text(fields, &chat_name_rule, &chat->name);
    bool has_ids = fields_integers(fields, "participant_ids", &ids, &id_count);
    size_t participants_max = id_count + FIELD_LIST_COUNT_MAX + 1; /* ids, names, the creator */
    chat->participants = arena_alloc(fields->arena, participants_max * sizeof *chat->participants);
    enum err err = chat->participants != NULL ? OK : ERR_MEMORY;
    if (err == OK && has_ids)
        err = add_ids(fields, ids, id_count, chat);
    if (err == OK && fields_texts(fields, &username_rule, &names, &name_count))
        err = add_usernames(fields->db, names, name_count, chat);
    if (err != OK) {
        fields->err = err;
        return;
    }
    chat->participants[chat->count++] = call->user.id;
    merge_participants(chat);
}

enum err new_chat_store(struct call *call, struct db *db, const struct new_chat *chat)
{
    enum err err = chats_insert(db, chat->name, call->user.id, chat->participants, chat->count,
                                call->now_us, &call->id);
    if (err == OK && chat->kind != CHAT_GROUP)
        err = chats_set_kind(db, call->id, chat->kind);
    if (err == OK)
        call->admission = (struct admission) {call->id, chat->participants, chat->count};
    return err;
}
