#include "base/random.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

void random_fill(void *out, size_t len)
{
    uint8_t *at = out;
    while (len > 0) {
        ssize_t got = getrandom(at, len, 0);
        if (got < 0) {
            if (errno == EINTR)
                continue;
            abort(); /* a kernel without getrandom(2) cannot keep a secret */
        }
        at += got;
        len -= (size_t)got;
    }
}

void random_text(char *out, size_t len, const char *alphabet)
{
    size_t count = strlen(alphabet);
    assert(count >= 2 && count <= 256);
    size_t fair = 256 - 256 % count; /* bytes from here on would favour the first characters */
    for (size_t i = 0; i < len;) {
        uint8_t byte;
        random_fill(&byte, 1);
        if (byte < fair)
            out[i++] = alphabet[byte % count];
    }
    out[len] = '\0';
}
