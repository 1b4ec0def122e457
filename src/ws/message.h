/* message.h - a message in the making: fragments, inflating, UTF-8 (RFC 6455, sections 5.4 and 8.1;
 * RFC 7692).
 *
 * Inside ws/ only. Does not know: frame headers, control frames.
 */
#ifndef CONFAB_WS_MESSAGE_H
#define CONFAB_WS_MESSAGE_H

#include "base/text.h"
#include "ws/codec_parts.h"
#include "ws/frame.h"

/* All zero: there is none. */
struct ws_message {
    enum ws_opcode
        opcode; /* WS_OPCODE_TEXT or _BINARY; WS_OPCODE_CONTINUATION: there is no message */
    struct utf8_check utf8;
    uint64_t wire_bytes; /* payload bytes of the frames so far, the current one's whole */
    struct buf content;
    struct ws_inflater *inflater; /* NULL: not compressed */
};

/* How many payload bytes the frames of a message may have. Data that does not compress grows when
 * it is deflated, by less than an eighth and a few bytes; so a message of exactly bytes_max arrives
 * in any form. */
enum { WS_WIRE_EXTRA_BYTES = 64 };
uint64_t ws_message_wire_bytes_max(bool is_deflated, uint32_t bytes_max);

static inline bool ws_message_is_open(const struct ws_message *message)
{
    return message->opcode != WS_OPCODE_CONTINUATION;
}

/* Begin a message, which is not open. ERR_MEMORY: it is not. */
CHECKED enum err ws_message_begin(struct ws_message *message, struct ws_codec *codec,
                                  enum ws_opcode opcode, bool is_deflated);

/* Add the next piece of its payload, unmasked.
 * ERR_SYNTAX: not UTF-8 or damaged compression; ERR_LIMIT: more than bytes_max; ERR_MEMORY. */
CHECKED enum err ws_message_add(struct ws_message *message, struct bytes piece, uint32_t bytes_max);

/* It is whole: *content lies in the codec until its next use, and the message is not open any more.
 * ERR_SYNTAX: it ends within a code point or within a compressed block; ERR_MEMORY. */
CHECKED enum err ws_message_end(struct ws_message *message, struct ws_codec *codec,
                                uint32_t bytes_max, struct bytes *content);

/* Give up what there is of it. */
void ws_message_deinit(struct ws_message *message);

#endif
