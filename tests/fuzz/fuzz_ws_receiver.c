/* fuzz_ws_receiver.c - any bytes, cut anywhere, into the receiving side of a WebSocket.
 *
 * The first bytes choose the limit, whether permessage-deflate is on, and how the rest is cut. The
 * same input is then fed whole: events and outcome must not depend on the cuts.
 */
#include <stdio.h>
#include <stdlib.h>
#include "base/text.h"
#include "ws/receiver.h"

enum { CHOICE_BYTES = 4 };

/* What is promised of every event. */
static void check_event(const struct ws_event *event, uint32_t message_bytes_max)
{
    bool is_message = event->kind == WS_EVENT_TEXT || event->kind == WS_EVENT_BINARY;
    if (event->payload.len > (is_message ? message_bytes_max : WS_CONTROL_BYTES_MAX))
        abort();
    bool is_text = event->kind == WS_EVENT_TEXT || event->kind == WS_EVENT_CLOSE;
    if (is_text && event->payload.len > 0 && !utf8_is_valid(event->payload))
        abort();
    if (event->kind == WS_EVENT_CLOSE && event->close_code != WS_CLOSE_NO_CODE &&
        !ws_close_code_is_sendable(event->close_code))
        abort();
}

static void note(struct buf *told, const struct ws_event *event)
{
    buf_printf(told, "%d:%u:%zu:", (int)event->kind, event->close_code, event->payload.len);
    buf_append(told, event->payload);
}

/* Feed the input in pieces whose lengths are derived from cuts (0: whole), and note what is told.
 */
static void feed(struct bytes input, uint32_t message_bytes_max, bool deflate, uint32_t cuts,
                 struct buf *told)
{
    struct ws_codec *codec = NULL;
    if (ws_codec_new(&codec) != OK)
        abort();
    struct ws_receiver receiver;
    ws_receiver_init(&receiver, message_bytes_max, deflate);
    enum err err = ERR_PARTIAL;
    while (input.len > 0 && err == ERR_PARTIAL) {
        size_t len = input.len;
        if (cuts != 0) {
            cuts = cuts * 1664525 + 1013904223;
            size_t piece_len = 1 + (cuts >> 24) % 17;
            len = piece_len < len ? piece_len : len;
        }
        /* Memory of just this length, so that the sanitizer sees a step beyond it. */
        uint8_t *piece = malloc(len);
        if (piece == NULL)
            abort();
        memcpy(piece, input.data, len);
        size_t at = 0;
        do {
            size_t used = 0;
            struct ws_event event;
            enum ws_close_code close_code = 0;
            err = ws_receive(&receiver, codec, piece + at, len - at, &used, &event, &close_code);
            at += used;
            if (at > len || (err == ERR_PARTIAL && at != len))
                abort();
            if (err == OK) {
                check_event(&event, message_bytes_max);
                note(told, &event);
            } else if (err != ERR_PARTIAL) {
                buf_printf(told, "failed %u", (unsigned)close_code);
            }
        } while (err == OK);
        free(piece);
        input = bytes_skip(input, len);
    }
    ws_receiver_deinit(&receiver);
    ws_codec_free(&codec);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len < CHOICE_BYTES)
        return 0;
    bool deflate = (data[0] & 1) != 0;
    uint32_t message_bytes_max = (data[0] & 2) != 0 ? 100 : 70000;
    uint32_t cuts = (uint32_t)data[1] << 16 | (uint32_t)data[2] << 8 | data[3] | 1;
    struct bytes input = bytes_of(data + CHOICE_BYTES, len - CHOICE_BYTES);
    struct buf whole = {0};
    struct buf cut = {0};
    feed(input, message_bytes_max, deflate, 0, &whole);
    feed(input, message_bytes_max, deflate, cuts, &cut);
    if (!bytes_equal(buf_bytes(&whole), buf_bytes(&cut)))
        abort();
    buf_free(&whole);
    buf_free(&cut);
    return 0;
}
