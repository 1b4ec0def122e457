#include "auth/csrf.h"

#include <assert.h>
#include "base/random.h"

/* The order matters: a masked character is the sum of two indexes. */
static const char alphabet[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

enum { ALPHABET_COUNT = sizeof alphabet - 1 };

static_assert(CSRF_TOKEN_BYTES == 2 * CSRF_SECRET_BYTES, "a token is a mask and the masked secret");

/* The index of a character in the alphabet, or ALPHABET_COUNT. */
static size_t index_of(uint8_t c)
{
    const char *at = c != 0 ? strchr(alphabet, c) : NULL;
    return at != NULL ? (size_t)(at - alphabet) : ALPHABET_COUNT;
}

static bool is_plain(struct bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (index_of(text.data[i]) == ALPHABET_COUNT)
            return false;
    }
    return true;
}

void csrf_secret_new(char out[CSRF_SECRET_BYTES + 1])
{
    random_text(out, CSRF_SECRET_BYTES, alphabet);
}

void csrf_mask(const char secret[CSRF_SECRET_BYTES], const char mask[CSRF_SECRET_BYTES],
               char out[CSRF_TOKEN_BYTES + 1])
{
    assert(is_plain(bytes_of(secret, CSRF_SECRET_BYTES)));
    assert(is_plain(bytes_of(mask, CSRF_SECRET_BYTES)));
    for (size_t i = 0; i < CSRF_SECRET_BYTES; i++) {
        size_t sum = index_of((uint8_t)secret[i]) + index_of((uint8_t)mask[i]);
        out[i] = mask[i];
        out[CSRF_SECRET_BYTES + i] = alphabet[sum % ALPHABET_COUNT];
    }
    out[CSRF_TOKEN_BYTES] = '\0';
}

/* The secret that a cookie, header or form value stands for: bare, or masked. */
static bool read_secret(struct bytes value, uint8_t secret[CSRF_SECRET_BYTES])
{
    if (!is_plain(value))
        return false;
    if (value.len == CSRF_SECRET_BYTES) {
        memcpy(secret, value.data, CSRF_SECRET_BYTES);
        return true;
    }
    if (value.len != CSRF_TOKEN_BYTES)
        return false;
    for (size_t i = 0; i < CSRF_SECRET_BYTES; i++) {
        size_t mask = index_of(value.data[i]);
        size_t masked = index_of(value.data[CSRF_SECRET_BYTES + i]);
        secret[i] = (uint8_t)alphabet[(masked + ALPHABET_COUNT - mask) % ALPHABET_COUNT];
    }
    return true;
}

bool csrf_matches(struct bytes cookie, struct bytes token)
{
    uint8_t expected[CSRF_SECRET_BYTES];
    uint8_t given[CSRF_SECRET_BYTES];
    return read_secret(cookie, expected) && read_secret(token, given) &&
           bytes_equal_secret(bytes_of(expected, sizeof expected), bytes_of(given, sizeof given));
}
