/* text.h - UTF-8 and what Python makes of text and numbers.
 *
 * Knows: code points, Unicode white space, how Python prints a number.
 */
#ifndef CONFAB_BASE_TEXT_H
#define CONFAB_BASE_TEXT_H

#include "base/buf.h"

/* Where a UTF-8 check stands between two pieces of one text. All zero is the beginning.
 * (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.) */
struct utf8_check {
    uint8_t missing; /* continuation bytes that must follow */
    uint8_t low;     /* smallest and largest value of the next one; only for the first they differ
                        from 80..BF */
    uint8_t high;
};

/* Check the next piece. False as soon as the text cannot become valid any more, at the first wrong
 * byte. */
bool utf8_check_piece(struct utf8_check *check, struct bytes piece);

/* Whether the text may end here. */
static inline bool utf8_check_is_complete(const struct utf8_check *check)
{
    return check->missing == 0;
}

/* Whether the whole text is valid. */
bool utf8_is_valid(struct bytes text);

/* The code points of a valid text. */
size_t utf8_count(struct bytes text);

/* Take the next code point of a valid text. The text may not be empty. */
uint32_t utf8_next(struct bytes *text);

/* Append one code point (not a surrogate) as UTF-8. */
void utf8_append(struct buf *out, uint32_t code_point);

/* Whether Python's str.strip() takes the code point away. */
bool text_is_space(uint32_t code_point);

/* A valid text without Unicode white space at both ends (Python's str.strip()). */
struct bytes text_strip(struct bytes text);

/* Whether Python's \w matches the code point: letters and numbers of any script (general categories
 * L and N), and _. With the tables of libunistring 1.0 it agrees with Python 3.11 on every one. */
bool text_is_word(uint32_t code_point);

/* Append with percent-encoding (RFC 3986): letters, digits, "-._~" and others (ASCII) stand for
 * themselves. */
void text_append_percent(struct buf *out, struct bytes text, const char *others);

/* Append what Python's str(json.loads(number)) gives for a JSON number: "5" -> 5, "1.50" -> 1.5,
 * "1e5" -> 100000.0, "-0" -> 0, "1e999" -> inf. Whole numbers of any length are kept digit by
 * digit. */
void text_append_python_number(struct buf *out, struct bytes number);

#endif
