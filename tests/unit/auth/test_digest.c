#include "auth/digest.h"

#include "check.h"

/* FIPS 180-4's examples. */
static const struct {
    const char *text;
    const char *digest;
} rows[] = {
    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
};

static void test_known_texts_have_known_digests(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char text[DIGEST_TEXT_BYTES + 1];
        CHECK(digest_text(bytes_from_text(rows[i].text), text) == OK);
        assert_string_equal(text, rows[i].digest);
    }
}

/* However the bytes come. */
static void test_pieces_make_the_same_digest(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct bytes whole = bytes_from_text(rows[i].text);
        for (size_t cut = 0; cut <= whole.len; cut++) {
            struct digest *digest = NULL;
            char text[DIGEST_TEXT_BYTES + 1];
            CHECK(digest_new(&digest) == OK);
            digest_add(digest, bytes_first(whole, cut));
            digest_add(digest, bytes_skip(whole, cut));
            digest_end_text(digest, text);
            assert_string_equal(text, rows[i].digest);
            digest_free(&digest);
            CHECK(digest == NULL);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_texts_have_known_digests),
        cmocka_unit_test(test_pieces_make_the_same_digest),
    };
    return cmocka_run_group_tests_name("auth/digest", tests, NULL, NULL);
}
