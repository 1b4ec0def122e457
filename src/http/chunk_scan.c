#include "http/chunk_scan.h"

#include <assert.h>
#include "http/byte_set.h"
#include "http/request.h"

/* The only place where the scan moves on. */
static bool chunk_move(struct chunk_scan *scan, enum chunk_place next)
{
    assert(scan->place != CHUNK_DONE);
    scan->place = next;
    return true;
}

static bool on_size(struct chunk_scan *scan, uint8_t c)
{
    if (byte_set_has(&BYTE_SET_HEX, c)) {
        if (++scan->digit_count > CHUNK_SIZE_DIGITS_MAX)
            return refuse(&scan->refusal, 400, "Chunk size too long");
        return true;
    }
    if (scan->digit_count == 0 || (c != ';' && c != '\r'))
        return refuse(&scan->refusal, 400, "Bad chunk size");
    scan->digit_count = 0;
    return chunk_move(scan, c == ';' ? CHUNK_EXTENSION : CHUNK_SIZE_LF);
}

static bool on_extension(struct chunk_scan *scan, uint8_t c)
{
    if (c == '\r')
        return chunk_move(scan, CHUNK_SIZE_LF);
    if (!byte_set_has(&BYTE_SET_PRINT, c))
        return refuse(&scan->refusal, 400, "Bad byte in a chunk extension");
    if (++scan->extension_len > HTTP_CHUNK_EXTENSION_BYTES_MAX)
        return refuse(&scan->refusal, 400, "Chunk extensions too long");
    return true;
}

/* The places that take one certain byte, and where it leads. */
static const struct {
    uint8_t expected;
    enum chunk_place next;
} line_ends[CHUNK_PLACE_COUNT] = {
    [CHUNK_SIZE_LF] = {'\n', CHUNK_DATA},
    [CHUNK_DATA_CR] = {'\r', CHUNK_DATA_LF},
    [CHUNK_DATA_LF] = {'\n', CHUNK_SIZE},
};

static bool on_line_end(struct chunk_scan *scan, uint8_t c)
{
    if (c != line_ends[scan->place].expected)
        return refuse(&scan->refusal, 400, "Bad line end in a chunked body");
    return chunk_move(scan, line_ends[scan->place].next);
}

static bool on_trailer(struct chunk_scan *scan, uint8_t c)
{
    if (head_scan_feed(&scan->trailers, bytes_of(&c, 1)) == 0)
        return refuse(&scan->refusal, 400, "Bad trailer");
    if (head_scan_is_done(&scan->trailers))
        return chunk_move(scan, CHUNK_DONE);
    return true;
}

/* The places where a line is being read. */
static bool (*const on_line_byte[CHUNK_PLACE_COUNT])(struct chunk_scan *scan, uint8_t c) = {
    [CHUNK_SIZE] = on_size,        [CHUNK_EXTENSION] = on_extension, [CHUNK_SIZE_LF] = on_line_end,
    [CHUNK_DATA_CR] = on_line_end, [CHUNK_DATA_LF] = on_line_end,    [CHUNK_TRAILERS] = on_trailer,
};

static size_t take_data(struct chunk_scan *scan, size_t len)
{
    size_t n = len < scan->data_left ? len : (size_t)scan->data_left;
    scan->data_left -= n;
    if (scan->data_left == 0)
        (void)chunk_move(scan, CHUNK_DATA_CR);
    return n;
}

size_t chunk_scan_feed(struct chunk_scan *scan, struct bytes bytes)
{
    assert(scan->refusal.status == 0);
    if (scan->place == CHUNK_DATA)
        return take_data(scan, bytes.len);
    size_t used = 0;
    while (used < bytes.len && scan->place != CHUNK_DATA && scan->place != CHUNK_DONE) {
        if (++scan->line_len > HTTP_CHUNK_LINE_BYTES_MAX) {
            (void)refuse(&scan->refusal, 400, "Chunk size line or trailers too long");
            break;
        }
        if (!on_line_byte[scan->place](scan, bytes.data[used]))
            break;
        used++;
    }
    return used;
}

void chunk_scan_begin_data(struct chunk_scan *scan, uint64_t len)
{
    assert(scan->place == CHUNK_DATA);
    assert(scan->data_left == 0);
    if (len == 0) {
        head_scan_begin_fields(&scan->trailers);
        (void)chunk_move(scan, CHUNK_TRAILERS);
        return;
    }
    scan->data_left = len;
    scan->line_len = 0;
}
