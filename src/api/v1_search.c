/* v1_search.c - messages of the user's chats by the words in them. */
#include "store/search.h"

#include "api/fields.h"
#include "api/routes.h"
#include "api/v1_page.h"
#include "base/time_text.h"
#include "chat/v1_json.h"

enum {
    INDEX_ROUNDS_MAX = 20, /* turns of the writer that one search waits for; what is not in the
                            * index by then is not found */
};

struct search_state {
    struct search_query query;
    unsigned rounds;
};

/* --- The query --- */

static void take_time(struct fields *fields, const char *name, int64_t *out)
{
    const struct text_rule rule = {.name = name, .options = FIELD_OPTIONAL};
    struct bytes text;
    if (fields_text(fields, &rule, &text) && time_read_sql(text, out) != OK)
        fields_error(fields, name, FIELDS_BAD_TIME);
}

static void take_query(struct fields *fields, struct call *call)
{
    static const struct text_rule text = {.name = "q", .bytes_max = SEARCH_TEXT_BYTES_MAX};
    static const struct number_rule chat = {"chat", FIELD_OPTIONAL, 1, INT64_MAX};
    static const struct number_rule sender = {"sender", FIELD_OPTIONAL, 1, INT64_MAX};
    static const struct number_rule before = {"before", FIELD_OPTIONAL, 1, INT64_MAX};
    static const struct number_rule limit_rule = {"limit", FIELD_OPTIONAL, 1, INT64_MAX};
    struct search_state *state = call->state;
    struct search_query *query = &state->query;
    int64_t limit = SEARCH_PAGE_MAX;
    (void)fields_text(fields, &text, &query->text);
    (void)fields_number(fields, &chat, &query->chat_id);
    (void)fields_number(fields, &sender, &query->sender_id);
    (void)fields_number(fields, &before, &query->before);
    (void)fields_number(fields, &limit_rule, &limit);
    take_time(fields, "since", &query->since_us);
    take_time(fields, "until", &query->until_us);
    query->user_id = call->user.id;
    query->steps_max = SEARCH_STEPS_MAX;
    query->limit = limit < SEARCH_PAGE_MAX ? (size_t)limit : (size_t)SEARCH_PAGE_MAX;
}

/* --- The answer --- */

/* [{"text":"who has the "},{"text":"sheet","hit":true}] */
static void write_snippet(struct json *json, struct bytes snippet)
{
    bool is_hit = false;
    json_array_begin(json);
    while (snippet.len > 0) {
        size_t len = bytes_index(snippet, (uint8_t)(is_hit ? SEARCH_HIT_END : SEARCH_HIT_BEGIN)[0]);
        if (len > 0) {
            json_object_begin(json);
            json_key(json, "text");
            json_text(json, bytes_first(snippet, len));
            if (is_hit) {
                json_key(json, "hit");
                json_bool(json, true);
            }
            json_object_end(json);
        }
        snippet = bytes_skip(snippet, len < snippet.len ? len + 1 : len);
        is_hit = !is_hit;
    }
    json_array_end(json);
}

static struct step answer_page(struct call *call, const struct search_page *page)
{
    struct json json;
    struct page_link next = {NULL, 0};
    if (page->next_before != 0)
        next = (struct page_link) {"before", page->next_before};
    enum err err = v1_page_begin(call, &json, (struct page_link) {NULL, 0}, next);
    if (err != OK)
        return answer_failed(call, err);
    for (size_t i = 0; i < page->count; i++) {
        json_object_begin(&json);
        json_key(&json, "message");
        v1_write_message(&json, &page->rows[i].message, NO_BYTES);
        json_key(&json, "snippet");
        write_snippet(&json, page->rows[i].snippet);
        json_object_end(&json);
    }
    return v1_page_end(call, &json);
}

static struct step refuse_text(struct call *call, const char *reason)
{
    answer_begin(call, 400);
    struct json json = answer_json(call);
    json_object_begin(&json);
    json_key(&json, "q");
    json_array_begin(&json);
    json_text_z(&json, reason);
    json_array_end(&json);
    answer_end_error(call, &json, v1_code_name(V1_INVALID_FRAME));
    return answer_send(call);
}

static struct step search(struct call *call, struct db *db)
{
    const struct search_state *state = call->state;
    struct search_page *page = arena_alloc(&call->arena, sizeof *page);
    if (page == NULL)
        return answer_failed(call, ERR_MEMORY);
    enum err err = search_list(db, &state->query, &call->arena, page);
    if (err == ERR_NOT_FOUND)
        return answer_not_found(call);
    if (err == ERR_SYNTAX)
        return refuse_text(call, "There is no word in it.");
    if (err == ERR_DENIED)
        return refuse_text(call, "These words are too frequent to be looked for together: leave"
                                 " out the most frequent ones.");
    return err == OK ? answer_page(call, page) : answer_failed(call, err);
}

/* --- The index --- */

static struct step search_when_ready(struct call *call, struct db *db);

/* On the writer. */
static struct step index_some(struct call *call, struct db *db)
{
    enum err err = search_index(db);
    return err == OK ? step_to(CALL_ON_READER, search_when_ready)
                     : answer_undone(call, err, answer_failed(call, err));
}

static struct step search_when_ready(struct call *call, struct db *db)
{
    struct search_state *state = call->state;
    int64_t pending = 0;
    enum err err = search_pending(db, &pending);
    if (err != OK)
        return answer_failed(call, err);
    if (pending == 0 || state->rounds == INDEX_ROUNDS_MAX)
        return search(call, db);
    state->rounds++;
    return step_to(CALL_ON_WRITER, index_some);
}

struct step v1_search_get(struct call *call, struct db *db)
{
    return fields_then(call, db, FIELDS_OF_QUERY, take_query, sizeof(struct search_state),
                       step_to(CALL_ON_READER, search_when_ready));
}
