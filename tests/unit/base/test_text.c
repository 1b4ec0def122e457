#include "base/text.h"

#include <stdlib.h>
#include "check.h"

#define GREEK "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5"

/* Check a text cut into two pieces at every byte: the answer may not depend on where the network
 * cuts. */
static bool is_valid_however_cut(struct bytes text)
{
    bool whole = utf8_is_valid(text);
    for (size_t cut = 0; cut <= text.len; cut++) {
        struct utf8_check check = {0};
        bool valid = utf8_check_piece(&check, bytes_first(text, cut)) &&
                     utf8_check_piece(&check, bytes_skip(text, cut)) &&
                     utf8_check_is_complete(&check);
        CHECK(valid == whole);
    }
    struct utf8_check check = {0};
    bool valid = true;
    for (size_t i = 0; i < text.len && valid; i++)
        valid = utf8_check_piece(&check, bytes_of(text.data + i, 1));
    CHECK((valid && utf8_check_is_complete(&check)) == whole);
    return whole;
}

static size_t from_hex(const char *hex, uint8_t out[64])
{
    size_t len = strlen(hex) / 2;
    CHECK(len <= 64);
    for (size_t i = 0; i < len; i++) {
        char digits[3] = {hex[2 * i], hex[2 * i + 1], '\0'};
        out[i] = (uint8_t)strtoul(digits, NULL, 16);
    }
    return len;
}

/* The payloads of the WebSocket conformance suite, groups 6.5 to 6.23, with its numbers. */
static void test_conformance_payloads(void **state)
{
    (void)state;
    static const struct {
        const char *group;
        bool valid;
        const char *hex[16];
    } cases[] = {
        {"6.5",
         true,
         {"68656c6c6f24776f726c64", "68656c6c6fc2a2776f726c64", "68656c6c6fe282ac776f726c64",
          "68656c6c6ff0a4ada2776f726c64", "cebae1bdb9cf83cebcceb5"}},
        {"6.3", false, {"cebae1bdb9cf83cebcceb5eda080656469746564"}},
        {"6.4", false, {"cebae1bdb9cf83cebcceb5f4908080656469746564"}},
        {"6.7", true, {"00", "c280", "e0a080", "f0908080"}},
        {"6.8", false, {"f888808080", "fc8480808080"}},
        {"6.9", true, {"7f", "dfbf", "efbfbf", "f48fbfbf"}},
        {"6.10", false, {"f7bfbfbf", "fbbfbfbfbf", "fdbfbfbfbfbf"}},
        {"6.11", true, {"ed9fbf", "ee8080", "efbfbd", "f48fbfbf"}},
        {"6.11", false, {"f4908080"}},
        {"6.12", false, {"80", "bf", "80bf", "80bf80", "80bf80bf", "80bf80bf80", "80bf80bf80bf"}},
        {"6.14",
         false,
         {"c0", "e080", "f08080", "f8808080", "fc80808080", "df", "efbf", "f7bfbf", "fbbfbfbf",
          "fdbfbfbfbf"}},
        {"6.15", false, {"c0e080f08080f8808080fc80808080dfefbff7bfbffbbfbfbffdbfbfbfbf"}},
        {"6.16", false, {"fe", "ff", "fefeffff"}},
        {"6.17", false, {"c0af", "e080af", "f08080af", "f8808080af", "fc80808080af"}},
        {"6.18", false, {"c1bf", "e09fbf", "f08fbfbf", "f887bfbfbf", "fc83bfbfbfbf"}},
        {"6.19", false, {"c080", "e08080", "f0808080", "f880808080", "fc8080808080"}},
        {"6.20", false, {"eda080", "edadbf", "edae80", "edafbf", "edb080", "edbe80", "edbfbf"}},
        {"6.21",
         false,
         {"eda080edb080", "eda080edbfbf", "edadbfedb080", "edadbfedbfbf", "edae80edb080",
          "edae80edbfbf", "edafbfedb080", "edafbfedbfbf"}},
        {"6.22",
         true,
         {"efbfbe", "efbfbf", "f09fbfbe", "f09fbfbf", "f0afbfbe", "f0afbfbf", "f1bfbfbe",
          "f2bfbfbf", "f3bfbfbe", "f48fbfbe", "f48fbfbf"}},
        {"6.23", true, {"efbfb9", "efbfba", "efbfbb", "efbfbc", "efbfbd", "efbfbe", "efbfbf"}},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        for (size_t j = 0; j < COUNT_OF(cases[i].hex) && cases[i].hex[j] != NULL; j++) {
            uint8_t text[64];
            size_t len = from_hex(cases[i].hex[j], text);
            bool valid = is_valid_however_cut(bytes_of(text, len));
            if (valid != cases[i].valid)
                print_error("group %s: %s\n", cases[i].group, cases[i].hex[j]);
            CHECK(valid == cases[i].valid);
        }
    }
}

/* Groups 6.6, 6.12 (all of 80 to BE) and 6.13. */
static void test_conformance_prefixes_and_lone_bytes(void **state)
{
    (void)state;
    for (size_t len = 1; len <= 11; len++) {
        bool whole = len == 2 || len == 5 || len == 7 || len == 9 || len == 11;
        CHECK(is_valid_however_cut(bytes_first(BYTES(GREEK), len)) == whole);
    }
    uint8_t continuations[0x3f];
    for (size_t i = 0; i < sizeof continuations; i++)
        continuations[i] = (uint8_t)(0x80 + i);
    CHECK(!is_valid_however_cut(bytes_of(continuations, sizeof continuations)));
    for (unsigned lead = 0x80; lead <= 0xff; lead++)
        CHECK(!is_valid_however_cut(bytes_of((uint8_t[]) {(uint8_t)lead, ' '}, 2)));
}

/* The suite wants the connection failed at the first wrong byte, before the message ends (6.4). */
static void test_wrong_byte_is_noticed_at_once(void **state)
{
    (void)state;
    struct utf8_check check = {0};
    CHECK(utf8_check_piece(&check, BYTES(GREEK "\xf4")));
    CHECK(!utf8_check_piece(&check, BYTES("\x90")));
    check = (struct utf8_check) {0};
    CHECK(utf8_check_piece(&check, BYTES("\xed")));
    CHECK(!utf8_check_piece(&check, BYTES("\xa0")));
    check = (struct utf8_check) {0};
    CHECK(!utf8_check_piece(&check, BYTES("\xc0")));
}

/* Every code point there is, written, is valid, and read again the same; no surrogate is. */
static void test_every_code_point_is_written_and_read(void **state)
{
    (void)state;
    struct buf buf = {0};
    for (uint32_t c = 0; c <= 0x10ffff; c++) {
        bool is_surrogate = c >= 0xd800 && c <= 0xdfff;
        buf_clear(&buf);
        utf8_append(&buf, c);
        struct bytes text = buf_bytes(&buf);
        CHECK(utf8_is_valid(text) == !is_surrogate);
        if (is_surrogate)
            continue;
        CHECK(utf8_count(text) == 1);
        CHECK(utf8_next(&text) == c);
        CHECK(text.len == 0);
    }
    buf_clear(&buf);
    utf8_append(&buf, 0x110000);
    CHECK(!utf8_is_valid(buf_bytes(&buf)));
    buf_free(&buf);
}

/* ASCII is looked at in blocks of sixteen and of eight bytes, the last of them at the end: a wrong
 * byte at each place of texts of all lengths must still show, and a right letter may stand there.
 */
static void test_wrong_byte_shows_at_every_place(void **state)
{
    (void)state;
    uint8_t text[40];
    for (size_t len = 1; len <= sizeof text; len++) {
        for (size_t place = 0; place < len; place++) {
            memset(text, 'a', sizeof text);
            CHECK(utf8_is_valid(bytes_of(text, len)));
            text[place] = 0x80;
            CHECK(!utf8_is_valid(bytes_of(text, len)));
            text[place] = 0xc3;
            CHECK(!utf8_is_valid(bytes_of(text, len)));
            if (place + 1 < len) {
                text[place + 1] = 0xa9;
                CHECK(utf8_is_valid(bytes_of(text, len)));
            }
        }
    }
    CHECK(utf8_is_valid(NO_BYTES));
}

/* Python's str.strip(): the contract trims what Django trims. */
static void test_strip_takes_unicode_white_space(void **state)
{
    (void)state;
    static const uint32_t spaces[] = {
        0x09,   0x0a,   0x0b,   0x0c,   0x0d,   0x1c,   0x1d,   0x1e,   0x1f,   0x20,
        0x85,   0xa0,   0x1680, 0x2000, 0x2001, 0x2002, 0x2003, 0x2004, 0x2005, 0x2006,
        0x2007, 0x2008, 0x2009, 0x200a, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000,
    };
    struct buf buf = {0};
    size_t count = 0;
    for (uint32_t c = 0; c <= 0x10ffff; c++)
        count += text_is_space(c);
    CHECK(count == COUNT_OF(spaces));
    for (size_t i = 0; i < COUNT_OF(spaces); i++) {
        CHECK(text_is_space(spaces[i]));
        buf_clear(&buf);
        utf8_append(&buf, spaces[i]);
        utf8_append(&buf, spaces[i]);
        CHECK(text_strip(buf_bytes(&buf)).len == 0);
        buf_append_text(&buf, "\xf0\x9f\x98\x80 b\xc3\xa9");
        utf8_append(&buf, spaces[i]);
        CHECK_BYTES(text_strip(buf_bytes(&buf)), BYTES("\xf0\x9f\x98\x80 b\xc3\xa9"));
    }
    CHECK_BYTES(text_strip(BYTES("\xe2\x80\x8b")),
                BYTES("\xe2\x80\x8b")); /* U+200B is no white space */
    CHECK(text_strip(NO_BYTES).len == 0);
    buf_free(&buf);
}

/* What may stand in a user name: Python's \w. */
static void test_word_characters(void **state)
{
    (void)state;
    static const uint32_t words[] = {'a',     'Z',   '0',    '_',    0xe9,   0xdf,   0x3b1,
                                     0x416,   0x5d0, 0x661,  0x4e2d, 0x3042, 0xac00, 0x1d400,
                                     0x20000, 0xb2,  0x2460, 0x2177, 0x212b};
    static const uint32_t others[] = {' ',    '-',    '@',    '.',    '+',     '!',    0,
                                      0x7f,   0xa0,   0x2028, 0x20ac, 0x1f600, 0x2014, 0x200b,
                                      0x3000, 0xfffd, 0x308,  0x654,  0x338f,  0x903};
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (!text_is_word(words[i]))
            print_error("U+%04X\n", (unsigned)words[i]);
        CHECK(text_is_word(words[i]));
    }
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        if (text_is_word(others[i]))
            print_error("U+%04X\n", (unsigned)others[i]);
        CHECK(!text_is_word(others[i]));
    }
}

/* Made with Python 3.11: str(json.loads(number)). A number in a text field becomes this text. */
static void test_numbers_are_written_as_python_writes_them(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        const char *python;
    } cases[] = {
        {"0", "0"},
        {"-0", "0"},
        {"-0.0", "-0.0"},
        {"0.0", "0.0"},
        {"5", "5"},
        {"-17", "-17"},
        {"1.0", "1.0"},
        {"1.50", "1.5"},
        {"100", "100"},
        {"1e5", "100000.0"},
        {"1E5", "100000.0"},
        {"1e+5", "100000.0"},
        {"1e15", "1000000000000000.0"},
        {"1e16", "1e+16"},
        {"1e17", "1e+17"},
        {"1.5e16", "1.5e+16"},
        {"123456789.125", "123456789.125"},
        {"1e-4", "0.0001"},
        {"1e-5", "1e-05"},
        {"0.0001", "0.0001"},
        {"0.00012345", "0.00012345"},
        {"0.1", "0.1"},
        {"-0.1", "-0.1"},
        {"0.3", "0.3"},
        {"2.675", "2.675"},
        {"1e22", "1e+22"},
        {"1e23", "1e+23"},
        {"123456789012345678901234567890", "123456789012345678901234567890"},
        {"-123456789012345678901234567890", "-123456789012345678901234567890"},
        {"123456789012345678.0", "1.2345678901234568e+17"},
        {"9007199254740993.0", "9007199254740992.0"},
        {"9999999999999998.0", "9999999999999998.0"},
        {"5e-324", "5e-324"},
        {"2.2250738585072014e-308", "2.2250738585072014e-308"},
        {"2.225073858507201e-308", "2.225073858507201e-308"},
        {"1.7976931348623157e308", "1.7976931348623157e+308"},
        {"1.7976931348623159e308", "inf"},
        {"1e999", "inf"},
        {"-1e999", "-inf"},
        {"1e-999", "0.0"},
        {"-1e-999", "-0.0"},
        {"0e5", "0.0"},
        {"5.684341886080802e-14", "5.684341886080802e-14"},
        {"1.0E-2", "0.01"},
        {"12.0e-1", "1.2"},
        {"0.1000000000000000055511151231257827", "0.1"},
        {"4.35", "4.35"},
        {"1e100", "1e+100"},
        {"1.2345678901234567e-7", "1.2345678901234566e-07"},
    };
    struct buf out = {0};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        buf_clear(&out);
        text_append_python_number(&out, bytes_from_text(cases[i].json));
        CHECK_BYTES(buf_bytes(&out), bytes_from_text(cases[i].python));
    }
    buf_free(&out);
}

/* Whole numbers are kept digit by digit, however many. */
static void test_long_number_is_kept(void **state)
{
    (void)state;
    struct buf number = {0};
    struct buf out = {0};
    for (int i = 0; i < 4000; i++)
        buf_append_byte(&number, (uint8_t)('1' + i % 9));
    text_append_python_number(&out, buf_bytes(&number));
    CHECK_BYTES(buf_bytes(&out), buf_bytes(&number));
    buf_free(&number);
    buf_free(&out);
}

static void test_percent_encoding_leaves_what_stands_for_itself(void **state)
{
    (void)state;
    struct buf out = {0};
    text_append_percent(&out, BYTES("aZ09-._~ /%\0\xc3\xa9[]"), "[]");
    CHECK_BYTES(buf_bytes(&out), BYTES("aZ09-._~%20%2F%25%00%C3%A9[]"));
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_percent_encoding_leaves_what_stands_for_itself),
        cmocka_unit_test(test_conformance_payloads),
        cmocka_unit_test(test_conformance_prefixes_and_lone_bytes),
        cmocka_unit_test(test_wrong_byte_is_noticed_at_once),
        cmocka_unit_test(test_every_code_point_is_written_and_read),
        cmocka_unit_test(test_wrong_byte_shows_at_every_place),
        cmocka_unit_test(test_strip_takes_unicode_white_space),
        cmocka_unit_test(test_word_characters),
        cmocka_unit_test(test_numbers_are_written_as_python_writes_them),
        cmocka_unit_test(test_long_number_is_kept),
    };
    return cmocka_run_group_tests_name("base/text", tests, NULL, NULL);
}
