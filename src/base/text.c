#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unictype.h>

/* What the first byte of a code point demands of the rest (RFC 3629, section 4). */
static bool utf8_lead(struct utf8_check *check, uint8_t c)
{
    check->low = 0x80;
    check->high = 0xbf;
    if (c >= 0xc2 && c <= 0xdf) {
        check->missing = 1;
    } else if (c >= 0xe0 && c <= 0xef) {
        check->missing = 2;
        if (c == 0xe0)
            check->low = 0xa0; /* shorter forms exist */
        if (c == 0xed)
            check->high = 0x9f; /* surrogates */
    } else if (c >= 0xf0 && c <= 0xf4) {
        check->missing = 3;
        if (c == 0xf0)
            check->low = 0x90;
        if (c == 0xf4)
            check->high = 0x8f; /* beyond U+10FFFF */
    } else {
        return false;
    }
    return true;
}

bool utf8_check_piece(struct utf8_check *check, struct bytes piece)
{
    if (piece.len == 0)
        return true; /* its data may be NULL */
    const uint8_t *at = piece.data;
    const uint8_t *end = at + piece.len;
    while (at < end) {
        if (check->missing > 0) {
            if (*at < check->low || *at > check->high)
                return false;
            check->low = 0x80;
            check->high = 0xbf;
            check->missing--;
            at++;
            continue;
        }
        /* Eight ASCII bytes at a time: most text is. */
        uint64_t eight;
        while (end - at >= 8) {
            memcpy(&eight, at, 8);
            if ((eight & UINT64_C(0x8080808080808080)) != 0)
                break;
            at += 8;
        }
        if (at == end)
            break;
        if (*at >= 0x80 && !utf8_lead(check, *at))
            return false;
        at++;
    }
    return true;
}

/* Whether the text is ASCII, as most are, and long enough to see that in blocks. */
static bool is_long_ascii(struct bytes text)
{
    enum { BLOCK = 16 };
    typedef uint64_t block __attribute__((vector_size(BLOCK)));
    block all = {0};
    block next;
    if (text.len < BLOCK)
        return false;
    for (size_t at = 0; at + BLOCK <= text.len; at += BLOCK) {
        memcpy(&next, text.data + at, BLOCK);
        all |= next;
    }
    memcpy(&next, text.data + text.len - BLOCK, BLOCK); /* some of it again */
    all |= next;
    return ((all[0] | all[1]) & UINT64_C(0x8080808080808080)) == 0;
}

bool utf8_is_valid(struct bytes text)
{
    if (is_long_ascii(text))
        return true;
    struct utf8_check check = {0};
    return utf8_check_piece(&check, text) && utf8_check_is_complete(&check);
}

size_t utf8_count(struct bytes text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += (text.data[i] & 0xc0) != 0x80;
    return count;
}

uint32_t utf8_next(struct bytes *text)
{
    uint8_t lead = text->data[0];
    size_t len = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    uint32_t code_point = len == 1 ? lead : lead & (0x7fu >> len);
    for (size_t i = 1; i < len && i < text->len; i++)
        code_point = code_point << 6 | (text->data[i] & 0x3f);
    *text = bytes_skip(*text, len < text->len ? len : text->len);
    return code_point;
}

void utf8_append(struct buf *out, uint32_t c)
{
    uint8_t bytes[4];
    size_t len = 0;
    if (c < 0x80) {
        bytes[len++] = (uint8_t)c;
    } else if (c < 0x800) {
        bytes[len++] = (uint8_t)(0xc0 | c >> 6);
        bytes[len++] = (uint8_t)(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
        bytes[len++] = (uint8_t)(0xe0 | c >> 12);
        bytes[len++] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
        bytes[len++] = (uint8_t)(0x80 | (c & 0x3f));
    } else {
        bytes[len++] = (uint8_t)(0xf0 | c >> 18);
        bytes[len++] = (uint8_t)(0x80 | (c >> 12 & 0x3f));
        bytes[len++] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
        bytes[len++] = (uint8_t)(0x80 | (c & 0x3f));
    }
    buf_append(out, bytes_of(bytes, len));
}

bool text_is_space(uint32_t c)
{
    return (c >= 0x09 && c <= 0x0d) || (c >= 0x1c && c <= 0x20) || c == 0x85 || c == 0xa0 ||
           c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 ||
           c == 0x202f || c == 0x205f || c == 0x3000;
}

struct bytes text_strip(struct bytes text)
{
    struct bytes rest = text;
    while (rest.len > 0) {
        struct bytes before = rest;
        if (!text_is_space(utf8_next(&rest))) {
            rest = before;
            break;
        }
    }
    size_t len = rest.len;
    while (len > 0) {
        size_t start = len - 1;
        while (start > 0 && (rest.data[start] & 0xc0) == 0x80)
            start--;
        struct bytes last = bytes_of(rest.data + start, len - start);
        if (!text_is_space(utf8_next(&last)))
            break;
        len = start;
    }
    return bytes_first(rest, len);
}

bool text_is_word(uint32_t c)
{
    enum { WORD = UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_N };
    return c == '_' || uc_is_general_category_withtable(c, WORD);
}

/* Whether the text becomes the value when its last digit is one more. Above a power of two the next
 * number is twice as far as below it, so that there the nearest digits may miss it and their upper
 * neighbour hit it. */
static bool hits_one_above(char *text, double value)
{
    char *last = strchr(text, 'e') - 1;
    if (*last == '9')
        return false; /* with a carry it would have fewer digits, and those have been tried */
    ++*last;
    return strtod(text, NULL) == value;
}

/* Python's repr(float): the fewest digits that read back as the same value; an exponent only
 * below 1e-4 and from 1e16 on. */
static void append_python_float(struct buf *out, double value)
{
    if (isinf(value)) {
        buf_append_text(out, value < 0 ? "-inf" : "inf");
        return;
    }
    char text[64];
    int precision = 0;
    do {
        (void)snprintf(text, sizeof text, "%.*e", precision, value);
        precision++;
    } while (precision <= 17 && strtod(text, NULL) != value && !hits_one_above(text, value));

    char *e = strchr(text, 'e');
    int exponent = atoi(e + 1);
    *e = '\0';
    if (value == 0)
        exponent = 0;
    if (exponent >= -4 && exponent < 16) {
        /* Powers of two of this size have few digits: hits_one_above() was not needed. */
        int decimals = precision - 1 - exponent;
        buf_printf(out, "%.*f", decimals > 0 ? decimals : 1, value);
        return;
    }
    buf_printf(out, "%se%c%02d", text, exponent < 0 ? '-' : '+', abs(exponent));
}

void text_append_python_number(struct buf *out, struct bytes number)
{
    bool is_float = bytes_index(number, '.') < number.len ||
                    bytes_index(number, 'e') < number.len || bytes_index(number, 'E') < number.len;
    if (!is_float) {
        buf_append(out, bytes_is(number, "-0") ? BYTES("0") : number);
        return;
    }
    /* strtod wants a NUL behind the number. */
    struct buf copy = {0};
    buf_append(&copy, number);
    buf_append_byte(&copy, 0);
    if (copy.failed)
        out->failed = true;
    else
        append_python_float(out, strtod((const char *)copy.data, NULL));
    buf_free(&copy);
}

void text_append_percent(struct buf *out, struct bytes text, const char *others)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        bool stays = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     (c != 0 && (strchr("-._~", c) != NULL || strchr(others, c) != NULL));
        if (stays)
            buf_append_byte(out, c);
        else
            buf_printf(out, "%%%02X", c);
    }
}
