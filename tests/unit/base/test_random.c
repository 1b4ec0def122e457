#include "base/random.h"

#include "check.h"

/* Session keys and secrets: exactly as long as asked, from the alphabet, every character possible.
 */
static void test_text_uses_the_whole_alphabet(void **state)
{
    (void)state;
    static const char alphabet[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    char text[4001];
    unsigned seen[256] = {0};
    text[4000] = 'x';
    random_text(text, 4000, alphabet);
    CHECK(text[4000] == '\0');
    CHECK(strspn(text, alphabet) == 4000);
    for (size_t i = 0; i < 4000; i++)
        seen[(uint8_t)text[i]]++;
    /* Each comes 64 times on average; none at all has a chance of e^-64. */
    for (size_t i = 0; i < strlen(alphabet); i++)
        CHECK(seen[(uint8_t)alphabet[i]] > 0);
}

/* 256 is not a multiple of 129: taking the remainder alone would make the first 127 characters
 * twice as likely as the last two, and secrets easier to guess. */
static void test_characters_are_equally_likely(void **state)
{
    (void)state;
    enum { COUNT = 129, DRAWN = 129 * 1000 };
    static char alphabet[COUNT + 1];
    static char text[DRAWN + 1];
    unsigned seen[256] = {0};
    for (int i = 0; i < COUNT; i++)
        alphabet[i] = (char)(i + 1);
    random_text(text, DRAWN, alphabet);
    for (size_t i = 0; i < DRAWN; i++)
        seen[(uint8_t)text[i]]++;
    /* 1000 each, standard deviation 32; favoured ones would have 1008 and the last two 504. */
    CHECK(seen[COUNT] > 750 && seen[COUNT - 1] > 750);
    CHECK(seen[1] > 750 && seen[1] < 1250);
}

static void test_no_characters_is_an_empty_text(void **state)
{
    (void)state;
    char text[1] = {'x'};
    random_text(text, 0, "ab");
    CHECK(text[0] == '\0');
}

static void test_fill_fills_to_the_end_and_no_further(void **state)
{
    (void)state;
    uint8_t bytes[65];
    uint8_t ever[64] = {0};
    for (int round = 0; round < 16; round++) {
        memset(bytes, 0, sizeof bytes);
        random_fill(bytes, 64);
        CHECK(bytes[64] == 0);
        for (size_t i = 0; i < 64; i++)
            ever[i] |= bytes[i];
    }
    for (size_t i = 0; i < 64; i++)
        CHECK(ever[i] != 0); /* a chance of 2^-128 each */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_uses_the_whole_alphabet),
        cmocka_unit_test(test_characters_are_equally_likely),
        cmocka_unit_test(test_no_characters_is_an_empty_text),
        cmocka_unit_test(test_fill_fills_to_the_end_and_no_further),
    };
    return cmocka_run_group_tests_name("base/random", tests, NULL, NULL);
}
