#include "store/notices.h"

#include <assert.h>
#include "store/row_read.h"

enum { US_PER_SECOND = 1000 * 1000 };

static struct notice_row read_notice(struct sql *sql, struct arena *arena)
{
    return (struct notice_row) {
        .id = sql_number(sql, 0),
        .code = sql_copy(sql, 1, arena),
        .message = sql_copy(sql, 2, arena),
        .at_us = sql_time(sql, 3),
        .created_us = sql_time(sql, 4),
        .ends_us = sql_time(sql, 5),
    };
}

/* Make room for one more. ERR_LIMIT: there is none. */
static enum err make_room(struct db *db, int64_t now_us)
{
    int64_t count = 0;
    struct sql *sql = sql_take(db, SQL_NOTICE_DELETE_ENDED);
    sql_bind_time(sql, 1, now_us);
    enum err err = sql_run(sql, NULL);
    if (err == OK)
        err = read_one_number(sql_take(db, SQL_NOTICE_COUNT), &count);
    return err == OK && count >= NOTICES_MAX ? ERR_LIMIT : err;
}

enum err notices_insert(struct db *db, const struct notice_row *notice, int64_t now_us, int64_t *id)
{
    int64_t ends_us =
        notice->at_us != 0 ? notice->at_us : now_us + (int64_t)NOTICE_KEPT_S * US_PER_SECOND;
    assert(notice->code.len > 0 && notice->code.len <= NOTICE_CODE_BYTES_MAX);
    assert(notice->message.len > 0);
    assert(ends_us > now_us);
    enum err err = make_room(db, now_us);
    if (err != OK)
        return err;
    struct sql *sql = sql_take(db, SQL_NOTICE_INSERT);
    sql_bind_text(sql, 1, notice->code);
    sql_bind_text(sql, 2, notice->message);
    if (notice->at_us != 0)
        sql_bind_time(sql, 3, notice->at_us); /* else NULL */
    sql_bind_time(sql, 4, now_us);
    sql_bind_time(sql, 5, ends_us);
    return sql_insert(sql, id);
}

enum err notices_list(struct db *db, int64_t now_us, struct arena *arena, struct notice_row *out,
                      size_t *count)
{
    size_t n = 0;
    enum err err = OK;
    struct sql *sql = sql_take(db, SQL_NOTICE_LIST);
    sql_bind_time(sql, 1, now_us);
    sql_bind_number(sql, 2, NOTICES_MAX);
    sql_bind_number(sql, 3, NOTICE_CODE_BYTES_MAX);
    sql_bind_number(sql, 4, NOTICE_MESSAGE_COUNT_MAX);
    while (n < NOTICES_MAX && (err = sql_next(sql)) == OK)
        out[n++] = read_notice(sql, arena);
    return end_rows(sql, err, n, count);
}

enum err notices_delete(struct db *db, int64_t id)
{
    struct sql *sql = sql_take(db, SQL_NOTICE_DELETE);
    sql_bind_number(sql, 1, id);
    return sql_change_one(sql);
}
