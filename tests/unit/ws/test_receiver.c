#include "ws/receiver.h"

#include <stdio.h>
#include "allocation.h"
#include "ws_client.h"

enum { MESSAGE_BYTES_MAX = 1024 };

/* What a receiver told about an input, as one line of text per event: "text:Hello\n". */
struct told {
    struct buf text;
    enum err err;
    unsigned close_code;
    size_t used; /* input bytes that had been given when it failed */
    bool has_partial;
};

static void told_free(struct told *told)
{
    buf_free(&told->text);
}

static void tell(struct told *told, const struct ws_event *event)
{
    static const char *const names[] = {"text:", "binary:", "ping:", "pong:", "close:"};
    buf_append_text(&told->text, names[event->kind]);
    if (event->kind == WS_EVENT_CLOSE)
        buf_printf(&told->text, "%u:", event->close_code);
    buf_append(&told->text, event->payload);
    buf_append_byte(&told->text, '\n');
}

/* Feed the input in pieces of piece_len bytes, each in memory of its own size, so that the address
 * sanitizer sees any step beyond it. */
static struct told feed(struct bytes input, size_t piece_len, size_t first_len, bool deflate)
{
    struct told told = {.err = ERR_PARTIAL};
    struct ws_codec *codec = NULL;
    CHECK(ws_codec_new(&codec) == OK);
    struct ws_receiver receiver;
    ws_receiver_init(&receiver, MESSAGE_BYTES_MAX, deflate);
    size_t len = first_len;
    for (size_t at = 0; at < input.len && (told.err == ERR_PARTIAL || told.err == OK);) {
        if (len > input.len - at)
            len = input.len - at;
        uint8_t *piece = test_malloc(len);
        memcpy(piece, input.data + at, len);
        size_t taken = 0;
        do {
            size_t used = 0;
            struct ws_event event;
            enum ws_close_code close_code = 0;
            told.err = ws_receive(&receiver, codec, piece + taken, len - taken, &used, &event,
                                  &close_code);
            CHECK(used <= len - taken);
            taken += used;
            told.close_code = close_code;
            if (told.err == OK)
                tell(&told, &event);
        } while (told.err == OK);
        if (told.err == ERR_PARTIAL)
            CHECK(taken == len);
        test_free(piece);
        at += len;
        told.used = at;
        len = piece_len;
    }
    told.has_partial = receiver.partial != NULL;
    ws_receiver_deinit(&receiver);
    CHECK(receiver.partial == NULL);
    ws_codec_free(&codec);
    return told;
}

/* The input gives these events and then this outcome: whole, byte by byte, and cut in two at every
 * byte. */
static void check_input(const char *name, struct bytes input, bool deflate, struct bytes events,
                        unsigned close_code)
{
    for (size_t cut = 1; cut <= input.len + 1; cut++) {
        bool bytewise = cut > input.len;
        struct told told = feed(input, bytewise ? 1 : input.len, bytewise ? 1 : cut, deflate);
        if (!bytes_equal(buf_bytes(&told.text), events) || told.close_code != close_code)
            fail_msg("%s, cut at %zu: %u instead of %u, events \"%.*s\"", name, cut,
                     told.close_code, close_code, BYTES_FMT(buf_bytes(&told.text)));
        if (told.err != ERR_PARTIAL)
            CHECK(!told.has_partial);
        told_free(&told);
    }
}

/* One frame of a case: first byte and payload. */
struct piece {
    unsigned first;
    struct bytes payload;
};

struct receive_case {
    const char *name;
    struct piece frames[8];
    struct bytes events;
    unsigned close_code; /* 0: the connection lives on */
    bool deflate;
};

/* Control frames, fragments, reserved bits and opcodes, closing: groups 1 to 5 and 7 of the
 * conformance suite and what it leaves out. */
/* clang-format off */
static const struct receive_case receive_cases[] = {
    {"text", {{0x81, CASE_BYTES("Hello")}}, CASE_BYTES("text:Hello\n"), 0, false},
    {"empty text", {{0x81, CASE_BYTES("")}}, CASE_BYTES("text:\n"), 0, false},
    {"empty binary", {{0x82, CASE_BYTES("")}}, CASE_BYTES("binary:\n"), 0, false},
    {"binary is any bytes", {{0x82, CASE_BYTES("\xff\xfe\x00")}}, CASE_BYTES("binary:\xff\xfe\x00\n"), 0, false},
    {"ping", {{0x89, CASE_BYTES("\x00\xff\xfe")}}, CASE_BYTES("ping:\x00\xff\xfe\n"), 0, false},
    {"empty ping", {{0x89, CASE_BYTES("")}}, CASE_BYTES("ping:\n"), 0, false},
    {"pong", {{0x8a, CASE_BYTES("x")}}, CASE_BYTES("pong:x\n"), 0, false},
    {"two in one", {{0x81, CASE_BYTES("a")}, {0x82, CASE_BYTES("b")}}, CASE_BYTES("text:a\nbinary:b\n"), 0, false},

    {"two fragments", {{0x01, CASE_BYTES("Hel")}, {0x80, CASE_BYTES("lo")}}, CASE_BYTES("text:Hello\n"), 0, false},
    {"three empty fragments", {{0x01, CASE_BYTES("")}, {0x00, CASE_BYTES("")}, {0x80, CASE_BYTES("")}},
     CASE_BYTES("text:\n"), 0, false},
    {"empty, some, empty", {{0x01, CASE_BYTES("")}, {0x00, CASE_BYTES("some")}, {0x80, CASE_BYTES("")}},
     CASE_BYTES("text:some\n"), 0, false},
    {"pings between fragments",
     {{0x02, CASE_BYTES("a")}, {0x89, CASE_BYTES("1")}, {0x00, CASE_BYTES("b")}, {0x8a, CASE_BYTES("2")}, {0x80, CASE_BYTES("c")}},
     CASE_BYTES("ping:1\npong:2\nbinary:abc\n"), 0, false},
    {"message after fragments", {{0x01, CASE_BYTES("a")}, {0x80, CASE_BYTES("b")}, {0x81, CASE_BYTES("c")}},
     CASE_BYTES("text:ab\ntext:c\n"), 0, false},
    {"code point over fragments", {{0x01, CASE_BYTES("\xe2\x82")}, {0x80, CASE_BYTES("\xac")}},
     CASE_BYTES("text:\xe2\x82\xac\n"), 0, false},
    {"ping within a code point", {{0x01, CASE_BYTES("\xe2\x82")}, {0x89, CASE_BYTES("p")}, {0x80, CASE_BYTES("\xac")}},
     CASE_BYTES("ping:p\ntext:\xe2\x82\xac\n"), 0, false},

    {"stray continuation", {{0x80, CASE_BYTES("x")}, {0x81, CASE_BYTES("y")}}, CASE_BYTES(""), 1002, false},
    {"stray continuation without FIN", {{0x00, CASE_BYTES("x")}}, CASE_BYTES(""), 1002, false},
    {"continuation after the end", {{0x01, CASE_BYTES("a")}, {0x80, CASE_BYTES("b")}, {0x00, CASE_BYTES("c")}},
     CASE_BYTES("text:ab\n"), 1002, false},
    {"text within a message", {{0x01, CASE_BYTES("a")}, {0x81, CASE_BYTES("b")}}, CASE_BYTES(""), 1002, false},
    {"binary within a message", {{0x01, CASE_BYTES("a")}, {0x02, CASE_BYTES("b")}}, CASE_BYTES(""), 1002, false},
    {"ping without FIN", {{0x09, CASE_BYTES("a")}, {0x80, CASE_BYTES("b")}}, CASE_BYTES(""), 1002, false},
    {"pong without FIN", {{0x0a, CASE_BYTES("a")}}, CASE_BYTES(""), 1002, false},
    {"close without FIN", {{0x08, CASE_BYTES("")}}, CASE_BYTES(""), 1002, false},

    {"RSV1 without extension", {{0x81 | RSV1, CASE_BYTES("a")}}, CASE_BYTES(""), 1002, false},
    {"RSV2 after a message", {{0x81, CASE_BYTES("a")}, {0x81 | RSV2, CASE_BYTES("b")}}, CASE_BYTES("text:a\n"), 1002, false},
    {"RSV3", {{0x82 | RSV3, CASE_BYTES("a")}}, CASE_BYTES(""), 1002, false},
    {"RSV2 with extension", {{0x81 | RSV2, CASE_BYTES("b")}}, CASE_BYTES(""), 1002, true},
    {"RSV3 with extension", {{0x81 | RSV3, CASE_BYTES("b")}}, CASE_BYTES(""), 1002, true},
    {"all RSV on a close frame", {{0x88 | 0x70, CASE_BYTES("")}}, CASE_BYTES(""), 1002, false},
    {"RSV1 on a close frame with extension", {{0x88 | RSV1, CASE_BYTES("")}}, CASE_BYTES(""), 1002, true},
    {"RSV1 on a ping with extension", {{0x89 | RSV1, CASE_BYTES("a")}}, CASE_BYTES(""), 1002, true},
    {"RSV1 on a pong with extension", {{0x8a | RSV1, CASE_BYTES("a")}}, CASE_BYTES(""), 1002, true},
    {"RSV1 on a continuation", {{0x01, CASE_BYTES("a")}, {0x80 | RSV1, CASE_BYTES("b")}}, CASE_BYTES(""), 1002, true},
    {"plain message with extension", {{0x81, CASE_BYTES("a")}}, CASE_BYTES("text:a\n"), 0, true},

    {"opcode 3", {{0x83, CASE_BYTES("")}}, CASE_BYTES(""), 1002, false},
    {"opcode 4", {{0x84, CASE_BYTES("x")}}, CASE_BYTES(""), 1002, false},
    {"opcode 5 after a message", {{0x81, CASE_BYTES("a")}, {0x85, CASE_BYTES("")}, {0x89, CASE_BYTES("")}},
     CASE_BYTES("text:a\n"), 1002, false},
    {"opcode 6", {{0x86, CASE_BYTES("")}}, CASE_BYTES(""), 1002, false},
    {"opcode 7", {{0x87, CASE_BYTES("")}}, CASE_BYTES(""), 1002, false},
    {"opcode 11", {{0x8b, CASE_BYTES("")}}, CASE_BYTES(""), 1002, false},
    {"opcode 12", {{0x8c, CASE_BYTES("")}}, CASE_BYTES(""), 1002, false},
    {"opcode 13", {{0x8d, CASE_BYTES("")}}, CASE_BYTES(""), 1002, false},
    {"opcode 14", {{0x8e, CASE_BYTES("")}}, CASE_BYTES(""), 1002, false},
    {"opcode 15", {{0x8f, CASE_BYTES("")}}, CASE_BYTES(""), 1002, false},

    {"empty close", {{0x88, CASE_BYTES("")}}, CASE_BYTES("close:1005:\n"), 0, false},
    {"close", {{0x88, CASE_BYTES("\x03\xe8")}}, CASE_BYTES("close:1000:\n"), 0, false},
    {"close with reason", {{0x88, CASE_BYTES("\x03\xe9" "bye")}}, CASE_BYTES("close:1001:bye\n"), 0, false},
    {"close within a message", {{0x01, CASE_BYTES("a")}, {0x88, CASE_BYTES("\x03\xe8")}}, CASE_BYTES("close:1000:\n"), 0, false},
    {"close of one byte", {{0x88, CASE_BYTES("\x03")}}, CASE_BYTES(""), 1002, false},
    {"close reason not UTF-8", {{0x88, CASE_BYTES("\x03\xe8\xed\xa0\x80")}}, CASE_BYTES(""), 1007, false},
    {"close reason cut off", {{0x88, CASE_BYTES("\x03\xe8\xe2\x82")}}, CASE_BYTES(""), 1007, false},

    {"not UTF-8", {{0x81, CASE_BYTES("a\xff")}}, CASE_BYTES(""), 1007, false},
    {"ends within a code point", {{0x81, CASE_BYTES("a\xe2\x82")}}, CASE_BYTES(""), 1007, false},
    {"fragments end within a code point", {{0x01, CASE_BYTES("a")}, {0x80, CASE_BYTES("\xe2\x82")}}, CASE_BYTES(""), 1007, false},
    {"not UTF-8 in a first fragment", {{0x01, CASE_BYTES("\xc0")}}, CASE_BYTES(""), 1007, false},

    /* RFC 7692, section 7.2.3, with each form of block. */
    {"deflated", {{0xc1, CASE_BYTES("\xf2\x48\xcd\xc9\xc9\x07\x00")}}, CASE_BYTES("text:Hello\n"), 0, true},
    {"deflated in fragments", {{0x41, CASE_BYTES("\xf2\x48\xcd")}, {0x80, CASE_BYTES("\xc9\xc9\x07\x00")}},
     CASE_BYTES("text:Hello\n"), 0, true},
    {"ping between deflated fragments",
     {{0x41, CASE_BYTES("\xf2\x48\xcd")}, {0x89, CASE_BYTES("p")}, {0x80, CASE_BYTES("\xc9\xc9\x07\x00")}},
     CASE_BYTES("ping:p\ntext:Hello\n"), 0, true},
    {"deflated, plain, deflated",
     {{0xc1, CASE_BYTES("\xf2\x48\xcd\xc9\xc9\x07\x00")}, {0x81, CASE_BYTES("plain")}, {0xc1, CASE_BYTES("\xf2\x48\xcd\xc9\xc9\x07\x00")}},
     CASE_BYTES("text:Hello\ntext:plain\ntext:Hello\n"), 0, true},
    {"context taken over", {{0xc1, CASE_BYTES("\xf2\x48\xcd\xc9\xc9\x07\x00")}, {0xc1, CASE_BYTES("\xf2\x00\x11\x00\x00")}},
     CASE_BYTES("text:Hello\n"), 1007, true},
    {"stored block", {{0xc1, CASE_BYTES("\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00")}}, CASE_BYTES("text:Hello\n"), 0, true},
    {"final block", {{0xc1, CASE_BYTES("\xf3\x48\xcd\xc9\xc9\x07\x00\x00")}}, CASE_BYTES("text:Hello\n"), 0, true},
    {"final block with nothing behind", {{0xc1, CASE_BYTES("\xf3\x48\xcd\xc9\xc9\x07\x00")}}, CASE_BYTES("text:Hello\n"), 0, true},
    {"blocks behind a final one", {{0xc1, CASE_BYTES("\xf3\x48\xcd\xc9\xc9\x07\x00\xf2\x48\xcd\xc9\xc9\x07\x00")}},
     CASE_BYTES("text:HelloHello\n"), 0, true},
    {"two blocks", {{0xc1, CASE_BYTES("\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00")}}, CASE_BYTES("text:Hello\n"), 0, true},
    {"deflated empty message", {{0xc1, CASE_BYTES("\x00")}}, CASE_BYTES("text:\n"), 0, true},
    {"deflated message without a byte", {{0xc2, CASE_BYTES("")}}, CASE_BYTES("binary:\n"), 0, true},
    {"deflated, empty last fragment", {{0x42, CASE_BYTES("\xf2\x48\xcd\xc9\xc9\x07\x00")}, {0x80, CASE_BYTES("")}},
     CASE_BYTES("binary:Hello\n"), 0, true},
    {"deflated text not UTF-8", {{0xc1, CASE_BYTES("\x00\x02\x00\xfd\xff\x61\xff\x00")}}, CASE_BYTES(""), 1007, true},
    {"deflated text ends within a code point", {{0xc1, CASE_BYTES("\x00\x01\x00\xfe\xff\xe2\x00")}}, CASE_BYTES(""), 1007, true},
    {"deflated binary is any bytes", {{0xc2, CASE_BYTES("\x00\x02\x00\xfd\xff\x61\xff\x00")}}, CASE_BYTES("binary:a\xff\n"), 0, true},
    {"reserved block type", {{0xc1, CASE_BYTES("\x07\x00\x00")}}, CASE_BYTES(""), 1007, true},
    {"stored lengths do not agree", {{0xc1, CASE_BYTES("\x00\x05\x00\x05\x00Hello")}}, CASE_BYTES(""), 1007, true},
    {"cut off within a block", {{0xc1, CASE_BYTES("\xf2\x48\xcd")}}, CASE_BYTES(""), 1007, true},
    {"cut off within a stored block", {{0xc1, CASE_BYTES("\x00\x05\x00\xfa\xff\x48")}}, CASE_BYTES(""), 1007, true},
    {"cut off within a stored block's lengths", {{0xc2, CASE_BYTES("\x00\x05\x00")}}, CASE_BYTES(""), 1007, true},
    {"cut off within a stored binary block", {{0xc2, CASE_BYTES("\x00\x05\x00\xfa\xff\x48")}}, CASE_BYTES(""), 1007, true},
    {"message before damaged one", {{0x81, CASE_BYTES("a")}, {0xc1, CASE_BYTES("\xff\xff\xff")}}, CASE_BYTES("text:a\n"), 1007, true},
};
/* clang-format on */

static void test_frames_give_their_events_however_they_are_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(receive_cases); i++) {
        const struct receive_case *c = &receive_cases[i];
        struct buf input = {0};
        for (size_t f = 0; f < COUNT_OF(c->frames) && c->frames[f].payload.data != NULL; f++)
            client_frame(&input, c->frames[f].first, c->frames[f].payload);
        check_input(c->name, buf_bytes(&input), c->deflate, c->events, c->close_code);
        buf_free(&input);
    }
}

/* Lengths around each form of header and at the receiver's limit, and one past it. */
static void test_messages_of_all_lengths_up_to_the_limit_arrive(void **state)
{
    (void)state;
    static const size_t lens[] = {
        0, 1, 125, 126, 127, 128, MESSAGE_BYTES_MAX, MESSAGE_BYTES_MAX + 1};
    uint8_t payload[MESSAGE_BYTES_MAX + 1];
    memset(payload, '*', sizeof payload);
    for (size_t i = 0; i < COUNT_OF(lens); i++) {
        struct buf input = {0};
        struct buf events = {0};
        client_frame(&input, FIN | WS_OPCODE_TEXT, bytes_of(payload, lens[i]));
        bool fits = lens[i] <= MESSAGE_BYTES_MAX;
        if (fits) {
            buf_append_text(&events, "text:");
            buf_append(&events, bytes_of(payload, lens[i]));
            buf_append_byte(&events, '\n');
        }
        check_input("length", buf_bytes(&input), false, buf_bytes(&events), fits ? 0 : 1009);
        buf_free(&input);
        buf_free(&events);
    }
}

/* Deflate the payload as one text frame of the client. */
static void deflated_frame(struct buf *input, struct bytes payload, int level)
{
    struct buf deflated = {0};
    client_deflate(&deflated, payload, level, Z_SYNC_FLUSH);
    client_frame(input, FIN | RSV1 | WS_OPCODE_TEXT, buf_bytes(&deflated));
    buf_free(&deflated);
}

/* The limit is on the message, not on how it was sent: stored blocks make it larger on the wire, a
 * bomb far smaller. */
static void test_limit_counts_inflated_bytes(void **state)
{
    (void)state;
    uint8_t payload[MESSAGE_BYTES_MAX + 1];
    memset(payload, '*', sizeof payload);
    for (int level = 0; level <= 9; level += 3) {
        struct buf input = {0};
        struct buf events = {0};
        deflated_frame(&input, bytes_of(payload, MESSAGE_BYTES_MAX), level);
        buf_append_text(&events, "text:");
        buf_append(&events, bytes_of(payload, MESSAGE_BYTES_MAX));
        buf_append_byte(&events, '\n');
        check_input("limit", buf_bytes(&input), true, buf_bytes(&events), 0);
        buf_clear(&input);
        deflated_frame(&input, bytes_of(payload, MESSAGE_BYTES_MAX + 1), level);
        check_input("past the limit", buf_bytes(&input), true, NO_BYTES, 1009);
        buf_free(&input);
        buf_free(&events);
    }
}

/* Messages of several steps of inflating, each ending in a step, at its end, or one byte past it.
 */
static void test_long_deflated_messages_arrive(void **state)
{
    (void)state;
    enum { STEP_BYTES = 4096, LEN_MAX = 3 * STEP_BYTES };
    static const size_t lens[] = {STEP_BYTES - 1,     STEP_BYTES,     STEP_BYTES + 1,
                                  2 * STEP_BYTES - 1, 2 * STEP_BYTES, LEN_MAX};
    uint8_t payload[LEN_MAX];
    client_noise(payload, sizeof payload, "ab");
    struct ws_codec *codec = NULL;
    CHECK(ws_codec_new(&codec) == OK);
    for (size_t i = 0; i < COUNT_OF(lens); i++) {
        for (int level = 0; level <= 9; level += 3) {
            struct ws_receiver receiver;
            struct buf input = {0};
            struct ws_event event;
            enum ws_close_code close_code;
            size_t used;
            ws_receiver_init(&receiver, LEN_MAX, true);
            deflated_frame(&input, bytes_of(payload, lens[i]), level);
            CHECK(ws_receive(&receiver, codec, input.data, input.len, &used, &event, &close_code) ==
                  OK);
            CHECK(bytes_equal(event.payload, bytes_of(payload, lens[i])));
            CHECK(used == input.len && receiver.partial == NULL);
            buf_free(&input);
        }
    }
    ws_codec_free(&codec);
}

/* Its output may not go over the limit even by the bytes that the server adds itself. */
static void test_message_cut_off_within_a_block_at_the_limit_is_damaged(void **state)
{
    (void)state;
    struct buf deflated = {0};
    struct buf input = {0};
    uint8_t payload[MESSAGE_BYTES_MAX];
    memset(payload, '*', sizeof payload);
    buf_append(&deflated, BYTES("\x00\x02\x04\xfd\xfb")); /* stored, two bytes more than come */
    buf_append(&deflated, bytes_of(payload, sizeof payload));
    client_frame(&input, FIN | RSV1 | WS_OPCODE_TEXT, buf_bytes(&deflated));
    check_input("cut off", buf_bytes(&input), true, NO_BYTES, 1007);
    buf_free(&deflated);
    buf_free(&input);
}

/* How many bytes of the input are taken before the connection is failed, given one by one. */
static void check_fails_at(const char *name, struct bytes input, bool deflate, size_t at,
                           unsigned close_code)
{
    struct told told = feed(input, 1, 1, deflate);
    if (told.used != at || told.close_code != close_code)
        fail_msg("%s: %u at byte %zu instead of %u at %zu", name, told.close_code, told.used,
                 close_code, at);
    told_free(&told);
}

/* Errors show at their first byte: what would follow may be gigabytes, or never come. */
static void test_connection_fails_at_the_first_wrong_byte(void **state)
{
    (void)state;
    struct buf input = {0};
    check_fails_at("reserved opcode", BYTES("\x83\x80"), false, 1, 1002);
    check_fails_at("RSV1", BYTES("\xc1\x80"), false, 1, 1002);
    check_fails_at("stray continuation", BYTES("\x80\x80"), false, 1, 1002);
    check_fails_at("fragmented ping", BYTES("\x09\x80"), false, 1, 1002);
    check_fails_at("no mask", BYTES("\x81\x05Hello"), false, 2, 1002);
    check_fails_at("ping of 126 bytes", BYTES("\x89\xfe\x00\x7e"), false, 2, 1002);
    check_fails_at("ping of 65536 bytes", BYTES("\x89\xff\x00"), false, 2, 1002);
    check_fails_at("close of 126 bytes", BYTES("\x88\xfe\x00\x7e"), false, 2, 1002);
    check_fails_at("length not minimal",
                   BYTES("\x81\xfe\x00\x7d"
                         "mask"),
                   false, 4, 1002);
    check_fails_at("length not minimal",
                   BYTES("\x81\xff\x00\x00\x00\x00\x00\x00\xff\xff"
                         "mask"),
                   false, 8, 1002);
    check_fails_at("length's highest bit",
                   BYTES("\x81\xff\x80\x00\x00\x00\x00\x00\x00\x00"
                         "mask"),
                   false, 3, 1002);
    check_fails_at("length over the limit",
                   BYTES("\x81\xfe\x04\x01"
                         "mask"
                         "x"),
                   false, 8, 1009);
    check_fails_at("huge length",
                   BYTES("\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff"
                         "mask"
                         "x"),
                   false, 14, 1009);
    check_fails_at("huge deflated length",
                   BYTES("\xc2\xff\x7f\xff\xff\xff\xff\xff\xff\xff"
                         "mask"
                         "x"),
                   true, 14, 1009);

    /* Group 6.4: the Greek word, then U+110000, whose second byte is wrong; in one frame and in
     * three. */
    client_frame(&input, FIN | WS_OPCODE_TEXT,
                 BYTES("\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xf4\x90\x80\x80"
                       "edited"));
    check_fails_at("6.4.3", buf_bytes(&input), false, 6 + 13, 1007);
    buf_clear(&input);
    client_frame(&input, WS_OPCODE_TEXT, BYTES("\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xf4"));
    client_frame(&input, WS_OPCODE_CONTINUATION, BYTES("\x90"));
    client_frame(&input, FIN,
                 BYTES("\x80\x80"
                       "edited"));
    check_fails_at("6.4.2", buf_bytes(&input), false, 6 + 12 + 6 + 1, 1007);

    /* Through inflate: a stored block gives each byte as it comes. */
    buf_clear(&input);
    client_frame(&input, FIN | RSV1 | WS_OPCODE_TEXT,
                 BYTES("\x00\x04\x00\xfb\xff\xf4\x90\x80\x80\x00"));
    check_fails_at("deflated", buf_bytes(&input), true, 6 + 7, 1007);

    /* The fragments' sum is what counts. */
    buf_clear(&input);
    uint8_t payload[MESSAGE_BYTES_MAX] = {0};
    client_frame(&input, WS_OPCODE_BINARY, bytes_of(payload, MESSAGE_BYTES_MAX));
    size_t len = input.len;
    client_frame(&input, FIN, bytes_of(payload, 1));
    check_fails_at("one past the limit", buf_bytes(&input), false, len + 6, 1009);
    buf_free(&input);
}

/* A bomb is stopped while it inflates, not when it has: a million bytes lie in a thousand. */
static void test_bomb_is_stopped_at_the_limit(void **state)
{
    (void)state;
    enum { BOMB_BYTES = 1000 * 1000 };
    uint8_t *zeros = test_calloc(BOMB_BYTES, 1);
    struct buf input = {0};
    deflated_frame(&input, bytes_of(zeros, BOMB_BYTES), 9);
    CHECK(input.len <
          MESSAGE_BYTES_MAX + MESSAGE_BYTES_MAX / 8); /* or its header would have given it away */
    struct told told = feed(buf_bytes(&input), 1, 1, true);
    CHECK(told.err == ERR_LIMIT);
    CHECK(told.close_code == WS_CLOSE_TOO_BIG);
    CHECK(told.used < input.len / 2);
    told_free(&told);
    buf_free(&input);
    test_free(zeros);
}

/* The answer must not depend on how TCP cut the message: text that is wrong before it is too long
 * is wrong, in one piece as in many. */
static void test_wrong_text_before_the_limit_is_told_as_such(void **state)
{
    (void)state;
    uint8_t payload[MESSAGE_BYTES_MAX + 1];
    struct buf input = {0};
    memset(payload, '*', sizeof payload);
    payload[MESSAGE_BYTES_MAX - 1] = 0xff;
    deflated_frame(&input, bytes_of(payload, sizeof payload), 6);
    check_input("last byte within the limit", buf_bytes(&input), true, NO_BYTES, 1007);
    buf_clear(&input);
    payload[MESSAGE_BYTES_MAX - 1] = '*';
    payload[MESSAGE_BYTES_MAX] = 0xff;
    deflated_frame(&input, bytes_of(payload, sizeof payload), 6);
    check_input("first byte past the limit", buf_bytes(&input), true, NO_BYTES, 1009);
    buf_free(&input);
}

/* A final block may be followed by one that refers to what the final one gave (RFC 7692,
 * section 7.2.1 keeps counting in the same window). */
static void test_window_outlives_a_final_block(void **state)
{
    (void)state;
    struct buf deflated = {0};
    struct buf input = {0};
    client_deflate(&deflated, BYTES("abcdefghijklmnop"), 6, Z_FINISH);
    z_stream stream = {0};
    CHECK(deflateInit2(&stream, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    CHECK(deflateSetDictionary(&stream, (const Bytef *)"abcdefghijklmnop", 16) == Z_OK);
    uint8_t second[64];
    stream.next_in = (const Bytef *)"abcdefghijklmnop";
    stream.avail_in = 16;
    stream.next_out = second;
    stream.avail_out = sizeof second;
    CHECK(deflate(&stream, Z_SYNC_FLUSH) == Z_OK);
    size_t second_len = sizeof second - stream.avail_out - 4;
    CHECK(second_len < 10);
    (void)deflateEnd(&stream);
    buf_append(&deflated, bytes_of(second, second_len));
    client_frame(&input, FIN | RSV1 | WS_OPCODE_TEXT, buf_bytes(&deflated));
    check_input("window", buf_bytes(&input), true, BYTES("text:abcdefghijklmnopabcdefghijklmnop\n"),
                0);
    buf_free(&deflated);
    buf_free(&input);
}

/* All close codes of group 7 and those registered since. */
static void test_close_codes_are_told_or_refused(void **state)
{
    (void)state;
    for (unsigned code = 0; code <= 5001; code++) {
        uint8_t payload[2] = {(uint8_t)(code >> 8), (uint8_t)code};
        struct buf input = {0};
        client_frame(&input, FIN | WS_OPCODE_CLOSE, bytes_of(payload, sizeof payload));
        struct told told = feed(buf_bytes(&input), input.len, input.len, false);
        if (ws_close_code_is_sendable(code)) {
            char line[32];
            (void)snprintf(line, sizeof line, "close:%u:\n", code);
            CHECK_BYTES(buf_bytes(&told.text), bytes_from_text(line));
        } else {
            CHECK(told.text.len == 0);
            CHECK(told.close_code == WS_CLOSE_PROTOCOL);
        }
        told_free(&told);
        buf_free(&input);
    }
}

/* A control frame's payload at its limit; one past it is refused above. */
static void test_control_frames_of_125_bytes_arrive(void **state)
{
    (void)state;
    uint8_t payload[WS_CONTROL_BYTES_MAX];
    memset(payload, 0xfe, sizeof payload);
    struct buf input = {0};
    struct buf events = {0};
    client_frame(&input, FIN | WS_OPCODE_PING, bytes_of(payload, sizeof payload));
    buf_append_text(&events, "ping:");
    buf_append(&events, bytes_of(payload, sizeof payload));
    buf_append_byte(&events, '\n');
    check_input("ping", buf_bytes(&input), false, buf_bytes(&events), 0);

    memset(payload, 'r', sizeof payload);
    payload[0] = 0x03;
    payload[1] = 0xe8;
    buf_clear(&input);
    buf_clear(&events);
    client_frame(&input, FIN | WS_OPCODE_CLOSE, bytes_of(payload, sizeof payload));
    buf_append_text(&events, "close:1000:");
    buf_append(&events, bytes_of(payload + 2, sizeof payload - 2));
    buf_append_byte(&events, '\n');
    check_input("close", buf_bytes(&input), false, buf_bytes(&events), 0);
    buf_free(&input);
    buf_free(&events);
}

/* Most connections of a chat are idle, and most messages come whole: neither may cost memory. */
static void test_receiver_holds_memory_only_within_a_message(void **state)
{
    (void)state;
    struct ws_codec *codec = NULL;
    CHECK(ws_codec_new(&codec) == OK);
    struct ws_receiver receiver;
    ws_receiver_init(&receiver, MESSAGE_BYTES_MAX, true);
    struct buf input = {0};
    client_frame(&input, FIN | WS_OPCODE_TEXT, BYTES("Hello"));
    size_t used;
    struct ws_event event;
    enum ws_close_code close_code;

    /* Whole: the payload lies in the input. */
    CHECK(ws_receive(&receiver, codec, input.data, input.len, &used, &event, &close_code) == OK);
    CHECK(event.payload.data == input.data + 6);
    CHECK(used == input.len);
    CHECK(receiver.partial == NULL);

    /* In two: it is copied until it is complete, and not longer. */
    buf_clear(&input);
    client_frame(&input, FIN | WS_OPCODE_TEXT, BYTES("Hello"));
    CHECK(ws_receive(&receiver, codec, input.data, 8, &used, &event, &close_code) == ERR_PARTIAL);
    CHECK(receiver.partial != NULL);
    CHECK(ws_receive(&receiver, codec, input.data + 8, input.len - 8, &used, &event, &close_code) ==
          OK);
    CHECK(receiver.partial == NULL);
    CHECK_BYTES(event.payload, BYTES("Hello"));

    /* A header alone is kept; the payload that then comes whole is not copied. */
    buf_clear(&input);
    client_frame(&input, FIN | WS_OPCODE_TEXT, BYTES("Hello"));
    CHECK(ws_receive(&receiver, codec, input.data, 3, &used, &event, &close_code) == ERR_PARTIAL);
    CHECK(receiver.partial != NULL);
    CHECK(ws_receive(&receiver, codec, input.data + 3, input.len - 3, &used, &event, &close_code) ==
          OK);
    CHECK(event.payload.data == input.data + 6);
    CHECK(receiver.partial == NULL);

    /* No input is not an event, and takes nothing. */
    CHECK(ws_receive(&receiver, codec, NULL, 0, &used, &event, &close_code) == ERR_PARTIAL);
    CHECK(used == 0);
    CHECK(receiver.partial == NULL);
    buf_free(&input);
    ws_receiver_deinit(&receiver);
    ws_codec_free(&codec);
}

/* Receive everything, in pieces of piece_len bytes. */
static enum err receive_all(struct bytes input, size_t piece_len, size_t *event_count,
                            enum ws_close_code *close_code)
{
    struct ws_codec *codec = NULL;
    struct ws_receiver receiver;
    struct ws_event event;
    uint8_t bytes[64];
    size_t used;
    *event_count = 0;
    enum err err = ws_codec_new(&codec);
    ws_receiver_init(&receiver, 2 * MESSAGE_BYTES_MAX, true);
    for (size_t at = 0; at < input.len && err == OK; at += used) {
        size_t len = input.len - at < piece_len ? input.len - at : piece_len;
        memcpy(bytes, input.data + at, len);
        err = ws_receive(&receiver, codec, bytes, len, &used, &event, close_code);
        *event_count += err == OK;
        if (err == ERR_PARTIAL)
            err = OK;
    }
    CHECK(err == OK || receiver.partial == NULL);
    ws_receiver_deinit(&receiver);
    ws_codec_free(&codec);
    return err;
}

/* A connection for which there is no memory ends with 1011, wherever in a message it ran out, and
 * leaves nothing behind. */
static void test_connection_ends_with_1011_when_memory_runs_out(void **state)
{
    (void)state;
    uint8_t noise[MESSAGE_BYTES_MAX];
    struct buf input = {0};
    client_noise(noise, sizeof noise, "abcdefgh");
    client_frame(&input, FIN | WS_OPCODE_PING, BYTES("ping"));
    client_frame(&input, WS_OPCODE_TEXT, bytes_of(noise, sizeof noise / 2));
    client_frame(&input, FIN | WS_OPCODE_CONTINUATION, bytes_of(noise, sizeof noise));
    deflated_frame(&input, bytes_of(noise, sizeof noise), 6);
    for (size_t piece_len = 1; piece_len <= 64; piece_len *= 4) {
        enum err err;
        size_t index = 0;
        do {
            enum ws_close_code close_code = WS_CLOSE_INTERNAL;
            size_t event_count;
            allocation_fail(index++);
            err = receive_all(buf_bytes(&input), piece_len, &event_count, &close_code);
            CHECK(err == (allocation_has_failed() ? ERR_MEMORY : OK));
            CHECK(close_code == WS_CLOSE_INTERNAL);
            CHECK(err == OK ? event_count == 3 : event_count < 3);
        } while (err != OK);
    }
    buf_free(&input);
}

/* Two connections of a loop in the middle of compressed messages do not get into each other's way.
 */
static void test_receivers_share_a_codec(void **state)
{
    (void)state;
    struct ws_codec *codec = NULL;
    CHECK(ws_codec_new(&codec) == OK);
    struct ws_receiver receivers[2];
    struct buf inputs[2] = {0};
    size_t used;
    struct ws_event event;
    enum ws_close_code close_code;
    static const struct bytes texts[2] = {CASE_BYTES("one one one one"),
                                          CASE_BYTES("two two two two")};
    for (size_t i = 0; i < 2; i++) {
        ws_receiver_init(&receivers[i], MESSAGE_BYTES_MAX, true);
        deflated_frame(&inputs[i], texts[i], 6);
    }
    for (size_t i = 0; i < 2; i++)
        CHECK(ws_receive(&receivers[i], codec, inputs[i].data, 9, &used, &event, &close_code) ==
              ERR_PARTIAL);
    for (size_t i = 0; i < 2; i++) {
        CHECK(ws_receive(&receivers[i], codec, inputs[i].data + 9, inputs[i].len - 9, &used, &event,
                         &close_code) == OK);
        CHECK_BYTES(event.payload, texts[i]);
        buf_free(&inputs[i]);
    }
    /* A connection that is lost in the middle takes its inflater with it. */
    struct buf input = {0};
    deflated_frame(&input, texts[0], 6);
    CHECK(ws_receive(&receivers[0], codec, input.data, 9, &used, &event, &close_code) ==
          ERR_PARTIAL);
    ws_receiver_deinit(&receivers[0]);
    ws_receiver_deinit(&receivers[0]);
    ws_receiver_deinit(&receivers[1]);
    buf_free(&input);
    ws_codec_free(&codec);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frames_give_their_events_however_they_are_cut),
        cmocka_unit_test(test_messages_of_all_lengths_up_to_the_limit_arrive),
        cmocka_unit_test(test_limit_counts_inflated_bytes),
        cmocka_unit_test(test_long_deflated_messages_arrive),
        cmocka_unit_test(test_message_cut_off_within_a_block_at_the_limit_is_damaged),
        cmocka_unit_test(test_connection_fails_at_the_first_wrong_byte),
        cmocka_unit_test(test_bomb_is_stopped_at_the_limit),
        cmocka_unit_test(test_wrong_text_before_the_limit_is_told_as_such),
        cmocka_unit_test(test_window_outlives_a_final_block),
        cmocka_unit_test(test_close_codes_are_told_or_refused),
        cmocka_unit_test(test_control_frames_of_125_bytes_arrive),
        cmocka_unit_test(test_receiver_holds_memory_only_within_a_message),
        cmocka_unit_test(test_receivers_share_a_codec),
        cmocka_unit_test(test_connection_ends_with_1011_when_memory_runs_out),
    };
    return cmocka_run_group_tests_name("ws/receiver", tests, NULL, NULL);
}
