#include "ws/receiver.h"

#include <assert.h>
#include <stdlib.h>
#include "base/text.h"
#include "ws/message.h"

/* A frame, and perhaps a message, of which not everything has come.
 *
 *   HEADER --header complete--> PAYLOAD --payload complete--> HEADER
 */
struct ws_partial {
    enum { STAGE_HEADER, STAGE_PAYLOAD } stage;
    uint8_t header_bytes[WS_HEADER_BYTES_MAX]; /* while STAGE_HEADER: what there is of it */
    size_t header_len;
    struct ws_frame_header frame;          /* while STAGE_PAYLOAD */
    uint64_t payload_at;                   /* payload bytes taken */
    uint8_t control[WS_CONTROL_BYTES_MAX]; /* payload of a control frame; it may come within a
                                              message */
    struct ws_message message;
};

/* What the caller has given, and how far it has been taken. */
struct input {
    uint8_t *data;
    size_t len;
    size_t at;
};

/* A mistake inside ws/ and what the connection is failed with. Damaged compression is 1007, as a
 * payload that is not what it says it is; RFC 7692 names no code. */
static const struct {
    enum err met;
    enum err told;
    enum ws_close_code close_code;
} failures[] = {
    {ERR_PROTOCOL, ERR_PROTOCOL, WS_CLOSE_PROTOCOL},
    {ERR_SYNTAX, ERR_PROTOCOL, WS_CLOSE_BAD_DATA},
    {ERR_LIMIT, ERR_LIMIT, WS_CLOSE_TOO_BIG},
    {ERR_MEMORY, ERR_MEMORY, WS_CLOSE_INTERNAL},
};

enum {
    OPCODES_KNOWN = BIT(WS_OPCODE_CONTINUATION) | BIT(WS_OPCODE_TEXT) | BIT(WS_OPCODE_BINARY) |
                    BIT(WS_OPCODE_CLOSE) | BIT(WS_OPCODE_PING) | BIT(WS_OPCODE_PONG),
    OPCODES_CONTROL = BIT(WS_OPCODE_CLOSE) | BIT(WS_OPCODE_PING) | BIT(WS_OPCODE_PONG),
};

static bool is_control(uint8_t opcode)
{
    return (BIT(opcode) & OPCODES_CONTROL) != 0;
}

void ws_receiver_init(struct ws_receiver *receiver, uint32_t message_bytes_max, bool deflate)
{
    *receiver = (struct ws_receiver) {.message_bytes_max = message_bytes_max, .deflate = deflate};
}

void ws_receiver_deinit(struct ws_receiver *receiver)
{
    if (receiver->partial == NULL)
        return;
    ws_message_deinit(&receiver->partial->message);
    free(receiver->partial);
    receiver->partial = NULL;
}

/* The partial, made if there is none. NULL: no memory. */
static struct ws_partial *need_partial(struct ws_receiver *receiver)
{
    if (receiver->partial == NULL)
        receiver->partial = calloc(1, sizeof *receiver->partial);
    return receiver->partial;
}

/* Free the partial when nothing is in the making any more. */
static void drop_idle_partial(struct ws_receiver *receiver)
{
    const struct ws_partial *partial = receiver->partial;
    if (partial == NULL || partial->stage != STAGE_HEADER || partial->header_len > 0 ||
        ws_message_is_open(&partial->message))
        return;
    free(receiver->partial);
    receiver->partial = NULL;
}

static bool message_is_open(const struct ws_receiver *receiver)
{
    return receiver->partial != NULL && ws_message_is_open(&receiver->partial->message);
}

/* What the first byte of a header may say now (sections 5.2, 5.4 and 5.5; RFC 7692, section 6). */
static enum err check_first_byte(const struct ws_receiver *receiver, uint8_t first)
{
    bool fin = (first & 0x80) != 0;
    bool rsv1 = (first & 0x40) != 0;
    uint8_t opcode = first & 0x0f;
    /* RSV2 and RSV3 belong to extensions that this server never offers. */
    if ((first & 0x30) != 0 || (BIT(opcode) & OPCODES_KNOWN) == 0)
        return ERR_PROTOCOL;
    if (is_control(opcode))
        return fin && !rsv1 ? OK : ERR_PROTOCOL;
    bool continues = opcode == WS_OPCODE_CONTINUATION;
    if (continues != message_is_open(receiver))
        return ERR_PROTOCOL;
    /* RSV1 speaks for the whole message, on its first frame. */
    return rsv1 && (continues || !receiver->deflate) ? ERR_PROTOCOL : OK;
}

/* Refuse a header as soon as its first bytes are wrong: the rest, or the payload, may never come.
 */
static enum err check_header_begin(const struct ws_receiver *receiver, struct bytes header)
{
    assert(header.len > 0);
    enum err err = check_first_byte(receiver, header.data[0]);
    if (err != OK)
        return err;
    if (header.len > 1) {
        bool masked = (header.data[1] & 0x80) != 0;
        if (!masked) /* section 5.1: the server must close the connection */
            return ERR_PROTOCOL;
        if (is_control(header.data[0] & 0x0f) && (header.data[1] & 0x7f) > WS_CONTROL_BYTES_MAX)
            return ERR_PROTOCOL;
    }
    return OK;
}

/* Whether the message may have this data frame too, as long as its header says. */
static enum err check_size(const struct ws_receiver *receiver, const struct ws_frame_header *frame)
{
    if (is_control(frame->opcode))
        return OK;
    const struct ws_message *message =
        message_is_open(receiver) ? &receiver->partial->message : NULL;
    bool is_deflated = message != NULL ? message->inflater != NULL : frame->rsv1;
    uint64_t wire_bytes = message != NULL ? message->wire_bytes : 0;
    uint64_t wire_bytes_max = ws_message_wire_bytes_max(is_deflated, receiver->message_bytes_max);
    assert(wire_bytes <= wire_bytes_max);
    return frame->payload_len <= wire_bytes_max - wire_bytes ? OK : ERR_LIMIT;
}

/* Keep the beginning of a header until the rest comes. */
static enum err keep_header(struct ws_receiver *receiver, struct bytes header, struct input *input)
{
    struct ws_partial *partial = need_partial(receiver);
    if (partial == NULL)
        return ERR_MEMORY;
    assert(header.len < WS_HEADER_BYTES_MAX);
    memcpy(partial->header_bytes, header.data, header.len);
    partial->header_len = header.len;
    input->at = input->len;
    return ERR_PARTIAL;
}

/* Take the next frame's header, whose beginning may have come earlier.
 * ERR_PARTIAL: all input was taken and is kept; ERR_PROTOCOL, ERR_LIMIT: the frame may not come;
 * ERR_MEMORY. */
static enum err take_header(struct ws_receiver *receiver, struct input *input,
                            struct ws_frame_header *frame)
{
    if (input->at == input->len)
        return ERR_PARTIAL;
    struct bytes header = bytes_of(input->data + input->at, input->len - input->at);
    struct ws_partial *partial = receiver->partial;
    size_t kept = partial != NULL ? partial->header_len : 0;
    uint8_t joined[WS_HEADER_BYTES_MAX];
    if (kept > 0) {
        size_t more = header.len < sizeof joined - kept ? header.len : sizeof joined - kept;
        memcpy(joined, partial->header_bytes, kept);
        memcpy(joined + kept, header.data, more);
        header = bytes_of(joined, kept + more);
    }
    enum err err = check_header_begin(receiver, header);
    if (err != OK)
        return err;
    err = ws_frame_header_read(header, frame);
    if (err == ERR_PARTIAL)
        return keep_header(receiver, header, input);
    if (err != OK)
        return err;
    assert(frame->header_len > kept);
    input->at += frame->header_len - kept;
    if (partial != NULL)
        partial->header_len = 0;
    return check_size(receiver, frame);
}

/* Read a close frame's payload (section 5.5.1): nothing, or a code and perhaps a reason. */
static enum err read_close(struct bytes payload, struct ws_event *event)
{
    event->payload = NO_BYTES;
    event->close_code = WS_CLOSE_NO_CODE;
    if (payload.len == 0)
        return OK;
    if (payload.len == 1)
        return ERR_PROTOCOL;
    unsigned code = (unsigned)payload.data[0] << 8 | payload.data[1];
    if (!ws_close_code_is_sendable(code))
        return ERR_PROTOCOL;
    event->payload = bytes_skip(payload, 2);
    event->close_code = (uint16_t)code;
    return utf8_is_valid(event->payload) ? OK : ERR_SYNTAX;
}

/* Make the event of a complete control frame or message. */
static enum err make_event(uint8_t opcode, struct bytes payload, struct ws_event *event)
{
    *event = (struct ws_event) {.payload = payload};
    switch (opcode) {
    case WS_OPCODE_TEXT:
        event->kind = WS_EVENT_TEXT;
        return OK;
    case WS_OPCODE_BINARY:
        event->kind = WS_EVENT_BINARY;
        return OK;
    case WS_OPCODE_PING:
        event->kind = WS_EVENT_PING;
        return OK;
    case WS_OPCODE_PONG:
        event->kind = WS_EVENT_PONG;
        return OK;
    default:
        assert(opcode == WS_OPCODE_CLOSE);
        event->kind = WS_EVENT_CLOSE;
        return read_close(payload, event);
    }
}

/* Whether the frame can be handed out where it lies: all of it is there, and it is all there is to
 * its event. */
static bool is_whole_in(const struct input *input, const struct ws_frame_header *frame)
{
    if (frame->payload_len > input->len - input->at)
        return false;
    return is_control(frame->opcode) ||
           (frame->fin && !frame->rsv1 && frame->opcode != WS_OPCODE_CONTINUATION);
}

/* The fast path, which nearly every frame of a chat takes: no copy, no memory. */
static enum err hand_out_in_place(struct input *input, const struct ws_frame_header *frame,
                                  struct ws_event *event)
{
    struct bytes payload = bytes_of(input->data + input->at, (size_t)frame->payload_len);
    ws_unmask(input->data + input->at, payload.len, frame->masking_key, 0);
    input->at += payload.len;
    if (frame->opcode == WS_OPCODE_TEXT && !utf8_is_valid(payload))
        return ERR_SYNTAX;
    return make_event(frame->opcode, payload, event);
}

/* Begin to collect a frame's payload, and a message if the frame begins one. */
static enum err begin_payload(struct ws_receiver *receiver, struct ws_codec *codec,
                              const struct ws_frame_header *frame)
{
    struct ws_partial *partial = need_partial(receiver);
    if (partial == NULL)
        return ERR_MEMORY;
    assert(partial->stage == STAGE_HEADER);
    partial->stage = STAGE_PAYLOAD;
    partial->frame = *frame;
    partial->payload_at = 0;
    if (is_control(frame->opcode))
        return OK;
    partial->message.wire_bytes += frame->payload_len;
    if (frame->opcode == WS_OPCODE_CONTINUATION)
        return OK;
    return ws_message_begin(&partial->message, codec, (enum ws_opcode)frame->opcode, frame->rsv1);
}

/* What a complete frame makes: an event, or ERR_PARTIAL if its message goes on. */
static enum err end_payload(struct ws_receiver *receiver, struct ws_codec *codec,
                            struct ws_event *event)
{
    struct ws_partial *partial = receiver->partial;
    partial->stage = STAGE_HEADER;
    if (is_control(partial->frame.opcode)) {
        /* The partial may be freed before the event is read. */
        struct buf copy = {0};
        buf_append(&copy, bytes_of(partial->control, (size_t)partial->frame.payload_len));
        enum err err = buf_status(&copy);
        if (err != OK)
            return err;
        return make_event(partial->frame.opcode, ws_codec_hold(codec, &copy), event);
    }
    if (!partial->frame.fin)
        return ERR_PARTIAL;
    uint8_t opcode = (uint8_t)partial->message.opcode;
    struct bytes content = NO_BYTES;
    enum err err = ws_message_end(&partial->message, codec, receiver->message_bytes_max, &content);
    return err == OK ? make_event(opcode, content, event) : err;
}

/* Take what there is of the current frame's payload.
 * ERR_PARTIAL: no event yet; the frame may or may not be complete. */
static enum err take_payload(struct ws_receiver *receiver, struct ws_codec *codec,
                             struct input *input, struct ws_event *event)
{
    struct ws_partial *partial = receiver->partial;
    const struct ws_frame_header *frame = &partial->frame;
    uint64_t missing = frame->payload_len - partial->payload_at;
    size_t len = input->len - input->at;
    if (len > missing)
        len = (size_t)missing;
    uint8_t *piece = input->data + input->at;
    ws_unmask(piece, len, frame->masking_key, partial->payload_at);
    if (is_control(frame->opcode)) {
        memcpy(partial->control + partial->payload_at, piece, len);
    } else {
        enum err err =
            ws_message_add(&partial->message, bytes_of(piece, len), receiver->message_bytes_max);
        if (err != OK)
            return err;
    }
    input->at += len;
    partial->payload_at += len;
    return len == missing ? end_payload(receiver, codec, event) : ERR_PARTIAL;
}

/* Take the input up to the next event, or all of it. */
static enum err receive_event(struct ws_receiver *receiver, struct ws_codec *codec,
                              struct input *input, struct ws_event *event)
{
    for (;;) {
        if (receiver->partial == NULL || receiver->partial->stage == STAGE_HEADER) {
            struct ws_frame_header frame;
            enum err err = take_header(receiver, input, &frame);
            if (err != OK)
                return err;
            if (is_whole_in(input, &frame))
                return hand_out_in_place(input, &frame, event);
            err = begin_payload(receiver, codec, &frame);
            if (err != OK)
                return err;
        }
        enum err err = take_payload(receiver, codec, input, event);
        if (err != ERR_PARTIAL || input->at == input->len)
            return err;
    }
}

enum err ws_receive(struct ws_receiver *receiver, struct ws_codec *codec, uint8_t *data, size_t len,
                    size_t *used, struct ws_event *event, enum ws_close_code *close_code)
{
    ws_codec_release(codec);
    struct input input = {.data = data, .len = len};
    enum err err = receive_event(receiver, codec, &input, event);
    *used = input.at;
    if (err == OK || err == ERR_PARTIAL) {
        drop_idle_partial(receiver);
        return err;
    }
    ws_receiver_deinit(receiver);
    size_t i = 0;
    while (failures[i].met != err) {
        i++;
        assert(i < COUNT_OF(failures));
    }
    *close_code = failures[i].close_code;
    return failures[i].told;
}
