#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { BUF_BYTES_FIRST = 256 };

void buf_free(struct buf *buf)
{
    free(buf->data);
    *buf = (struct buf) {0};
}

void buf_clear(struct buf *buf)
{
    buf->len = 0;
    buf->failed = false;
}

void buf_trim(struct buf *buf)
{
    if (buf->failed || buf->len == buf->cap)
        return;
    if (buf->len == 0) {
        buf_free(buf);
        return;
    }
    uint8_t *data = realloc(buf->data, buf->len);
    if (data == NULL) /* then it stays as it is */
        return;
    buf->data = data;
    buf->cap = buf->len;
}

bool buf_grow(struct buf *buf, size_t extra)
{
    if (buf->failed)
        return false;
    size_t cap = buf->cap > 0 ? buf->cap : BUF_BYTES_FIRST;
    while (cap - buf->len < extra) {
        if (cap > SIZE_MAX / 2) {
            buf->failed = true;
            return false;
        }
        cap *= 2;
    }
    uint8_t *data = realloc(buf->data, cap);
    if (data == NULL) {
        buf->failed = true;
        return false;
    }
    buf->data = data;
    buf->cap = cap;
    return true;
}

void buf_append(struct buf *buf, struct bytes bytes)
{
    if (bytes.len == 0 || !buf_reserve(buf, bytes.len))
        return;
    memcpy(buf->data + buf->len, bytes.data, bytes.len);
    buf->len += bytes.len;
}

void buf_append_text(struct buf *buf, const char *text)
{
    buf_append(buf, bytes_from_text(text));
}

void buf_append_byte(struct buf *buf, uint8_t byte)
{
    if (!buf_reserve(buf, 1))
        return;
    buf->data[buf->len++] = byte;
}

void buf_append_number(struct buf *buf, int64_t number)
{
    char digits[20];
    size_t at = sizeof digits;
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (number < 0)
        digits[--at] = '-';
    buf_append(buf, bytes_of(digits + at, sizeof digits - at));
}

void buf_printf(struct buf *buf, const char *format, ...)
{
    va_list args;
    va_list again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    /* One more for the NUL that vsnprintf writes and nobody counts. */
    if (len >= 0 && buf_reserve(buf, (size_t)len + 1)) {
        (void)vsnprintf((char *)buf->data + buf->len, (size_t)len + 1, format, again);
        buf->len += (size_t)len;
    }
    va_end(again);
}

void buf_consume(struct buf *buf, size_t n)
{
    if (n == 0)
        return;
    memmove(buf->data, buf->data + n, buf->len - n);
    buf->len -= n;
}

enum err buf_status(const struct buf *buf)
{
    return buf->failed ? ERR_MEMORY : OK;
}
