#include "auth/signing.h"

#include <assert.h>
#include <stdlib.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

static_assert(MAC_BYTES == 32, "an HMAC-SHA256 has 32 bytes");

/* SHA256(salt + secret): always hashed, however short the secret is. */
static bool derive_key(struct bytes secret, const char *salt, uint8_t key[MAC_BYTES])
{
    EVP_MD_CTX *hash = EVP_MD_CTX_new();
    bool done = hash != NULL && EVP_DigestInit_ex(hash, EVP_sha256(), NULL) == 1 &&
                EVP_DigestUpdate(hash, salt, strlen(salt)) == 1 &&
                EVP_DigestUpdate(hash, secret.data, secret.len) == 1 &&
                EVP_DigestFinal_ex(hash, key, NULL) == 1;
    EVP_MD_CTX_free(hash);
    return done;
}

void mac_make(struct bytes secret, const char *salt, struct bytes message, uint8_t out[MAC_BYTES])
{
    static const uint8_t nothing[1];
    uint8_t key[MAC_BYTES];
    const uint8_t *data = message.len > 0 ? message.data : nothing; /* HMAC() refuses NULL */
    if (!derive_key(secret, salt, key) ||
        HMAC(EVP_sha256(), key, MAC_BYTES, data, message.len, out, NULL) == NULL)
        abort(); /* only without memory; to go on would mean to sign, or accept, something unknown
                  */
    OPENSSL_cleanse(key, sizeof key);
}
