/* v1_window.c - the chats of the user page by page, the most lively first. */
#include "store/window.h"

#include "api/fields.h"
#include "api/routes.h"
#include "api/v1_page.h"
#include "chat/v1_json.h"

enum { CHATS_DEFAULT = 20 };

struct window_state {
    int64_t offset;
    int64_t limit;
};

static void take_query(struct fields *fields, struct call *call)
{
    static const struct number_rule cursor = {"cursor", FIELD_OPTIONAL, 0, INT64_MAX};
    static const struct number_rule limit = {"limit", FIELD_OPTIONAL, 1, INT64_MAX};
    struct window_state *state = call->state;
    state->limit = CHATS_DEFAULT;
    (void)fields_number(fields, &cursor, &state->offset);
    (void)fields_number(fields, &limit, &state->limit);
    if (state->limit > WINDOW_CHATS_MAX)
        state->limit = WINDOW_CHATS_MAX;
}

/* A page is a part of the list as it is now: a chat that becomes lively moves to its beginning. */
static struct step answer_window(struct call *call, struct db *db)
{
    const struct window_state *state = call->state;
    struct json json;
    size_t count = 0;
    int64_t total = 0;
    struct page_link previous = {NULL, 0};
    struct page_link next = {NULL, 0};
    struct window_row *rows = arena_alloc(&call->arena, (size_t)state->limit * sizeof *rows);
    enum err err = ERR_MEMORY;
    if (rows != NULL)
        err = window_list(db, call->user.id, state->offset, (size_t)state->limit, &call->arena,
                          rows, &count, &total);
    if (err != OK)
        return answer_failed(call, err);
    int64_t end = state->offset + (int64_t)count;
    if (count > 0 && end < total)
        next = (struct page_link) {"cursor", end};
    if (count > 0 && state->offset > 0)
        previous = (struct page_link) {
            "cursor", state->offset > state->limit ? state->offset - state->limit : 0};
    err = v1_page_begin(call, &json, previous, next);
    if (err != OK)
        return answer_failed(call, err);
    for (size_t i = 0; i < count; i++)
        v1_write_window_row(&json, &rows[i]);
    return v1_page_end(call, &json);
}

struct step v1_chats_get(struct call *call, struct db *db)
{
    return fields_then(call, db, FIELDS_OF_QUERY, take_query, sizeof(struct window_state),
                       step_to(CALL_ON_READER, answer_window));
}
