#include "store/history.h"

#include <assert.h>
#include "store/row_read.h"

enum err history_find(struct db *db, int64_t message_id, struct arena *arena,
                      struct message_row *out)
{
    struct message_row row;
    struct sql *sql = sql_take(db, SQL_HISTORY_FIND);
    sql_bind_number(sql, 1, message_id);
    enum err err = sql_next(sql);
    if (err == OK) {
        row = read_whole_message(sql, arena);
        err = sql_status(sql);
    }
    sql_done(sql);
    if (err == OK)
        *out = row;
    return err;
}

/* One direction from an id that is not itself among the rows. */
struct run {
    const struct history_query *query;
    bool is_older; /* downwards, newest first */
    int64_t from;
    size_t max;
};

static struct sql *take(struct db *db, const struct run *run)
{
    static const enum sql_id ids[2][2] = {
        {SQL_HISTORY_NEWER, SQL_HISTORY_OLDER},
        {SQL_HISTORY_NEWER_OF_THREAD, SQL_HISTORY_OLDER_OF_THREAD},
    };
    bool is_thread = run->query->thread != 0;
    struct sql *sql = sql_take(db, ids[is_thread][run->is_older]);
    sql_bind_number(sql, 1, run->query->chat_id);
    sql_bind_number(sql, 2, run->from);
    sql_bind_number(sql, 3, (int64_t)run->max + 1); /* one more tells whether there are more */
    if (is_thread)
        sql_bind_number(sql, 4, run->query->thread);
    return sql;
}

/* Read rows in the order of the run and add them to *count. *has_more: there are more in this
 * direction. */
static enum err read_run(struct db *db, const struct run *run, struct arena *arena,
                         struct message_row *rows, size_t *count, bool *has_more)
{
    size_t n = 0;
    size_t bytes = 0;
    enum err err = OK;
    struct sql *sql = take(db, run);
    while (n < run->max && bytes < HISTORY_PAGE_BYTES && (err = sql_next(sql)) == OK) {
        rows[n] = read_whole_message(sql, arena);
        bytes += rows[n].content.len;
        n++;
    }
    *count += n;
    if (err == OK)
        err = sql_status(sql);
    if (err == OK)
        err = sql_next(sql);
    *has_more = err == OK;
    sql_done(sql);
    return err == ERR_NOT_FOUND ? OK : err;
}

static void reverse(struct message_row *rows, size_t count)
{
    for (size_t i = 0; i < count / 2; i++) {
        struct message_row row = rows[i];
        rows[i] = rows[count - 1 - i];
        rows[count - 1 - i] = row;
    }
}

/* Whether there are messages on the other side of the page's edge, without reading them. */
static enum err look(struct db *db, const struct history_query *query, bool is_older, int64_t from,
                     struct arena *arena, bool *out)
{
    const struct run run = {.query = query, .is_older = is_older, .from = from};
    size_t count = 0;
    return read_run(db, &run, arena, NULL, &count, out);
}

static enum err list_older(struct db *db, const struct history_query *query, int64_t from,
                           size_t max, struct arena *arena, struct history_page *page)
{
    const struct run run = {.query = query, .is_older = true, .from = from, .max = max};
    enum err err = read_run(db, &run, arena, page->rows, &page->count, &page->has_older);
    reverse(page->rows, page->count);
    return err;
}

static enum err list_newer(struct db *db, const struct history_query *query, int64_t from,
                           size_t max, struct arena *arena, struct history_page *page)
{
    const struct run run = {.query = query, .from = from, .max = max};
    return read_run(db, &run, arena, page->rows + page->count, &page->count, &page->has_newer);
}

enum err history_list(struct db *db, const struct history_query *query, struct arena *arena,
                      struct history_page *page)
{
    assert(query->limit >= 1 && query->limit <= HISTORY_PAGE_MAX);
    size_t older_max = query->limit / 2;
    page->count = 0;
    page->has_older = false;
    page->has_newer = false;
    if (query->around != 0) {
        enum err err = list_older(db, query, query->around, older_max, arena, page);
        if (err == OK)
            err = list_newer(db, query, query->around - 1, query->limit - older_max, arena, page);
        return err;
    }
    if (query->after != 0) {
        enum err err = list_newer(db, query, query->after, query->limit, arena, page);
        if (err == OK)
            err = look(db, query, true, query->after + 1, arena, &page->has_older);
        return err;
    }
    int64_t before = query->before != 0 ? query->before : INT64_MAX;
    enum err err = list_older(db, query, before, query->limit, arena, page);
    if (err == OK && query->before != 0)
        err = look(db, query, false, before - 1, arena, &page->has_newer);
    return err;
}
