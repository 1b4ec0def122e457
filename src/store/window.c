#include "store/window.h"

#include <assert.h>
#include "store/events.h"
#include "store/history.h"
#include "store/messages.h"
#include "store/row_read.h"

static struct sql *take(struct db *db, enum sql_id id, int64_t user_id, int64_t chat_id)
{
    struct sql *sql = sql_take(db, id);
    sql_bind_number(sql, 1, user_id);
    sql_bind_number(sql, 2, chat_id);
    return sql;
}

static enum err read_chat_row(struct db *db, int64_t user_id, int64_t chat_id, struct arena *arena,
                              struct window_row *row)
{
    struct sql *sql = take(db, SQL_WINDOW_CHAT, user_id, chat_id);
    enum err err = sql_next(sql);
    if (err == OK) {
        row->chat = read_chat(sql, arena);
        row->read_seq = sql_number(sql, CHAT_COLUMN_COUNT);
        err = sql_status(sql);
    }
    sql_done(sql);
    return err;
}

static enum err count_behind(struct db *db, enum sql_id id, int64_t user_id,
                             const struct window_row *row, int64_t *out)
{
    struct sql *sql = take(db, id, user_id, row->chat.id);
    sql_bind_number(sql, 3, row->read_seq);
    sql_bind_number(sql, 4, WINDOW_COUNT_MAX);
    return read_one_number(sql, out);
}

static enum err read_last_message(struct db *db, struct arena *arena, struct window_row *row)
{
    int64_t id = 0;
    enum err err = messages_last_id(db, row->chat.id, &id);
    if (err != OK || id == 0)
        return err;
    row->has_last_message = true;
    return history_find(db, id, arena, &row->last_message);
}

/* Everything of a row but seq. */
static enum err fill(struct db *db, int64_t user_id, int64_t chat_id, struct arena *arena,
                     struct window_row *row)
{
    enum err err = read_chat_row(db, user_id, chat_id, arena, row);
    if (err == OK)
        err = count_behind(db, SQL_WINDOW_UNREAD, user_id, row, &row->unread);
    if (err == OK)
        err = count_behind(db, SQL_WINDOW_MENTIONS, user_id, row, &row->mentions);
    return err == OK ? read_last_message(db, arena, row) : err;
}

/* Which chats are in the window: their ids and the numbers of their last events. */
static enum err find_page(struct db *db, int64_t user_id, int64_t offset, size_t max,
                          struct window_row *out, size_t *count)
{
    size_t n = 0;
    enum err err = OK;
    struct sql *sql = take(db, SQL_WINDOW_PAGE, user_id, offset);
    sql_bind_number(sql, 3, (int64_t)max);
    while (n < max && (err = sql_next(sql)) == OK) {
        out[n++] = (struct window_row) {
            .chat = {.id = sql_number(sql, 0)},
            .seq = sql_number(sql, 1),
        };
    }
    sql_done(sql);
    *count = n;
    return err == ERR_NOT_FOUND ? OK : err;
}

enum err window_list(struct db *db, int64_t user_id, int64_t offset, size_t max,
                     struct arena *arena, struct window_row *out, size_t *count, int64_t *total)
{
    size_t n = 0;
    int64_t all = 0;
    assert(max <= WINDOW_CHATS_MAX && offset >= 0);
    struct sql *sql = sql_take(db, SQL_WINDOW_COUNT);
    sql_bind_number(sql, 1, user_id);
    enum err err = read_one_number(sql, &all);
    if (err == OK)
        err = find_page(db, user_id, offset, max, out, &n);
    for (size_t i = 0; i < n && err == OK; i++)
        err = fill(db, user_id, out[i].chat.id, arena, &out[i]);
    if (err != OK)
        return err;
    *count = n;
    *total = all;
    return OK;
}

enum err window_find(struct db *db, int64_t user_id, int64_t chat_id, struct arena *arena,
                     struct window_row *out)
{
    struct window_row row = {0};
    enum err err = fill(db, user_id, chat_id, arena, &row);
    if (err == OK)
        err = events_head(db, chat_id, &row.seq);
    if (err == OK)
        *out = row;
    return err;
}
