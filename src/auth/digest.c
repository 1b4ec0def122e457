#include "auth/digest.h"

#include <assert.h>
#include <stdlib.h>
#include "auth/sha256.h"

static_assert(DIGEST_BYTES <= EVP_MAX_MD_SIZE, "SHA-256 fits");

static void write_text(const uint8_t digest[DIGEST_BYTES], char out[DIGEST_TEXT_BYTES + 1])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < DIGEST_BYTES; i++) {
        out[2 * i] = digits[digest[i] >> 4];
        out[2 * i + 1] = digits[digest[i] & 15];
    }
    out[DIGEST_TEXT_BYTES] = '\0';
}

enum err digest_text(struct bytes bytes, char out[DIGEST_TEXT_BYTES + 1])
{
    uint8_t digest[DIGEST_BYTES];
    if (EVP_Digest(bytes.data, bytes.len, digest, NULL, sha256(), NULL) != 1)
        return ERR_MEMORY;
    write_text(digest, out);
    return OK;
}

/* An EVP_MD_CTX by another name. */
static EVP_MD_CTX *context_of(struct digest *digest)
{
    return (EVP_MD_CTX *)digest;
}

enum err digest_new(struct digest **out)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (context == NULL)
        return ERR_MEMORY;
    if (EVP_DigestInit_ex(context, sha256(), NULL) != 1) {
        EVP_MD_CTX_free(context);
        return ERR_MEMORY;
    }
    *out = (struct digest *)context;
    return OK;
}

void digest_free(struct digest **digest)
{
    EVP_MD_CTX_free(context_of(*digest));
    *digest = NULL;
}

void digest_add(struct digest *digest, struct bytes piece)
{
    if (EVP_DigestUpdate(context_of(digest), piece.data, piece.len) != 1)
        abort(); /* never: it needs no memory, and to go on would mean to compare something unknown
                  */
}

void digest_end_text(struct digest *digest, char out[DIGEST_TEXT_BYTES + 1])
{
    uint8_t bytes[DIGEST_BYTES];
    if (EVP_DigestFinal_ex(context_of(digest), bytes, NULL) != 1)
        abort(); /* as above */
    write_text(bytes, out);
}
