#include "api/body.h"

#include <assert.h>
#include <stdio.h>
#include "api/answer.h"
#include "base/text.h"

enum parser { PARSE_JSON, PARSE_URLENCODED, PARSE_MULTIPART };

static const struct {
    const char *type;
    enum parser parser;
} media_types[] = {
    {"application/json", PARSE_JSON},
    {"application/x-www-form-urlencoded", PARSE_URLENCODED},
    {"multipart/form-data", PARSE_MULTIPART},
};

/* Append bytes as UTF-8, whatever they are: what is no part of a code point becomes U+FFFD, as
 * Django reads forms. */
static void append_as_utf8(struct buf *out, struct bytes bytes)
{
    enum { CODE_POINT_BYTES_MAX = 4 };
    if (utf8_is_valid(bytes)) {
        buf_append(out, bytes);
        return;
    }
    while (bytes.len > 0) {
        size_t len = 1;
        while (len <= CODE_POINT_BYTES_MAX && len <= bytes.len &&
               !utf8_is_valid(bytes_first(bytes, len)))
            len++;
        bool is_valid = len <= CODE_POINT_BYTES_MAX && len <= bytes.len;
        buf_append(out, is_valid ? bytes_first(bytes, len) : BYTES("\xef\xbf\xbd"));
        bytes = bytes_skip(bytes, is_valid ? len : 1);
    }
}

/* Make the answer a 400 or 415 {"detail": "PREFIX text SUFFIX"}. code V1_OK: it goes by the status.
 * Returns ERR_SYNTAX, for the caller to return. */
static enum err refuse(struct call *call, unsigned status, enum v1_code code, const char *prefix,
                       struct bytes text, const char *suffix)
{
    struct buf detail = {0};
    buf_append_text(&detail, prefix);
    append_as_utf8(&detail, text);
    buf_append_text(&detail, suffix);
    answer_begin(call, status);
    struct json json = answer_json(call);
    json_object_begin(&json);
    json_key(&json, "detail");
    json_text(&json, buf_bytes(&detail));
    answer_end_error(call, &json,
                     code != V1_OK ? v1_code_name(code) : answer_code_by_status(status));
    enum err err = buf_status(&detail);
    buf_free(&detail);
    return err != OK ? err : ERR_SYNTAX;
}

/* Python's words: what was wrong, and where: "Expecting value: line 1 column 1 (char 0)". Lines and
 * characters are counted as Python does, in code points. */
static enum err refuse_json(struct call *call, const struct json_doc *doc)
{
    if (!utf8_is_valid(doc->text))
        return refuse(call, 400, V1_INVALID_JSON, "JSON parse error - ", BYTES("Invalid UTF-8"),
                      "");
    struct bytes before = bytes_first(doc->text, doc->error_at);
    size_t last_line = bytes_last_index(before, '\n');
    size_t line_begin = last_line < before.len ? last_line + 1 : 0;
    size_t lines = 1;
    for (size_t i = 0; i < line_begin; i++)
        lines += before.data[i] == '\n';
    struct buf text = {0};
    buf_printf(&text, "%s: line %zu column %zu (char %zu)", doc->error_reason, lines,
               utf8_count(bytes_skip(before, line_begin)) + 1, utf8_count(before));
    enum err err = buf_status(&text);
    if (err == OK)
        err = refuse(call, 400, V1_INVALID_JSON, "JSON parse error - ", buf_bytes(&text), "");
    buf_free(&text);
    return err;
}

/* Something else than an object stands at the top. */
static enum err refuse_top(struct call *call, const struct body *body, struct value top)
{
    answer_begin(call, 400);
    struct json json = answer_json(call);
    json_object_begin(&json);
    json_key(&json, "non_field_errors");
    json_array_begin(&json);
    if (top.kind == VALUE_NULL) {
        json_text_z(&json, "No data provided");
    } else {
        char text[80];
        (void)snprintf(text, sizeof text, "Invalid data. Expected a dictionary, but got %s.",
                       value_type_name(body, top));
        json_text_z(&json, text);
    }
    json_array_end(&json);
    answer_end_error(call, &json, v1_code_name(V1_INVALID_FRAME));
    return ERR_SYNTAX;
}

static struct value value_of_node(const struct json_node *node)
{
    static const enum value_kind kinds[] = {
        [JSON_NULL] = VALUE_NULL,     [JSON_FALSE] = VALUE_BOOL,  [JSON_TRUE] = VALUE_BOOL,
        [JSON_NUMBER] = VALUE_NUMBER, [JSON_STRING] = VALUE_TEXT, [JSON_ARRAY] = VALUE_LIST,
        [JSON_OBJECT] = VALUE_OBJECT,
    };
    return (struct value) {.kind = kinds[node->kind], .node = node};
}

static enum err read_json(struct call *call, struct body *body)
{
    enum err err = json_read(&body->doc, call->request->content);
    if (err == ERR_SYNTAX || err == ERR_LIMIT)
        return refuse_json(call, &body->doc);
    if (err != OK)
        return err;
    struct value top = value_of_node(json_root(&body->doc));
    return top.kind == VALUE_OBJECT ? OK : refuse_top(call, body, top);
}

static enum err read_form(struct call *call, struct body *body, enum parser parser,
                          const struct content_type *type)
{
    struct bytes content = call->request->content;
    const char *reason = "";
    body->is_form = true;
    enum err err =
        parser == PARSE_MULTIPART
            ? form_read_multipart(content, type->boundary, &call->arena, &body->form, &reason)
            : form_read_urlencoded(content, &call->arena, &body->form);
    if (err == ERR_SYNTAX)
        return refuse(call, 400, V1_OK, "Multipart form parse error - ", bytes_from_text(reason),
                      "");
    if (err == ERR_LIMIT)
        return refuse(call, 400, V1_OK, "", BYTES("The form has too many or too long fields."), "");
    return err;
}

enum err body_read(struct call *call, struct body *body)
{
    *body = (struct body) {0};
    struct bytes field = http_field_value(call->request, "Content-Type");
    struct content_type type;
    content_type_read(field, &type);
    const struct http_request *request = call->request;
    for (size_t i = 0; i < COUNT_OF(media_types); i++) {
        if (!bytes_equal_nocase(type.type, bytes_from_text(media_types[i].type)))
            continue;
        enum parser parser = media_types[i].parser;
        body->is_form = parser != PARSE_JSON;
        if (request->content.len == 0)
            break;
        return parser == PARSE_JSON ? read_json(call, body) : read_form(call, body, parser, &type);
    }
    if (request->content.len > 0)
        return refuse(call, 415, V1_OK, "Unsupported media type \"", field, "\" in request.");
    /* Without content the type does not matter: there are no values. */
    body->is_empty = true;
    return OK;
}

enum err body_read_query(struct call *call, struct body *body)
{
    *body = (struct body) {.is_form = true};
    enum err err = form_read_urlencoded(call->request->query, &call->arena, &body->form);
    if (err == ERR_LIMIT)
        return refuse(call, 400, V1_OK, "", BYTES("The query has too many parameters."), "");
    return err;
}

void body_deinit(struct body *body)
{
    json_doc_free(&body->doc);
    *body = (struct body) {0};
}

struct value body_value(const struct body *body, const char *name)
{
    struct value value = {.kind = VALUE_ABSENT};
    if (body->is_empty)
        return value;
    if (!body->is_form) {
        const struct json_node *node = json_member(&body->doc, json_root(&body->doc), name);
        return node != NULL ? value_of_node(node) : value;
    }
    for (size_t i = 0; i < body->form.count; i++) {
        if (bytes_is(body->form.pairs[i].name, name))
            value = (struct value) {.kind = VALUE_TEXT, .form_text = body->form.pairs[i].value};
    }
    return value;
}

static size_t count_elements(const struct body *body, const char *name, struct value value)
{
    size_t count = 0;
    for (size_t i = 0; body->is_form && i < body->form.count; i++)
        count += bytes_is(body->form.pairs[i].name, name);
    if (body->is_form)
        return count;
    for (const struct json_node *node = json_first(&body->doc, value.node); node != NULL;
         node = json_next(&body->doc, value.node, node))
        count++;
    return count;
}

enum err body_elements(const struct body *body, const char *name, struct value value,
                       struct arena *arena, struct value **out, size_t *count)
{
    assert(body->is_form || value.kind == VALUE_LIST);
    size_t total = count_elements(body, name, value);
    struct value *elements = arena_alloc(arena, (total > 0 ? total : 1) * sizeof *elements);
    if (elements == NULL)
        return ERR_MEMORY;
    size_t n = 0;
    if (body->is_form) {
        for (size_t i = 0; i < body->form.count; i++) {
            if (bytes_is(body->form.pairs[i].name, name))
                elements[n++] =
                    (struct value) {.kind = VALUE_TEXT, .form_text = body->form.pairs[i].value};
        }
    } else {
        for (const struct json_node *node = json_first(&body->doc, value.node); node != NULL;
             node = json_next(&body->doc, value.node, node))
            elements[n++] = value_of_node(node);
    }
    *out = elements;
    *count = n;
    return OK;
}

static enum err append_value(const struct body *body, struct value value, struct buf *out,
                             uint32_t *surrogate)
{
    if (value.node == NULL)
        append_as_utf8(out, value.form_text);
    else if (value.kind == VALUE_TEXT)
        return json_read_text(&body->doc, value.node, out, surrogate);
    else if (value.kind == VALUE_NUMBER)
        text_append_python_number(out, json_raw_bytes(&body->doc, value.node));
    else if (value.kind == VALUE_BOOL)
        buf_append_text(out, value.node->kind == JSON_TRUE ? "True" : "False");
    else
        buf_append(out, json_raw_bytes(&body->doc, value.node));
    return buf_status(out);
}

enum err value_text(const struct body *body, struct value value, struct arena *arena,
                    struct bytes *out, uint32_t *surrogate)
{
    struct buf text = {0};
    enum err err = append_value(body, value, &text, surrogate);
    if (err == OK)
        err = arena_copy(arena, buf_bytes(&text), out);
    buf_free(&text);
    return err;
}

const char *value_type_name(const struct body *body, struct value value)
{
    static const char *const names[] = {
        [VALUE_ABSENT] = "NoneType", [VALUE_NULL] = "NoneType", [VALUE_BOOL] = "bool",
        [VALUE_NUMBER] = "int",      [VALUE_TEXT] = "str",      [VALUE_LIST] = "list",
        [VALUE_OBJECT] = "dict",
    };
    if (value.kind != VALUE_NUMBER)
        return names[value.kind];
    struct bytes raw = json_raw_bytes(&body->doc, value.node);
    bool is_float = bytes_index(raw, '.') < raw.len || bytes_index(raw, 'e') < raw.len ||
                    bytes_index(raw, 'E') < raw.len;
    return is_float ? "float" : names[VALUE_NUMBER];
}
