#include "frames.h"

#include <stdlib.h>
#include <zlib.h>
#include "chance.h"
#include "truth.h"
#include "ws/codec.h"

enum { INFLATED_BYTES_MAX = 8 * TRUTH_CONTENT_BYTES_MAX };

static struct {
    struct ws_codec *codec;
    struct buf deflated;
    struct buf inflated;
} scratch;

void frames_deinit(void)
{
    ws_codec_free(&scratch.codec);
    buf_free(&scratch.deflated);
    buf_free(&scratch.inflated);
}

const char *frames_offer(void)
{
    static const char *const offers[] = {
        "",
        "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n",
        "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=9\r\n",
    };
    return offers[chance_below(COUNT_OF(offers))];
}

/* RFC 6455, section 5.2. */
void frames_write(struct buf *out, unsigned first_byte, struct bytes payload)
{
    const uint8_t key[4] = {1, 2, 3, (uint8_t)chance_next()};
    buf_append_byte(out, (uint8_t)first_byte);
    if (payload.len < 126) {
        buf_append_byte(out, (uint8_t)(0x80 | payload.len));
    } else {
        unsigned bytes = payload.len < 65536 ? 2 : 8;
        buf_append_byte(out, bytes == 2 ? 0x80 | 126 : 0x80 | 127);
        for (unsigned i = bytes; i-- > 0;)
            buf_append_byte(out, (uint8_t)((uint64_t)payload.len >> (8 * i)));
    }
    buf_append(out, bytes_of(key, sizeof key));
    for (size_t i = 0; i < payload.len; i++)
        buf_append_byte(out, payload.data[i] ^ key[i % 4]);
}

static struct bytes deflate_message(struct bytes text)
{
    if (scratch.codec == NULL && ws_codec_new(&scratch.codec) != OK)
        abort();
    buf_clear(&scratch.deflated);
    if (ws_deflate(scratch.codec, 15, text, &scratch.deflated) != OK)
        abort();
    return buf_bytes(&scratch.deflated);
}

void frames_write_text(struct buf *out, bool may_deflate, struct bytes text)
{
    if (may_deflate && chance_once_in(2)) {
        frames_write(out, 0xc1, deflate_message(text));
    } else if (text.len > 0 && chance_once_in(4)) {
        size_t cut = chance_below((unsigned)text.len);
        frames_write(out, 0x01, bytes_first(text, cut));
        if (chance_once_in(2))
            frames_write(out, 0x89, BYTES("between"));
        frames_write(out, 0x80, bytes_skip(text, cut));
    } else {
        frames_write(out, 0x81, text);
    }
}

size_t frames_take(struct bytes in, uint8_t *first_byte, struct bytes *payload)
{
    size_t header = 2;
    if (in.len < header)
        return 0;
    uint64_t len = in.data[1];
    if (len >= 126) {
        header += len == 126 ? 2 : 8;
        if (in.len < header)
            return 0;
        len = 0;
        for (size_t i = 2; i < header; i++)
            len = len << 8 | in.data[i];
    }
    if (in.len - header < len)
        return 0;
    *first_byte = in.data[0];
    *payload = bytes_of(in.data + header, (size_t)len);
    return header + (size_t)len;
}

/* RFC 7692, section 7.2.2. */
struct bytes frames_inflate(struct bytes payload)
{
    z_stream stream = {0};
    buf_clear(&scratch.deflated);
    buf_append(&scratch.deflated, payload);
    buf_append(&scratch.deflated, BYTES("\x00\x00\xff\xff"));
    buf_clear(&scratch.inflated);
    if (!buf_reserve(&scratch.inflated, INFLATED_BYTES_MAX) || inflateInit2(&stream, -15) != Z_OK)
        abort();
    stream.next_in = scratch.deflated.data;
    stream.avail_in = (unsigned)scratch.deflated.len;
    stream.next_out = scratch.inflated.data;
    stream.avail_out = INFLATED_BYTES_MAX;
    int code = inflate(&stream, Z_SYNC_FLUSH);
    if ((code != Z_OK && code != Z_BUF_ERROR) || stream.avail_in > 0)
        truth_fail("a frame that cannot be inflated");
    scratch.inflated.len = INFLATED_BYTES_MAX - stream.avail_out;
    (void)inflateEnd(&stream);
    return buf_bytes(&scratch.inflated);
}
