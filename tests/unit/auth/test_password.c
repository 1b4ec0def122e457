#include "auth/password.h"

#include "vectors.h"

/* Of one iteration, so that refusals cost nothing here; what they cost is tested on its own. */
static const struct password_policy cheap = {.algorithm = PASSWORD_PBKDF2_SHA256, .iterations = 1};

static struct vectors vectors;

static int setup(void **state)
{
    (void)state;
    vectors_read(&vectors, "tests/vectors/passwords.json");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    vectors_free(&vectors);
    return 0;
}

/* Whoever could log in at the Django site can log in here, with that password and no other. */
static void test_djangos_hashes_are_verified(void **state)
{
    (void)state;
    size_t count = 0;
    for (VECTOR_EACH(node, &vectors, vector_get(&vectors, NULL, "made"))) {
        struct bytes encoded = vector_get_text(&vectors, node, "encoded");
        bool matches = password_matches(&cheap, vector_get_text(&vectors, node, "right"), encoded);
        if (!matches)
            print_error("right password refused: %.*s\n", BYTES_FMT(encoded));
        CHECK(matches);
        count++;
        if (IS_SANITIZED)
            continue; /* the work is the libraries', which are not sanitized */
        for (VECTOR_EACH(wrong, &vectors, vector_get(&vectors, node, "wrong")))
            CHECK(!password_matches(&cheap, vector_text(&vectors, wrong), encoded));
    }
    CHECK(count == 43);
}

/* Malformed and unusable hashes match nothing, also where Django fails with an error. */
static void test_refused_hashes_match_nothing(void **state)
{
    (void)state;
    size_t count = 0;
    for (VECTOR_EACH(node, &vectors, vector_get(&vectors, NULL, "refuse"))) {
        struct bytes encoded = vector_get_text(&vectors, node, "encoded");
        CHECK(!password_matches(&cheap, vector_get_text(&vectors, node, "password"), encoded));
        CHECK(!password_matches(&cheap, encoded, encoded));
        count++;
    }
    CHECK(count == 20);
    CHECK(!password_matches(&cheap, NO_BYTES, NO_BYTES));
}

/* Each of these is the right hash of the password. Those at a limit are computed; those one past it
 * are refused, or a row in the database could hold a worker for minutes or take all memory. */
static void test_costs_are_paid_up_to_the_limits(void **state)
{
    (void)state;
    if (IS_SANITIZED)
        return; /* half a minute in the libraries */
    static const char *const at_limit[] = {
        "pbkdf2_sha256$10000000$A1b2C3d4E5f6G7h8I9j0Kl$WXrvv5aFnQTOka6rWmusUiReRo45qh/"
        "x+Ybp1wwDohM=",
        "argon2$argon2id$v=19$m=1024,t=1,p=64$QTFiMkMzZDRFNWY2RzdoOEk5ajBLbA$"
        "Awxjsgvj63GdBIEc5gAmrhoo2D07Os7XAgJG/dbwD7Y",
        "argon2$argon2id$v=19$m=1048576,t=1,p=1$QTFiMkMzZDRFNWY2RzdoOEk5ajBLbA$"
        "CHNrZSpxz13pvnk30Y64TNKlprOMyvrcMnrRii0NI5A",
        "argon2$argon2id$v=19$m=64,t=65536,p=1$QTFiMkMzZDRFNWY2RzdoOEk5ajBLbA$"
        "zArSISRzSvdaOaeSDHEA1elchjP2mAgqyFu2140UB1I",
        "scrypt$262144$A1b2C3d4$8$1$IE+Kr1C7t/jsQLjOmzkaYvrS6TtvarYfeeQg201y88rg9UlOF74ImQ0IFvl//"
        "gbU/TkbPtrjgqXTC+v5LIhT9w==",
        "scrypt$16384$A1b2C3d4$8$32$"
        "3MQTAmRsQXukdVbGRrcJoXeziG3kO3rCrDnKCCexcy2rsytMe1qBoNnVesTdwefUTH/S2Za7m/3wIdJSk39nmg==",
        "bcrypt_sha256$$2b$15$abcdefghijklmnopqrstuuZS2DgvtK5dI6aM6z6IKN/3i3JtbFu3K",
    };
    for (size_t i = 0; i < COUNT_OF(at_limit); i++)
        CHECK(password_matches(&cheap, BYTES("secret"), bytes_from_text(at_limit[i])));
}

static void test_costs_past_the_limits_are_not_paid(void **state)
{
    (void)state;
    static const char *const past_limit[] = {
        "pbkdf2_sha256$10000001$A1b2C3d4E5f6G7h8I9j0Kl$"
        "jgOrOsXlKW87DWjo33wUtn5BDhq7JcheMnJ4WSCTevQ=",
        "pbkdf2_sha1$10000001$A1b2C3d4E5f6G7h8I9j0Kl$3Ap4wAwAMl8lzW7CMJQet85uC34=",
        "argon2$argon2id$v=19$m=1024,t=1,p=65$QTFiMkMzZDRFNWY2RzdoOEk5ajBLbA$NF1MEUMD+"
        "JwMYGeeUKizcRVHl4CaW1KEPooxCdZdqaQ",
        "argon2$argon2id$v=19$m=1048577,t=1,p=1$QTFiMkMzZDRFNWY2RzdoOEk5ajBLbA$"
        "qemzGR9rVLUkCURZfoUBAZc6qOTsGIq7I4nHlvI8KOM",
        "argon2$argon2id$v=19$m=64,t=65537,p=1$QTFiMkMzZDRFNWY2RzdoOEk5ajBLbA$HbT8IHCbXCAUj/"
        "7gIfDALFBp5QuAKKnL7BJGTirbtlc",
        "scrypt$262144$A1b2C3d4$9$1$"
        "566gRgenXjlEshrMXxatT4ScVmqP3VhHYnOPPr4P2cS8gvyJjpMWiX6S5YvII8gbIH4B7MwJh5nnlnRbtHtbLQ==",
        "scrypt$16384$A1b2C3d4$8$33$tSBpudJFHmqt026tXWif4BnaHtsQ1+uLnDycPMmtX64kXVkmdUEb4+"
        "LSdzwl799aqwmlVHVu0rrmh8iowpY32g==",
        "bcrypt_sha256$$2b$16$abcdefghijklmnopqrstuuNzTMN4gxUBfmaJhL2Fpkbdcv4Zefyfe",
    };
    for (size_t i = 0; i < COUNT_OF(past_limit); i++)
        CHECK(!password_matches(&cheap, BYTES("secret"), bytes_from_text(past_limit[i])));
}

/* Parameters that make no sense, far beyond every limit, or in a field that is not there. */
static void test_malformed_hashes_never_match(void **state)
{
    (void)state;
    static const char *const hashes[] = {
        "pbkdf2_sha256$18446744073709551617$salt$aGFzaA==",
        "scrypt$33554432$salt$8$1$aGFzaA==",
        "scrypt$16384$salt$16777216$1$aGFzaA==",
        "scrypt$16384$salt$8$16777216$aGFzaA==",
        "scrypt$16383$salt$8$1$aGFzaA==",
        "scrypt$1$salt$8$1$aGFzaA==",
        "scrypt$0$salt$8$1$aGFzaA==",
        "scrypt$16384$salt$0$1$aGFzaA==",
        "scrypt$16384$salt$8$0$aGFzaA==",
        "argon2$argon2id$v=19$m=1048577,t=1,p=1$QTFiMkMzZDRFNWY2RzdoOEk5ajBLbA$"
        "0brXzXXPbcjXYCYQ1uQL2w",
        "argon2$argon2id$v=19$m=1048576,t=5,p=1$QTFiMkMzZDRFNWY2RzdoOEk5ajBLbA$"
        "0brXzXXPbcjXYCYQ1uQL2w",
        "argon2$argon2id$v=19$m=64,t=65537,p=1$QTFiMkMzZDRFNWY2RzdoOEk5ajBLbA$"
        "0brXzXXPbcjXYCYQ1uQL2w",
        "argon2$argon2id$v=19$m=1024,t=1,p=65$QTFiMkMzZDRFNWY2RzdoOEk5ajBLbA$"
        "0brXzXXPbcjXYCYQ1uQL2w",
        "argon2$argon2id$v=19$m=64,t=0,p=1$QTFiMkMzZDRFNWY2RzdoOEk5ajBLbA$0brXzXXPbcjXYCYQ1uQL2w",
        "argon2$argon2id$v=19$m=64,t=1,p=1,x=1$QTFiMkMzZDRFNWY2RzdoOEk5ajBLbA$"
        "0brXzXXPbcjXYCYQ1uQL2w",
        "argon2$argon2id$v=20$m=64,t=1,p=1$QTFiMkMzZDRFNWY2RzdoOEk5ajBLbA$0brXzXXPbcjXYCYQ1uQL2w",
        "argon2$argon2x$v=19$m=64,t=1,p=1$QTFiMkMzZDRFNWY2RzdoOEk5ajBLbA$0brXzXXPbcjXYCYQ1uQL2w",
        "argon2$argon2id$v=19$m=64,t=1,p=1$QTFiMkMzZDRFNWY2RzdoOEk5ajBLbA$",
        "argon2$argon2id$v=19$m=64,t=1,p=1$QTFiMkMzZDRFNWY2RzdoOEk5ajBLbA$0brX",
        "argon2$argon2id$v=19$m=64,t=1,p=1$QQ$0brXzXXPbcjXYCYQ1uQL2w",
        "argon2$argon2id$v=19$m=64,t=1,p=1",
        "bcrypt_sha256$$2b$31$abcdefghijklmnopqrstuuaBT8mpw5tGdD3eO40znWcQP/dT9hEVK",
        "bcrypt_sha256$$2b$03$abcdefghijklmnopqrstuuaBT8mpw5tGdD3eO40znWcQP/dT9hEVK",
        "bcrypt_sha256$$2b$04$abcdefghijklmnopqrstuuaBT8mpw5tGdD3eO40znWcQP/dT9hEV",
        "bcrypt_sha256$$6$rounds=999999999$abcdefghijklmnop$abcdefghijklmnopqrstuv",
        "bcrypt_sha256$",
        "bcrypt_sha256$*0",
    };
    for (size_t i = 0; i < COUNT_OF(hashes); i++)
        CHECK(!password_matches(&cheap, BYTES("correct horse battery staple"),
                                bytes_from_text(hashes[i])));
}

/* The column is 128 characters wide; what is longer was not written by anybody's password hasher.
 */
static void test_hash_longer_than_the_column_never_matches(void **state)
{
    (void)state;
    static const char end[] = "1$olderSalt123$nBJ7TzIFI+z4wYXeUJolt/19+gUl9ceQfYy4bo+oGzw=";
    struct bytes right =
        BYTES("p\xc3\xa4ssw\xc3\xb6rd-\xe2\x9c\x93-\xe5\xaf\x86\xe7\xa0\x81-\xf0\x9f\x94\x91");
    for (size_t len = PASSWORD_ENCODED_BYTES_MAX; len <= PASSWORD_ENCODED_BYTES_MAX + 1; len++) {
        struct buf encoded = {0};
        buf_append_text(&encoded, "pbkdf2_sha256$");
        while (encoded.len < len - strlen(end))
            buf_append_byte(&encoded, '0'); /* leading zeros of the one iteration */
        buf_append_text(&encoded, end);
        CHECK(password_matches(&cheap, right, buf_bytes(&encoded)) ==
              (len == PASSWORD_ENCODED_BYTES_MAX));
        buf_free(&encoded);
    }
}

/* argon2i and argon2d, and the form before version 1.3: made with the argon2 command line tool's
 * library. */
static void test_other_argon2_forms_are_verified(void **state)
{
    (void)state;
    static const char *const hashes[] = {
        "argon2$argon2i$v=19$m=512,t=2,p=2$QTFiMkMzZDRFNWY2RzdoOEk5ajBLbA$4JfZ2YmBnvQ9fM9uqTVXsg",
        "argon2$argon2d$v=19$m=512,t=2,p=2$QTFiMkMzZDRFNWY2RzdoOEk5ajBLbA$CqJvFOaZ++"
        "KXwnOfBQl2GgoMAvlvKcGaRDJRMPXkgQY",
        "argon2$argon2id$v=19$m=512,t=2,p=8$QTFiMkMzZDRFNWY2RzdoOEk5ajBLbA$"
        "kd6ySqFU7uweHmaQFwjzo0in6hrUOMYgcklsscsIllM",
        "argon2$argon2i$m=512,t=2,p=2$QTFiMkMzZDRFNWY2RzdoOEk5ajBLbA$rA8pommmyGPTbQyVXuE7cgt4Bc+"
        "Rwx2NvM/asBRZaYg",
        "argon2$argon2i$v=16$m=512,t=2,p=2$QTFiMkMzZDRFNWY2RzdoOEk5ajBLbA$"
        "rA8pommmyGPTbQyVXuE7cgt4Bc+Rwx2NvM/asBRZaYg",
    };
    for (size_t i = 0; i < COUNT_OF(hashes); i++) {
        CHECK(password_matches(&cheap, BYTES("secret"), bytes_from_text(hashes[i])));
        CHECK(!password_matches(&cheap, BYTES("Secret"), bytes_from_text(hashes[i])));
    }
}

/* What we store must fit the column, verify, begin as Django expects, and never repeat its salt. */
static void test_new_hashes_verify(void **state)
{
    (void)state;
    static const struct {
        enum password_algorithm algorithm;
        unsigned iterations;
        const char *begin;
        size_t len;
    } cases[] = {
        {PASSWORD_ARGON2, 0, "argon2$argon2id$v=19$m=102400,t=2,p=8$", 112},
        {PASSWORD_PBKDF2_SHA256, 0, "pbkdf2_sha256$1000000$", 89},
        {PASSWORD_PBKDF2_SHA256, 260000, "pbkdf2_sha256$260000$", 88},
        {PASSWORD_SCRYPT, 0, "scrypt$16384$", 128},
        {PASSWORD_BCRYPT_SHA256, 0, "bcrypt_sha256$$2b$12$", 74},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct password_policy policy = {cases[i].algorithm, cases[i].iterations};
        struct buf one = {0};
        if (IS_SANITIZED && cases[i].algorithm == PASSWORD_PBKDF2_SHA256)
            continue; /* five million iterations of a library that is not sanitized */
        struct buf other = {0};
        CHECK(password_encode(&policy, BYTES("nul\0inside"), &one) == OK);
        CHECK(password_encode(&policy, BYTES("nul\0inside"), &other) == OK);
        CHECK(bytes_starts_with(buf_bytes(&one), bytes_from_text(cases[i].begin)));
        CHECK(one.len == cases[i].len && one.len <= PASSWORD_ENCODED_BYTES_MAX);
        CHECK(!bytes_equal(buf_bytes(&one), buf_bytes(&other)));
        CHECK(password_matches(&cheap, BYTES("nul\0inside"), buf_bytes(&one)));
        CHECK(!password_matches(&cheap, BYTES("nul"), buf_bytes(&one)));
        buf_free(&one);
        buf_free(&other);
    }
}

static void test_password_beyond_the_limit_is_refused(void **state)
{
    (void)state;
    static uint8_t text[PASSWORD_BYTES_MAX + 1];
    struct buf encoded = {0};
    memset(text, 'x', sizeof text);
    CHECK(password_encode(&cheap, bytes_of(text, PASSWORD_BYTES_MAX + 1), &encoded) == ERR_LIMIT);
    CHECK(encoded.len == 0);
    CHECK(password_encode(&cheap, bytes_of(text, PASSWORD_BYTES_MAX), &encoded) == OK);
    CHECK(password_matches(&cheap, bytes_of(text, PASSWORD_BYTES_MAX), buf_bytes(&encoded)));
    CHECK(!password_matches(&cheap, bytes_of(text, PASSWORD_BYTES_MAX + 1), buf_bytes(&encoded)));
    buf_free(&encoded);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_djangos_hashes_are_verified),
        cmocka_unit_test(test_refused_hashes_match_nothing),
        cmocka_unit_test(test_costs_are_paid_up_to_the_limits),
        cmocka_unit_test(test_costs_past_the_limits_are_not_paid),
        cmocka_unit_test(test_malformed_hashes_never_match),
        cmocka_unit_test(test_hash_longer_than_the_column_never_matches),
        cmocka_unit_test(test_other_argon2_forms_are_verified),
        cmocka_unit_test(test_new_hashes_verify),
        cmocka_unit_test(test_password_beyond_the_limit_is_refused),
    };
    return cmocka_run_group_tests_name("auth/password", tests, setup, teardown);
}
