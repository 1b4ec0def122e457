#include "check.h"

#include <zlib.h>
#include "chat/serializer.h"

static struct message *example(const char *content)
{
    const struct user sender = {
        .id = 1,
        .username = BYTES("alice"),
        .email = BYTES("alice@example.com"),
        .user_type = BYTES("student"),
    };
    struct message *message = NULL;
    CHECK(message_new(7, &sender, bytes_from_text(content), &message) == OK);
    message->id = 8422;
    message->timestamp_us = INT64_C(1760428800000001);
    return message;
}

/* The bytes are those of Python's json.dumps, in the order of the contract. */
static void test_frame_is_the_contract_s(void **state)
{
    (void)state;
    struct serializer serializer = {0};
    struct message *message = example("H\xc3\xa9llo \xf0\x9f\x98\x80\x7f\"\\\n");
    struct bytes frame;
    CHECK(serializer_take(&serializer, message) == OK);
    CHECK(serializer_frame(&serializer, NULL, FORM_PLAIN, &frame) == OK);
    struct bytes json = BYTES(
        "{\"type\": \"message\", \"message\": {\"id\": 8422, \"chat\": 7, \"sender\": {\"id\": 1, "
        "\"username\": \"alice\", \"email\": \"alice@example.com\", \"user_type\": \"student\"}, "
        "\"content\": \"H\\u00e9llo \\ud83d\\ude00\\u007f\\\"\\\\\\n\", "
        "\"timestamp\": \"2025-10-14T08:00:00.000001Z\"}}");
    CHECK(frame.data[0] == 0x81 && frame.data[1] == 126);
    CHECK_BYTES(bytes_skip(frame, 4), json);
    message_release(&message);
    CHECK(message == NULL);
    serializer_deinit(&serializer);
}

/* What a client inflates with a window of that many bits. */
static void inflate_frame(struct bytes frame, int window_bits, struct buf *out)
{
    uint8_t text[64 * 1024];
    struct ws_frame_header header;
    CHECK(ws_frame_header_read(frame, &header) == OK && header.rsv1);
    struct buf input = {0};
    buf_append(&input, bytes_skip(frame, header.header_len));
    buf_append(&input, BYTES("\x00\x00\xff\xff"));
    z_stream stream = {.next_in = input.data,
                       .avail_in = (uInt)input.len,
                       .next_out = text,
                       .avail_out = sizeof text};
    CHECK(inflateInit2(&stream, -window_bits) == Z_OK);
    CHECK(inflate(&stream, Z_SYNC_FLUSH) == Z_OK);
    buf_append(out, bytes_of(text, sizeof text - stream.avail_out));
    inflateEnd(&stream);
    buf_free(&input);
}

/* One deflated frame serves everybody, and each message stands alone: no context is taken over. */
static void test_deflated_forms_inflate_alone(void **state)
{
    (void)state;
    struct serializer serializer = {0};
    struct ws_codec *codec = NULL;
    char content[9000];
    for (size_t i = 0; i < sizeof content - 1; i++)
        content[i] = (char)('a' + i * i % 7 + i / 2000);
    content[sizeof content - 1] = '\0';
    CHECK(ws_codec_new(&codec) == OK);
    for (int round = 0; round < 3; round++) {
        struct message *message = example(content);
        CHECK(serializer_take(&serializer, message) == OK);
        for (enum frame_form form = FORM_DEFLATED; form < FORM_COUNT; form++) {
            struct buf text = {0};
            struct bytes frame;
            CHECK(serializer_frame(&serializer, codec, form, &frame) == OK);
            CHECK(frame.len < serializer.json.len / 2);
            inflate_frame(frame, form == FORM_DEFLATED ? 15 : 9, &text);
            CHECK_BYTES(buf_bytes(&text), buf_bytes(&serializer.json));
            buf_free(&text);
        }
        message_release(&message);
    }
    ws_codec_free(&codec);
    serializer_deinit(&serializer);
}

static void test_error_has_two_keys(void **state)
{
    (void)state;
    struct buf out = {0};
    serializer_append_error(&out, "Invalid JSON");
    CHECK_BYTES(bytes_skip(buf_bytes(&out), 2),
                BYTES("{\"type\": \"error\", \"message\": \"Invalid JSON\"}"));
    buf_free(&out);
}

static void test_control_frames(void **state)
{
    (void)state;
    struct buf out = {0};
    serializer_append_control(&out, WS_OPCODE_PONG, BYTES("abc"));
    serializer_append_close(&out, 4403);
    CHECK_BYTES(buf_bytes(&out), BYTES("\x8a\x03"
                                       "abc\x88\x02\x11\x33"));
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frame_is_the_contract_s),
        cmocka_unit_test(test_deflated_forms_inflate_alone),
        cmocka_unit_test(test_error_has_two_keys),
        cmocka_unit_test(test_control_frames),
    };
    return cmocka_run_group_tests_name("chat/serializer", tests, NULL, NULL);
}
