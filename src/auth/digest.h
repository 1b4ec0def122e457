/* digest.h - SHA-256: of what is there at once, or of what comes piece by piece. */
#ifndef CONFAB_AUTH_DIGEST_H
#define CONFAB_AUTH_DIGEST_H

#include "base/bytes.h"

enum {
    DIGEST_BYTES = 32,
    DIGEST_TEXT_BYTES = 2 * DIGEST_BYTES, /* as hexadecimal digits */
};

/* The digest as small hexadecimal digits, ended by NUL. ERR_MEMORY. */
CHECKED enum err digest_text(struct bytes bytes, char out[DIGEST_TEXT_BYTES + 1]);

struct digest; /* opaque */

/* ERR_MEMORY. */
CHECKED enum err digest_new(struct digest **out);
void digest_free(struct digest **digest);

void digest_add(struct digest *digest, struct bytes piece);

/* The digest of all pieces; nothing may be added afterwards. */
void digest_end_text(struct digest *digest, char out[DIGEST_TEXT_BYTES + 1]);

#endif
