#include "store/extras.h"

#include "store/row_read.h"

static struct sql *take(struct db *db, enum sql_id id, int64_t message_id)
{
    struct sql *sql = sql_take(db, id);
    sql_bind_number(sql, 1, message_id);
    return sql;
}

enum err extras_insert(struct db *db, int64_t message_id, const struct message_extra *extra)
{
    struct sql *sql = take(db, SQL_EXTRA_INSERT, message_id);
    sql_bind_number(sql, 2, extra->reply_to);
    sql_bind_number(sql, 3, extra->thread);
    sql_bind_text(sql, 4, extra->mentions);
    sql_bind_bool(sql, 5, extra->mentions_all);
    sql_bind_text(sql, 6, extra->attachments);
    return sql_run(sql, NULL);
}

enum err extras_add_mention(struct db *db, int64_t chat_id, int64_t message_id, int64_t user_id)
{
    struct sql *sql = sql_take(db, SQL_MENTION_INSERT);
    sql_bind_number(sql, 1, user_id);
    sql_bind_number(sql, 2, chat_id);
    sql_bind_number(sql, 3, message_id);
    return sql_run(sql, NULL);
}

/* Keep what the message says as a revision, and let it say something else. */
static enum err replace_content(struct db *db, int64_t message_id, struct bytes content,
                                int64_t editor_id, int64_t now_us)
{
    struct sql *sql = take(db, SQL_EDIT_INSERT_REVISION, message_id);
    sql_bind_number(sql, 2, editor_id);
    sql_bind_time(sql, 3, now_us);
    enum err err = sql_run(sql, NULL);
    if (err != OK)
        return err;
    sql = take(db, SQL_EDIT_SET_CONTENT, message_id);
    sql_bind_text(sql, 2, content);
    err = sql_change_one(sql);
    return err == OK ? sql_run(take(db, SQL_MENTION_DELETE_ALL, message_id), NULL) : err;
}

static enum err set_time(struct db *db, enum sql_id id, int64_t message_id, int64_t now_us)
{
    struct sql *sql = take(db, id, message_id);
    if (now_us != 0)
        sql_bind_time(sql, 2, now_us); /* else NULL */
    return sql_run(sql, NULL);
}

enum err extras_edit(struct db *db, int64_t message_id, struct bytes content,
                     const struct message_extra *mentions, int64_t editor_id, int64_t now_us)
{
    enum err err = replace_content(db, message_id, content, editor_id, now_us);
    if (err == OK)
        err = set_time(db, SQL_EDIT_SET_EDITED, message_id, now_us);
    if (err != OK)
        return err;
    struct sql *sql = take(db, SQL_EXTRA_SET_MENTIONS, message_id);
    sql_bind_text(sql, 2, mentions->mentions);
    sql_bind_bool(sql, 3, mentions->mentions_all);
    return sql_run(sql, NULL);
}

enum err extras_blank(struct db *db, int64_t message_id, int64_t editor_id, int64_t now_us)
{
    enum err err = replace_content(db, message_id, NO_BYTES, editor_id, now_us);
    if (err == OK)
        err = set_time(db, SQL_EDIT_SET_DELETED, message_id, now_us);
    if (err == OK)
        err = sql_run(take(db, SQL_REACTION_DELETE_ALL, message_id), NULL);
    return err == OK ? sql_run(take(db, SQL_UPLOAD_DROP_OF_MESSAGE, message_id), NULL) : err;
}

enum err extras_pin(struct db *db, int64_t message_id, int64_t now_us)
{
    return set_time(db, SQL_PIN_SET, message_id, now_us);
}

enum err extras_revisions(struct db *db, int64_t message_id, int64_t after_revision, size_t max,
                          struct arena *arena, struct revision_row *out, size_t *count)
{
    size_t n = 0;
    enum err err = OK;
    struct sql *sql = take(db, SQL_EDIT_LIST, message_id);
    sql_bind_number(sql, 2, after_revision);
    sql_bind_number(sql, 3, (int64_t)max);
    while (n < max && (err = sql_next(sql)) == OK) {
        out[n++] = (struct revision_row) {
            .revision = sql_number(sql, 0),
            .content = sql_copy(sql, 1, arena),
            .editor_id = sql_number(sql, 2),
            .at_us = sql_time(sql, 3),
        };
    }
    return end_rows(sql, err, n, count);
}
