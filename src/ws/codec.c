#define ZLIB_CONST
#include "ws/codec_parts.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

enum {
    WINDOW_BITS_MIN = 9, /* zlib has no raw deflate with 8 */
    WINDOW_BITS_MAX = 15,
    DEFLATE_MEM_LEVEL = 8,     /* zlib's own default; 9 only buys larger blocks */
    DEFLATE_STEP_BYTES = 4096, /* room made for each step; small, because most messages are */
    SYNC_FLUSH_BYTES = 6,      /* what a flush may add to zlib's bound on the compressed size */
    FLUSH_TAIL_BYTES = 4,      /* 00 00 ff ff, which a message goes without */
};

struct ws_codec {
    z_stream *deflaters[WINDOW_BITS_MAX + 1]; /* by window bits; NULL until one is needed */
    struct ws_inflater *idle[WS_INFLATERS_IDLE_MAX];
    size_t idle_count;
    struct buf held;
};

enum err ws_codec_new(struct ws_codec **out)
{
    struct ws_codec *codec = calloc(1, sizeof *codec);
    if (codec == NULL)
        return ERR_MEMORY;
    *out = codec;
    return OK;
}

void ws_codec_free(struct ws_codec **codec_at)
{
    struct ws_codec *codec = *codec_at;
    *codec_at = NULL;
    if (codec == NULL)
        return;
    for (size_t i = 0; i < COUNT_OF(codec->deflaters); i++) {
        if (codec->deflaters[i] != NULL)
            (void)deflateEnd(codec->deflaters[i]);
        free(codec->deflaters[i]);
    }
    while (codec->idle_count > 0)
        ws_inflater_free(&codec->idle[--codec->idle_count]);
    buf_free(&codec->held);
    free(codec);
}

enum err ws_codec_lend_inflater(struct ws_codec *codec, struct ws_inflater **out)
{
    if (codec->idle_count == 0)
        return ws_inflater_new(out);
    *out = codec->idle[--codec->idle_count];
    return OK;
}

void ws_codec_return_inflater(struct ws_codec *codec, struct ws_inflater **inflater)
{
    if (*inflater == NULL)
        return;
    if (codec->idle_count == WS_INFLATERS_IDLE_MAX) {
        ws_inflater_free(inflater);
        return;
    }
    ws_inflater_reset(*inflater);
    codec->idle[codec->idle_count++] = *inflater;
    *inflater = NULL;
}

struct bytes ws_codec_hold(struct ws_codec *codec, struct buf *content)
{
    ws_codec_release(codec);
    codec->held = *content;
    *content = (struct buf) {0};
    return buf_bytes(&codec->held);
}

void ws_codec_release(struct ws_codec *codec)
{
    if (codec->held.data != NULL)
        buf_free(&codec->held);
}

/* The deflater for these window bits, ready for a new message. NULL: no memory. */
static z_stream *deflater_for(struct ws_codec *codec, unsigned window_bits)
{
    z_stream *stream = codec->deflaters[window_bits];
    if (stream != NULL) {
        (void)deflateReset(stream);
        return stream;
    }
    stream = calloc(1, sizeof *stream);
    if (stream == NULL)
        return NULL;
    if (deflateInit2(stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -(int)window_bits,
                     DEFLATE_MEM_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK) {
        free(stream);
        return NULL;
    }
    codec->deflaters[window_bits] = stream;
    return stream;
}

enum err ws_deflate(struct ws_codec *codec, unsigned window_bits, struct bytes payload,
                    struct buf *out)
{
    assert(window_bits >= WINDOW_BITS_MIN);
    assert(window_bits <= WINDOW_BITS_MAX);
    assert(payload.len <= UINT_MAX);
    z_stream *stream = deflater_for(codec, window_bits);
    if (stream == NULL)
        return ERR_MEMORY;
    size_t len_before = out->len;
    size_t room = deflateBound(stream, payload.len) + SYNC_FLUSH_BYTES;
    if (room > DEFLATE_STEP_BYTES)
        room = DEFLATE_STEP_BYTES;
    stream->next_in = payload.data;
    stream->avail_in = (uInt)payload.len;
    do {
        if (!buf_reserve(out, room)) {
            out->len = len_before;
            out->failed = false;
            return ERR_MEMORY;
        }
        stream->next_out = out->data + out->len;
        stream->avail_out = (uInt)room;
        (void)deflate(stream, Z_SYNC_FLUSH);
        out->len += room - stream->avail_out;
    } while (stream->avail_out == 0);

    assert(out->len - len_before > FLUSH_TAIL_BYTES);
    out->len -= FLUSH_TAIL_BYTES;
    return OK;
}
