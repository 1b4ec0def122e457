#include "auth/token.h"

#include "base/random.h"

static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

enum err token_make(struct token *out)
{
    enum { BEGINNING_BYTES = sizeof TOKEN_BEGINNING - 1 };
    memcpy(out->text, TOKEN_BEGINNING, BEGINNING_BYTES);
    random_text(out->text + BEGINNING_BYTES, TOKEN_CHANCE_CHARACTERS, alphabet);
    memcpy(out->prefix, out->text, TOKEN_PREFIX_BYTES);
    out->prefix[TOKEN_PREFIX_BYTES] = '\0';
    return digest_text(bytes_of(out->text, TOKEN_BYTES), out->hash);
}

enum err token_hash(struct bytes text, char out[DIGEST_TEXT_BYTES + 1])
{
    if (text.len != TOKEN_BYTES || !bytes_starts_with(text, BYTES(TOKEN_BEGINNING)))
        return ERR_SYNTAX;
    return digest_text(text, out);
}
