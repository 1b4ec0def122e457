#include "cli/password_input.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>
#include "auth/password.h"
#include "base/text.h"

static enum err fail(char reason[PASSWORD_INPUT_REASON_BYTES], enum err err, const char *why)
{
    (void)snprintf(reason, PASSWORD_INPUT_REASON_BYTES, "%s", why);
    return err;
}

/* Without the "\n" or "\r\n" that echo and editors put behind the last line. */
static size_t len_without_ending(const struct buf *text)
{
    size_t len = text->len;
    if (len > 0 && text->data[len - 1] == '\n')
        len -= len > 1 && text->data[len - 2] == '\r' ? 2 : 1;
    return len;
}

enum err password_input_read(int fd, struct buf *out, char reason[PASSWORD_INPUT_REASON_BYTES])
{
    enum { INPUT_BYTES_MAX = PASSWORD_BYTES_MAX + 2 }; /* with its line ending */
    /* One byte more, to see that there is more; reserved at once, so that no copy of a part is left
     * behind. */
    if (!buf_reserve(out, INPUT_BYTES_MAX + 1))
        return fail(reason, ERR_MEMORY, "no memory");
    while (out->len <= INPUT_BYTES_MAX) {
        ssize_t got = read(fd, out->data + out->len, INPUT_BYTES_MAX + 1 - out->len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail(reason, ERR_IO, "the password cannot be read from standard input");
        if (got == 0)
            break;
        out->len += (size_t)got;
    }
    out->len = len_without_ending(out);
    if (out->len > PASSWORD_BYTES_MAX)
        return fail(reason, ERR_LIMIT, "the password is too long; at most 4096 bytes are accepted");
    if (!utf8_is_valid(buf_bytes(out))) /* nobody could ever type it into a login */
        return fail(reason, ERR_SYNTAX, "the password is not UTF-8 text");
    if (text_strip(buf_bytes(out)).len == 0)
        return fail(reason, ERR_SYNTAX, "the password on standard input is empty");
    return OK;
}

void password_wipe(struct buf *password)
{
    if (password->data != NULL)
        explicit_bzero(password->data, password->cap);
    buf_free(password);
}
