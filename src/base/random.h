/* random.h - random bytes from the kernel. */
#ifndef CONFAB_BASE_RANDOM_H
#define CONFAB_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* Fill with cryptographically random bytes. Cannot fail once the system has started (getrandom(2)).
 */
void random_fill(void *out, size_t len);

/* len characters of the alphabet, each equally likely, and a NUL: out has len + 1 bytes.
 * The alphabet has 2 to 256 characters. */
void random_text(char *out, size_t len, const char *alphabet);

#endif
