/* What a refusal costs. The hash functions are replaced here by ones that only count their work,
 * because no test may measure time. */
#include "auth/password.h"

#include <argon2.h>
#include <openssl/evp.h>
#include "check.h"

static uint64_t pbkdf2_iterations;
static unsigned argon2_calls;
static unsigned argon2_threads_max;

/* Takes the place of OpenSSL's in this program. The hash is never the right one. */
int PKCS5_PBKDF2_HMAC(const char *pass, int passlen, const unsigned char *salt, int saltlen,
                      int iter, const EVP_MD *digest, int keylen, unsigned char *out)
{
    (void)pass, (void)passlen, (void)salt, (void)saltlen, (void)digest;
    pbkdf2_iterations += (uint64_t)iter;
    memset(out, 0, (size_t)keylen);
    return 1;
}

/* Takes the place of libargon2's. */
int argon2_ctx(argon2_context *context, argon2_type type)
{
    (void)type;
    argon2_calls++;
    if (context->threads > argon2_threads_max)
        argon2_threads_max = context->threads;
    memset(context->out, 0, context->outlen);
    return ARGON2_OK;
}

static uint64_t iterations_for(const struct password_policy *policy, struct bytes encoded)
{
    pbkdf2_iterations = 0;
    CHECK(!password_matches(policy, BYTES("wrong"), encoded));
    return pbkdf2_iterations;
}

#define HASH "$A1b2C3d4E5f6G7h8I9j0Kl$9853ni2Vk+nxtmub4yUngstB6zmbPwfOAJRwrwnAuJ4="

/* Whether a name exists, and how old its hash is, must not show in the time that a refusal takes.
 */
static void test_every_refusal_takes_the_policys_iterations(void **state)
{
    (void)state;
    static const struct password_policy policy = {PASSWORD_PBKDF2_SHA256, 260000};
    CHECK(iterations_for(&policy, NO_BYTES) == 260000);
    CHECK(iterations_for(&policy, BYTES("")) == 260000);
    CHECK(iterations_for(&policy, BYTES("!unusable")) == 260000);
    CHECK(iterations_for(&policy, BYTES("md5$x$y")) == 260000);
    CHECK(iterations_for(&policy, BYTES("pbkdf2_sha256$x$y$z")) == 260000);
    CHECK(iterations_for(&policy, BYTES("pbkdf2_sha256$99999999" HASH)) == 260000);
    CHECK(iterations_for(&policy, BYTES("pbkdf2_sha256$1000" HASH)) == 260000);
    CHECK(iterations_for(&policy, BYTES("pbkdf2_sha256$260000" HASH)) == 260000);
    CHECK(iterations_for(&policy, BYTES("pbkdf2_sha256$260001" HASH)) == 260001);
}

static void test_iterations_default_to_a_million(void **state)
{
    (void)state;
    static const struct password_policy policy = {PASSWORD_PBKDF2_SHA256, 0};
    CHECK(iterations_for(&policy, NO_BYTES) == 1000000);
    CHECK(iterations_for(&policy, BYTES("pbkdf2_sha256$1000" HASH)) == 1000000);
}

/* A right password is not slowed down. */
static void test_match_takes_its_own_iterations_only(void **state)
{
    (void)state;
    static const struct password_policy policy = {PASSWORD_PBKDF2_SHA256, 260000};
    struct bytes of_zeros =
        BYTES("pbkdf2_sha256$7$salt$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    pbkdf2_iterations = 0;
    CHECK(password_matches(&policy, BYTES("any"), of_zeros));
    CHECK(pbkdf2_iterations == 7);
}

/* Threads of its own would let one login take every processor, and a sandbox may forbid them. */
static void test_argon2_works_once_and_in_one_thread(void **state)
{
    (void)state;
    static const struct password_policy policy = {PASSWORD_ARGON2, 0};
    argon2_calls = 0;
    CHECK(!password_matches(&policy, BYTES("wrong"), NO_BYTES));
    CHECK(argon2_calls == 1);
    CHECK(!password_matches(
        &policy, BYTES("wrong"),
        BYTES("argon2$argon2id$v=19$m=102400,t=2,p=8$QTFiMkMzZDRFNWY2RzdoOEk5ajBLbA$"
              "tmm2T2UVwfSuOjD8047Q6Q")));
    CHECK(argon2_calls == 2);
    CHECK(argon2_threads_max == 1);
}

/* The time of an overlong password depends on nothing but itself, so it may be refused at once. */
static void test_overlong_password_costs_nothing(void **state)
{
    (void)state;
    static const struct password_policy policy = {PASSWORD_PBKDF2_SHA256, 260000};
    static const uint8_t text[PASSWORD_BYTES_MAX + 1];
    pbkdf2_iterations = 0;
    CHECK(
        !password_matches(&policy, bytes_of(text, sizeof text), BYTES("pbkdf2_sha256$1000" HASH)));
    CHECK(!password_matches(&policy, bytes_of(text, sizeof text), NO_BYTES));
    CHECK(pbkdf2_iterations == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_refusal_takes_the_policys_iterations),
        cmocka_unit_test(test_iterations_default_to_a_million),
        cmocka_unit_test(test_match_takes_its_own_iterations_only),
        cmocka_unit_test(test_argon2_works_once_and_in_one_thread),
        cmocka_unit_test(test_overlong_password_costs_nothing),
    };
    return cmocka_run_group_tests_name("auth/password_work", tests, NULL, NULL);
}
