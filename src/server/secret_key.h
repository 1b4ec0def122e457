/* secret_key.h - the site's secret key: a file with one line of text.
 *
 * Knows: where the key lies, how a new one is made, who may read it.
 * Does not know: what it signs.
 */
#ifndef CONFAB_SERVER_SECRET_KEY_H
#define CONFAB_SERVER_SECRET_KEY_H

#include "base/buf.h"

enum {
    SECRET_KEY_BYTES = 64,         /* of a key that we make: letters and digits, 381 bits */
    SECRET_KEY_BYTES_ADVISED = 32, /* a shorter one is accepted with a warning: it can be guessed */
    SECRET_KEY_FILE_BYTES_MAX = 4096, /* a larger file is no key */
    SECRET_KEY_REASON_BYTES = 256,    /* of the words for an error */
};

/* Append the key of the file to out, without the line ending behind it. A missing file is made,
 * with a new random key and mode 0600; when two processes do so at the same moment both get the
 * same key. On an error out is unchanged and reason is one line that says what was wrong and what
 * would be right: ERR_SYNTAX (the file is empty), ERR_LIMIT (too large), ERR_DENIED (everybody may
 * read or write it), ERR_IO, ERR_MEMORY. The caller wipes out. Blocks; for the start. */
CHECKED enum err secret_key_load(const char *path, struct buf *out,
                                 char reason[SECRET_KEY_REASON_BYTES]);

/* The same for a key that must be there already: an earlier one, which only verifies. */
CHECKED enum err secret_key_read(const char *path, struct buf *out,
                                 char reason[SECRET_KEY_REASON_BYTES]);

#endif
