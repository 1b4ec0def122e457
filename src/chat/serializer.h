/* serializer.h - a durable message as ready-made server frames, and error frames.
 *
 * The JSON is byte for byte what the existing system's json.dumps makes. Next: chat/fanout appends
 * the frame to the room's log.
 */
#ifndef CONFAB_CHAT_SERIALIZER_H
#define CONFAB_CHAT_SERIALIZER_H

#include "chat/message.h"
#include "chat/room.h"
#include "ws/codec.h"
#include "ws/frame.h"

/* Scratch memory of one loop: a message is serialized once and its frames are made from that. All
 * zero is ready. */
struct serializer {
    struct buf json;
    struct buf deflated;
    struct buf frame;
};

void serializer_deinit(struct serializer *serializer);

/* Make the JSON of a message; the frames made after it are of this one. ERR_MEMORY. */
CHECKED enum err serializer_take(struct serializer *serializer, const struct message *message);

/* The frame of the message taken last, in one form. Borrowed: until the next call. A deflated form
 * is plain where deflating would not make it smaller. ERR_MEMORY. */
CHECKED enum err serializer_frame(struct serializer *serializer, struct ws_codec *codec,
                                  enum frame_form form, struct bytes *frame);

/* Append the frame {"type": "error", "message": "…"}. */
void serializer_append_error(struct buf *out, const char *message);

/* Append a control frame: payload of at most WS_CONTROL_BYTES_MAX bytes. */
void serializer_append_control(struct buf *out, enum ws_opcode opcode, struct bytes payload);

/* Append a close frame with a code and no reason. */
void serializer_append_close(struct buf *out, unsigned close_code);

#endif
