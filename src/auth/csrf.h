/* csrf.h - Django's CSRF secrets and tokens (the masked form). */
#ifndef CONFAB_AUTH_CSRF_H
#define CONFAB_AUTH_CSRF_H

#include "base/bytes.h"

enum { CSRF_SECRET_BYTES = 32, CSRF_TOKEN_BYTES = 64 };

/* A new secret: 32 of a-z A-Z 0-9, with a NUL behind it. */
void csrf_secret_new(char out[CSRF_SECRET_BYTES + 1]);

/* The secret masked with 32 characters of the same alphabet, as a token with a NUL behind it. */
void csrf_mask(const char secret[CSRF_SECRET_BYTES], const char mask[CSRF_SECRET_BYTES],
               char out[CSRF_TOKEN_BYTES + 1]);

/* Whether a cookie and a header or form value, each a secret or a masked token, hold the same
 * secret. Constant time. */
bool csrf_matches(struct bytes cookie, struct bytes token);

#endif
