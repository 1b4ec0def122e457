#include "ws/codec_parts.h"

#include <openssl/sha.h>
#include "allocation.h"
#include "ws_client.h"

/* Read a deflated message as a client whose window has just the bits that were agreed. */
static void inflate_strictly(struct bytes deflated, int window_bits, struct buf *out)
{
    struct buf in = {0};
    buf_append(&in, deflated);
    buf_append(&in, BYTES("\x00\x00\xff\xff"));
    z_stream stream = {.next_in = in.data, .avail_in = (uInt)in.len};
    CHECK(inflateInit2(&stream, -window_bits) == Z_OK);
    do {
        CHECK(buf_reserve(out, 4096));
        stream.next_out = out->data + out->len;
        stream.avail_out = 4096;
        int result = inflate(&stream, Z_SYNC_FLUSH);
        CHECK(result == Z_OK || result == Z_BUF_ERROR);
        out->len += 4096 - stream.avail_out;
    } while (stream.avail_out == 0);
    CHECK(stream.avail_in == 0);
    (void)inflateEnd(&stream);
    buf_free(&in);
}

/* Text that repeats itself over a distance that only a large window reaches. */
static void fill(struct buf *payload, size_t len)
{
    uint32_t number = 12345;
    for (size_t i = 0; i < len; i++) {
        number = number * 1664525 + 1013904223;
        if (i >= 2000 && i % 50 < 25)
            buf_append_byte(payload, payload->data[i - 2000]);
        else
            buf_append_byte(payload, (uint8_t)('a' + (number >> 24) % 26));
    }
}

/* A client that asked for a small window has only that: references that reach further would break
 * it. */
static void test_deflated_message_is_readable_with_the_agreed_window(void **state)
{
    (void)state;
    static const size_t lens[] = {1, 2, 100, 511, 512, 513, 5000, 100000};
    struct ws_codec *codec = NULL;
    CHECK(ws_codec_new(&codec) == OK);
    struct buf payload = {0};
    struct buf deflated = {0};
    struct buf read = {0};
    for (unsigned bits = 9; bits <= 15; bits++) {
        for (size_t i = 0; i < COUNT_OF(lens); i++) {
            buf_clear(&payload);
            buf_clear(&deflated);
            buf_clear(&read);
            fill(&payload, lens[i]);
            CHECK(ws_deflate(codec, bits, buf_bytes(&payload), &deflated) == OK);
            inflate_strictly(buf_bytes(&deflated), (int)bits, &read);
            CHECK(bytes_equal(buf_bytes(&read), buf_bytes(&payload)));
        }
    }
    buf_free(&payload);
    buf_free(&deflated);
    buf_free(&read);
    ws_codec_free(&codec);
    CHECK(codec == NULL);
}

/* What does not compress is longer than one step's room; a flush may end just where a step does. */
static void test_messages_that_do_not_compress_are_readable_at_all_lengths(void **state)
{
    (void)state;
    enum { STEP_BYTES = 4096, LEN_MAX = 2 * STEP_BYTES };
    struct ws_codec *codec = NULL;
    CHECK(ws_codec_new(&codec) == OK);
    uint8_t noise[LEN_MAX];
    for (size_t i = 0; i < LEN_MAX; i += SHA256_DIGEST_LENGTH)
        (void)SHA256((const uint8_t *)&i, sizeof i, noise + i);
    struct buf deflated = {0};
    struct buf read = {0};
    for (size_t len = STEP_BYTES - 32; len <= LEN_MAX; len += len == STEP_BYTES ? 4000 : 1) {
        buf_clear(&deflated);
        buf_clear(&read);
        CHECK(ws_deflate(codec, 15, bytes_of(noise, len), &deflated) == OK);
        CHECK(deflated.len > len);
        inflate_strictly(buf_bytes(&deflated), 15, &read);
        CHECK(bytes_equal(buf_bytes(&read), bytes_of(noise, len)));
    }
    buf_free(&deflated);
    buf_free(&read);
    ws_codec_free(&codec);
}

/* A frame without its compressed form can still be sent: what there was is left as it was. */
static void test_nothing_is_appended_when_memory_runs_out(void **state)
{
    (void)state;
    struct buf payload = {0};
    fill(&payload, 20000);
    enum err err;
    size_t index = 0;
    do {
        struct ws_codec *codec = NULL;
        struct buf out = {0};
        buf_append_text(&out, "before:");
        allocation_fail(index++);
        err = ws_codec_new(&codec);
        if (err == OK)
            err = ws_deflate(codec, 15, buf_bytes(&payload), &out);
        bool has_failed = allocation_has_failed();
        CHECK(err == (has_failed ? ERR_MEMORY : OK));
        if (has_failed)
            CHECK_BYTES(buf_bytes(&out), BYTES("before:"));
        /* Memory is there again: so is the codec. */
        if (has_failed && codec != NULL)
            CHECK(ws_deflate(codec, 15, buf_bytes(&payload), &out) == OK);
        CHECK(codec == NULL || out.len > 1000);
        buf_free(&out);
        ws_codec_free(&codec);
    } while (err != OK);
    buf_free(&payload);
}

/* One frame goes to many subscribers at different places in their streams, so no message may lean
 * on the one before. */
static void test_same_message_deflates_to_the_same_bytes_every_time(void **state)
{
    (void)state;
    struct ws_codec *codec = NULL;
    CHECK(ws_codec_new(&codec) == OK);
    struct buf first = {0};
    struct buf second = {0};
    struct bytes hello = BYTES("Hello, Hello, Hello");
    CHECK(ws_deflate(codec, 15, hello, &first) == OK);
    CHECK(ws_deflate(codec, 15, hello, &second) == OK);
    CHECK_BYTES(buf_bytes(&second), buf_bytes(&first));
    CHECK(first.len < hello.len);
    buf_free(&first);
    buf_free(&second);
    ws_codec_free(&codec);
}

/* RFC 7692, sections 7.2.3.1 and 7.2.3.6. */
static void test_deflated_examples_are_the_rfcs(void **state)
{
    (void)state;
    struct ws_codec *codec = NULL;
    CHECK(ws_codec_new(&codec) == OK);
    struct buf out = {0};
    buf_append_text(&out, "before:");
    CHECK(ws_deflate(codec, 15, BYTES("Hello"), &out) == OK);
    CHECK_BYTES(buf_bytes(&out), BYTES("before:\xf2\x48\xcd\xc9\xc9\x07\x00"));
    for (unsigned bits = 9; bits <= 15; bits++) {
        buf_clear(&out);
        CHECK(ws_deflate(codec, bits, NO_BYTES, &out) == OK);
        CHECK_BYTES(buf_bytes(&out), BYTES("\x00"));
    }
    buf_free(&out);
    ws_codec_free(&codec);
}

/* Inflaters are large: a crowd that came and went must not leave one behind for each. */
static void test_codec_keeps_a_bounded_number_of_inflaters(void **state)
{
    (void)state;
    enum { CROWD = WS_INFLATERS_IDLE_MAX + 3 };
    struct ws_codec *codec = NULL;
    CHECK(ws_codec_new(&codec) == OK);
    struct ws_inflater *lent[CROWD];
    struct ws_inflater *again[CROWD];
    for (size_t i = 0; i < CROWD; i++)
        CHECK(ws_codec_lend_inflater(codec, &lent[i]) == OK);
    memcpy(again, lent, sizeof lent);
    for (size_t i = 0; i < CROWD; i++) {
        ws_codec_return_inflater(codec, &lent[i]);
        CHECK(lent[i] == NULL);
    }
    /* The first ones that came back were kept and are lent again; the address sanitizer sees that
     * the others are freed and that nothing is freed twice. */
    struct ws_inflater *next = NULL;
    for (size_t i = WS_INFLATERS_IDLE_MAX; i-- > 0;) {
        CHECK(ws_codec_lend_inflater(codec, &next) == OK);
        CHECK(next == again[i]);
        ws_inflater_free(&next);
    }
    struct ws_inflater *none = NULL;
    ws_codec_return_inflater(codec, &none);
    ws_codec_free(&codec);
    ws_codec_free(&codec);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_deflated_message_is_readable_with_the_agreed_window),
        cmocka_unit_test(test_messages_that_do_not_compress_are_readable_at_all_lengths),
        cmocka_unit_test(test_nothing_is_appended_when_memory_runs_out),
        cmocka_unit_test(test_same_message_deflates_to_the_same_bytes_every_time),
        cmocka_unit_test(test_deflated_examples_are_the_rfcs),
        cmocka_unit_test(test_codec_keeps_a_bounded_number_of_inflaters),
    };
    return cmocka_run_group_tests_name("ws/codec", tests, NULL, NULL);
}
