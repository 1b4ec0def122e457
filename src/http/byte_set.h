/* byte_set.h - the character classes of RFC 9110 and RFC 9112 as sets of bytes. Private to http/.
 */
#ifndef CONFAB_HTTP_BYTE_SET_H
#define CONFAB_HTTP_BYTE_SET_H

#include "base/bytes.h"

struct byte_set {
    uint64_t bits[4];
};

extern const struct byte_set
    BYTE_SET_TOKEN; /* tchar: methods, field names (RFC 9110, section 5.6.2) */
extern const struct byte_set
    BYTE_SET_TARGET; /* visible ASCII without "#": a fragment is never sent */
extern const struct byte_set BYTE_SET_VALUE; /* field values: visible ASCII, blank, tab, obs-text */
extern const struct byte_set BYTE_SET_PRINT; /* visible ASCII, blank, tab */
extern const struct byte_set BYTE_SET_HEX;
extern const struct byte_set BYTE_SET_DIGIT;
extern const struct byte_set BYTE_SET_HOST;     /* names and IPv4 addresses */
extern const struct byte_set BYTE_SET_IPV6;     /* between the brackets */
extern const struct byte_set BYTE_SET_BOUNDARY; /* bchars (RFC 2046, section 5.1.1) */

static inline bool byte_set_has(const struct byte_set *set, uint8_t c)
{
    return (set->bits[c >> 6] >> (c & 63)) & 1;
}

/* How many bytes at the beginning are in the set. */
static inline size_t byte_set_run(const struct byte_set *set, struct bytes bytes)
{
    size_t n = 0;
    while (n < bytes.len && byte_set_has(set, bytes.data[n]))
        n++;
    return n;
}

/* What a hexadecimal digit stands for. -1: the byte is none. */
static inline int hex_digit_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (uint8_t)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

#endif
