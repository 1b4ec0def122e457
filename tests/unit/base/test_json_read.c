#include "base/json_read.h"

#include "allocation.h"
#include "check.h"

/* Texts of RFC 8259, none of which ends in a number (a cut number is a number). */
static const char *const valid[] = {
    "{}",
    "[]",
    "null",
    "true",
    "false",
    "\"\"",
    " \t\r\n{ \t\r\n} \t\r\n",
    "[1,-0,0.5,1e5,1E+5,1e-5,-1.25e2]",
    "[ 1 , [ ] , { } ]",
    "{\"a\":1,\"b\":[true,null],\"a\":{\"c\":\"d\"}}",
    "{\"\":\"\"}",
    "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D\\uDE00\"",
    "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\x7f\"",
    "\"\\ud83d\"", /* a lone surrogate is JSON; only its text cannot be had */
    "[123456789012345678901234567890123456789012345678901234567890]",
    "[1e999999999]",
};

static const struct {
    const char *text;
    const char *reason;
} invalid[] = {
    {"", "Expecting value"},
    {" ", "Expecting value"},
    {"{", "Expecting property name enclosed in double quotes"},
    {"[", "Expecting value"},
    {"[1", "Expecting ',' delimiter"},
    {"[1,]", "Expecting value"},
    {"[,1]", "Expecting value"},
    {"[1 2]", "Expecting ',' delimiter"},
    {"[1}", "Expecting ',' delimiter"},
    {"{\"a\"}", "Expecting ':' delimiter"},
    {"{\"a\":}", "Expecting value"},
    {"{\"a\":1,}", "Expecting property name enclosed in double quotes"},
    {"{a:1}", "Expecting property name enclosed in double quotes"},
    {"{1:1}", "Expecting property name enclosed in double quotes"},
    {"{'a':1}", "Expecting property name enclosed in double quotes"},
    {"{\"a\":1]", "Expecting ',' delimiter"},
    {"]", "Expecting value"},
    {"}", "Expecting value"},
    {"nul", "Expecting value"},
    {"nulll", "Extra data"},
    {"True", "Expecting value"},
    {"NaN", "Expecting value"},
    {"Infinity", "Expecting value"},
    {"-Infinity", "Expecting value"},
    {"01", "Expecting value"},
    {"-", "Expecting value"},
    {"-01", "Expecting value"},
    {"+1", "Expecting value"},
    {".5", "Expecting value"},
    {"1.", "Expecting digits"},
    {"1.e5", "Expecting digits"},
    {"1e", "Expecting digits"},
    {"1e+", "Expecting digits"},
    {"0x1", "Extra data"},
    {"1 2", "Extra data"},
    {"{}{}", "Extra data"},
    {"\"", "Unterminated string"},
    {"\"a", "Unterminated string"},
    {"\"\\", "Unterminated string"},
    {"\"\\\"", "Unterminated string"},
    {"\"\\x\"", "Invalid \\escape"},
    {"\"\\'\"", "Invalid \\escape"},
    {"\"\\U00e9\"", "Invalid \\escape"},
    {"\"\\u\"", "Invalid \\uXXXX escape"},
    {"\"\\u12\"", "Invalid \\uXXXX escape"},
    {"\"\\u123g\"", "Invalid \\uXXXX escape"},
    {"\"\\u 123\"", "Invalid \\uXXXX escape"},
    {"\"\\u+123\"", "Invalid \\uXXXX escape"},
    {"\"\n\"", "Invalid control character"},
    {"\"\x01\"", "Invalid control character"},
    {"\"\x1f\"", "Invalid control character"},
    {"\xef\xbb\xbf{}", "Expecting value"},
    {"\"\xff\"", "Invalid UTF-8"},
    {"\"\xc0\xaf\"", "Invalid UTF-8"},
    {"\"\xed\xa0\xbd\"", "Invalid UTF-8"},
    {"\"\xf4\x90\x80\x80\"", "Invalid UTF-8"},
    {"{}\xc3", "Invalid UTF-8"},
    {"/**/{}", "Expecting value"},
    {"[\f]", "Expecting value"},
    {"[\xc2\xa0]", "Expecting value"},
};

static void test_valid_texts_are_read(void **state)
{
    (void)state;
    struct json_doc doc = {0};
    for (size_t i = 0; i < COUNT_OF(valid); i++) {
        if (json_read(&doc, bytes_from_text(valid[i])) != OK)
            print_error("case: %s\n", valid[i]);
        CHECK(json_read(&doc, bytes_from_text(valid[i])) == OK);
        CHECK(json_root(&doc)->after == doc.count);
    }
    json_doc_free(&doc);
}

/* The reason goes into the answer that a client's programmer reads. */
static void test_invalid_texts_are_refused_with_a_reason(void **state)
{
    (void)state;
    struct json_doc doc = {0};
    for (size_t i = 0; i < COUNT_OF(invalid); i++) {
        enum err err = json_read(&doc, bytes_from_text(invalid[i].text));
        if (err != ERR_SYNTAX || strcmp(doc.error_reason, invalid[i].reason) != 0)
            print_error("case: %s: %s\n", invalid[i].text, err == OK ? "read" : doc.error_reason);
        CHECK(err == ERR_SYNTAX);
        CHECK_BYTES(bytes_from_text(doc.error_reason), bytes_from_text(invalid[i].reason));
        CHECK(doc.error_at <= strlen(invalid[i].text));
    }
    CHECK(json_read(&doc, NO_BYTES) == ERR_SYNTAX);
    CHECK(json_read(&doc, BYTES("\0")) == ERR_SYNTAX);
    CHECK(json_read(&doc, BYTES("[1]\0")) == ERR_SYNTAX);
    CHECK(json_read(&doc, BYTES("\"\\\0\"")) == ERR_SYNTAX);
    json_doc_free(&doc);
}

/* Half a message is never taken for a whole one. Each piece lies in memory of its own size, so that
 * reading past its end would show. */
static void test_cut_texts_are_never_read(void **state)
{
    (void)state;
    struct json_doc doc = {0};
    for (size_t i = 0; i < COUNT_OF(valid); i++) {
        struct bytes text = bytes_trim(bytes_from_text(valid[i]), " \t\r\n");
        for (size_t len = 0; len < text.len; len++) {
            struct buf piece = {0};
            buf_append(&piece, bytes_first(text, len));
            CHECK(json_read(&doc, buf_bytes(&piece)) == ERR_SYNTAX);
            buf_free(&piece);
        }
    }
    json_doc_free(&doc);
}

static void make_nested(struct buf *out, size_t depth, const char *open, const char *inner,
                        const char *close)
{
    buf_clear(out);
    for (size_t i = 0; i < depth; i++)
        buf_append_text(out, open);
    buf_append_text(out, inner);
    for (size_t i = 0; i < depth; i++)
        buf_append_text(out, close);
}

/* Nesting costs stack: it must end where it is said to end. */
static void test_nesting_ends_at_the_limit(void **state)
{
    (void)state;
    struct json_doc doc = {0};
    struct buf text = {0};
    make_nested(&text, JSON_DEPTH_MAX, "[", "", "]");
    CHECK(json_read(&doc, buf_bytes(&text)) == OK);
    make_nested(&text, JSON_DEPTH_MAX + 1, "[", "", "]");
    CHECK(json_read(&doc, buf_bytes(&text)) == ERR_LIMIT);
    CHECK_BYTES(bytes_from_text(doc.error_reason), BYTES("Too deeply nested"));
    make_nested(&text, JSON_DEPTH_MAX, "{\"a\":", "1", "}");
    CHECK(json_read(&doc, buf_bytes(&text)) == OK);
    make_nested(&text, JSON_DEPTH_MAX + 1, "{\"a\":", "1", "}");
    CHECK(json_read(&doc, buf_bytes(&text)) == ERR_LIMIT);
    make_nested(&text, 1000000, "[", "", "");
    CHECK(json_read(&doc, buf_bytes(&text)) == ERR_LIMIT);
    buf_clear(&text); /* side by side is not deep */
    buf_append_text(&text, "[[]");
    for (int i = 0; i < 1000; i++)
        buf_append_text(&text, ",[{}]");
    buf_append_text(&text, "]");
    CHECK(json_read(&doc, buf_bytes(&text)) == OK);
    buf_free(&text);
    json_doc_free(&doc);
}

/* "[0,0,0...": 3 nodes take 6 bytes of text and 48 of memory, so the table needs an end. */
static void test_values_are_counted_up_to_the_limit(void **state)
{
    (void)state;
    struct json_doc doc = {0};
    struct buf text = {0};
    buf_append_text(&text, "[0");
    for (size_t i = 2; i < JSON_NODES_MAX; i++)
        buf_append_text(&text, ",0");
    buf_append_text(&text, "]");
    CHECK(json_read(&doc, buf_bytes(&text)) == OK);
    CHECK(doc.count == JSON_NODES_MAX);
    text.data[text.len - 1] = ',';
    buf_append_text(&text, "0]");
    CHECK(json_read(&doc, buf_bytes(&text)) == ERR_LIMIT);
    CHECK_BYTES(bytes_from_text(doc.error_reason), BYTES("Too many values"));
    CHECK(json_read(&doc, BYTES("{}")) == OK); /* the document is usable again */
    buf_free(&text);
    json_doc_free(&doc);
}

/* Messages are read with the memory of the one before. */
static void test_second_reading_allocates_nothing(void **state)
{
    (void)state;
    struct json_doc doc = {0};
    CHECK(json_read(&doc, BYTES("{\"content\":\"hello\"}")) == OK);
    struct json_node *nodes = doc.nodes;
    uint32_t cap = doc.cap;
    CHECK(json_read(&doc, BYTES("{\"content\":\"another one\"}")) == OK);
    CHECK(doc.nodes == nodes && doc.cap == cap);
    json_doc_free(&doc);
    CHECK(doc.nodes == NULL);
}

static void test_members_are_found_by_name(void **state)
{
    (void)state;
    struct json_doc doc = {0};
    CHECK(json_read(
              &doc,
              BYTES("{\"a\":{\"b\":1},\"b\":[2,{\"c\":3}],\"\\u0063\":\"x\",\"a\":4,\"\":5}")) ==
          OK);
    const struct json_node *root = json_root(&doc);
    CHECK_BYTES(json_raw_bytes(&doc, json_member(&doc, root, "a")), BYTES("4")); /* the last wins */
    CHECK_BYTES(json_raw_bytes(&doc, json_member(&doc, root, "b")), BYTES("[2,{\"c\":3}]"));
    CHECK_BYTES(json_raw_bytes(&doc, json_member(&doc, root, "c")),
                BYTES("x")); /* names are unescaped */
    CHECK_BYTES(json_raw_bytes(&doc, json_member(&doc, root, "")), BYTES("5"));
    CHECK(json_member(&doc, root, "d") == NULL);
    CHECK(json_member(&doc, root, "x") == NULL); /* a value is no name */
    CHECK(json_read(&doc, BYTES("{}")) == OK);
    CHECK(json_member(&doc, json_root(&doc), "a") == NULL);
    json_doc_free(&doc);
}

/* A key may be written in many ways, and may be no text at all. */
static void test_keys_are_compared_as_texts(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        bool is_same;
    } cases[] = {
        {"{\"a\\u00e9\":1}", true},
        {"{\"\\u0061\xc3\xa9\":1}", true},
        {"{\"a\xc3\xa9\":1}", true},
        {"{\"a\\u00e9b\":1}", false},
        {"{\"a\":1}", false},
        {"{\"\":1}", false},
        {"{\"a\\u00e8\":1}", false},
        {"{\"\\u0062\\u00e9\":1}", false},
        {"{\"a\\ud83d\\ude00\":1}", false},
        {"{\"a\\ud83d\":1}", false},
        {"{\"A\\u00e9\":1}", false},
    };
    struct json_doc doc = {0};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CHECK(json_read(&doc, bytes_from_text(cases[i].json)) == OK);
        const struct json_node *value = json_member(&doc, json_root(&doc), "a\xc3\xa9");
        if ((value != NULL) != cases[i].is_same)
            print_error("case: %s\n", cases[i].json);
        CHECK((value != NULL) == cases[i].is_same);
    }
    json_doc_free(&doc);
}

/* Whatever a text begins with: the table of nodes is made for it, and grows. */
static void test_reading_ends_when_memory_runs_out(void **state)
{
    (void)state;
    struct buf long_list = {0};
    buf_append_text(&long_list, "[0");
    for (int i = 0; i < 100; i++)
        buf_append_text(&long_list, ",0");
    buf_append_text(&long_list, "]");
    const struct bytes texts[] = {
        BYTES("{\"a\":1}"), BYTES("[]"),   BYTES("\"a\""),
        BYTES("1"),         BYTES("true"), buf_bytes(&long_list),
    };
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        enum err err;
        size_t index = 0;
        do {
            struct json_doc doc = {0};
            allocation_fail(index++);
            err = json_read(&doc, texts[i]);
            CHECK(err == (allocation_has_failed() ? ERR_MEMORY : OK));
            CHECK(json_read(&doc, texts[i]) == OK); /* the document is usable again */
            json_doc_free(&doc);
        } while (err != OK);
    }
    buf_free(&long_list);
}

/* A node holds places in 32 bits. A longer text is refused before a byte of it is looked at. */
static void test_texts_beyond_32_bits_are_refused(void **state)
{
    (void)state;
    struct json_doc doc = {0};
    CHECK(json_read(&doc, bytes_of("{}", (size_t)UINT32_MAX + 1)) == ERR_LIMIT);
    CHECK_BYTES(bytes_from_text(doc.error_reason), BYTES("Too long"));
    CHECK(doc.error_at == 0);
    json_doc_free(&doc);
}

static void test_elements_are_walked_in_order(void **state)
{
    (void)state;
    struct json_doc doc = {0};
    CHECK(json_read(&doc, BYTES("[1,[2,[3]],{\"a\":[]},\"s\",null]")) == OK);
    static const enum json_kind kinds[] = {JSON_NUMBER, JSON_ARRAY, JSON_OBJECT, JSON_STRING,
                                           JSON_NULL};
    size_t count = 0;
    for (const struct json_node *node = json_first(&doc, json_root(&doc)); node != NULL;
         node = json_next(&doc, json_root(&doc), node)) {
        CHECK(count < COUNT_OF(kinds));
        CHECK(node->kind == kinds[count]);
        count++;
    }
    CHECK(count == COUNT_OF(kinds));
    CHECK(json_read(&doc, BYTES("[]")) == OK);
    CHECK(json_first(&doc, json_root(&doc)) == NULL);
    json_doc_free(&doc);
}

/* A client is told which surrogate it sent: the contract has that very text. */
static void test_texts_are_unescaped(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        const char *text;
        uint32_t surrogate; /* 0: the text is whole */
    } cases[] = {
        {"\"plain\"", "plain", 0},
        {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t", 0},
        {"\"a\\u00e9b\\u20AC\"",
         "a\xc3\xa9"
         "b\xe2\x82\xac",
         0},
        {"\"\\ud83d\\ude00!\"", "\xf0\x9f\x98\x80!", 0},
        {"\"\\uD800\\uDC00\\uDBFF\\uDFFF\"", "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", 0},
        {"\"\\uffff\\ufeff\"", "\xef\xbf\xbf\xef\xbb\xbf", 0},
        {"\"ab\\ud83d\"", "ab", 0xd83d},
        {"\"ab\\ude00\"", "ab", 0xde00},
        {"\"\\ud83dx\"", "", 0xd83d},
        {"\"\\ud83d\\n\"", "", 0xd83d},
        {"\"\\ud83d\\u0041\"", "", 0xd83d},
        {"\"\\ud83d\\uffff\"", "", 0xd83d},
        {"\"\\ud83dabcdef\"", "", 0xd83d},
        {"\"\\ud83d\\nabcd\"", "", 0xd83d},
        {"\"\\ud83d\\ud83d\\ude00\"", "", 0xd83d},
        {"\"\\ude00\\ud83d\"", "", 0xde00},
        {"\"x\\ud83d\\ude0\xf0\x9f\x98\x80\"", NULL, 0}, /* not JSON */
    };
    struct json_doc doc = {0};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buf text = {0};
        uint32_t surrogate = 0;
        enum err err = json_read(&doc, bytes_from_text(cases[i].json));
        CHECK(err == (cases[i].text != NULL ? OK : ERR_SYNTAX));
        if (err == OK) {
            err = json_read_text(&doc, json_root(&doc), &text, &surrogate);
            CHECK(err == (cases[i].surrogate == 0 ? OK : ERR_SYNTAX));
            CHECK(surrogate == cases[i].surrogate);
            CHECK_BYTES(buf_bytes(&text), bytes_from_text(cases[i].text));
        }
        buf_free(&text);
    }
    json_doc_free(&doc);
}

/* NUL is a legal character in JSON; the rules of the chat refuse it, with words of their own. */
static void test_escaped_nul_is_a_character(void **state)
{
    (void)state;
    struct json_doc doc = {0};
    struct buf text = {0};
    uint32_t surrogate;
    CHECK(json_read(&doc, BYTES("\"a\\u0000b\"")) == OK);
    CHECK(json_read_text(&doc, json_root(&doc), &text, &surrogate) == OK);
    CHECK_BYTES(buf_bytes(&text), BYTES("a\0b"));
    buf_free(&text);
    json_doc_free(&doc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_valid_texts_are_read),
        cmocka_unit_test(test_invalid_texts_are_refused_with_a_reason),
        cmocka_unit_test(test_cut_texts_are_never_read),
        cmocka_unit_test(test_nesting_ends_at_the_limit),
        cmocka_unit_test(test_values_are_counted_up_to_the_limit),
        cmocka_unit_test(test_second_reading_allocates_nothing),
        cmocka_unit_test(test_members_are_found_by_name),
        cmocka_unit_test(test_keys_are_compared_as_texts),
        cmocka_unit_test(test_reading_ends_when_memory_runs_out),
        cmocka_unit_test(test_texts_beyond_32_bits_are_refused),
        cmocka_unit_test(test_elements_are_walked_in_order),
        cmocka_unit_test(test_texts_are_unescaped),
        cmocka_unit_test(test_escaped_nul_is_a_character),
    };
    return cmocka_run_group_tests_name("base/json_read", tests, NULL, NULL);
}
