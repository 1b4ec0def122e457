#include "auth/signing.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <openssl/core_names.h>
#include <openssl/params.h>
#include "auth/sha256.h"

static_assert(MAC_BYTES == 32, "an HMAC-SHA256 has 32 bytes");

/* To sign, or to accept, something unknown would be worse. Only without memory. */
static void need(bool is_done)
{
    if (!is_done)
        abort();
}

/* SHA256(salt + secret): always hashed, however short the secret is. */
static void derive_key(struct bytes secret, const char *salt, uint8_t key[MAC_BYTES])
{
    EVP_MD_CTX *hash = EVP_MD_CTX_new();
    need(hash != NULL && EVP_DigestInit_ex(hash, sha256(), NULL) == 1 &&
         EVP_DigestUpdate(hash, salt, strlen(salt)) == 1 &&
         EVP_DigestUpdate(hash, secret.data, secret.len) == 1 &&
         EVP_DigestFinal_ex(hash, key, NULL) == 1);
    EVP_MD_CTX_free(hash);
}

static EVP_MAC_CTX *make_hmac(void)
{
    char name[] = "SHA256";
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
        OSSL_PARAM_construct_end(),
    };
    EVP_MAC *algorithm = EVP_MAC_fetch(NULL, "HMAC", NULL);
    need(algorithm != NULL);
    EVP_MAC_CTX *made = EVP_MAC_CTX_new(algorithm);
    need(made != NULL && EVP_MAC_CTX_set_params(made, parameters) == 1);
    EVP_MAC_free(algorithm); /* the context holds it */
    return made;
}

/* HMAC-SHA256 without a key, of which each use makes a copy: looking it up by name takes longer
 * than the rest. */
static const EVP_MAC_CTX *hmac(void)
{
    static _Atomic(EVP_MAC_CTX *) known; /* kept until the process ends */
    EVP_MAC_CTX *expected = NULL;
    EVP_MAC_CTX *made = atomic_load(&known);
    if (made != NULL)
        return made;
    made = make_hmac();
    if (atomic_compare_exchange_strong(&known, &expected, made))
        return made;
    EVP_MAC_CTX_free(made); /* another thread was first */
    return expected;
}

void mac_make(struct bytes secret, const char *salt, struct bytes message, uint8_t out[MAC_BYTES])
{
    uint8_t key[MAC_BYTES];
    size_t len = 0;
    derive_key(secret, salt, key);
    EVP_MAC_CTX *mac = EVP_MAC_CTX_dup(hmac());
    need(mac != NULL && EVP_MAC_init(mac, key, MAC_BYTES, NULL) == 1 &&
         EVP_MAC_update(mac, message.data, message.len) == 1 &&
         EVP_MAC_final(mac, out, &len, MAC_BYTES) == 1 && len == MAC_BYTES);
    EVP_MAC_CTX_free(mac);
    OPENSSL_cleanse(key, sizeof key);
}
