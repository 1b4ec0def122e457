#include "ws/frame.h"

#include "ws_client.h"

struct header_case {
    const char *name;
    struct bytes bytes;
    enum err err;
    size_t needed; /* bytes after which the outcome is known; with fewer it is ERR_PARTIAL */
    struct ws_frame_header header;
};

#define KEY "\x01\x02\x03\x04"
#define KEY_READ                                                                                   \
    {                                                                                              \
        1, 2, 3, 4                                                                                 \
    }

/* The examples of RFC 6455, section 5.7, and each form of length at both its ends. */
static const struct header_case header_cases[] = {
    {"unmasked text",
     CASE_BYTES("\x81\x05"),
     OK,
     2,
     {.fin = true, .opcode = 1, .payload_len = 5, .header_len = 2}},
    {"masked text",
     CASE_BYTES("\x81\x85" KEY),
     OK,
     6,
     {.fin = true,
      .opcode = 1,
      .masked = true,
      .masking_key = KEY_READ,
      .payload_len = 5,
      .header_len = 6}},
    {"fragment", CASE_BYTES("\x01\x03"), OK, 2, {.opcode = 1, .payload_len = 3, .header_len = 2}},
    {"all RSV bits and a reserved opcode",
     CASE_BYTES("\x7f\x00"),
     OK,
     2,
     {.rsv1 = true, .rsv2 = true, .rsv3 = true, .opcode = 15, .header_len = 2}},
    {"RSV1",
     CASE_BYTES("\xc2\x00"),
     OK,
     2,
     {.fin = true, .rsv1 = true, .opcode = 2, .header_len = 2}},
    {"RSV2",
     CASE_BYTES("\xa2\x00"),
     OK,
     2,
     {.fin = true, .rsv2 = true, .opcode = 2, .header_len = 2}},
    {"RSV3",
     CASE_BYTES("\x92\x00"),
     OK,
     2,
     {.fin = true, .rsv3 = true, .opcode = 2, .header_len = 2}},
    {"125",
     CASE_BYTES("\x82\x7d"),
     OK,
     2,
     {.fin = true, .opcode = 2, .payload_len = 125, .header_len = 2}},
    {"126 in 16 bits",
     CASE_BYTES("\x82\x7e\x00\x7e"),
     OK,
     4,
     {.fin = true, .opcode = 2, .payload_len = 126, .header_len = 4}},
    {"65535 in 16 bits, masked",
     CASE_BYTES("\x82\xfe\xff\xff" KEY),
     OK,
     8,
     {.fin = true,
      .opcode = 2,
      .masked = true,
      .masking_key = KEY_READ,
      .payload_len = 65535,
      .header_len = 8}},
    {"65536 in 64 bits, masked",
     CASE_BYTES("\x82\xff\x00\x00\x00\x00\x00\x01\x00\x00" KEY),
     OK,
     14,
     {.fin = true,
      .opcode = 2,
      .masked = true,
      .masking_key = KEY_READ,
      .payload_len = 65536,
      .header_len = 14}},
    {"2^63 - 1",
     CASE_BYTES("\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff"),
     OK,
     10,
     {.fin = true, .opcode = 2, .payload_len = INT64_MAX, .header_len = 10}},
    {"125 in 16 bits", CASE_BYTES("\x82\xfe\x00\x7d" KEY), ERR_PROTOCOL, 4, {0}},
    {"0 in 16 bits", CASE_BYTES("\x82\xfe\x00\x00" KEY), ERR_PROTOCOL, 4, {0}},
    {"65535 in 64 bits",
     CASE_BYTES("\x82\xff\x00\x00\x00\x00\x00\x00\xff\xff" KEY),
     ERR_PROTOCOL,
     8,
     {0}},
    {"5 in 64 bits",
     CASE_BYTES("\x82\xff\x00\x00\x00\x00\x00\x00\x00\x05" KEY),
     ERR_PROTOCOL,
     8,
     {0}},
    {"2^63", CASE_BYTES("\x82\xff\x80\x00\x00\x00\x00\x00\x00\x00" KEY), ERR_PROTOCOL, 3, {0}},
};

/* A header tells what it says once it is all there, and is refused at the byte that proves it
 * wrong. */
static void test_header_is_read_at_its_last_needed_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(header_cases); i++) {
        const struct header_case *c = &header_cases[i];
        for (size_t len = 0; len <= c->bytes.len; len++) {
            struct ws_frame_header header;
            memset(&header, 0xa5, sizeof header);
            struct ws_frame_header untouched = header;
            enum err err = ws_frame_header_read(bytes_first(c->bytes, len), &header);
            if (err != (len < c->needed ? ERR_PARTIAL : c->err))
                fail_msg("%s: %s after %zu bytes", c->name, err_name(err), len);
            if (err != OK) {
                CHECK(memcmp(&header, &untouched, sizeof header) == 0);
                continue;
            }
            CHECK(header.fin == c->header.fin);
            CHECK(header.rsv1 == c->header.rsv1);
            CHECK(header.rsv2 == c->header.rsv2);
            CHECK(header.rsv3 == c->header.rsv3);
            CHECK(header.masked == c->header.masked);
            CHECK(header.opcode == c->header.opcode);
            CHECK(memcmp(header.masking_key, c->header.masking_key, 4) == 0);
            CHECK(header.payload_len == c->header.payload_len);
            CHECK(header.header_len == c->header.header_len);
        }
    }
}

/* RFC 6455, section 5.7: "Hello" under the key 37 fa 21 3d. */
static void test_unmasking_gives_the_payload(void **state)
{
    (void)state;
    uint8_t piece[] = {0x7f, 0x9f, 0x4d, 0x51, 0x58};
    ws_unmask(piece, sizeof piece, (const uint8_t[]) {0x37, 0xfa, 0x21, 0x3d}, 0);
    CHECK_BYTES(bytes_of(piece, sizeof piece), BYTES("Hello"));
}

/* Payloads come in pieces of any length, at any address, and words are unmasked at once: all must
 * agree with the formula of section 5.3, and touch nothing beside the piece. */
static void test_unmasking_agrees_with_the_formula(void **state)
{
    (void)state;
    enum { LEN_MAX = 67, AROUND = 16 };
    const uint8_t key[4] = {0x00, 0xff, 0x5a, 0xc3};
    uint8_t bytes[LEN_MAX + 2 * AROUND];
    for (size_t len = 0; len <= LEN_MAX; len++) {
        for (uint64_t offset = 0; offset < 9; offset++) {
            for (size_t shift = 0; shift < 8; shift++) {
                memset(bytes, 0x11, sizeof bytes);
                uint8_t *piece = bytes + AROUND - shift;
                for (size_t i = 0; i < len; i++)
                    piece[i] = (uint8_t)(i * 7) ^ key[(offset + i) % 4];
                ws_unmask(piece, len, key, offset);
                for (size_t i = 0; i < len; i++)
                    CHECK(piece[i] == (uint8_t)(i * 7));
                CHECK(piece[-1] == 0x11);
                CHECK(piece[len] == 0x11);
            }
        }
    }
    /* The offset may be larger than 32 bits can count. */
    uint8_t one = 0xc3;
    ws_unmask(&one, 1, key, (UINT64_C(1) << 40) + 3);
    CHECK(one == 0);
}

/* A server's header uses the shortest form of length, and what was written is read back. */
static void test_written_header_is_shortest_and_read_back(void **state)
{
    (void)state;
    static const struct {
        uint64_t payload_len;
        struct bytes header;
    } cases[] = {
        {0, CASE_BYTES("\xc1\x00")},
        {125, CASE_BYTES("\xc1\x7d")},
        {126, CASE_BYTES("\xc1\x7e\x00\x7e")},
        {65535, CASE_BYTES("\xc1\x7e\xff\xff")},
        {65536, CASE_BYTES("\xc1\x7f\x00\x00\x00\x00\x00\x01\x00\x00")},
        {UINT64_C(0x0102030405060708), CASE_BYTES("\xc1\x7f\x01\x02\x03\x04\x05\x06\x07\x08")},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint8_t header[WS_SERVER_HEADER_BYTES_MAX];
        size_t len = ws_frame_header_write(header, WS_OPCODE_TEXT, true, cases[i].payload_len);
        CHECK_BYTES(bytes_of(header, len), cases[i].header);
        CHECK(ws_server_frame_len(header) == len + cases[i].payload_len);
        struct ws_frame_header read;
        CHECK(ws_frame_header_read(bytes_of(header, len), &read) == OK);
        CHECK(read.fin && read.rsv1 && !read.masked && read.opcode == WS_OPCODE_TEXT);
        CHECK(read.payload_len == cases[i].payload_len);
    }
    uint8_t header[WS_SERVER_HEADER_BYTES_MAX];
    CHECK(ws_frame_header_write(header, WS_OPCODE_PONG, false, 3) == 2);
    CHECK_BYTES(bytes_of(header, 2), BYTES("\x8a\x03"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_header_is_read_at_its_last_needed_byte),
        cmocka_unit_test(test_unmasking_gives_the_payload),
        cmocka_unit_test(test_unmasking_agrees_with_the_formula),
        cmocka_unit_test(test_written_header_is_shortest_and_read_back),
    };
    return cmocka_run_group_tests_name("ws/frame", tests, NULL, NULL);
}
