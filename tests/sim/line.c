#include "line.h"

#include "frames.h"
#include "server/shard.h"
#include "truth.h"

enum {
    SIGN_OF_LIFE_US = 40 * 1000000, /* who says nothing for longer may be taken for gone */
    SLOW_ROOM_BYTES = 1024,         /* through a smaller wire a close frame may not get in time */
    STATUS_AT = 9,                  /* in "HTTP/1.1 200 OK" */
    STATUS_DIGITS = 3,
};

static struct buf head_text; /* the last head that was taken off */

void line_deinit_all(void)
{
    frames_deinit();
    buf_free(&head_text);
}

bool line_connect(struct line *line)
{
    int64_t now_us = world_now_us();
    buf_free(&line->received);
    *line = (struct line) {.wire = world_connect(), .last_sign_us = now_us, .last_read_us = now_us};
    return line->wire != NULL;
}

void line_hang_up(struct line *line)
{
    if (line->wire != NULL)
        world_hang_up(line->wire);
    line->wire = NULL;
    line->read = 0;
    buf_free(&line->received);
}

static void note_silence(struct line *line)
{
    if (world_now_us() - line->last_sign_us > SIGN_OF_LIFE_US)
        line->was_silent = true;
}

void line_send(struct line *line, unsigned first_byte, struct bytes payload)
{
    note_silence(line);
    frames_write(&line->wire->to_server, first_byte, payload);
    line->last_sign_us = world_now_us();
}

void line_send_text(struct line *line, struct bytes text)
{
    note_silence(line);
    frames_write_text(&line->wire->to_server, line->is_deflated, text);
    line->last_sign_us = world_now_us();
}

size_t line_receive(struct line *line, size_t bytes_max)
{
    struct buf *in = &line->wire->to_peer;
    int64_t now_us = world_now_us();
    note_silence(line);
    if (now_us - line->last_read_us > line->stillest_us)
        line->stillest_us = now_us - line->last_read_us;
    line->last_read_us = now_us;
    size_t len = in->len < bytes_max ? in->len : bytes_max;
    if (len > 0)
        buf_append(&line->received, bytes_of(in->data, len));
    buf_consume(in, len);
    return len;
}

bool line_take_head(struct line *line, struct bytes *head)
{
    uint64_t status = 0;
    if (line->received.len == 0)
        return false;
    const char *end = memmem(line->received.data, line->received.len, "\r\n\r\n", 4);
    if (end == NULL)
        return false;
    size_t len = (size_t)((const uint8_t *)end - line->received.data) + 4;
    buf_clear(&head_text);
    buf_append(&head_text, bytes_of(line->received.data, len));
    *head = buf_bytes(&head_text);
    if (len < STATUS_AT + STATUS_DIGITS ||
        bytes_to_number(bytes_of(head->data + STATUS_AT, STATUS_DIGITS), 999, &status) != OK)
        truth_fail("an answer that is none: %.*s", BYTES_FMT(*head));
    line->status = (unsigned)status;
    line->is_deflated = memmem(head->data, len, "permessage-deflate", 18) != NULL;
    buf_consume(&line->received, len);
    return true;
}

static void on_close(struct line *line, struct bytes payload)
{
    bool has_code = payload.len >= 2;
    line->close_code = has_code ? payload.data[0] * 256u + payload.data[1] : 1005;
    if (!line->wire->peer_has_ended)
        line_send(line, 0x88, bytes_first(payload, has_code ? 2 : 0));
}

/* What a frame that is no text asks for. */
static void on_control(struct line *line, uint8_t first_byte, struct bytes payload)
{
    switch (first_byte & 0x8f) {
    case 0x88:
        on_close(line, payload);
        break;
    case 0x89:
        line_send(line, 0x8a, payload);
        break;
    case 0x8a:
        break;
    default:
        truth_fail("a frame that begins with %02x", first_byte);
    }
}

bool line_take_text(struct line *line, struct bytes *text)
{
    uint8_t first_byte;
    struct bytes payload;
    size_t len;
    buf_consume(&line->received, line->read); /* the text of the last call */
    line->read = 0;
    while ((len = frames_take(buf_bytes(&line->received), &first_byte, &payload)) > 0) {
        bool is_deflated = (first_byte & 0x40) != 0;
        if ((first_byte & 0x8f) == 0x81) {
            if (is_deflated && !line->is_deflated)
                truth_fail("a deflated frame that was not asked for");
            *text = is_deflated ? frames_inflate(payload) : payload;
            line->read = len;
            return true;
        }
        on_control(line, first_byte, payload);
        buf_consume(&line->received, len);
    }
    return false;
}

bool line_is_at_end(const struct line *line)
{
    const struct wire *wire = line->wire;
    return wire->to_peer.len == 0 && (wire->server_has_ended || wire->server_has_closed);
}

bool line_was_still(const struct line *line, int64_t ms)
{
    return line->stillest_us >= ms * 1000;
}

bool line_may_be_cut(const struct line *line, bool is_unwelcome)
{
    bool is_in_frame = line->received.len > 0;
    return line->wire->room < SLOW_ROOM_BYTES || line_was_still(line, CLOSE_MS_MAX) ||
           (is_unwelcome && is_in_frame);
}
