#include "check.h"

#include <zlib.h>
#include "chat/serializer.h"

static struct event *example(const char *content)
{
    const struct user sender = {
        .id = 1,
        .username = BYTES("alice"),
        .email = BYTES("alice@example.com"),
        .user_type = BYTES("student"),
    };
    struct event *message = NULL;
    const struct event_texts texts = {.content = bytes_from_text(content)};
    CHECK(event_new_message(7, &sender, &texts, &message) == OK);
    message->seq = 8422;
    message->timestamp_us = INT64_C(1760428800000001);
    return message;
}

/* The bytes are those of Python's json.dumps, in the order of the contract. */
static void test_frame_is_the_contract_s(void **state)
{
    (void)state;
    struct serializer serializer = {0};
    struct event *message = example("H\xc3\xa9llo \xf0\x9f\x98\x80\x7f\"\\\n");
    struct bytes frame;
    serializer_take(&serializer, message, 8421);
    CHECK(serializer_frame(&serializer, NULL, FORM_PLAIN, &frame) == OK);
    struct bytes json = BYTES(
        "{\"type\": \"message\", \"message\": {\"id\": 8422, \"chat\": 7, \"sender\": {\"id\": 1, "
        "\"username\": \"alice\", \"email\": \"alice@example.com\", \"user_type\": \"student\"}, "
        "\"content\": \"H\\u00e9llo \\ud83d\\ude00\\u007f\\\"\\\\\\n\", "
        "\"timestamp\": \"2025-10-14T08:00:00.000001Z\"}}");
    CHECK(frame.data[0] == 0x81 && frame.data[1] == 126);
    CHECK_BYTES(bytes_skip(frame, 4), json);
    event_release(&message);
    CHECK(message == NULL);
    serializer_deinit(&serializer);
}

/* The same as confab.v1 has it: compact UTF-8, with the number before it, and what was asked for.
 */
static void test_v1_frame_has_its_place_in_the_chain(void **state)
{
    (void)state;
    struct serializer serializer = {0};
    struct event *message = example("H\xc3\xa9llo");
    struct bytes frame;
    message->extra.reply_to = 8380;
    serializer_take(&serializer, message, 8421);
    CHECK(serializer_frame(&serializer, NULL, FORM_V1_PLAIN, &frame) == OK);
    CHECK_BYTES(
        bytes_skip(frame, 4),
        BYTES("{\"type\":\"message\",\"seq\":8422,\"prev\":8421,\"message\":{\"id\":8422,"
              "\"chat\":7,\"sender\":{\"id\":1,\"username\":\"alice\",\"email\":"
              "\"alice@example.com\",\"user_type\":\"student\"},\"content\":\"H\xc3\xa9llo\","
              "\"timestamp\":\"2025-10-14T08:00:00.000001Z\",\"reply_to\":8380}}"));
    event_release(&message);
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
        struct event *message = example(content);
        serializer_take(&serializer, message, 8421);
        for (enum frame_form form = FORM_DEFLATED; form < FORM_COUNT; form++) {
            const struct buf *json = form_is_v1(form) ? &serializer.v1 : &serializer.json;
            bool is_small = form == FORM_DEFLATED_SMALL || form == FORM_V1_DEFLATED_SMALL;
            struct buf text = {0};
            if (form == FORM_V1_PLAIN)
                continue;
            struct bytes frame;
            CHECK(serializer_frame(&serializer, codec, form, &frame) == OK);
            CHECK(frame.len < json->len / 2);
            inflate_frame(frame, is_small ? 9 : 15, &text);
            CHECK_BYTES(buf_bytes(&text), buf_bytes(json));
            buf_free(&text);
        }
        event_release(&message);
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
        cmocka_unit_test(test_v1_frame_has_its_place_in_the_chain),
        cmocka_unit_test(test_deflated_forms_inflate_alone),
        cmocka_unit_test(test_error_has_two_keys),
        cmocka_unit_test(test_control_frames),
    };
    return cmocka_run_group_tests_name("chat/serializer", tests, NULL, NULL);
}
