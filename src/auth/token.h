/* token.h - the tokens that programs show instead of a session.
 *
 * A token is 256 bits of chance as text; whoever has it, is trusted. Only its SHA-256 is kept: a
 * password hash would protect nothing more, since nobody can guess a token, and would cost time at
 * each request.
 */
#ifndef CONFAB_AUTH_TOKEN_H
#define CONFAB_AUTH_TOKEN_H

#include "auth/digest.h"

#define TOKEN_BEGINNING "confab_" /* of each token, so that scanners for leaked secrets know it */

enum {
    TOKEN_CHANCE_CHARACTERS = 43, /* of 62: 256 bits */
    TOKEN_BYTES = sizeof TOKEN_BEGINNING - 1 + TOKEN_CHANCE_CHARACTERS,
    TOKEN_PREFIX_BYTES = sizeof TOKEN_BEGINNING - 1 + 4, /* by which people know it again */
};

struct token {
    char text[TOKEN_BYTES + 1];          /* shown once, to whom it is for */
    char prefix[TOKEN_PREFIX_BYTES + 1]; /* no secret */
    char hash[DIGEST_TEXT_BYTES + 1];
};

/* Make a new one. ERR_MEMORY. */
CHECKED enum err token_make(struct token *out);

/* What a token that somebody shows is kept as. ERR_SYNTAX: it has not the form of one; ERR_MEMORY.
 */
CHECKED enum err token_hash(struct bytes text, char out[DIGEST_TEXT_BYTES + 1]);

#endif
