/* ws_client.h - the client's side of a WebSocket for the tests of ws/: masked frames, and deflating
 * by plain zlib. */
#ifndef CONFAB_TESTS_WS_CLIENT_H
#define CONFAB_TESTS_WS_CLIENT_H

#define ZLIB_CONST
#include <zlib.h>
#include "check.h"
#include "base/buf.h"
#include "ws/frame.h"

/* BYTES() for the initialiser of a static table. */
#define CASE_BYTES(literal)                                                                        \
    {                                                                                              \
        (const uint8_t *)("" literal), sizeof(literal) - 1                                         \
    }

enum { FIN = 0x80, RSV1 = 0x40, RSV2 = 0x20, RSV3 = 0x10 };

/* Characters of the alphabet, the same in each run, in an order that hides what they repeat. */
static inline void client_noise(uint8_t *out, size_t len, const char *alphabet)
{
    uint32_t number = 12345;
    for (size_t i = 0; i < len; i++) {
        number = number * 1664525 + 1013904223;
        out[i] = (uint8_t)alphabet[(number >> 16) % strlen(alphabet)];
    }
}

static const uint8_t client_key[4] = {0x37, 0xfa, 0x21, 0x3d};

/* Append the header of a masked frame: first is FIN, RSV bits and opcode together. */
static inline void client_header(struct buf *out, unsigned first, uint64_t payload_len)
{
    uint8_t header[WS_SERVER_HEADER_BYTES_MAX];
    size_t len = ws_frame_header_write(header, WS_OPCODE_BINARY, false, payload_len);
    header[0] = (uint8_t)first;
    header[1] |= 0x80;
    buf_append(out, bytes_of(header, len));
    buf_append(out, bytes_of(client_key, sizeof client_key));
}

/* Append a masked frame. */
static inline void client_frame(struct buf *out, unsigned first, struct bytes payload)
{
    client_header(out, first, payload.len);
    for (size_t i = 0; i < payload.len; i++)
        buf_append_byte(out, payload.data[i] ^ client_key[i % 4]);
}

/* Append raw deflate of the payload. The flush is zlib's: Z_SYNC_FLUSH is followed by cutting off
 * 00 00 ff ff, Z_FINISH sets BFINAL and is left as it is. level 0 gives stored blocks. */
static inline void client_deflate(struct buf *out, struct bytes payload, int level, int flush)
{
    z_stream stream = {0};
    CHECK(deflateInit2(&stream, level, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    size_t room = deflateBound(&stream, payload.len) + 16;
    CHECK(buf_reserve(out, room));
    stream.next_in = payload.data;
    stream.avail_in = (uInt)payload.len;
    stream.next_out = out->data + out->len;
    stream.avail_out = (uInt)room;
    CHECK(deflate(&stream, flush) == (flush == Z_FINISH ? Z_STREAM_END : Z_OK));
    out->len += room - stream.avail_out;
    if (flush == Z_SYNC_FLUSH)
        out->len -= 4;
    (void)deflateEnd(&stream);
}

#endif
