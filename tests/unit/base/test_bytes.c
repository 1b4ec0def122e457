#include "base/bytes.h"

#include "check.h"

static void test_equal_compares_content(void **state)
{
    (void)state;
    CHECK(bytes_equal(BYTES("ab"), BYTES("ab")));
    CHECK(!bytes_equal(BYTES("ab"), BYTES("abc")));
    CHECK(!bytes_equal(BYTES("ab"), BYTES("aB")));
    CHECK(bytes_equal(NO_BYTES, BYTES("")));
    CHECK(bytes_is(BYTES("ab"), "ab"));
    CHECK(!bytes_is(BYTES("ab\0"), "ab"));
}

/* RFC 9110 folds ASCII letters only: '[' is not '{', and bytes beyond ASCII stay themselves. */
static void test_nocase_folds_ascii_letters_only(void **state)
{
    (void)state;
    CHECK(bytes_equal_nocase(BYTES("Content-TYPE"), BYTES("content-type")));
    CHECK(!bytes_equal_nocase(BYTES("["), BYTES("{")));
    CHECK(!bytes_equal_nocase(BYTES("@"), BYTES("`")));
    CHECK(!bytes_equal_nocase(BYTES("\xc4"), BYTES("\xe4")));
    CHECK(!bytes_equal_nocase(BYTES("a"), BYTES("ab")));
    CHECK(bytes_equal_nocase(NO_BYTES, NO_BYTES));
}

/* One wrong bit anywhere makes a secret another one. */
static void test_secret_differs_at_every_bit(void **state)
{
    (void)state;
    uint8_t a[32] = {0};
    uint8_t b[32] = {0};
    CHECK(bytes_equal_secret(bytes_of(a, 32), bytes_of(b, 32)));
    CHECK(!bytes_equal_secret(bytes_of(a, 32), bytes_of(b, 31)));
    CHECK(bytes_equal_secret(NO_BYTES, NO_BYTES));
    for (unsigned bit = 0; bit < 256; bit++) {
        b[bit / 8] = (uint8_t)BIT(bit % 8);
        CHECK(!bytes_equal_secret(bytes_of(a, 32), bytes_of(b, 32)));
        b[bit / 8] = 0;
    }
}

static void test_first_and_last_index(void **state)
{
    (void)state;
    CHECK(bytes_index(BYTES("a:b:c"), ':') == 1);
    CHECK(bytes_last_index(BYTES("a:b:c"), ':') == 3);
    CHECK(bytes_index(BYTES("abc"), ':') == 3);
    CHECK(bytes_last_index(BYTES("abc"), ':') == 3);
    CHECK(bytes_index(NO_BYTES, ':') == 0);
    CHECK(bytes_last_index(NO_BYTES, ':') == 0);
}

static void test_starts_with(void **state)
{
    (void)state;
    CHECK(bytes_starts_with(BYTES("abc"), BYTES("ab")));
    CHECK(bytes_starts_with(BYTES("abc"), BYTES("")));
    CHECK(bytes_starts_with(NO_BYTES, NO_BYTES));
    CHECK(!bytes_starts_with(BYTES("ab"), BYTES("abc")));
    CHECK(!bytes_starts_with(BYTES("abc"), BYTES("b")));
}

static void test_trim_takes_both_ends(void **state)
{
    (void)state;
    CHECK_BYTES(bytes_trim(BYTES(" \ta b\t "), " \t"), BYTES("a b"));
    CHECK(bytes_trim(BYTES(" \t "), " \t").len == 0);
    CHECK(bytes_trim(NO_BYTES, " ").len == 0);
    CHECK_BYTES(bytes_trim(BYTES("\0a\0"), " "), BYTES("\0a\0")); /* NUL is in no list */
}

static size_t count_pieces(struct bytes text)
{
    struct bytes piece;
    size_t count = 0;
    while (bytes_split(&text, ',', &piece))
        count++;
    return count;
}

static void test_split_gives_every_piece(void **state)
{
    (void)state;
    struct bytes rest = BYTES("a,,b");
    struct bytes piece;
    CHECK(bytes_split(&rest, ',', &piece));
    CHECK_BYTES(piece, BYTES("a"));
    CHECK(bytes_split(&rest, ',', &piece));
    CHECK_BYTES(piece, BYTES(""));
    CHECK(bytes_split(&rest, ',', &piece));
    CHECK_BYTES(piece, BYTES("b"));
    CHECK(!bytes_split(&rest, ',', &piece));
    CHECK(count_pieces(BYTES("")) == 1);
    CHECK(count_pieces(BYTES(",")) == 2);
    CHECK(count_pieces(BYTES("a,")) == 2);
    CHECK(count_pieces(NO_BYTES) == 0);
}

/* Numbers come from peers: whatever does not fit is refused, not wrapped around. */
static void test_numbers_are_read_up_to_the_maximum(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t max;
        enum err err;
        uint64_t number;
    } cases[] = {
        {"0", 0, OK, 0},
        {"1", 0, ERR_SYNTAX, 0},
        {"7", 6, ERR_SYNTAX, 0},
        {"65535", 65535, OK, 65535},
        {"65536", 65535, ERR_SYNTAX, 0},
        {"000065535", 65535, OK, 65535},
        {"18446744073709551615", UINT64_MAX, OK, UINT64_MAX},
        {"18446744073709551616", UINT64_MAX, ERR_SYNTAX, 0},
        {"99999999999999999999999", UINT64_MAX, ERR_SYNTAX, 0},
        {"", 9, ERR_SYNTAX, 0},
        {"-1", 9, ERR_SYNTAX, 0},
        {"+1", 9, ERR_SYNTAX, 0},
        {" 1", 9, ERR_SYNTAX, 0},
        {"1 ", 9, ERR_SYNTAX, 0},
        {"1a", 99, ERR_SYNTAX, 0},
        {"0x1", 99, ERR_SYNTAX, 0},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint64_t number = 12345;
        enum err err = bytes_to_number(bytes_from_text(cases[i].text), cases[i].max, &number);
        if (err != cases[i].err)
            print_error("case: %s\n", cases[i].text);
        CHECK(err == cases[i].err);
        CHECK(number == (err == OK ? cases[i].number : 12345));
    }
}

/* A log line with an unknown error is worse than none: every error has a name of its own. */
static void test_every_error_has_its_own_name(void **state)
{
    (void)state;
    for (int a = 0; a < ERR_COUNT; a++) {
        CHECK(strlen(err_name((enum err)a)) > 0);
        for (int b = 0; b < a; b++)
            CHECK(strcmp(err_name((enum err)a), err_name((enum err)b)) != 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal_compares_content),
        cmocka_unit_test(test_nocase_folds_ascii_letters_only),
        cmocka_unit_test(test_secret_differs_at_every_bit),
        cmocka_unit_test(test_first_and_last_index),
        cmocka_unit_test(test_starts_with),
        cmocka_unit_test(test_trim_takes_both_ends),
        cmocka_unit_test(test_split_gives_every_piece),
        cmocka_unit_test(test_numbers_are_read_up_to_the_maximum),
        cmocka_unit_test(test_every_error_has_its_own_name),
    };
    return cmocka_run_group_tests_name("base/bytes", tests, NULL, NULL);
}
