#include "ws/receiver.h"

#include "ws_client.h"

/* Group 6 of the conformance suite: what is UTF-8 and what is not, each text as one message. */

#define GREEK "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5"

/* clang-format off */
static const struct bytes valid[] = {
    CASE_BYTES(""), CASE_BYTES("hello$world"), CASE_BYTES("hello\xc2\xa2world"), CASE_BYTES("hello\xe2\x82\xacworld"),
    CASE_BYTES("hello\xf0\xa4\xad\xa2world"), CASE_BYTES(GREEK),
    CASE_BYTES("\xce\xba"), CASE_BYTES("\xce\xba\xe1\xbd\xb9"), CASE_BYTES("\xce\xba\xe1\xbd\xb9\xcf\x83"),
    CASE_BYTES("\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc"),
    CASE_BYTES("\x00"), CASE_BYTES("\xc2\x80"), CASE_BYTES("\xe0\xa0\x80"), CASE_BYTES("\xf0\x90\x80\x80"),     /* 6.7 */
    CASE_BYTES("\x7f"), CASE_BYTES("\xdf\xbf"), CASE_BYTES("\xef\xbf\xbf"), CASE_BYTES("\xf4\x8f\xbf\xbf"),     /* 6.9 */
    CASE_BYTES("\xed\x9f\xbf"), CASE_BYTES("\xee\x80\x80"), CASE_BYTES("\xef\xbf\xbd"),                         /* 6.11 */
    CASE_BYTES("\xef\xbf\xbe"), CASE_BYTES("\xf0\x9f\xbf\xbe"), CASE_BYTES("\xf1\x8f\xbf\xbf"),                 /* 6.22 */
    CASE_BYTES("\xf3\xbf\xbf\xbe"), CASE_BYTES("\xf4\x8f\xbf\xbe"),
    CASE_BYTES("\xef\xbf\xb9"), CASE_BYTES("\xef\xbf\xba"), CASE_BYTES("\xef\xbf\xbb"), CASE_BYTES("\xef\xbf\xbc"), /* 6.23 */
};

static const struct bytes invalid[] = {
    CASE_BYTES(GREEK "\xed\xa0\x80" "edited"), CASE_BYTES(GREEK "\xf4\x90\x80\x80" "edited"),
    CASE_BYTES("\xce"), CASE_BYTES("\xce\xba\xe1"), CASE_BYTES("\xce\xba\xe1\xbd"), CASE_BYTES("\xce\xba\xe1\xbd\xb9\xcf"),
    CASE_BYTES("\xce\xba\xe1\xbd\xb9\xcf\x83\xce"), CASE_BYTES("\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce"),
    CASE_BYTES("\xf8\x88\x80\x80\x80"), CASE_BYTES("\xfc\x84\x80\x80\x80\x80"),                                 /* 6.8 */
    CASE_BYTES("\xf7\xbf\xbf\xbf"), CASE_BYTES("\xfb\xbf\xbf\xbf\xbf"), CASE_BYTES("\xfd\xbf\xbf\xbf\xbf\xbf"), /* 6.10 */
    CASE_BYTES("\xf4\x90\x80\x80"),
    CASE_BYTES("\x80"), CASE_BYTES("\xbf"), CASE_BYTES("\x80\xbf"), CASE_BYTES("\x80\xbf\x80\xbf\x80\xbf"),     /* 6.12 */
    CASE_BYTES("\xc0 "), CASE_BYTES("\xc2 "), CASE_BYTES("\xde "), CASE_BYTES("\xe0 "), CASE_BYTES("\xee "),    /* 6.13 */
    CASE_BYTES("\xf0 "), CASE_BYTES("\xf4 "), CASE_BYTES("\xf6 "), CASE_BYTES("\xf8 "), CASE_BYTES("\xfc "),
    CASE_BYTES("\xc0"), CASE_BYTES("\xe0\x80"), CASE_BYTES("\xf0\x80\x80"), CASE_BYTES("\xf8\x80\x80\x80"),     /* 6.14 */
    CASE_BYTES("\xfc\x80\x80\x80\x80"), CASE_BYTES("\xdf"), CASE_BYTES("\xef\xbf"), CASE_BYTES("\xf7\xbf\xbf"),
    CASE_BYTES("\xfb\xbf\xbf\xbf"), CASE_BYTES("\xfd\xbf\xbf\xbf\xbf"),
    CASE_BYTES("\xfe"), CASE_BYTES("\xff"), CASE_BYTES("\xfe\xfe\xff\xff"),                                     /* 6.16 */
    CASE_BYTES("\xc0\xaf"), CASE_BYTES("\xe0\x80\xaf"), CASE_BYTES("\xf0\x80\x80\xaf"),                         /* 6.17 */
    CASE_BYTES("\xf8\x80\x80\x80\xaf"), CASE_BYTES("\xfc\x80\x80\x80\x80\xaf"),
    CASE_BYTES("\xc1\xbf"), CASE_BYTES("\xe0\x9f\xbf"), CASE_BYTES("\xf0\x8f\xbf\xbf"),                         /* 6.18 */
    CASE_BYTES("\xf8\x87\xbf\xbf\xbf"), CASE_BYTES("\xfc\x83\xbf\xbf\xbf\xbf"),
    CASE_BYTES("\xc0\x80"), CASE_BYTES("\xe0\x80\x80"), CASE_BYTES("\xf0\x80\x80\x80"),                         /* 6.19 */
    CASE_BYTES("\xf8\x80\x80\x80\x80"), CASE_BYTES("\xfc\x80\x80\x80\x80\x80"),
    CASE_BYTES("\xed\xa0\x80"), CASE_BYTES("\xed\xad\xbf"), CASE_BYTES("\xed\xae\x80"), CASE_BYTES("\xed\xaf\xbf"), /* 6.20 */
    CASE_BYTES("\xed\xb0\x80"), CASE_BYTES("\xed\xbe\x80"), CASE_BYTES("\xed\xbf\xbf"),
    CASE_BYTES("\xed\xa0\x80\xed\xb0\x80"), CASE_BYTES("\xed\xaf\xbf\xed\xbf\xbf"),                             /* 6.21 */
};
/* clang-format on */

/* Feed one message; how: cut the input there, and send it in fragments of fragment_len (0: one
 * frame). */
static enum err receive(struct bytes text, bool deflate, size_t fragment_len, size_t cut,
                        enum ws_close_code *close_code)
{
    struct ws_codec *codec = NULL;
    CHECK(ws_codec_new(&codec) == OK);
    struct ws_receiver receiver;
    ws_receiver_init(&receiver, 1024, true);
    struct buf payload = {0};
    struct buf input = {0};
    CHECK(buf_reserve(&payload, 1)); /* so that an empty one has an address too */
    if (deflate)
        client_deflate(&payload, text, 6, Z_SYNC_FLUSH);
    else
        buf_append(&payload, text);
    size_t at = 0;
    do {
        size_t len =
            fragment_len > 0 && fragment_len < payload.len - at ? fragment_len : payload.len - at;
        unsigned first = at == 0 ? WS_OPCODE_TEXT | (deflate ? RSV1 : 0u) : WS_OPCODE_CONTINUATION;
        if (at + len == payload.len)
            first |= FIN;
        client_frame(&input, first, bytes_of(payload.data + at, len));
        at += len;
    } while (at < payload.len);

    size_t used;
    struct ws_event event;
    enum err err = ERR_PARTIAL;
    if (cut > 0 && cut < input.len)
        err = ws_receive(&receiver, codec, input.data, cut, &used, &event, close_code);
    else
        cut = 0;
    if (err == ERR_PARTIAL)
        err = ws_receive(&receiver, codec, input.data + cut, input.len - cut, &used, &event,
                         close_code);
    if (err == OK) {
        CHECK(event.kind == WS_EVENT_TEXT);
        CHECK_BYTES(event.payload, text);
    }
    ws_receiver_deinit(&receiver);
    ws_codec_free(&codec);
    buf_free(&payload);
    buf_free(&input);
    return err;
}

static void check_text(struct bytes text, enum err expected)
{
    for (int deflate = 0; deflate < 2; deflate++) {
        for (size_t fragment_len = 0; fragment_len < 3; fragment_len++) {
            for (size_t cut = 0; cut < 60; cut++) {
                enum ws_close_code close_code = WS_CLOSE_NORMAL;
                enum err err = receive(text, deflate == 1, fragment_len, cut, &close_code);
                CHECK(err == expected);
                CHECK(close_code == (err == OK ? WS_CLOSE_NORMAL : WS_CLOSE_BAD_DATA));
            }
        }
    }
}

static void test_valid_text_arrives(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(valid); i++)
        check_text(valid[i], OK);
}

static void test_invalid_text_fails_with_1007(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(invalid); i++)
        check_text(invalid[i], ERR_PROTOCOL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_valid_text_arrives),
        cmocka_unit_test(test_invalid_text_fails_with_1007),
    };
    return cmocka_run_group_tests_name("ws/message", tests, NULL, NULL);
}
