#include "chat/frame_log.h"

#include <assert.h>
#include <stdlib.h>
#include "ws/frame.h"

struct chunk {
    struct chunk *next;
    uint64_t begin; /* offset in the log of bytes[0] */
    uint32_t used;
    uint32_t cap;
    uint32_t cursor_count; /* cursors that stand in this chunk */
    uint8_t bytes[];
};

static uint64_t chunk_end(const struct chunk *chunk)
{
    return chunk->begin + chunk->used;
}

/* Put an empty chunk at the end. */
static enum err add_chunk(struct frame_log *log, size_t cap)
{
    struct chunk *chunk = malloc(sizeof *chunk + cap);
    if (chunk == NULL)
        return ERR_MEMORY;
    *chunk = (struct chunk) {.begin = log->tail, .cap = (uint32_t)cap};
    if (log->newest != NULL)
        log->newest->next = chunk;
    else
        log->oldest = chunk;
    log->newest = chunk;
    return OK;
}

/* Drop the chunks at the front in which nobody stands; the newest stays. */
static void drop_passed(struct frame_log *log)
{
    while (log->oldest != log->newest && log->oldest->cursor_count == 0) {
        struct chunk *passed = log->oldest;
        log->oldest = passed->next;
        free(passed);
    }
}

void frame_log_deinit(struct frame_log *log)
{
    while (log->oldest != NULL) {
        struct chunk *chunk = log->oldest;
        assert(chunk->cursor_count == 0);
        log->oldest = chunk->next;
        free(chunk);
    }
    *log = (struct frame_log) {0};
}

enum err frame_log_open(struct frame_log *log, struct cursor *cursor)
{
    if (log->newest == NULL) {
        enum err err = add_chunk(log, FRAME_LOG_CHUNK_BYTES_MIN);
        if (err != OK)
            return err;
    }
    log->newest->cursor_count++;
    *cursor = (struct cursor) {log->newest, log->tail};
    return OK;
}

void frame_log_close(struct frame_log *log, struct cursor *cursor)
{
    assert(cursor->chunk->cursor_count > 0);
    cursor->chunk->cursor_count--;
    *cursor = (struct cursor) {0};
    drop_passed(log);
}

/* The size of the chunk that follows a full one: busy rooms get larger ones. */
static size_t next_chunk_bytes(const struct frame_log *log, size_t frame_len)
{
    size_t cap = log->newest == NULL ? FRAME_LOG_CHUNK_BYTES_MIN
                                     : (size_t)log->newest->cap * FRAME_LOG_CHUNK_GROWTH;
    if (cap > FRAME_LOG_CHUNK_BYTES_MAX)
        cap = FRAME_LOG_CHUNK_BYTES_MAX;
    return frame_len > cap ? frame_len : cap;
}

enum err frame_log_append(struct frame_log *log, struct bytes frame)
{
    assert(frame.len > 0 && frame.len <= UINT32_MAX);
    if (log->newest == NULL || log->newest->cap - log->newest->used < frame.len) {
        enum err err = add_chunk(log, next_chunk_bytes(log, frame.len));
        if (err != OK)
            return err;
        drop_passed(log);
    }
    struct chunk *chunk = log->newest;
    memcpy(chunk->bytes + chunk->used, frame.data, frame.len);
    chunk->used += (uint32_t)frame.len;
    log->tail += frame.len;
    assert(chunk_end(chunk) == log->tail);
    return OK;
}

/* Step into the next chunk when the cursor has reached its chunk's end. */
static void leave_passed_chunk(struct frame_log *log, struct cursor *cursor)
{
    while (cursor->offset == chunk_end(cursor->chunk) && cursor->chunk->next != NULL) {
        cursor->chunk->cursor_count--;
        cursor->chunk = cursor->chunk->next;
        cursor->chunk->cursor_count++;
        drop_passed(log);
    }
}

struct bytes frame_log_read(struct frame_log *log, struct cursor *cursor)
{
    leave_passed_chunk(log, cursor);
    const struct chunk *chunk = cursor->chunk;
    assert(cursor->offset >= chunk->begin && cursor->offset <= chunk_end(chunk));
    return bytes_of(chunk->bytes + (cursor->offset - chunk->begin),
                    (size_t)(chunk_end(chunk) - cursor->offset));
}

void frame_log_advance(struct frame_log *log, struct cursor *cursor, size_t n)
{
    assert(cursor->offset + n <= chunk_end(cursor->chunk));
    cursor->offset += n;
    leave_passed_chunk(log, cursor);
}

bool frame_log_rewind(struct frame_log *log, size_t keep_bytes)
{
    if (log->oldest != log->newest)
        return false; /* a reader at the tail has not yet left the chunk before; it will with the
                         next frame */
    log->newest->begin = log->tail;
    log->newest->used = 0;
    return log->newest->cap > keep_bytes && add_chunk(log, FRAME_LOG_CHUNK_BYTES_MIN) == OK;
}

size_t frame_log_rest_of_frame(const struct cursor *cursor)
{
    const struct chunk *chunk = cursor->chunk;
    size_t at = 0; /* a chunk begins with a frame */
    size_t place = (size_t)(cursor->offset - chunk->begin);
    while (at < place)
        at += ws_server_frame_len(chunk->bytes + at);
    return at - place;
}

uint64_t frame_log_begin(const struct frame_log *log)
{
    return log->oldest != NULL ? log->oldest->begin : log->tail;
}

size_t frame_log_memory(const struct frame_log *log)
{
    size_t bytes = 0;
    for (const struct chunk *chunk = log->oldest; chunk != NULL; chunk = chunk->next)
        bytes += sizeof *chunk + chunk->cap;
    return bytes;
}
