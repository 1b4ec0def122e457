/* buf.h - bytes that grow at the end.
 *
 * Writing cannot fail halfway: when memory runs out (or the limit is reached) the buffer remembers
 * it, ignores what follows, and buf_status() tells. So a writer writes everything and asks once.
 */
#ifndef CONFAB_BASE_BUF_H
#define CONFAB_BASE_BUF_H

#include "base/bytes.h"

/* All zero is an empty buffer. */
struct buf {
    uint8_t *data;
    size_t len;
    size_t cap;
    bool failed;
};

/* Free the memory; the buffer is empty and usable again. */
void buf_free(struct buf *buf);

/* Forget the content and keep the memory. */
void buf_clear(struct buf *buf);

/* Give back the memory that the content does not need. */
void buf_trim(struct buf *buf);

/* buf_reserve() where there is no room yet. */
bool buf_grow(struct buf *buf, size_t extra);

/* Make room for extra more bytes. False: no memory, the buffer has failed. */
static inline bool buf_reserve(struct buf *buf, size_t extra)
{
    return (extra <= buf->cap - buf->len && !buf->failed) || buf_grow(buf, extra);
}

void buf_append(struct buf *buf, struct bytes bytes);
void buf_append_text(struct buf *buf, const char *text);
void buf_append_byte(struct buf *buf, uint8_t byte);
void buf_append_number(struct buf *buf, int64_t number);
void buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Drop the first n bytes. */
void buf_consume(struct buf *buf, size_t n);

/* ERR_MEMORY if anything that was to be appended is missing. */
CHECKED enum err buf_status(const struct buf *buf);

static inline struct bytes buf_bytes(const struct buf *buf)
{
    return bytes_of(buf->data, buf->len);
}

#endif
