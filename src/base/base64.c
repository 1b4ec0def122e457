#include "base/base64.h"

static const char *alphabet_of(enum base64_form form)
{
    return form == BASE64_STANDARD
               ? "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
               : "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
}

void base64_append(struct buf *out, struct bytes bytes, enum base64_form form)
{
    const char *alphabet = alphabet_of(form);
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t count = bytes.len - i < 3 ? bytes.len - i : 3;
        uint32_t group = (uint32_t)bytes.data[i] << 16;
        if (count > 1)
            group |= (uint32_t)bytes.data[i + 1] << 8;
        if (count > 2)
            group |= bytes.data[i + 2];
        for (size_t digit = 0; digit < 4; digit++) {
            if (digit <= count)
                buf_append_byte(out, (uint8_t)alphabet[group >> (18 - 6 * digit) & 63]);
            else if (form == BASE64_STANDARD)
                buf_append_byte(out, '=');
        }
    }
}

static int digit_value(uint8_t c, enum base64_form form)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == (form == BASE64_STANDARD ? '+' : '-'))
        return 62;
    if (c == (form == BASE64_STANDARD ? '/' : '_'))
        return 63;
    return -1;
}

enum err base64_read(struct buf *out, struct bytes text, enum base64_form form)
{
    if (form == BASE64_STANDARD) {
        if (text.len % 4 != 0)
            return ERR_SYNTAX;
        for (int padding = 0; padding < 2 && text.len > 0 && text.data[text.len - 1] == '=';
             padding++)
            text.len--;
    }
    if (text.len % 4 == 1)
        return ERR_SYNTAX;
    size_t len_before = out->len;
    uint32_t bits = 0;
    unsigned bit_count = 0;
    for (size_t i = 0; i < text.len; i++) {
        int value = digit_value(text.data[i], form);
        if (value < 0) {
            out->len = len_before;
            return ERR_SYNTAX;
        }
        bits = bits << 6 | (uint32_t)value;
        bit_count += 6;
        if (bit_count >= 8) {
            bit_count -= 8;
            buf_append_byte(out, (uint8_t)(bits >> bit_count));
        }
    }
    if ((bits & (BIT(bit_count) - 1)) != 0) {
        out->len = len_before;
        return ERR_SYNTAX;
    }
    return buf_status(out);
}

void hex_append(struct buf *out, struct bytes bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        buf_append_byte(out, (uint8_t) "0123456789abcdef"[bytes.data[i] >> 4]);
        buf_append_byte(out, (uint8_t) "0123456789abcdef"[bytes.data[i] & 15]);
    }
}
