/* frames.h - small server frames for the tests of rooms. */
#ifndef CONFAB_TESTS_CHAT_FRAMES_H
#define CONFAB_TESTS_CHAT_FRAMES_H

#include "base/buf.h"
#include "ws/frame.h"

/* A text frame with a payload of len times the letter. The caller frees *out. */
static inline struct bytes make_frame(struct buf *out, size_t len, char letter)
{
    uint8_t header[WS_SERVER_HEADER_BYTES_MAX];
    buf_clear(out);
    buf_append(out, bytes_of(header, ws_frame_header_write(header, WS_OPCODE_TEXT, false, len)));
    for (size_t i = 0; i < len; i++)
        buf_append_byte(out, (uint8_t)letter);
    return buf_bytes(out);
}

#endif
