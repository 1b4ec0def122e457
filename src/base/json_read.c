#include "base/json_read.h"

#include <stdlib.h>
#include "base/text.h"

enum { JSON_NODES_FIRST = 32 };

struct reader {
    struct json_doc *doc;
    const uint8_t *at;
    const uint8_t *end;
    unsigned depth;
};

static enum err read_value(struct reader *reader);

static enum err fail(struct reader *reader, const char *reason)
{
    reader->doc->error_at = (size_t)(reader->at - reader->doc->text.data);
    reader->doc->error_reason = reason;
    return ERR_SYNTAX;
}

static enum err add_node(struct reader *reader, enum json_kind kind, uint32_t *index)
{
    struct json_doc *doc = reader->doc;
    if (doc->count == doc->cap) {
        if (doc->cap >= JSON_NODES_MAX) {
            (void)fail(reader, "Too many values");
            return ERR_LIMIT;
        }
        uint32_t cap = doc->cap > 0 ? doc->cap * 2 : JSON_NODES_FIRST;
        struct json_node *nodes = realloc(doc->nodes, cap * sizeof *nodes);
        if (nodes == NULL)
            return ERR_MEMORY;
        doc->nodes = nodes;
        doc->cap = cap;
    }
    *index = doc->count++;
    doc->nodes[*index] = (struct json_node) {
        .begin = (uint32_t)(reader->at - doc->text.data),
        .kind = (uint8_t)kind,
    };
    return OK;
}

static void end_node(struct reader *reader, uint32_t index)
{
    struct json_node *node = &reader->doc->nodes[index];
    node->end = (uint32_t)(reader->at - reader->doc->text.data);
    node->after = reader->doc->count;
}

static void skip_space(struct reader *reader)
{
    while (reader->at < reader->end && (*reader->at == ' ' || *reader->at == '\t' ||
                                        *reader->at == '\n' || *reader->at == '\r'))
        reader->at++;
}

static bool is_next(const struct reader *reader, char c)
{
    return reader->at < reader->end && *reader->at == (uint8_t)c;
}

static int hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static enum err skip_escape(struct reader *reader)
{
    reader->at++;
    if (reader->at == reader->end)
        return fail(reader, "Unterminated string");
    if (*reader->at != 'u') {
        if (strchr("\"\\/bfnrt", *reader->at) == NULL || *reader->at == 0)
            return fail(reader, "Invalid \\escape");
        reader->at++;
        return OK;
    }
    reader->at++;
    for (int i = 0; i < 4; i++, reader->at++) {
        if (reader->at == reader->end || hex_value(*reader->at) < 0)
            return fail(reader, "Invalid \\uXXXX escape");
    }
    return OK;
}

/* From behind the opening quote to behind the closing one; the node excludes both. */
static enum err read_string(struct reader *reader)
{
    uint32_t index;
    if (!is_next(reader, '"'))
        return fail(reader, "Expecting property name enclosed in double quotes");
    reader->at++;
    enum err err = add_node(reader, JSON_STRING, &index);
    if (err != OK)
        return err;
    while (reader->at < reader->end && *reader->at != '"') {
        if (*reader->at < 0x20)
            return fail(reader, "Invalid control character");
        if (*reader->at != '\\') {
            reader->at++;
            continue;
        }
        reader->doc->nodes[index].has_escape = true;
        err = skip_escape(reader);
        if (err != OK)
            return err;
    }
    if (reader->at == reader->end)
        return fail(reader, "Unterminated string");
    end_node(reader, index);
    reader->at++;
    return OK;
}

static size_t skip_digits(struct reader *reader)
{
    size_t count = 0;
    while (reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9') {
        reader->at++;
        count++;
    }
    return count;
}

static enum err read_number(struct reader *reader)
{
    uint32_t index;
    enum err err = add_node(reader, JSON_NUMBER, &index);
    if (err != OK)
        return err;
    if (is_next(reader, '-'))
        reader->at++;
    bool leading_zero = is_next(reader, '0');
    size_t digits = skip_digits(reader);
    if (digits == 0 || (leading_zero && digits > 1))
        return fail(reader, "Expecting value");
    if (is_next(reader, '.')) {
        reader->at++;
        if (skip_digits(reader) == 0)
            return fail(reader, "Expecting digits");
    }
    if (is_next(reader, 'e') || is_next(reader, 'E')) {
        reader->at++;
        if (is_next(reader, '+') || is_next(reader, '-'))
            reader->at++;
        if (skip_digits(reader) == 0)
            return fail(reader, "Expecting digits");
    }
    end_node(reader, index);
    return OK;
}

static enum err read_word(struct reader *reader, const char *word, enum json_kind kind)
{
    size_t len = strlen(word);
    uint32_t index;
    if ((size_t)(reader->end - reader->at) < len || memcmp(reader->at, word, len) != 0)
        return fail(reader, "Expecting value");
    enum err err = add_node(reader, kind, &index);
    if (err != OK)
        return err;
    reader->at += len;
    end_node(reader, index);
    return OK;
}

static enum err read_member_key(struct reader *reader)
{
    enum err err = read_string(reader);
    if (err != OK)
        return err;
    skip_space(reader);
    if (!is_next(reader, ':'))
        return fail(reader, "Expecting ':' delimiter");
    reader->at++;
    skip_space(reader);
    return OK;
}

/* An array or object: the same commas and brackets, with keys or without. */
static enum err read_container(struct reader *reader, enum json_kind kind)
{
    char closing = kind == JSON_OBJECT ? '}' : ']';
    uint32_t index;
    enum err err = add_node(reader, kind, &index);
    if (err != OK)
        return err;
    if (++reader->depth > JSON_DEPTH_MAX) {
        (void)fail(reader, "Too deeply nested");
        return ERR_LIMIT;
    }
    reader->at++;
    skip_space(reader);
    if (!is_next(reader, closing)) {
        for (;;) {
            err = kind == JSON_OBJECT ? read_member_key(reader) : OK;
            if (err == OK)
                err = read_value(reader);
            if (err != OK)
                return err;
            skip_space(reader);
            if (!is_next(reader, ','))
                break;
            reader->at++;
            skip_space(reader);
        }
        if (!is_next(reader, closing))
            return fail(reader, "Expecting ',' delimiter");
    }
    reader->at++;
    reader->depth--;
    end_node(reader, index);
    return OK;
}

static enum err read_value(struct reader *reader)
{
    if (reader->at == reader->end)
        return fail(reader, "Expecting value");
    switch (*reader->at) {
    case '{':
        return read_container(reader, JSON_OBJECT);
    case '[':
        return read_container(reader, JSON_ARRAY);
    case '"':
        return read_string(reader);
    case 't':
        return read_word(reader, "true", JSON_TRUE);
    case 'f':
        return read_word(reader, "false", JSON_FALSE);
    case 'n':
        return read_word(reader, "null", JSON_NULL);
    default:
        return read_number(reader);
    }
}

enum err json_read(struct json_doc *doc, struct bytes text)
{
    if (text.data == NULL)
        text = BYTES(""); /* C knows no NULL + 0 */
    doc->text = text;
    doc->count = 0;
    doc->error_at = 0;
    doc->error_reason = NULL;
    struct reader reader = {.doc = doc, .at = text.data, .end = text.data + text.len};
    if (text.len > UINT32_MAX) {
        (void)fail(&reader, "Too long");
        return ERR_LIMIT;
    }
    if (!utf8_is_valid(text))
        return fail(&reader, "Invalid UTF-8");
    skip_space(&reader);
    enum err err = read_value(&reader);
    if (err != OK)
        return err;
    skip_space(&reader);
    return reader.at == reader.end ? OK : fail(&reader, "Extra data");
}

void json_doc_free(struct json_doc *doc)
{
    free(doc->nodes);
    *doc = (struct json_doc) {0};
}

const struct json_node *json_first(const struct json_doc *doc, const struct json_node *parent)
{
    uint32_t index = (uint32_t)(parent - doc->nodes);
    return parent->after > index + 1 ? parent + 1 : NULL;
}

const struct json_node *json_next(const struct json_doc *doc, const struct json_node *parent,
                                  const struct json_node *node)
{
    return node->after < parent->after ? &doc->nodes[node->after] : NULL;
}

const struct json_node *json_member(const struct json_doc *doc, const struct json_node *object,
                                    const char *name)
{
    const struct json_node *found = NULL;
    for (const struct json_node *key = json_first(doc, object); key != NULL;
         key = json_next(doc, object, json_value(key))) {
        if (json_key_is(doc, key, name))
            found = json_value(key);
    }
    return found;
}

/* The four digits of a \u escape that json_read() has checked. */
static uint32_t escape_unit(const uint8_t *digits)
{
    uint32_t unit = 0;
    for (int i = 0; i < 4; i++)
        unit = unit << 4 | (uint32_t)hex_value(digits[i]);
    return unit;
}

/* Resolve the escape that *at begins with, and step over it. */
static enum err append_escape(const uint8_t **at, const uint8_t *end, struct buf *out,
                              uint32_t *surrogate)
{
    static const char from[] = "\"\\/bfnrt";
    static const char to[] = "\"\\/\b\f\n\r\t";
    uint8_t c = (*at)[1];
    if (c != 'u') {
        buf_append_byte(out, (uint8_t)to[strchr(from, c) - from]);
        *at += 2;
        return OK;
    }
    uint32_t unit = escape_unit(*at + 2);
    *at += 6;
    if (unit >= 0xd800 && unit <= 0xdbff && end - *at >= 6 && (*at)[0] == '\\' && (*at)[1] == 'u') {
        uint32_t low = escape_unit(*at + 2);
        if (low >= 0xdc00 && low <= 0xdfff) {
            *at += 6;
            unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
        }
    }
    if (unit >= 0xd800 && unit <= 0xdfff) {
        *surrogate = unit;
        return ERR_SYNTAX;
    }
    utf8_append(out, unit);
    return OK;
}

enum err json_read_text(const struct json_doc *doc, const struct json_node *node, struct buf *out,
                        uint32_t *surrogate)
{
    struct bytes raw = json_raw_bytes(doc, node);
    if (!node->has_escape) {
        buf_append(out, raw);
        return buf_status(out);
    }
    const uint8_t *at = raw.data;
    const uint8_t *end = at + raw.len;
    while (at < end) {
        size_t plain = bytes_index(bytes_of(at, (size_t)(end - at)), '\\');
        buf_append(out, bytes_of(at, plain));
        at += plain;
        if (at < end) {
            enum err err = append_escape(&at, end, out, surrogate);
            if (err != OK)
                return err;
        }
    }
    return buf_status(out);
}

bool json_key_is(const struct json_doc *doc, const struct json_node *key, const char *name)
{
    enum { CODE_POINT_BYTES_MAX = 4 };
    struct bytes rest = bytes_from_text(name);
    struct bytes raw = json_raw_bytes(doc, key);
    const uint8_t *at = raw.data;
    const uint8_t *end = at + raw.len;
    while (at < end) {
        uint8_t bytes[CODE_POINT_BYTES_MAX];
        struct buf next = {.data = bytes, .cap = sizeof bytes};
        uint32_t surrogate;
        if (*at != '\\')
            buf_append_byte(&next, *at++);
        else if (append_escape(&at, end, &next, &surrogate) != OK)
            return false;
        if (!bytes_starts_with(rest, buf_bytes(&next)))
            return false;
        rest = bytes_skip(rest, next.len);
    }
    return rest.len == 0;
}
