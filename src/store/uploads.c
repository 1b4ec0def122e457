#include "store/uploads.h"

#include "store/row_read.h"

static struct upload_row read_upload(struct sql *sql, struct arena *arena)
{
    return (struct upload_row) {
        .id = sql_number(sql, 0),
        .owner_id = sql_number(sql, 1),
        .chat_id = sql_number(sql, 2),
        .name = sql_copy(sql, 3, arena),
        .type = sql_copy(sql, 4, arena),
        .size = sql_number(sql, 5),
        .sha256 = sql_copy(sql, 6, arena),
        .path = sql_copy(sql, 7, arena),
        .created_us = sql_time(sql, 8),
        .message_id = sql_number(sql, 9),
    };
}

enum err uploads_insert(struct db *db, const struct upload_row *upload, int64_t now_us, int64_t *id)
{
    struct sql *sql = sql_take(db, SQL_UPLOAD_INSERT);
    sql_bind_number(sql, 1, upload->owner_id);
    sql_bind_number(sql, 2, upload->chat_id);
    sql_bind_text(sql, 3, upload->name);
    sql_bind_text(sql, 4, upload->type);
    sql_bind_number(sql, 5, upload->size);
    sql_bind_text(sql, 6, upload->sha256);
    sql_bind_text(sql, 7, upload->path);
    sql_bind_time(sql, 8, now_us);
    return sql_insert(sql, id);
}

enum err uploads_find(struct db *db, int64_t id, struct arena *arena, struct upload_row *out)
{
    struct upload_row upload;
    struct sql *sql = sql_take(db, SQL_UPLOAD_FIND);
    sql_bind_number(sql, 1, id);
    enum err err = sql_next(sql);
    if (err == OK) {
        upload = read_upload(sql, arena);
        err = sql_status(sql);
    }
    sql_done(sql);
    if (err == OK)
        *out = upload;
    return err;
}

enum err uploads_total(struct db *db, int64_t owner_id, int64_t *bytes)
{
    struct sql *sql = sql_take(db, SQL_UPLOAD_TOTAL);
    sql_bind_number(sql, 1, owner_id);
    return read_one_number(sql, bytes);
}

enum err uploads_use(struct db *db, int64_t id, int64_t owner_id, int64_t chat_id,
                     int64_t message_id)
{
    struct sql *sql = sql_take(db, SQL_UPLOAD_USE);
    sql_bind_number(sql, 1, id);
    sql_bind_number(sql, 2, owner_id);
    sql_bind_number(sql, 3, chat_id);
    sql_bind_number(sql, 4, message_id);
    return sql_change_one(sql);
}

enum err uploads_list_unused(struct db *db, int64_t before_us, int64_t after_id, size_t max,
                             struct arena *arena, struct upload_row *out, size_t *count)
{
    size_t n = 0;
    enum err err = OK;
    struct sql *sql = sql_take(db, SQL_UPLOAD_LIST_UNUSED);
    sql_bind_time(sql, 1, before_us);
    sql_bind_number(sql, 2, after_id);
    sql_bind_number(sql, 3, (int64_t)max);
    while (n < max && (err = sql_next(sql)) == OK)
        out[n++] = read_upload(sql, arena);
    return end_rows(sql, err, n, count);
}

enum err uploads_delete(struct db *db, int64_t id)
{
    struct sql *sql = sql_take(db, SQL_UPLOAD_DELETE);
    sql_bind_number(sql, 1, id);
    return sql_change_one(sql);
}
