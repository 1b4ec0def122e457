#include "chat/serializer.h"

#include <assert.h>
#include "base/json_write.h"
#include "chat/v1_json.h"
#include "ws/frame.h"

/* Below this deflating costs more than it can save. */
enum { SERIALIZER_DEFLATE_BYTES_MIN = 64, SERIALIZER_KEPT_BYTES = 16 * 1024 };

void serializer_deinit(struct serializer *serializer)
{
    buf_free(&serializer->json);
    buf_free(&serializer->v1);
    buf_free(&serializer->deflated);
    buf_free(&serializer->frame);
}

/* Empty a scratch buffer; one that a huge message has blown up is given back. */
static void start(struct buf *buf)
{
    if (buf->cap > SERIALIZER_KEPT_BYTES)
        buf_free(buf);
    buf_clear(buf);
}

static void append_frame(struct buf *out, enum ws_opcode opcode, bool rsv1, struct bytes payload)
{
    uint8_t header[WS_SERVER_HEADER_BYTES_MAX];
    size_t len = ws_frame_header_write(header, opcode, rsv1, payload.len);
    buf_append(out, bytes_of(header, len));
    buf_append(out, payload);
}

void serializer_take(struct serializer *serializer, const struct event *event, int64_t prev)
{
    serializer->event = event;
    serializer->prev = prev;
    start(&serializer->json);
    start(&serializer->v1);
}

void serializer_take_v1(struct serializer *serializer, struct bytes json)
{
    serializer->event = NULL;
    start(&serializer->json);
    start(&serializer->v1);
    buf_append(&serializer->v1, json);
}

static enum err make_json(struct serializer *serializer)
{
    const struct event *message = serializer->event;
    struct json json = {.out = &serializer->json, .style = JSON_PYTHON};
    assert(message->kind == EVENT_MESSAGE);
    json_object_begin(&json);
    json_key(&json, "type");
    json_text_z(&json, "message");
    json_key(&json, "message");
    json_object_begin(&json);
    json_key(&json, "id");
    json_number(&json, message->seq);
    json_key(&json, "chat");
    json_number(&json, message->chat_id);
    json_key(&json, "sender");
    json_object_begin(&json);
    json_key(&json, "id");
    json_number(&json, message->sender.id);
    json_key(&json, "username");
    json_text(&json, message->sender.username);
    json_key(&json, "email");
    json_text(&json, message->sender.email);
    json_key(&json, "user_type");
    json_text(&json, message->sender.user_type);
    json_object_end(&json);
    json_key(&json, "content");
    json_text(&json, message->content);
    json_key(&json, "timestamp");
    json_time(&json, message->timestamp_us);
    json_object_end(&json);
    json_object_end(&json);
    return buf_status(&serializer->json);
}

static enum err make_v1(struct serializer *serializer)
{
    const struct event *event = serializer->event;
    struct json json = {.out = &serializer->v1, .style = JSON_COMPACT};
    const struct event_row row = {
        .seq = event->seq,
        .kind = event->kind,
        .message =
            {
                .id = event->seq,
                .chat_id = event->chat_id,
                .sender = event->sender,
                .content = event->content,
                .timestamp_us = event->timestamp_us,
                .extra = event->extra,
            },
        .members = buf_bytes(&event->made),
    };
    v1_write_event(&json, &row, serializer->prev, event->nonce);
    return buf_status(&serializer->v1);
}

/* The JSON that the form is made of, made now if it was not yet. */
static enum err take_payload(struct serializer *serializer, enum frame_form form,
                             struct bytes *payload)
{
    struct buf *json = form_is_v1(form) ? &serializer->v1 : &serializer->json;
    enum err err = buf_status(json);
    if (err == OK && json->len == 0)
        err = form_is_v1(form) ? make_v1(serializer) : make_json(serializer);
    *payload = buf_bytes(json);
    return err;
}

enum err serializer_v1(struct serializer *serializer, struct bytes *json)
{
    return take_payload(serializer, FORM_V1_PLAIN, json);
}

/* The window that the form was deflated with; 0: it is not. */
static unsigned window_bits_of(enum frame_form form)
{
    switch (form) {
    case FORM_DEFLATED:
    case FORM_V1_DEFLATED:
        return 15;
    case FORM_DEFLATED_SMALL:
    case FORM_V1_DEFLATED_SMALL:
        return 9;
    case FORM_PLAIN:
    case FORM_V1_PLAIN:
    case FORM_COUNT:
        break;
    }
    return 0;
}

enum err serializer_frame(struct serializer *serializer, struct ws_codec *codec,
                          enum frame_form form, struct bytes *frame)
{
    struct bytes payload;
    unsigned window_bits = window_bits_of(form);
    bool rsv1 = false;
    enum err err = take_payload(serializer, form, &payload);
    if (err != OK)
        return err;
    if (window_bits != 0 && payload.len >= SERIALIZER_DEFLATE_BYTES_MIN) {
        start(&serializer->deflated);
        err = ws_deflate(codec, window_bits, payload, &serializer->deflated);
        if (err != OK)
            return err;
        rsv1 = serializer->deflated.len < payload.len;
        if (rsv1)
            payload = buf_bytes(&serializer->deflated);
    }
    start(&serializer->frame);
    append_frame(&serializer->frame, WS_OPCODE_TEXT, rsv1, payload);
    *frame = buf_bytes(&serializer->frame);
    return buf_status(&serializer->frame);
}

void serializer_append_text(struct buf *out, struct bytes payload)
{
    append_frame(out, WS_OPCODE_TEXT, false, payload);
}

void serializer_append_error(struct buf *out, const char *message)
{
    struct buf text = {0};
    struct json json = {.out = &text, .style = JSON_PYTHON};
    json_object_begin(&json);
    json_key(&json, "type");
    json_text_z(&json, "error");
    json_key(&json, "message");
    json_text_z(&json, message);
    json_object_end(&json);
    append_frame(out, WS_OPCODE_TEXT, false, buf_bytes(&text));
    if (text.failed)
        out->failed = true;
    buf_free(&text);
}

void serializer_append_control(struct buf *out, enum ws_opcode opcode, struct bytes payload)
{
    assert(payload.len <= WS_CONTROL_BYTES_MAX);
    append_frame(out, opcode, false, payload);
}

void serializer_append_close(struct buf *out, unsigned close_code)
{
    uint8_t payload[2] = {(uint8_t)(close_code >> 8), (uint8_t)close_code};
    append_frame(out, WS_OPCODE_CLOSE, false, bytes_of(payload, sizeof payload));
}
