/* receiver.h - the receiving side of a WebSocket: bytes in, whole messages and control frames out.
 *
 * Knows: fragments, inflating, UTF-8, control frames between fragments (RFC 6455, sections 5 to 8;
 * RFC 7692). Does not know: sockets, what a message means, how to answer. Between messages it holds
 * no memory but itself.
 */
#ifndef CONFAB_WS_RECEIVER_H
#define CONFAB_WS_RECEIVER_H

#include "ws/close_code.h"
#include "ws/codec.h"
#include "ws/frame.h"

struct ws_partial; /* a message in the making; there is one only between its first and last byte */

/* Small, lives inside the connection. */
struct ws_receiver {
    struct ws_partial *partial; /* NULL: between messages */
    uint32_t message_bytes_max; /* largest message, inflated */
    bool deflate;               /* permessage-deflate was negotiated */
};

enum ws_event_kind { WS_EVENT_TEXT, WS_EVENT_BINARY, WS_EVENT_PING, WS_EVENT_PONG, WS_EVENT_CLOSE };

struct ws_event {
    enum ws_event_kind kind;
    struct bytes payload; /* a message or control payload; of a close frame its reason. Borrowed
                           * until the next call of ws_receive() with the same codec, for whichever
                           * receiver; data may be NULL if empty */
    uint16_t close_code;  /* of WS_EVENT_CLOSE; WS_CLOSE_NO_CODE if its frame was empty */
};

void ws_receiver_init(struct ws_receiver *receiver, uint32_t message_bytes_max, bool deflate);
void ws_receiver_deinit(struct ws_receiver *receiver);

/* Read from data, which is unmasked in place, until something is complete. *used bytes were taken.
 * OK: *event is complete; call again with the rest. ERR_PARTIAL: everything was taken, nothing is
 * complete. ERR_PROTOCOL, ERR_LIMIT, ERR_MEMORY: the connection must be failed with *close_code
 * (1002, 1007, 1009, 1011), and the receiver not be used again. Errors show at the earliest byte:
 * too long lengths from their header alone, bad UTF-8 at its first wrong byte, also inside a frame
 * and through inflate. A message that lies whole and plain in data is handed out in place, without
 * a copy. */
CHECKED enum err ws_receive(struct ws_receiver *receiver, struct ws_codec *codec, uint8_t *data,
                            size_t len, size_t *used, struct ws_event *event,
                            enum ws_close_code *close_code);

#endif
