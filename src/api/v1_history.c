/* v1_history.c - the messages of a chat page by page, the oldest first. */
#include "store/history.h"

#include <assert.h>
#include "api/fields.h"
#include "api/routes.h"
#include "api/v1_page.h"
#include "chat/v1_json.h"

static_assert((int)V1_PAGE_LIMIT_MAX == (int)HISTORY_PAGE_MAX, "a page is read at once");

static void take_query(struct fields *fields, struct call *call)
{
    struct history_query *query = call->state;
    const struct {
        struct number_rule rule;
        int64_t *out;
        bool is_position;
    } numbers[] = {
        {{"before", FIELD_OPTIONAL, 1, INT64_MAX}, &query->before, true},
        {{"after", FIELD_OPTIONAL, 1, INT64_MAX}, &query->after, true},
        {{"around", FIELD_OPTIONAL, 1, INT64_MAX}, &query->around, true},
        {{"thread", FIELD_OPTIONAL, 1, INT64_MAX}, &query->thread, false},
    };
    static const struct number_rule limit_rule = {"limit", FIELD_OPTIONAL, 1, INT64_MAX};
    int64_t limit = V1_PAGE_LIMIT;
    unsigned position_count = 0;
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        bool is_given = fields_number(fields, &numbers[i].rule, numbers[i].out);
        position_count += is_given && numbers[i].is_position;
        if (position_count > 1 && is_given && numbers[i].is_position)
            fields_error(fields, numbers[i].rule.name,
                         "Only one of before, after and around may be given.");
    }
    (void)fields_number(fields, &limit_rule, &limit);
    query->chat_id = call->id;
    query->limit = limit < V1_PAGE_LIMIT_MAX ? (size_t)limit : (size_t)V1_PAGE_LIMIT_MAX;
}

static struct step answer_page(struct call *call, struct db *db)
{
    struct json json;
    struct history_page *page = arena_alloc(&call->arena, sizeof *page);
    enum err err = page != NULL ? history_list(db, call->state, &call->arena, page) : ERR_MEMORY;
    if (err != OK)
        return answer_failed(call, err);
    struct page_link previous = {NULL, 0};
    struct page_link next = {NULL, 0};
    if (page->count > 0 && page->has_older)
        previous = (struct page_link) {"before", page->rows[0].id};
    if (page->count > 0 && page->has_newer)
        next = (struct page_link) {"after", page->rows[page->count - 1].id};
    err = v1_page_begin(call, &json, previous, next);
    if (err != OK)
        return answer_failed(call, err);
    for (size_t i = 0; i < page->count; i++)
        v1_write_message(&json, &page->rows[i], NO_BYTES);
    return v1_page_end(call, &json);
}

struct step v1_messages_get(struct call *call, struct db *db)
{
    return fields_then(call, db, FIELDS_OF_QUERY, take_query, sizeof(struct history_query),
                       step_to(CALL_ON_READER, answer_page));
}
