/* v1_revisions.c - what a message said before it was edited or deleted; for who moderates. */
#include "store/extras.h"

#include "api/routes.h"
#include "api/v1_page.h"
#include "chat/rights.h"
#include "store/messages.h"

/* V1_NOT_FOUND: also a message that the asker may not see. */
static enum err check_right(struct call *call, struct db *db, enum v1_code *code)
{
    int64_t chat_id = 0;
    int64_t thread = 0;
    struct membership asker;
    enum err err = messages_find_place(db, call->id, &chat_id, &thread);
    if (err == OK)
        err = members_find(db, chat_id, call->user.id, &asker);
    *code = err == OK ? rights_check(RIGHT_SEE_REVISIONS, &asker, call->now_us) : V1_NOT_FOUND;
    return err == ERR_NOT_FOUND ? OK : err;
}

static void write_revision(struct json *json, const struct revision_row *row)
{
    json_object_begin(json);
    json_key(json, "revision");
    json_number(json, row->revision);
    json_key(json, "content");
    json_text(json, row->content);
    json_key(json, "editor");
    json_number(json, row->editor_id);
    json_key(json, "replaced_at");
    json_time(json, row->at_us);
    json_object_end(json);
}

/* The rows of one page: one more than limit shows that there is another. A page of long ones ends
 * early. */
static enum err read_page(struct call *call, struct db *db, struct revision_row *rows, size_t limit,
                          size_t *count, bool *has_more)
{
    const struct page_query *page = call->state;
    int64_t after = page->cursor;
    size_t bytes = 0;
    size_t found = 1;
    enum err err = OK;
    *has_more = false;
    for (*count = 0; err == OK && found > 0 && !*has_more;) {
        struct revision_row *row = &rows[*count];
        err = extras_revisions(db, call->id, after, 1, &call->arena, row, &found);
        if (err != OK || found == 0)
            break;
        *has_more = *count == limit || (*count > 0 && bytes + row->content.len > V1_PAGE_BYTES);
        after = row->revision;
        bytes += row->content.len;
        *count += !*has_more;
    }
    return err;
}

static struct step answer_page(struct call *call, struct db *db)
{
    const struct page_query *page = call->state;
    size_t limit = (size_t)page->limit;
    size_t count = 0;
    bool has_more = false;
    enum v1_code code = V1_OK;
    struct json json;
    struct page_link next = {NULL, 0};
    struct revision_row *rows = arena_alloc(&call->arena, (limit + 1) * sizeof *rows);
    enum err err = check_right(call, db, &code);
    if (err == OK && code == V1_NOT_FOUND)
        return answer_not_found(call);
    if (err == OK && code != V1_OK)
        return answer_detail(call, 403, "You do not have permission to perform this action.");
    if (err == OK)
        err = rows != NULL ? read_page(call, db, rows, limit, &count, &has_more) : ERR_MEMORY;
    if (err == OK && has_more)
        next = (struct page_link) {"cursor", rows[count - 1].revision};
    if (err == OK)
        err = v1_page_begin(call, &json, (struct page_link) {NULL, 0}, next);
    if (err != OK)
        return answer_failed(call, err);
    for (size_t i = 0; i < count; i++)
        write_revision(&json, &rows[i]);
    return v1_page_end(call, &json);
}

struct step v1_revisions_get(struct call *call, struct db *db)
{
    return fields_then(call, db, FIELDS_OF_QUERY, v1_page_take, sizeof(struct page_query),
                       step_to(CALL_ON_READER, answer_page));
}
