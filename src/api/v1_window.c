/* v1_window.c - the chats of the user page by page, the most lively first. */
#include "store/window.h"

#include "api/routes.h"
#include "api/v1_page.h"
#include "chat/v1_json.h"

enum { CHATS_DEFAULT = 20 };

static void take_query(struct fields *fields, struct call *call)
{
    v1_page_take_within(fields, call->state, CHATS_DEFAULT, WINDOW_CHATS_MAX);
}

/* A page is a part of the list as it is now: a chat that becomes lively moves to its beginning. */
static struct step answer_window(struct call *call, struct db *db)
{
    const struct page_query *page = call->state;
    struct json json;
    size_t count = 0;
    int64_t total = 0;
    struct page_link previous = {NULL, 0};
    struct page_link next = {NULL, 0};
    struct window_row *rows = arena_alloc(&call->arena, (size_t)page->limit * sizeof *rows);
    enum err err = ERR_MEMORY;
    if (rows != NULL)
        err = window_list(db, call->user.id, page->cursor, (size_t)page->limit, &call->arena, rows,
                          &count, &total);
    if (err != OK)
        return answer_failed(call, err);
    int64_t end = page->cursor + (int64_t)count;
    if (count > 0 && end < total)
        next = (struct page_link) {"cursor", end};
    if (count > 0 && page->cursor > 0)
        previous = (struct page_link) {"cursor",
                                       page->cursor > page->limit ? page->cursor - page->limit : 0};
    err = v1_page_begin(call, &json, previous, next);
    if (err != OK)
        return answer_failed(call, err);
    for (size_t i = 0; i < count; i++)
        v1_write_window_row(&json, &rows[i]);
    return v1_page_end(call, &json);
}

struct step v1_chats_get(struct call *call, struct db *db)
{
    return fields_then(call, db, FIELDS_OF_QUERY, take_query, sizeof(struct page_query),
                       step_to(CALL_ON_READER, answer_window));
}
