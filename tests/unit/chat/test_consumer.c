#include "check.h"
#include "chat/consumer.h"

struct example {
    const char *name;
    const char *text;
    const char *content; /* NULL: it is refused */
    const char *refusal;
};

static const char empty[] = "Content cannot be empty";
static const char invalid[] = "Invalid JSON";
static const char no_object[] = "Message must be a JSON object";

/* The rules of part I.3, row "content" and row "Errors". */
static const struct example examples[] = {
    {"plain", "{\"content\":\"Hello\"}", "Hello", NULL},
    {"not trimmed", "{\"content\":\"  a \\n\"}", "  a \n", NULL},
    {"others ignored", "{\"type\":\"x\",\"nonce\":1,\"content\":\"a\"}", "a", NULL},
    {"last one wins", "{\"content\":\"a\",\"content\":\"b\"}", "b", NULL},
    {"escaped key", "{\"\\u0063ontent\":\"a\"}", "a", NULL},
    {"astral", "{\"content\":\"\\ud83d\\ude00\"}", "\xf0\x9f\x98\x80", NULL},
    {"number", "{\"content\":5}", "5", NULL},
    {"fraction", "{\"content\":1.5}", "1.5", NULL},
    {"exponent", "{\"content\":1e5}", "100000.0", NULL},
    {"long number", "{\"content\":123456789012345678901234567890}",
     "123456789012345678901234567890", NULL},
    {"blank", "{\"content\":\" \\t\\n\\u00a0\\u3000\"}", NULL, empty},
    {"empty", "{\"content\":\"\"}", NULL, empty},
    {"missing", "{}", NULL, empty},
    {"type alone", "{\"type\": \"typing\"}", NULL, empty},
    {"null", "{\"content\":null}", NULL, empty},
    {"false", "{\"content\":false}", NULL, empty},
    {"zero", "{\"content\":0}", NULL, empty},
    {"zero with fraction", "{\"content\":-0.00e7}", NULL, empty},
    {"empty list", "{\"content\":[]}", NULL, empty},
    {"empty object", "{\"content\":{}}", NULL, empty},
    {"true", "{\"content\":true}", NULL, "Content must be a string"},
    {"list", "{\"content\":[1]}", NULL, "Content must be a string"},
    {"object", "{\"content\":{\"a\":1}}", NULL, "Content must be a string"},
    {"NUL", "{\"content\":\"a\\u0000b\"}", NULL, "Content cannot contain null characters"},
    {"surrogate", "{\"content\":\"a\\ud83d\"}", NULL,
     "Content cannot contain surrogate characters"},
    {"no JSON", "hello", NULL, invalid},
    {"empty frame", "", NULL, invalid},
    {"BOM", "\xef\xbb\xbf{\"content\":\"a\"}", NULL, invalid},
    {"trailing text", "{\"content\":\"a\"}x", NULL, invalid},
    {"NaN", "{\"content\":NaN}", NULL, invalid},
    {"list at the top", "[\"content\"]", NULL, no_object},
    {"string at the top", "\"content\"", NULL, no_object},
    {"number at the top", "5", NULL, no_object},
    {"null at the top", "null", NULL, no_object},
};

static void test_contract(void **state)
{
    (void)state;
    struct consumer consumer = {0};
    for (size_t i = 0; i < COUNT_OF(examples); i++) {
        struct bytes content;
        const char *refusal = NULL;
        enum err err =
            consumer_read(&consumer, bytes_from_text(examples[i].text), &content, &refusal);
        if (examples[i].content != NULL) {
            if (err != OK)
                print_error("%s: refused: %s\n", examples[i].name, refusal);
            CHECK(err == OK);
            CHECK_BYTES(content, bytes_from_text(examples[i].content));
        } else {
            if (err == OK)
                print_error("%s: accepted\n", examples[i].name);
            CHECK(err == ERR_PROTOCOL);
            CHECK_BYTES(bytes_from_text(refusal), bytes_from_text(examples[i].refusal));
        }
    }
    consumer_deinit(&consumer);
}

/* No beginning of a message is a message. */
static void test_cut_messages_are_refused(void **state)
{
    (void)state;
    struct consumer consumer = {0};
    for (size_t i = 0; i < COUNT_OF(examples); i++) {
        if (examples[i].content == NULL)
            continue;
        struct bytes text = bytes_from_text(examples[i].text);
        for (size_t len = 0; len < text.len; len++) {
            struct bytes content;
            const char *refusal;
            CHECK(consumer_read(&consumer, bytes_first(text, len), &content, &refusal) ==
                  ERR_PROTOCOL);
        }
    }
    consumer_deinit(&consumer);
}

static enum err read_with_content_of(size_t len, const char **refusal)
{
    struct consumer consumer = {0};
    struct buf text = {0};
    struct bytes content;
    buf_append_text(&text, "{\"content\":\"");
    for (size_t i = 0; i < len; i++)
        buf_append_byte(&text, 'x');
    buf_append_text(&text, "\"}");
    enum err err = consumer_read(&consumer, buf_bytes(&text), &content, refusal);
    if (err == OK)
        CHECK(content.len == len);
    buf_free(&text);
    consumer_deinit(&consumer);
    return err;
}

static void test_longest_content(void **state)
{
    (void)state;
    const char *refusal = NULL;
    CHECK(read_with_content_of(CONTENT_BYTES_MAX, &refusal) == OK);
    CHECK(read_with_content_of(CONTENT_BYTES_MAX + 1, &refusal) == ERR_PROTOCOL);
    CHECK_BYTES(bytes_from_text(refusal), BYTES("Content is too long (at most 262144 bytes)"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_contract),
        cmocka_unit_test(test_cut_messages_are_refused),
        cmocka_unit_test(test_longest_content),
    };
    return cmocka_run_group_tests_name("chat/consumer", tests, NULL, NULL);
}
