/* chunk_scan.h - the lines between the chunks of a chunked body, checked as they come (RFC 9112,
 * section 7.1).
 *
 * Like head_scan.h for what follows the head: the form of the lines and their lengths. The numbers
 * are llhttp's. Private to http/.
 */
#ifndef CONFAB_HTTP_CHUNK_SCAN_H
#define CONFAB_HTTP_CHUNK_SCAN_H

#include "http/head_scan.h"

enum { CHUNK_SIZE_DIGITS_MAX = 16 }; /* a chunk size of more: 400 */

/*   SIZE --> (EXTENSION) --> SIZE_LF --> DATA --> DATA_CR --> DATA_LF --> SIZE
 *                                |
 *                           last chunk --> TRAILERS --> DONE
 */
enum chunk_place {
    CHUNK_SIZE,
    CHUNK_EXTENSION,
    CHUNK_SIZE_LF,
    CHUNK_DATA,
    CHUNK_DATA_CR,
    CHUNK_DATA_LF,
    CHUNK_TRAILERS,
    CHUNK_DONE,
    CHUNK_PLACE_COUNT,
};

/* All zero is the beginning of a body. */
struct chunk_scan {
    enum chunk_place place;
    struct refusal refusal;
    size_t line_len;      /* bytes since the last chunk's data */
    size_t digit_count;   /* of this chunk's size */
    size_t extension_len; /* of all chunks so far */
    uint64_t data_left;   /* bytes of this chunk that have not come */
    struct head_scan trailers;
};

/* Check the next bytes, up to the end of the lines between two chunks, or of a chunk's data, or of
 * the body. The result is how many were taken. */
size_t chunk_scan_feed(struct chunk_scan *scan, struct bytes bytes);

/* At CHUNK_DATA with data_left 0, after a size line: say how long the chunk is. 0 is the last
 * chunk. */
void chunk_scan_begin_data(struct chunk_scan *scan, uint64_t len);

static inline bool chunk_scan_is_done(const struct chunk_scan *scan)
{
    return scan->place == CHUNK_DONE;
}

#endif
