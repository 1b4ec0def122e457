/* sha256.h - SHA-256 as OpenSSL has it, looked up once.
 *
 * OpenSSL 3 looks an algorithm up by its name, under a lock, whenever it is named by EVP_sha256():
 * that takes as long as hashing what a session holds. Only auth/ includes this.
 */
#ifndef CONFAB_AUTH_SHA256_H
#define CONFAB_AUTH_SHA256_H

#include <openssl/evp.h>

/* Thread: any. */
const EVP_MD *sha256(void);

#endif
