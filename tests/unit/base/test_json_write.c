#include "base/json_write.h"

#include "base/json_read.h"
#include "check.h"

/* Made with Python 3.11: json.dumps(text) and, as REST framework does it, json.dumps(text,
 * ensure_ascii=False) with U+2028 and U+2029 escaped. Clients compare frames byte for byte. */
static void test_texts_are_written_as_python_writes_them(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t len;
        const char *compact;
        const char *python;
    } cases[] = {
        {"", 0, "\"\"", "\"\""},
        {"plain", 5, "\"plain\"", "\"plain\""},
        {"\xc3\xa9", 2, "\"\xc3\xa9\"", "\"\\u00e9\""},
        {"\xe2\x80\xa8\xe2\x80\xa9", 6, "\"\\u2028\\u2029\"", "\"\\u2028\\u2029\""},
        {"\x7f", 1, "\"\x7f\"", "\"\\u007f\""},
        {"\xf0\x9f\x98\x80", 4, "\"\xf0\x9f\x98\x80\"", "\"\\ud83d\\ude00\""},
        {"\x00\x01\x08\x09\x0a\x0b\x0c\x0d\x1f", 9,
         "\"\\u0000\\u0001\\b\\t\\n\\u000b\\f\\r\\u001f\"",
         "\"\\u0000\\u0001\\b\\t\\n\\u000b\\f\\r\\u001f\""},
        {"\"\\/", 3, "\"\\\"\\\\/\"", "\"\\\"\\\\/\""},
        {"\xe0\xa0\x80\xef\xbf\xbf", 6, "\"\xe0\xa0\x80\xef\xbf\xbf\"", "\"\\u0800\\uffff\""},
        {"\xed\x9f\xbf\xee\x80\x80", 6, "\"\xed\x9f\xbf\xee\x80\x80\"", "\"\\ud7ff\\ue000\""},
        {"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", 8, "\"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\"",
         "\"\\ud800\\udc00\\udbff\\udfff\""},
        {"\xc2\x80\xc2\x9f", 4, "\"\xc2\x80\xc2\x9f\"", "\"\\u0080\\u009f\""},
        {"a\"b\\c\x0a"
         "d\xe2\x82\xac"
         "e\xf0\x9d\x84\x9e"
         "f",
         16,
         "\"a\\\"b\\\\c\\nd\xe2\x82\xac"
         "e\xf0\x9d\x84\x9e"
         "f\"",
         "\"a\\\"b\\\\c\\nd\\u20ace\\ud834\\udd1ef\""},
        {"<script>&", 9, "\"<script>&\"", "\"<script>&\""},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct bytes text = bytes_of(cases[i].text, cases[i].len);
        const char *expected[] = {
            [JSON_COMPACT] = cases[i].compact, [JSON_PYTHON] = cases[i].python};
        for (int style = JSON_COMPACT; style <= JSON_PYTHON; style++) {
            struct buf out = {0};
            json_text(&(struct json) {.out = &out, .style = (enum json_style)style}, text);
            CHECK_BYTES(buf_bytes(&out), bytes_from_text(expected[style]));
            buf_free(&out);
        }
    }
}

/* Most of a text is looked at in blocks of sixteen bytes, the last of them at its end: every byte,
 * in every place of three. */
static void test_every_byte_is_noticed_in_every_place(void **state)
{
    (void)state;
    static const char others[] = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
    for (unsigned c = 0; c < 0x80; c++) {
        char alone[] = "?";
        alone[0] = (char)c;
        for (int style = JSON_COMPACT; style <= JSON_PYTHON; style++) {
            struct buf single = {0};
            json_text(&(struct json) {.out = &single, .style = (enum json_style)style},
                      bytes_of(alone, 1));
            struct bytes escaped = bytes_of(single.data + 1, single.len - 2);
            for (size_t at = 0; at < 41; at++) {
                char text[42];
                struct buf out = {0};
                struct buf expected = {0};
                memset(text, 'x', sizeof text);
                text[at] = (char)c;
                json_text(&(struct json) {.out = &out, .style = (enum json_style)style},
                          bytes_of(text, sizeof text));
                buf_append_byte(&expected, '"');
                buf_append(&expected, bytes_of(others, at));
                buf_append(&expected, escaped);
                buf_append(&expected, bytes_of(others, 41 - at));
                buf_append_byte(&expected, '"');
                CHECK_BYTES(buf_bytes(&out), buf_bytes(&expected));
                buf_free(&out);
                buf_free(&expected);
            }
            buf_free(&single);
        }
    }
}

/* Cut anywhere, it is the same text; and no part is much longer than it may be. */
static void test_a_text_may_be_written_in_parts(void **state)
{
    (void)state;
    enum { ESCAPE_BYTES_MAX = 12 };
    const struct bytes text = BYTES("plain \x01\" \xc3\xa9 \xe2\x80\xa8 \xf0\x9f\x98\x80 end");
    for (int style = JSON_COMPACT; style <= JSON_PYTHON; style++) {
        struct buf whole = {0};
        json_text(&(struct json) {.out = &whole, .style = (enum json_style)style}, text);
        for (size_t max = 1; max < whole.len; max++) {
            struct buf out = {0};
            struct json json = {.out = &out, .style = (enum json_style)style};
            struct bytes rest = text;
            json_text_part(&json, &rest, 0);
            CHECK(rest.len == text.len && out.len == 0);
            json_text_begin(&json);
            while (rest.len > 0) {
                size_t len_before = out.len;
                json_text_part(&json, &rest, max);
                CHECK(out.len - len_before < max + ESCAPE_BYTES_MAX);
            }
            json_text_end(&json);
            CHECK_BYTES(buf_bytes(&out), buf_bytes(&whole));
            buf_free(&out);
        }
        buf_free(&whole);
    }
}

/* Whatever character a message holds, what we write is read as the same message. */
static void test_every_code_point_survives(void **state)
{
    (void)state;
    struct json_doc doc = {0};
    struct buf text = {0};
    struct buf json = {0};
    struct buf again = {0};
    for (uint32_t c = 0; c <= 0x10ffff; c++) {
        uint8_t utf8[4] = {(uint8_t)(0xf0 | c >> 18), (uint8_t)(0x80 | (c >> 12 & 63)),
                           (uint8_t)(0x80 | (c >> 6 & 63)), (uint8_t)(0x80 | (c & 63))};
        if (c >= 0xd800 && c <= 0xdfff)
            continue;
        if (c < 0x80)
            buf_append_byte(&text, (uint8_t)c);
        else if (c < 0x800)
            buf_append(&text, bytes_of((uint8_t[]) {(uint8_t)(0xc0 | c >> 6), utf8[3]}, 2));
        else if (c < 0x10000)
            buf_append(&text,
                       bytes_of((uint8_t[]) {(uint8_t)(0xe0 | c >> 12), utf8[2], utf8[3]}, 3));
        else
            buf_append(&text, bytes_of(utf8, 4));
    }
    for (int style = JSON_COMPACT; style <= JSON_PYTHON; style++) {
        uint32_t surrogate;
        buf_clear(&json);
        buf_clear(&again);
        json_text(&(struct json) {.out = &json, .style = (enum json_style)style}, buf_bytes(&text));
        CHECK(json_read(&doc, buf_bytes(&json)) == OK);
        CHECK(json_read_text(&doc, json_root(&doc), &again, &surrogate) == OK);
        CHECK(bytes_equal(buf_bytes(&again), buf_bytes(&text)));
    }
    json_doc_free(&doc);
    buf_free(&text);
    buf_free(&json);
    buf_free(&again);
}

static void write_everything(struct json *json)
{
    json_object_begin(json);
    json_key(json, "empty");
    json_object_begin(json);
    json_object_end(json);
    json_key(json, "list");
    json_array_begin(json);
    json_number(json, INT64_MIN);
    json_bool(json, true);
    json_bool(json, false);
    json_null(json);
    json_array_begin(json);
    json_array_end(json);
    json_raw(json, BYTES("1.5"));
    json_object_begin(json);
    json_key_bytes(json, BYTES("k\"\xc3\xa9"));
    json_text_z(json, "v");
    json_object_end(json);
    json_array_end(json);
    json_key(json, "time");
    json_time(json, 1760428800123456);
    json_object_end(json);
}

/* json.dumps(value) of Python, and the same with separators=(",", ":") and ensure_ascii=False. */
static void test_commas_and_blanks_stand_where_python_puts_them(void **state)
{
    (void)state;
    struct buf out = {0};
    write_everything(&(struct json) {.out = &out, .style = JSON_COMPACT});
    CHECK_BYTES(buf_bytes(&out),
                BYTES("{\"empty\":{},\"list\":[-9223372036854775808,true,false,null,[],1.5,"
                      "{\"k\\\"\xc3\xa9\":\"v\"}],\"time\":\"2025-10-14T08:00:00.123456Z\"}"));
    buf_clear(&out);
    write_everything(&(struct json) {.out = &out, .style = JSON_PYTHON});
    CHECK_BYTES(
        buf_bytes(&out),
        BYTES("{\"empty\": {}, \"list\": [-9223372036854775808, true, false, null, [], 1.5, "
              "{\"k\\\"\\u00e9\": \"v\"}], \"time\": \"2025-10-14T08:00:00.123456Z\"}"));
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts_are_written_as_python_writes_them),
        cmocka_unit_test(test_every_byte_is_noticed_in_every_place),
        cmocka_unit_test(test_a_text_may_be_written_in_parts),
        cmocka_unit_test(test_every_code_point_survives),
        cmocka_unit_test(test_commas_and_blanks_stand_where_python_puts_them),
    };
    return cmocka_run_group_tests_name("base/json_write", tests, NULL, NULL);
}
