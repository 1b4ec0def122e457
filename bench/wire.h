/* wire.h - the client's side of the wire: opening handshake, frames, and the numbers inside the
 * contents.
 *
 * Written apart from src/ws on purpose: a fault there must not be shared by the program that looks
 * for faults. RFC 6455: section 4.1 (opening handshake), 5.2 and 5.3 (frames, masking).
 */
#ifndef CONFAB_BENCH_WIRE_H
#define CONFAB_BENCH_WIRE_H

#include "base/buf.h"
#include "bench/order.h"

enum wire_opcode {
    WIRE_TEXT = 0x1,
    WIRE_BINARY = 0x2,
    WIRE_CLOSE = 0x8,
    WIRE_PING = 0x9,
    WIRE_PONG = 0xA,
};

enum {
    /* A content begins with "#PPPPPPPP.NNNNNNNN.": publisher and number in hexadecimal. */
    WIRE_ID_BYTES = 19,
    WIRE_RESPONSE_BYTES_MAX = 4096, /* an opening handshake's response; a longer one is a failure */
    WIRE_CLIENT_FRAME_HEADER_BYTES_MAX = 14,
};

/* Append an opening handshake. cookie may be empty; fields are further lines, or "". */
void wire_append_request(struct buf *out, const char *host, const char *path, struct bytes cookie,
                         const char *fields);

/* Look for a whole response at the beginning of the bytes. *bytes is its length.
 * ERR_PARTIAL; ERR_DENIED: a status other than 101; ERR_PROTOCOL: wrong Sec-WebSocket-Accept, or
 * needed (NULL: nothing is) does not stand in it; ERR_LIMIT: too long. */
CHECKED enum err wire_read_response(struct bytes received, const char *needed, size_t *bytes);

/* Append one masked frame, the FIN bit set. */
void wire_append_frame(struct buf *out, enum wire_opcode opcode, struct bytes payload,
                       uint32_t masking_key);

/* Append the content of one message: "#..." of content_bytes (WIRE_ID_BYTES or more). */
void wire_append_content(struct buf *out, struct message_id id, size_t content_bytes);

/* Append the frame of one message: {"content": "#..."} with a content of content_bytes
 * (WIRE_ID_BYTES or more). */
void wire_append_message(struct buf *out, struct message_id id, size_t content_bytes,
                         uint32_t masking_key);

struct wire_frame {
    uint8_t opcode;
    bool is_deflated;   /* RSV1 (RFC 7692, section 6) */
    struct bytes whole; /* header and payload */
    struct bytes payload;
};

/* The frame at the beginning of the bytes. Borrowed from them. ERR_PARTIAL; ERR_PROTOCOL: masked,
 * fragmented, or with another reserved bit: no server sends these for our short messages. */
CHECKED enum err wire_read_frame(struct bytes received, struct wire_frame *out);

/* Inflate the payload of a deflated message, whose server remembers none before it (RFC 7692,
 * section 7.2.2). ERR_PROTOCOL; ERR_LIMIT: more than limit_bytes; ERR_MEMORY. */
CHECKED enum err wire_inflate(struct bytes payload, size_t limit_bytes, struct buf *out);

/* The message's number out of a frame's payload. False: there is none (an error frame). */
bool wire_find_id(struct bytes payload, struct message_id *out);

#endif
