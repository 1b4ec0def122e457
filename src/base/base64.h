/* base64.h - base64 in both alphabets (RFC 4648, sections 4 and 5) and hexadecimal. */
#ifndef CONFAB_BASE_BASE64_H
#define CONFAB_BASE_BASE64_H

#include "base/buf.h"

enum base64_form {
    BASE64_STANDARD, /* A-Z a-z 0-9 + / with padding */
    BASE64_URL,      /* A-Z a-z 0-9 - _ without padding */
};

void base64_append(struct buf *out, struct bytes bytes, enum base64_form form);

/* Append what the text stands for. ERR_SYNTAX: other characters, wrong length, wrong padding, or
 * bits that no byte uses are not zero; out is unchanged. */
CHECKED enum err base64_read(struct buf *out, struct bytes text, enum base64_form form);

/* Lower-case hexadecimal digits. */
void hex_append(struct buf *out, struct bytes bytes);

#endif
