#include "http/byte_set.h"

#include "check.h"

/* Whether the character is spelled out, or a letter or digit where those belong. */
static bool is_one_of(uint8_t c, const char *marks, bool with_letters_and_digits)
{
    bool is_alphanumeric =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return (with_letters_and_digits && is_alphanumeric) || (c != 0 && strchr(marks, c) != NULL);
}

/* The sets are written as bits; a wrong bit lets a byte in that some other parser reads
 * differently. */
static void test_sets_are_the_classes_of_the_rfcs(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 256; i++) {
        uint8_t c = (uint8_t)i;
        bool is_visible = c > 0x20 && c < 0x7f;
        bool is_blank = c == ' ' || c == '\t';
        CHECK(byte_set_has(&BYTE_SET_TOKEN, c) == is_one_of(c, "!#$%&'*+-.^_`|~", true));
        CHECK(byte_set_has(&BYTE_SET_TARGET, c) == (is_visible && c != '#'));
        CHECK(byte_set_has(&BYTE_SET_VALUE, c) == (is_visible || is_blank || c >= 0x80));
        CHECK(byte_set_has(&BYTE_SET_PRINT, c) == (is_visible || is_blank));
        CHECK(byte_set_has(&BYTE_SET_HEX, c) == is_one_of(c, "0123456789abcdefABCDEF", false));
        CHECK(byte_set_has(&BYTE_SET_DIGIT, c) == is_one_of(c, "0123456789", false));
        CHECK(byte_set_has(&BYTE_SET_HOST, c) == is_one_of(c, "-._~", true));
        CHECK(byte_set_has(&BYTE_SET_IPV6, c) == is_one_of(c, ":.0123456789abcdefABCDEF", false));
        CHECK(byte_set_has(&BYTE_SET_BOUNDARY, c) == is_one_of(c, "'()+_,-./:=? ", true));
    }
}

static void test_run_ends_at_the_first_other_byte(void **state)
{
    (void)state;
    CHECK(byte_set_run(&BYTE_SET_DIGIT, BYTES("")) == 0);
    CHECK(byte_set_run(&BYTE_SET_DIGIT, BYTES("a1")) == 0);
    CHECK(byte_set_run(&BYTE_SET_DIGIT, BYTES("12a3")) == 2);
    CHECK(byte_set_run(&BYTE_SET_DIGIT, BYTES("123")) == 3);
}

static void test_hexadecimal_digits(void **state)
{
    (void)state;
    static const char digits[] = "0123456789abcdef";
    for (unsigned i = 0; i < 256; i++) {
        uint8_t c = (uint8_t)(i >= 'A' && i <= 'F' ? i + 32 : i);
        const char *at = c != 0 ? strchr(digits, c) : NULL;
        CHECK(hex_digit_value((uint8_t)i) == (at != NULL ? (int)(at - digits) : -1));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sets_are_the_classes_of_the_rfcs),
        cmocka_unit_test(test_hexadecimal_digits),
        cmocka_unit_test(test_run_ends_at_the_first_other_byte),
    };
    return cmocka_run_group_tests_name("http/byte_set", tests, NULL, NULL);
}
