#include "http/form.h"

#include "http/byte_set.h"
#include "http/parameter.h"

void content_type_read(struct bytes value, struct content_type *out)
{
    struct bytes rest = parameter_skip_first(value, &out->type);
    struct parameter parameter;
    out->boundary = NO_BYTES;
    out->charset = NO_BYTES;
    while (parameter_next(&rest, &parameter)) {
        /* The first of a name counts: proxies that look into a body do the same. */
        if (out->boundary.data == NULL && bytes_equal_nocase(parameter.name, BYTES("boundary")))
            out->boundary = parameter.value;
        if (out->charset.data == NULL && bytes_equal_nocase(parameter.name, BYTES("charset")))
            out->charset = parameter.value;
    }
}

/* Decode a name or value to *at, which moves on. What is decoded is never longer than what it came
 * from. */
static struct bytes decode(struct bytes text, uint8_t **at)
{
    uint8_t *begin = *at;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        if (c == '+') {
            c = ' ';
        } else if (c == '%' && text.len - i > 2) {
            int high = hex_digit_value(text.data[i + 1]);
            int low = hex_digit_value(text.data[i + 2]);
            if (high >= 0 && low >= 0) {
                c = (uint8_t)(high * 16 + low);
                i += 2;
            }
        }
        *(*at)++ = c;
    }
    return bytes_of(begin, (size_t)(*at - begin));
}

/* Pairs between "&"; empty ones are none. Counting ends one past the limit. */
static size_t count_pairs(struct bytes content)
{
    size_t count = 0;
    struct bytes piece;
    while (count <= FORM_PAIR_COUNT_MAX && bytes_split(&content, '&', &piece))
        count += piece.len > 0;
    return count;
}

enum err form_read_urlencoded(struct bytes content, struct arena *arena, struct form *out)
{
    size_t count = count_pairs(content);
    *out = (struct form) {0};
    if (count > FORM_PAIR_COUNT_MAX)
        return ERR_LIMIT;
    if (count == 0)
        return OK;
    uint8_t *at = arena_alloc(arena, content.len);
    out->pairs = arena_alloc(arena, count * sizeof *out->pairs);
    if (at == NULL || out->pairs == NULL)
        return ERR_MEMORY;
    struct bytes piece;
    while (bytes_split(&content, '&', &piece)) {
        if (piece.len == 0)
            continue;
        size_t equals = bytes_index(piece, '=');
        struct form_pair *pair = &out->pairs[out->count++];
        pair->name = decode(bytes_first(piece, equals), &at);
        pair->value = decode(equals < piece.len ? bytes_skip(piece, equals + 1) : BYTES(""), &at);
    }
    return OK;
}
