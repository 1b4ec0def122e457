#include "base/bytes.h"

static uint8_t fold(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

size_t bytes_last_index(struct bytes a, uint8_t c)
{
    const uint8_t *at = a.len > 0 ? memrchr(a.data, c, a.len) : NULL;
    return at != NULL ? (size_t)(at - a.data) : a.len;
}

bool bytes_equal_nocase(struct bytes a, struct bytes b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++) {
        if (fold(a.data[i]) != fold(b.data[i]))
            return false;
    }
    return true;
}

bool bytes_equal_secret(struct bytes a, struct bytes b)
{
    if (a.len != b.len)
        return false;
    volatile uint8_t difference = 0;
    for (size_t i = 0; i < a.len; i++)
        difference = (uint8_t)(difference | (a.data[i] ^ b.data[i]));
    return difference == 0;
}

static bool one_of(uint8_t c, const char *characters)
{
    return c != 0 && strchr(characters, c) != NULL;
}

struct bytes bytes_trim(struct bytes a, const char *characters)
{
    while (a.len > 0 && one_of(a.data[0], characters))
        a = bytes_skip(a, 1);
    while (a.len > 0 && one_of(a.data[a.len - 1], characters))
        a.len--;
    return a;
}

bool bytes_split(struct bytes *rest, uint8_t c, struct bytes *piece)
{
    if (rest->data == NULL)
        return false;
    size_t at = bytes_index(*rest, c);
    *piece = bytes_first(*rest, at);
    *rest = at < rest->len ? bytes_skip(*rest, at + 1) : NO_BYTES;
    return true;
}

enum err bytes_to_number(struct bytes a, uint64_t max, uint64_t *out)
{
    if (a.len == 0)
        return ERR_SYNTAX;
    uint64_t number = 0;
    for (size_t i = 0; i < a.len; i++) {
        if (a.data[i] < '0' || a.data[i] > '9')
            return ERR_SYNTAX;
        uint64_t digit = (uint64_t)(a.data[i] - '0');
        if (number > (max - digit) / 10 || digit > max)
            return ERR_SYNTAX;
        number = number * 10 + digit;
    }
    *out = number;
    return OK;
}
