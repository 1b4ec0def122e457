#include "base/base64.h"

#include "check.h"

/* RFC 4648, section 10, and the characters in which the alphabets differ. */
static void test_both_forms_are_written_and_read(void **state)
{
    (void)state;
    static const struct {
        const char *plain;
        size_t len;
        const char *standard;
        const char *url;
    } cases[] = {
        {"", 0, "", ""},
        {"f", 1, "Zg==", "Zg"},
        {"fo", 2, "Zm8=", "Zm8"},
        {"foo", 3, "Zm9v", "Zm9v"},
        {"foob", 4, "Zm9vYg==", "Zm9vYg"},
        {"fooba", 5, "Zm9vYmE=", "Zm9vYmE"},
        {"foobar", 6, "Zm9vYmFy", "Zm9vYmFy"},
        {"\xfb\xff\xfe", 3, "+//+", "-__-"},
        {"\0\0", 2, "AAA=", "AAA"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct bytes plain = bytes_of(cases[i].plain, cases[i].len);
        const char *texts[] = {[BASE64_STANDARD] = cases[i].standard, [BASE64_URL] = cases[i].url};
        for (int form = BASE64_STANDARD; form <= BASE64_URL; form++) {
            struct buf out = {0};
            base64_append(&out, plain, (enum base64_form)form);
            CHECK_BYTES(buf_bytes(&out), bytes_from_text(texts[form]));
            buf_clear(&out);
            CHECK(base64_read(&out, bytes_from_text(texts[form]), (enum base64_form)form) == OK);
            CHECK_BYTES(buf_bytes(&out), plain);
            buf_free(&out);
        }
    }
}

/* One meaning has one text: a signature that can be written in two ways is no signature. */
static void test_other_texts_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum base64_form form;
    } cases[] = {
        {"Zg", BASE64_STANDARD},    {"Zg=", BASE64_STANDARD},
        {"Zg===", BASE64_STANDARD}, {"Z===", BASE64_STANDARD},
        {"====", BASE64_STANDARD},  {"=", BASE64_STANDARD},
        {"Zh==", BASE64_STANDARD},  {"Zm9=", BASE64_STANDARD},
        {"-_==", BASE64_STANDARD},  {"Zg==Zg==", BASE64_STANDARD},
        {"Zm 9", BASE64_STANDARD},  {"Zm9v\n", BASE64_STANDARD},
        {"Zg==", BASE64_URL},       {"Z", BASE64_URL},
        {"Zm9vZ", BASE64_URL},      {"Zh", BASE64_URL},
        {"Zm9", BASE64_URL},        {"+/", BASE64_URL},
        {"Zm9v ", BASE64_URL},      {"Zm9\xc3", BASE64_URL},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buf out = {0};
        buf_append_text(&out, "before");
        if (base64_read(&out, bytes_from_text(cases[i].text), cases[i].form) != ERR_SYNTAX)
            print_error("case: %s\n", cases[i].text);
        CHECK(base64_read(&out, bytes_from_text(cases[i].text), cases[i].form) == ERR_SYNTAX);
        CHECK_BYTES(buf_bytes(&out), BYTES("before"));
        buf_free(&out);
    }
}

/* Every byte that is not in the alphabet, at every place. */
static void test_only_the_alphabet_is_read(void **state)
{
    (void)state;
    static const char url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (unsigned c = 0; c < 256; c++) {
        for (size_t place = 0; place < 4; place++) {
            uint8_t text[4] = {'A', 'A', 'A', 'A'};
            struct buf out = {0};
            text[place] = (uint8_t)c;
            bool is_in = c != 0 && strchr(url, (int)c) != NULL;
            CHECK((base64_read(&out, bytes_of(text, 4), BASE64_URL) == OK) == is_in);
            buf_free(&out);
        }
    }
}

static void test_hex_is_lower_case(void **state)
{
    (void)state;
    struct buf out = {0};
    hex_append(&out, BYTES("\x00\x0f\xa5\xff"));
    CHECK_BYTES(buf_bytes(&out), BYTES("000fa5ff"));
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_forms_are_written_and_read),
        cmocka_unit_test(test_other_texts_are_refused),
        cmocka_unit_test(test_only_the_alphabet_is_read),
        cmocka_unit_test(test_hex_is_lower_case),
    };
    return cmocka_run_group_tests_name("base/base64", tests, NULL, NULL);
}
