#include "base/json_write.h"

#include "base/text.h"
#include "base/time_text.h"

enum { SEPARATOR_BYTES = 2 }; /* between two values, or a key and its value, at most */

static uint8_t *put_separator(const struct json *json, uint8_t *at, uint8_t separator)
{
    *at++ = separator;
    if (json->style == JSON_PYTHON)
        *at++ = ' ';
    return at;
}

/* Separate the value from the one before it and make room for bytes_max of it. NULL: no memory. */
static uint8_t *begin_value(struct json *json, size_t bytes_max)
{
    struct buf *out = json->out;
    if (!buf_reserve(out, SEPARATOR_BYTES + bytes_max))
        return NULL;
    uint8_t *at = out->data + out->len;
    if (json->needs_comma)
        at = put_separator(json, at, ',');
    json->needs_comma = true;
    return at;
}

static void end_value(struct json *json, const uint8_t *end)
{
    json->out->len = (size_t)(end - json->out->data);
}

/* A value's first byte; the others are appended. */
static void begin_with(struct json *json, uint8_t first)
{
    uint8_t *at = begin_value(json, 1);
    if (at == NULL)
        return;
    *at++ = first;
    end_value(json, at);
}

static void open_with(struct json *json, uint8_t bracket)
{
    begin_with(json, bracket);
    json->needs_comma = false;
}

static void close_with(struct json *json, uint8_t bracket)
{
    buf_append_byte(json->out, bracket);
    json->needs_comma = true;
}

void json_object_begin(struct json *json)
{
    open_with(json, '{');
}

void json_object_end(struct json *json)
{
    close_with(json, '}');
}

void json_array_begin(struct json *json)
{
    open_with(json, '[');
}

void json_array_end(struct json *json)
{
    close_with(json, ']');
}

static void append_escape(struct buf *out, uint32_t unit)
{
    char text[7] = "\\u";
    for (int i = 0; i < 4; i++)
        text[2 + i] = "0123456789abcdef"[unit >> (12 - 4 * i) & 15];
    buf_append(out, bytes_of(text, 6));
}

/* The short escapes that Python writes. '\0': there is none. */
static char short_escape(uint8_t c)
{
    switch (c) {
    case '"':
        return '"';
    case '\\':
        return '\\';
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    case '\b':
        return 'b';
    case '\f':
        return 'f';
    default:
        return '\0';
    }
}

/* Whether a byte can stand in a JSON text as it is, in both styles. */
static bool is_plain(uint8_t c)
{
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/* Append the code point that the text begins with, which is_plain() has not taken. */
static void append_special(struct json *json, struct bytes *text)
{
    struct bytes before = *text;
    uint32_t c = utf8_next(text);
    char escape = c < 0x80 ? short_escape((uint8_t)c) : '\0';
    if (escape != '\0') {
        buf_append_byte(json->out, '\\');
        buf_append_byte(json->out, (uint8_t)escape);
    } else if (c < 0x20 || (json->style == JSON_PYTHON && c < 0x10000)) {
        append_escape(json->out, c);
    } else if (json->style == JSON_PYTHON) {
        append_escape(json->out, 0xd800 + ((c - 0x10000) >> 10));
        append_escape(json->out, 0xdc00 + ((c - 0x10000) & 0x3ff));
    } else if (c == 0x2028 || c == 0x2029) {
        append_escape(json->out,
                      c); /* legal JSON, but not in old JavaScript; REST framework escapes them */
    } else {
        buf_append(json->out, bytes_first(before, before.len - text->len));
    }
}

/* Bytes that are looked at together, and the same memory as numbers: vectors of gcc and clang. */
enum { BLOCK = 16 };
typedef uint8_t block_bytes __attribute__((vector_size(BLOCK)));
typedef uint64_t block_words __attribute__((vector_size(BLOCK)));

/* is_plain() for a block. */
static bool block_is_plain(const uint8_t *at)
{
    block_bytes c;
    memcpy(&c, at, sizeof c);
    block_words special =
        (block_words)(c - 0x20 >= 0x7f - 0x20) | (block_words)(c == '"') | (block_words)(c == '\\');
    return (special[0] | special[1]) == 0;
}

/* How many plain bytes the text begins with. Most texts are plain as a whole. */
static size_t plain_run(struct bytes text)
{
    size_t len = 0;
    while (text.len - len >= BLOCK && block_is_plain(text.data + len))
        len += BLOCK;
    if (len > 0 && text.len - len < BLOCK && block_is_plain(text.data + text.len - BLOCK))
        return text.len;
    while (len < text.len && is_plain(text.data[len]))
        len++;
    return len;
}

void json_text_begin(struct json *json)
{
    begin_with(json, '"');
}

void json_text_end(struct json *json)
{
    buf_append_byte(json->out, '"');
}

void json_text_part(struct json *json, struct bytes *text, size_t bytes_max)
{
    size_t written = 0;
    while (text->len > 0 && written < bytes_max && !json->out->failed) {
        size_t len_before = json->out->len;
        size_t plain_max = text->len < bytes_max - written ? text->len : bytes_max - written;
        size_t plain = plain_run(bytes_first(*text, plain_max));
        buf_append(json->out, bytes_first(*text, plain));
        *text = bytes_skip(*text, plain);
        if (plain < plain_max)
            append_special(json, text);
        written += json->out->len - len_before;
    }
}

void json_text(struct json *json, struct bytes text)
{
    json_text_begin(json);
    json_text_part(json, &text, SIZE_MAX);
    json_text_end(json);
}

void json_text_z(struct json *json, const char *text)
{
    json_text(json, bytes_from_text(text));
}

void json_key_bytes(struct json *json, struct bytes key)
{
    json_text(json, key);
    buf_append(json->out, json->style == JSON_PYTHON ? BYTES(": ") : BYTES(":"));
    json->needs_comma = false;
}

void json_key(struct json *json, const char *key)
{
    size_t len = strlen(key);
    uint8_t *at = begin_value(json, len + 2 + SEPARATOR_BYTES);
    if (at == NULL)
        return;
    *at++ = '"';
    memcpy(at, key, len);
    at += len;
    *at++ = '"';
    end_value(json, put_separator(json, at, ':'));
    json->needs_comma = false;
}

void json_number(struct json *json, int64_t number)
{
    json_raw(json, NO_BYTES); /* what separates it */
    buf_append_number(json->out, number);
}

void json_bool(struct json *json, bool value)
{
    json_raw(json, value ? BYTES("true") : BYTES("false"));
}

void json_null(struct json *json)
{
    json_raw(json, BYTES("null"));
}

void json_time(struct json *json, int64_t us)
{
    begin_with(json, '"');
    time_append_iso(json->out, us);
    buf_append_byte(json->out, '"');
}

void json_time_of_sql(struct json *json, struct bytes text)
{
    begin_with(json, '"');
    time_append_iso_of_sql(json->out, text);
    buf_append_byte(json->out, '"');
}

void json_raw(struct json *json, struct bytes raw)
{
    uint8_t *at = begin_value(json, raw.len);
    if (at == NULL)
        return;
    if (raw.len > 0)
        memcpy(at, raw.data, raw.len);
    end_value(json, at + raw.len);
}
