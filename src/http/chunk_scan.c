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

static bool expect(struct chunk_scan *scan, uint8_t c, uint8_t expected, enum chunk_place next)
{
    if (c != expected)
        return refuse(&scan->refusal, 400, "Bad line end in a chunked body");
    return chunk_move(scan, next);
}

static bool on_trailer(struct chunk_scan *scan, uint8_t c)
{
    if (head_scan_feed(&scan->trailers, bytes_of(&c, 1)) == 0)
        return refuse(&scan->refusal, 400, "Bad trailer");
    return !head_scan_is_done(&scan->trailers) || chunk_move(scan, CHUNK_DONE);
}

static bool on_line_byte(struct chunk_scan *scan, uint8_t c)
{
    switch (scan->place) {
    case CHUNK_SIZE:
        return on_size(scan, c);
    case CHUNK_EXTENSION:
        return on_extension(scan, c);
    case CHUNK_SIZE_LF:
        return expect(scan, c, '\n', CHUNK_DATA);
    case CHUNK_DATA_CR:
        return expect(scan, c, '\r', CHUNK_DATA_LF);
    case CHUNK_DATA_LF:
        return expect(scan, c, '\n', CHUNK_SIZE);
    case CHUNK_TRAILERS:
        return on_trailer(scan, c);
    case CHUNK_DATA:
    case CHUNK_DONE:
    case CHUNK_PLACE_COUNT:
        break;
    }
    assert(false && "no line is being read");
    return false;
}

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
        if (!on_line_byte(scan, bytes.data[used]))
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
