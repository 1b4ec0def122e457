#include "auth/sha256.h"

#include <stdatomic.h>

static _Atomic(EVP_MD *) known; /* kept until the process ends */

const EVP_MD *sha256(void)
{
    EVP_MD *expected = NULL;
    EVP_MD *found = atomic_load(&known);
    if (found != NULL)
        return found;
    found = EVP_MD_fetch(NULL, "SHA256", NULL);
    if (found == NULL) /* without memory: looked up whenever it is used */
        return EVP_sha256();
    if (atomic_compare_exchange_strong(&known, &expected, found))
        return found;
    EVP_MD_free(found); /* another thread was first */
    return expected;
}
