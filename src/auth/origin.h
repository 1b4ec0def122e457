/* origin.h - may a request that changes something come from where it says it comes from?
 *
 * The rule (docs/security.md has it in words): Sec-Fetch-Site, else Origin, else Referer, else it
 * is no browser. Does not know: requests; it judges values.
 */
#ifndef CONFAB_AUTH_ORIGIN_H
#define CONFAB_AUTH_ORIGIN_H

#include "base/bytes.h"

enum { ORIGINS_ALLOWED_MAX = 64 };

/* Origins that may use the API from elsewhere: "https://chat.example.com", or with "*." before the
 * host for the host and all its subdomains. Borrowed texts. */
struct origins {
    struct bytes allowed[ORIGINS_ALLOWED_MAX];
    size_t count;
};

/* What a request says; absent fields have data NULL. scheme is "http" or "https", as the listener
 * or a trusted proxy says. */
struct origin_evidence {
    struct bytes sec_fetch_site;
    struct bytes origin;
    struct bytes referer;
    struct bytes host;
    struct bytes scheme;
};

/* Whether the request passes. If not, *culprit is the origin to be named in the answer (Origin, or
 * the Referer). */
bool origin_passes(const struct origins *origins, const struct origin_evidence *evidence,
                   struct bytes *culprit);

/* Whether the origin is in the allowed list (for CORS). */
bool origin_is_allowed(const struct origins *origins, struct bytes origin);

/* Whether a text is fit for the allowed list: scheme://host[:port], nothing behind it. */
bool origin_is_wellformed(struct bytes origin);

#endif
