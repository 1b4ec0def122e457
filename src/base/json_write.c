#include "base/json_write.h"

#include <assert.h>
#include "base/text.h"
#include "base/time_text.h"

static void value_begins(struct json *json)
{
    if (json->needs_comma)
        buf_append(json->out, json->style == JSON_COMPACT ? BYTES(",") : BYTES(", "));
    json->needs_comma = true;
}

static void open_with(struct json *json, uint8_t bracket)
{
    value_begins(json);
    buf_append_byte(json->out, bracket);
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

/* The same for eight bytes at a time, most of which are plain. A byte's own high bit is set by what
 * makes it special: below 0x20, one of the three characters (zero after the exclusive or), beyond
 * ASCII. */
static bool eight_are_plain(const uint8_t *at)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t x;
    memcpy(&x, at, sizeof x);
    uint64_t quote = x ^ ones * '"';
    uint64_t backslash = x ^ ones * '\\';
    uint64_t delete = x ^ ones * 0x7f;
    uint64_t special = ((x - ones * 0x20) & ~x) | ((quote - ones) & ~quote) |
                       ((backslash - ones) & ~backslash) | ((delete - ones) & ~delete) | x;
    return (special & ones * 0x80) == 0;
}

/* How many plain bytes the text begins with. */
static size_t plain_run(struct bytes text)
{
    size_t len = 0;
    while (text.len - len >= 8 && eight_are_plain(text.data + len))
        len += 8;
    while (len < text.len && is_plain(text.data[len]))
        len++;
    return len;
}

void json_text_begin(struct json *json)
{
    value_begins(json);
    buf_append_byte(json->out, '"');
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

static void key_ends(struct json *json)
{
    buf_append(json->out, json->style == JSON_COMPACT ? BYTES(":") : BYTES(": "));
    json->needs_comma = false;
}

void json_key_bytes(struct json *json, struct bytes key)
{
    json_text(json, key);
    key_ends(json);
}

void json_key(struct json *json, const char *key)
{
    size_t len = strlen(key);
    assert(plain_run(bytes_of(key, len)) == len);
    value_begins(json);
    if (buf_reserve(json->out, len + 2)) {
        uint8_t *at = json->out->data + json->out->len;
        at[0] = '"';
        memcpy(at + 1, key, len);
        at[len + 1] = '"';
        json->out->len += len + 2;
    }
    key_ends(json);
}

void json_number(struct json *json, int64_t number)
{
    value_begins(json);
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
    value_begins(json);
    buf_append_byte(json->out, '"');
    time_append_iso(json->out, us);
    buf_append_byte(json->out, '"');
}

void json_raw(struct json *json, struct bytes raw)
{
    value_begins(json);
    buf_append(json->out, raw);
}
