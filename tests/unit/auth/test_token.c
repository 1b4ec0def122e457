#include "auth/token.h"

#include "check.h"

static void test_tokens_differ_and_are_known_by_their_hash(void **state)
{
    struct token first;
    struct token second;
    char hash[DIGEST_TEXT_BYTES + 1];
    (void)state;
    CHECK(token_make(&first) == OK);
    CHECK(token_make(&second) == OK);
    CHECK(strlen(first.text) == TOKEN_BYTES);
    CHECK(strncmp(first.text, "confab_", 7) == 0);
    CHECK(strcmp(first.text, second.text) != 0);
    CHECK(strcmp(first.hash, second.hash) != 0);
    CHECK(strlen(first.prefix) == TOKEN_PREFIX_BYTES);
    CHECK(strncmp(first.text, first.prefix, TOKEN_PREFIX_BYTES) == 0);
    CHECK(token_hash(bytes_from_text(first.text), hash) == OK);
    CHECK(strcmp(hash, first.hash) == 0);
}

/* What cannot be a token costs no look into the database. */
static void test_other_texts_are_no_tokens(void **state)
{
    static const char *const texts[] = {
        "",
        "confab_",
        "confab_012345678901234567890123456789012345678901",   /* one short */
        "confab_0123456789012345678901234567890123456789012x", /* one long */
        "Confab_0123456789012345678901234567890123456789012",
    };
    char hash[DIGEST_TEXT_BYTES + 1];
    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        CHECK(token_hash(bytes_from_text(texts[i]), hash) == ERR_SYNTAX);
    CHECK(token_hash(BYTES("confab_0123456789012345678901234567890123456789012"), hash) ==
          OK); /* nobody has it */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tokens_differ_and_are_known_by_their_hash),
        cmocka_unit_test(test_other_texts_are_no_tokens),
    };
    return cmocka_run_group_tests_name("auth/token", tests, NULL, NULL);
}
