#include "store/chats.h"

#include <assert.h>
#include "store/row_read.h"

static const char *const kind_names[CHAT_KIND_COUNT] = {
    [CHAT_GROUP] = "group",
    [CHAT_DIRECT] = "direct",
    [CHAT_PUBLIC] = "public",
    [CHAT_ANNOUNCEMENT] = "announcement",
};

const char *chat_kind_name(enum chat_kind kind)
{
    assert(kind < CHAT_KIND_COUNT);
    return kind_names[kind];
}

enum err chat_kind_of(struct bytes name, enum chat_kind *out)
{
    for (size_t kind = 0; kind < CHAT_KIND_COUNT; kind++) {
        if (bytes_is(name, kind_names[kind])) {
            *out = (enum chat_kind)kind;
            return OK;
        }
    }
    return ERR_NOT_FOUND;
}

enum err chats_find(struct db *db, int64_t id, struct arena *arena, struct chat *out)
{
    struct chat chat;
    struct sql *sql = sql_take(db, SQL_CHAT_FIND);
    sql_bind_number(sql, 1, id);
    enum err err = sql_next(sql);
    if (err == OK) {
        chat = read_chat(sql, arena);
        err = sql_status(sql);
    }
    sql_done(sql);
    if (err == OK)
        *out = chat;
    return err;
}

enum err chats_has_participant(struct db *db, int64_t chat_id, int64_t user_id, bool *out)
{
    struct sql *sql = sql_take(db, SQL_PARTICIPANT_FIND);
    sql_bind_number(sql, 1, chat_id);
    sql_bind_number(sql, 2, user_id);
    enum err err = sql_next(sql);
    sql_done(sql);
    if (err != OK && err != ERR_NOT_FOUND)
        return err;
    *out = err == OK;
    return OK;
}

enum err chats_list(struct db *db, int64_t user_id, int64_t after_id, size_t max,
                    struct arena *arena, struct chat *out, size_t *count)
{
    size_t n = 0;
    enum err err = OK;
    struct sql *sql = sql_take(db, user_id == 0 ? SQL_CHAT_LIST : SQL_CHAT_LIST_OF_USER);
    sql_bind_number(sql, 1, after_id);
    sql_bind_number(sql, 2, (int64_t)max);
    if (user_id != 0)
        sql_bind_number(sql, 3, user_id);
    while (n < max && (err = sql_next(sql)) == OK)
        out[n++] = read_chat(sql, arena);
    return end_rows(sql, err, n, count);
}

enum err chats_participants(struct db *db, int64_t chat_id, int64_t after_id, size_t max,
                            struct arena *arena, struct user *out, size_t *count)
{
    struct sql *sql = sql_take(db, SQL_PARTICIPANT_LIST);
    sql_bind_number(sql, 1, after_id);
    sql_bind_number(sql, 2, (int64_t)max);
    sql_bind_number(sql, 3, chat_id);
    return read_users(sql, max, arena, out, count);
}

/* *changes: 0 if there is no such chat or user, or the user is in the chat already. */
static enum err insert_participant(struct db *db, int64_t chat_id, int64_t user_id,
                                   int64_t *changes)
{
    struct sql *sql = sql_take(db, SQL_PARTICIPANT_INSERT);
    sql_bind_number(sql, 1, chat_id);
    sql_bind_number(sql, 2, user_id);
    return sql_run(sql, changes);
}

/* Remember who made the chat. */
static enum err set_creator(struct db *db, int64_t chat_id, int64_t creator_id)
{
    struct sql *sql = sql_take(db, SQL_CHAT_OURS_SET);
    sql_bind_number(sql, 1, chat_id);
    sql_bind_number(sql, 2, creator_id);
    return sql_run(sql, NULL);
}

enum err chats_insert(struct db *db, struct bytes name, int64_t creator_id,
                      const int64_t *participants, size_t count, int64_t now_us, int64_t *id)
{
    int64_t chat_id = 0;
    struct sql *sql = sql_take(db, SQL_CHAT_INSERT);
    sql_bind_text(sql, 1, name);
    sql_bind_time(sql, 2, now_us);
    enum err err = sql_insert(sql, &chat_id);
    if (err == OK && creator_id != 0)
        err = set_creator(db, chat_id, creator_id);
    for (size_t i = 0; i < count && err == OK; i++) {
        int64_t changes = 0;
        err = insert_participant(db, chat_id, participants[i], &changes);
        if (err == OK && changes == 0)
            err = ERR_NOT_FOUND;
    }
    if (err == OK)
        *id = chat_id;
    return err;
}

enum err chats_rename(struct db *db, int64_t id, struct bytes name)
{
    struct sql *sql = sql_take(db, SQL_CHAT_RENAME);
    sql_bind_number(sql, 1, id);
    sql_bind_text(sql, 2, name);
    return sql_change_one(sql);
}

enum err chats_set_kind(struct db *db, int64_t id, enum chat_kind kind)
{
    heads_forget_senders(sql_heads(db), id);
    struct sql *sql = sql_take(db, SQL_CHAT_SET_KIND);
    sql_bind_number(sql, 1, id);
    sql_bind_text(sql, 2, bytes_from_text(chat_kind_name(kind)));
    return sql_change_one(sql);
}

enum err chats_set_receipts(struct db *db, int64_t id, bool has_receipts)
{
    struct sql *sql = sql_take(db, SQL_CHAT_SET_RECEIPTS);
    sql_bind_number(sql, 1, id);
    sql_bind_bool(sql, 2, has_receipts);
    return sql_change_one(sql);
}

enum err chats_shows_receipts(struct db *db, int64_t id, bool *out)
{
    int64_t number = 0;
    struct sql *sql = sql_take(db, SQL_CHAT_SHOWS_RECEIPTS);
    sql_bind_number(sql, 1, id);
    sql_bind_number(sql, 2, CHAT_RECEIPTS_MEMBERS_MAX);
    enum err err = read_one_number(sql, &number);
    *out = number != 0;
    return err;
}

enum err chats_delete(struct db *db, int64_t id)
{
    /* Django's foreign keys have no ON DELETE: children go first. */
    static const enum sql_id children[] = {
        SQL_CHAT_DELETE_EXTRAS,   SQL_CHAT_DELETE_REACTIONS,    SQL_CHAT_DELETE_REVISIONS,
        SQL_CHAT_DELETE_MENTIONS, SQL_CHAT_DELETE_EVENTS,       SQL_CHAT_DELETE_MEMBERS,
        SQL_CHAT_DELETE_HOOKS,    SQL_CHAT_DELETE_PARTICIPANTS, SQL_CHAT_DELETE_MESSAGES,
        SQL_CHAT_DELETE_OURS,
    };
    enum err err = OK;
    heads_clear(sql_heads(db));
    for (size_t i = 0; i < COUNT_OF(children) && err == OK; i++) {
        struct sql *sql = sql_take(db, children[i]);
        sql_bind_number(sql, 1, id);
        err = sql_run(sql, NULL);
    }
    if (err == OK) {
        struct sql *sql = sql_take(db, SQL_CHAT_DELETE);
        sql_bind_number(sql, 1, id);
        err = sql_change_one(sql);
    }
    /* Another program's table may point at the chat. Asked now, so that not the whole batch fails
     * at its commit. */
    return err == OK ? sql_check_references(db) : err;
}

enum err chats_add_participant(struct db *db, int64_t chat_id, int64_t user_id)
{
    int64_t changes = 0;
    bool is_there = true;
    enum err err = insert_participant(db, chat_id, user_id, &changes);
    if (err == OK && changes == 0)
        err = chats_has_participant(db, chat_id, user_id, &is_there);
    if (err == OK && !is_there)
        return ERR_NOT_FOUND;
    return err;
}

enum err chats_remove_participant(struct db *db, int64_t chat_id, int64_t user_id)
{
    heads_clear(sql_heads(db)); /* the user may be known there as one who may write */
    struct sql *sql = sql_take(db, SQL_PARTICIPANT_DELETE);
    sql_bind_number(sql, 1, chat_id);
    sql_bind_number(sql, 2, user_id);
    return sql_change_one(sql);
}

enum err chats_ids_of_user(struct db *db, int64_t user_id, size_t max, int64_t *out, size_t *count)
{
    size_t n = 0;
    enum err err = OK;
    struct sql *sql = sql_take(db, SQL_CHAT_IDS_OF_USER);
    sql_bind_number(sql, 1, user_id);
    sql_bind_number(sql, 2, (int64_t)max);
    while (n < max && (err = sql_next(sql)) == OK)
        out[n++] = sql_number(sql, 0);
    return end_rows(sql, err, n, count);
}
