#include "store/sessions.h"

#include "store/row_read.h"

static struct session_row read_session(struct sql *sql, struct arena *arena)
{
    return (struct session_row) {
        .key = sql_copy(sql, 0, arena),
        .data = sql_copy(sql, 1, arena),
        .expire_us = sql_time(sql, 2),
    };
}

enum err sessions_find(struct db *db, struct bytes key, struct arena *arena,
                       struct session_row *out)
{
    struct session_row row;
    struct sql *sql = sql_take(db, SQL_SESSION_FIND);
    sql_bind_text(sql, 1, key);
    enum err err = sql_next(sql);
    if (err == OK) {
        row = read_session(sql, arena);
        err = sql_status(sql);
    }
    sql_done(sql);
    if (err == OK)
        *out = row;
    return err;
}

enum err sessions_list(struct db *db, struct bytes after_key, size_t max, struct arena *arena,
                       struct session_row *out, size_t *count)
{
    size_t n = 0;
    enum err err = OK;
    struct sql *sql = sql_take(db, SQL_SESSION_LIST);
    sql_bind_text(sql, 1, after_key);
    sql_bind_number(sql, 2, (int64_t)max);
    while (n < max && (err = sql_next(sql)) == OK)
        out[n++] = read_session(sql, arena);
    return end_rows(sql, err, n, count);
}

enum err sessions_insert(struct db *db, const struct session_row *row)
{
    struct sql *sql = sql_take(db, SQL_SESSION_INSERT);
    sql_bind_text(sql, 1, row->key);
    sql_bind_text(sql, 2, row->data);
    sql_bind_time(sql, 3, row->expire_us);
    return sql_run(sql, NULL);
}

enum err sessions_delete(struct db *db, struct bytes key)
{
    struct sql *sql = sql_take(db, SQL_SESSION_DELETE);
    sql_bind_text(sql, 1, key);
    return sql_run(sql, NULL);
}

enum err sessions_delete_expired(struct db *db, int64_t now_us)
{
    struct sql *sql = sql_take(db, SQL_SESSION_DELETE_EXPIRED);
    sql_bind_time(sql, 1, now_us);
    return sql_run(sql, NULL);
}
