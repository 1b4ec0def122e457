/* frame_log.h - an append-only log of ready-made frames, and where its readers stand.
 *
 * The bytes lie in a few contiguous chunks; a frame never spans two. A reader is a cursor; a chunk
 * that all cursors have passed is dropped, and the newest one is written afresh once everybody has
 * read it. Knows: frame bytes, where they begin and end. Does not know: whose they are, sockets,
 * JSON. Thread: its loop's. Promise: a frame enters only after its message is durable, so
 * everything in the log may be sent.
 */
#ifndef CONFAB_CHAT_FRAME_LOG_H
#define CONFAB_CHAT_FRAME_LOG_H

#include "base/bytes.h"

enum {
    FRAME_LOG_CHUNK_BYTES_MIN = 512, /* the first chunk of a quiet room */
    FRAME_LOG_CHUNK_BYTES_MAX =
        64 * 1024,              /* of a busy one; a larger frame gets a chunk of its own size */
    FRAME_LOG_CHUNK_GROWTH = 8, /* a chunk that is full is followed by one so many times as large */
};

struct chunk;

/* All zero is an empty log. */
struct frame_log {
    struct chunk *oldest;
    struct chunk *newest;
    uint64_t tail; /* bytes appended since the beginning */
};

/* A reader's place. A plain value; all zero is a reader of nothing. */
struct cursor {
    struct chunk *chunk;
    uint64_t offset; /* bytes passed, counted from the log's beginning */
};

/* Free the chunks. No cursor may be open. */
void frame_log_deinit(struct frame_log *log);

/* Place a new cursor at the tail: it will see what comes, not what was. ERR_MEMORY. */
CHECKED enum err frame_log_open(struct frame_log *log, struct cursor *cursor);

/* Give the cursor up. */
void frame_log_close(struct frame_log *log, struct cursor *cursor);

/* Add one complete server frame at the tail. The bytes are copied. ERR_MEMORY: the log is
 * unchanged. */
CHECKED enum err frame_log_append(struct frame_log *log, struct bytes frame);

/* The longest run of bytes from the cursor on that lies together: many frames leave in one send.
 * Empty at the tail. Borrowed: valid until the next call that changes the log. */
struct bytes frame_log_read(struct frame_log *log, struct cursor *cursor);

/* The cursor has passed n more bytes of what frame_log_read() gave. */
void frame_log_advance(struct frame_log *log, struct cursor *cursor, size_t n);

/* How many bytes are missing until the cursor stands between two frames; 0: it does. */
size_t frame_log_rest_of_frame(const struct cursor *cursor);

/* Every cursor stands at the tail: what has been read need not be kept. If the newest chunk is
 * larger than keep_bytes a small one now follows it, and true is returned: the next
 * frame_log_read() of each cursor steps into it. */
bool frame_log_rewind(struct frame_log *log, size_t keep_bytes);

/* Where the oldest bytes that are kept begin, counted from the log's beginning. */
uint64_t frame_log_begin(const struct frame_log *log);

/* How far the cursor is behind, in bytes. */
static inline uint64_t frame_log_backlog(const struct frame_log *log, const struct cursor *cursor)
{
    return log->tail - cursor->offset;
}

/* Bytes of memory that the log holds. */
size_t frame_log_memory(const struct frame_log *log);

#endif
