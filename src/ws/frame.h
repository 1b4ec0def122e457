/* frame.h - the frames of RFC 6455, section 5.2, from bytes to values and back.
 *
 * Knows: header layout, masking. Does not know: messages, sockets, extensions (it reports RSV1 to
 * 3).
 */
#ifndef CONFAB_WS_FRAME_H
#define CONFAB_WS_FRAME_H

#include "base/bytes.h"

enum {
    WS_HEADER_BYTES_MAX = 14,        /* 2 + 8 of length + 4 of masking key */
    WS_SERVER_HEADER_BYTES_MAX = 10, /* a server's frame has no masking key */
    WS_CONTROL_BYTES_MAX = 125,      /* payload of a control frame (section 5.5) */
};

enum ws_opcode {
    WS_OPCODE_CONTINUATION = 0x0,
    WS_OPCODE_TEXT = 0x1,
    WS_OPCODE_BINARY = 0x2,
    WS_OPCODE_CLOSE = 0x8,
    WS_OPCODE_PING = 0x9,
    WS_OPCODE_PONG = 0xa,
};

struct ws_frame_header {
    bool fin;
    bool rsv1;
    bool rsv2;
    bool rsv3;
    bool masked;
    uint8_t opcode; /* 0 to 15: also reserved ones */
    uint8_t masking_key[4];
    uint64_t payload_len;
    size_t header_len; /* bytes that the header itself takes */
};

/* Read the header that bytes begin with. ERR_PARTIAL: it is not all there; ERR_PROTOCOL: a length
 * that is not in its shortest form or has its highest bit set (section 5.2). A wrong length is
 * found as soon as its bytes are there. */
CHECKED enum err ws_frame_header_read(struct bytes bytes, struct ws_frame_header *out);

/* Undo (or do) the masking of a piece of a payload, in place. offset: of the piece in its payload
 * (section 5.3). */
void ws_unmask(uint8_t *piece, size_t len, const uint8_t masking_key[4], uint64_t offset);

/* Write a server's frame header, FIN set. Returns its length. */
size_t ws_frame_header_write(uint8_t out[WS_SERVER_HEADER_BYTES_MAX], enum ws_opcode opcode,
                             bool rsv1, uint64_t payload_len);

/* The length of the whole server frame (FIN set, unmasked) that begins there. The header is known
 * to be complete. */
size_t ws_server_frame_len(const uint8_t *frame);

#endif
