/* serializer.h - a durable event as ready-made server frames, and error frames.
 *
 * For part I the JSON is byte for byte what the existing system's json.dumps makes; for confab.v1
 * see v1_json.h. Next: chat/fanout appends the frame to the room's log.
 */
#ifndef CONFAB_CHAT_SERIALIZER_H
#define CONFAB_CHAT_SERIALIZER_H

#include "chat/event.h"
#include "chat/room.h"
#include "ws/codec.h"
#include "ws/frame.h"

/* Scratch memory of one loop: an event is serialized once for each protocol that somebody in the
 * room speaks, and its frames are made from that. All zero is ready. */
struct serializer {
    const struct event *event; /* the one taken last */
    int64_t prev;
    struct buf json; /* as part I has it; empty: not made yet */
    struct buf v1;   /* as confab.v1 has it; the same */
    struct buf deflated;
    struct buf frame;
};

void serializer_deinit(struct serializer *serializer);

/* The frames made after this are of the event. prev: what confab.v1 is told as the seq before it.
 */
void serializer_take(struct serializer *serializer, const struct event *event, int64_t prev);

/* The same for an event of which only confab.v1's JSON is there. */
void serializer_take_v1(struct serializer *serializer, struct bytes json);

/* confab.v1's JSON of the event taken last. Borrowed: until the next is taken. ERR_MEMORY. */
CHECKED enum err serializer_v1(struct serializer *serializer, struct bytes *json);

/* The frame of the event taken last, in one form; only a message has one for part I. Borrowed:
 * until the next call. A deflated form is plain where deflating would not make it smaller.
 * ERR_MEMORY. */
CHECKED enum err serializer_frame(struct serializer *serializer, struct ws_codec *codec,
                                  enum frame_form form, struct bytes *frame);

/* Append a text frame. */
void serializer_append_text(struct buf *out, struct bytes payload);

/* Append the frame {"type": "error", "message": "…"}. */
void serializer_append_error(struct buf *out, const char *message);

/* Append a control frame: payload of at most WS_CONTROL_BYTES_MAX bytes. */
void serializer_append_control(struct buf *out, enum ws_opcode opcode, struct bytes payload);

/* Append a close frame with a code and no reason. */
void serializer_append_close(struct buf *out, unsigned close_code);

#endif
