#include "api/v1_page.h"

#include "base/text.h"
#include "http/form.h"

void v1_page_take_within(struct fields *fields, struct page_query *query, int64_t limit_default,
                         int64_t limit_max)
{
    static const struct number_rule cursor = {"cursor", FIELD_OPTIONAL, 0, INT64_MAX};
    static const struct number_rule limit = {"limit", FIELD_OPTIONAL, 1, INT64_MAX};
    query->limit = limit_default;
    (void)fields_number(fields, &cursor, &query->cursor);
    (void)fields_number(fields, &limit, &query->limit);
    if (query->limit > limit_max)
        query->limit = limit_max;
}

void v1_page_take(struct fields *fields, struct call *call)
{
    v1_page_take_within(fields, call->state, V1_PAGE_LIMIT, V1_PAGE_LIMIT_MAX);
}

/* Parameters that say which page it is. */
static const char *const positions[] = {"before", "after", "around", "cursor"};

static bool is_position(struct bytes name)
{
    for (size_t i = 0; i < COUNT_OF(positions); i++) {
        if (bytes_is(name, positions[i]))
            return true;
    }
    return false;
}

static void append_parameter(struct buf *out, char separator, struct bytes name, struct bytes value)
{
    buf_append_byte(out, (uint8_t)separator);
    text_append_percent(out, name, "");
    buf_append_byte(out, '=');
    text_append_percent(out, value, "");
}

/* The request's own address with another position. */
static void append_address(struct buf *out, const struct call *call, const struct form *query,
                           const struct page_link *link)
{
    char separator = '?';
    buf_printf(out, "%.*s://", BYTES_FMT(call->scheme));
    text_append_percent(out, call->request->host, ":[]");
    text_append_percent(out, call->request->path, "%/");
    for (size_t i = 0; i < query->count; i++) {
        if (is_position(query->pairs[i].name))
            continue;
        append_parameter(out, separator, query->pairs[i].name, query->pairs[i].value);
        separator = '&';
    }
    buf_printf(out, "%c%s=%lld", separator, link->name, (long long)link->number);
}

static enum err write_link(struct json *json, const struct call *call, const struct form *query,
                           const char *key, const struct page_link *link)
{
    struct buf address = {0};
    json_key(json, key);
    if (link->name == NULL) {
        json_null(json);
        return OK;
    }
    append_address(&address, call, query, link);
    json_text(json, buf_bytes(&address));
    enum err err = buf_status(&address);
    buf_free(&address);
    return err;
}

enum err v1_page_begin(struct call *call, struct json *json, struct page_link previous,
                       struct page_link next)
{
    struct form query;
    enum err err = form_read_urlencoded(call->request->query, &call->arena, &query);
    if (err != OK)
        return err;
    answer_begin(call, 200);
    *json = answer_json(call);
    json_object_begin(json);
    err = write_link(json, call, &query, "next", &next);
    if (err == OK)
        err = write_link(json, call, &query, "previous", &previous);
    json_key(json, "results");
    json_array_begin(json);
    return err;
}

struct step v1_page_end(struct call *call, struct json *json)
{
    json_array_end(json);
    json_object_end(json);
    return answer_send_tagged(call);
}
