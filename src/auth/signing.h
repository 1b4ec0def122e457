/* signing.h - Django's one primitive: HMAC-SHA256 under a key derived from a salt and the site's
 * secret.
 *
 * key = SHA256(salt + secret); mac = HMAC-SHA256(key, message).
 */
#ifndef CONFAB_AUTH_SIGNING_H
#define CONFAB_AUTH_SIGNING_H

#include "base/buf.h"

enum { MAC_BYTES = 32, SECRET_FALLBACKS_MAX = 8 };

/* The site's secret key and the earlier ones that may still verify. Borrowed texts. */
struct secrets {
    struct bytes current;
    struct bytes fallbacks[SECRET_FALLBACKS_MAX];
    size_t fallback_count;
};

void mac_make(struct bytes secret, const char *salt, struct bytes message, uint8_t out[MAC_BYTES]);

#endif
