#define ZLIB_CONST
#include "ws/inflate.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

enum {
    INFLATE_STEP_BYTES = 4096,      /* room made for each step; small, because most messages are */
    INFLATE_WINDOW_BITS = 15,       /* the largest */
    DATA_TYPE_BETWEEN_BLOCKS = 128, /* zlib's z_stream.data_type: it awaits the header of a block */
};

struct ws_inflater {
    z_stream stream;
    bool is_at_boundary; /* nothing has come yet, or nothing behind a block with BFINAL set */
};

enum err ws_inflater_new(struct ws_inflater **out)
{
    struct ws_inflater *inflater = calloc(1, sizeof *inflater);
    if (inflater == NULL)
        return ERR_MEMORY;
    if (inflateInit2(&inflater->stream, -INFLATE_WINDOW_BITS) != Z_OK) {
        free(inflater);
        return ERR_MEMORY;
    }
    inflater->is_at_boundary = true;
    *out = inflater;
    return OK;
}

void ws_inflater_free(struct ws_inflater **inflater_at)
{
    struct ws_inflater *inflater = *inflater_at;
    *inflater_at = NULL;
    if (inflater == NULL)
        return;
    (void)inflateEnd(&inflater->stream);
    free(inflater);
}

void ws_inflater_reset(struct ws_inflater *inflater)
{
    (void)inflateReset(&inflater->stream);
    inflater->is_at_boundary = true;
}

/* Take one step of the stream's input. Sets *is_done when all output that the input gives is out.
 */
static enum err inflate_step(struct ws_inflater *inflater, size_t bytes_max, struct buf *out,
                             bool *is_done)
{
    z_stream *stream = &inflater->stream;
    /* One byte more than is allowed, so that going over it shows. */
    size_t room = bytes_max + 1 - out->len;
    if (room > INFLATE_STEP_BYTES)
        room = INFLATE_STEP_BYTES;
    if (!buf_reserve(out, room))
        return ERR_MEMORY;
    stream->next_out = out->data + out->len;
    stream->avail_out = (uInt)room;
    if (stream->avail_in > 0)
        inflater->is_at_boundary = false;

    int result = inflate(stream, Z_SYNC_FLUSH);
    out->len += room - stream->avail_out;
    if (out->len > bytes_max) {
        out->len = bytes_max;
        return ERR_LIMIT;
    }
    if (result == Z_MEM_ERROR)
        return ERR_MEMORY;
    if (result != Z_OK && result != Z_BUF_ERROR && result != Z_STREAM_END)
        return ERR_SYNTAX;
    if (result == Z_STREAM_END) {
        /* A block with BFINAL set ends a DEFLATE stream, but not the message: blocks may follow, on
         * a byte boundary and with the same window (section 7.2.1). That is what this function of
         * zlib's keeps, at no cost; copying the window out and in would let tiny final blocks cost
         * 64 KiB of copying each. */
        (void)inflateResetKeep(stream);
        inflater->is_at_boundary = true;
    }
    *is_done = result == Z_BUF_ERROR || (stream->avail_in == 0 && stream->avail_out > 0);
    return OK;
}

enum err ws_inflate_piece(struct ws_inflater *inflater, struct bytes piece, size_t bytes_max,
                          struct buf *out)
{
    assert(piece.len <= UINT_MAX);
    assert(out->len <= bytes_max);
    inflater->stream.next_in = piece.data;
    inflater->stream.avail_in = (uInt)piece.len;
    bool is_done = piece.len == 0;
    while (!is_done) {
        enum err err = inflate_step(inflater, bytes_max, out, &is_done);
        if (err != OK)
            return err;
    }
    return OK;
}

enum err ws_inflate_end(struct ws_inflater *inflater, size_t bytes_max, struct buf *out)
{
    /* Some senders leave out the empty block that has to follow a final one (section 7.2.3.4), or
     * all of an empty message. Nothing is missing then. */
    if (inflater->is_at_boundary)
        return OK;
    size_t len = out->len;
    enum err err = ws_inflate_piece(inflater, BYTES("\x00\x00\xff\xff"), bytes_max, out);
    if (err != OK)
        return err == ERR_LIMIT ? ERR_SYNTAX : err;
    /* These four bytes complete an empty block. If they gave output, they were taken for a part of
     * a block that is cut off. */
    bool is_complete = (inflater->stream.data_type & DATA_TYPE_BETWEEN_BLOCKS) != 0;
    return is_complete && out->len == len ? OK : ERR_SYNTAX;
}
