/* bytes.h - a span of bytes that belongs to somebody else.
 *
 * A plain value. It says nothing of ownership: whoever hands one out says how long it lives.
 */
#ifndef CONFAB_BASE_BYTES_H
#define CONFAB_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "base/err.h"

struct bytes {
    const uint8_t *data;
    size_t len;
};

/* The bytes of a string literal, without its final NUL. */
#define BYTES(literal) ((struct bytes) {(const uint8_t *)("" literal), sizeof(literal) - 1})
#define NO_BYTES       ((struct bytes) {NULL, 0})

/* For printf's "%.*s". */
#define BYTES_FMT(b) (int)(b).len, (const char *)(b).data

static inline struct bytes bytes_of(const void *data, size_t len)
{
    return (struct bytes) {data, len};
}

static inline struct bytes bytes_from_text(const char *text)
{
    return bytes_of(text, strlen(text));
}

static inline bool bytes_equal(struct bytes a, struct bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static inline bool bytes_is(struct bytes a, const char *text)
{
    return bytes_equal(a, bytes_from_text(text));
}

static inline bool bytes_starts_with(struct bytes a, struct bytes prefix)
{
    return a.len >= prefix.len && (prefix.len == 0 || memcmp(a.data, prefix.data, prefix.len) == 0);
}

/* What follows the first n bytes. n may be at most a.len. */
static inline struct bytes bytes_skip(struct bytes a, size_t n)
{
    return bytes_of(n > 0 ? a.data + n : a.data, a.len - n); /* a.data may be NULL */
}

static inline struct bytes bytes_first(struct bytes a, size_t n)
{
    return bytes_of(a.data, n);
}

/* Index of the first c, or a.len if there is none. */
static inline size_t bytes_index(struct bytes a, uint8_t c)
{
    const uint8_t *at = a.len > 0 ? memchr(a.data, c, a.len) : NULL;
    return at != NULL ? (size_t)(at - a.data) : a.len;
}

/* Index of the last c, or a.len if there is none. */
size_t bytes_last_index(struct bytes a, uint8_t c);

/* Equal when ASCII letters are folded (RFC 9110: field names, tokens). */
bool bytes_equal_nocase(struct bytes a, struct bytes b);

/* Equal, in a time that depends on the lengths alone: for secrets. */
bool bytes_equal_secret(struct bytes a, struct bytes b);

/* Without the given ASCII characters at both ends, e.g. " \t". */
struct bytes bytes_trim(struct bytes a, const char *characters);

/* Split off what stands before the first c; *rest becomes what follows it. False when *rest was
 * already used up (its data is NULL). A text without c gives one piece, "a,,b" three. */
bool bytes_split(struct bytes *rest, uint8_t c, struct bytes *piece);

/* A decimal number without sign, at most max. ERR_SYNTAX: no digits, other characters, or too
 * large. */
CHECKED enum err bytes_to_number(struct bytes a, uint64_t max, uint64_t *out);

#endif
