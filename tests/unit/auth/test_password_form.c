#include "auth/password_form.h"

#include "auth/password.h"
#include "check.h"

#define X10  "xxxxxxxxxx"
#define X100 X10 X10 X10 X10 X10 X10 X10 X10 X10 X10

static void test_forms_are_told_apart(void **state)
{
    static const struct {
        const char *encoded;
        enum password_form form;
    } cases[] = {
        {"pbkdf2_sha256$600000$salt$aGFzaA==", PASSWORD_FORM_GOOD},
        {"pbkdf2_sha1$1$salt$aGFzaA==", PASSWORD_FORM_GOOD},
        {"scrypt$16384$salt$8$1$aGFzaA==", PASSWORD_FORM_GOOD},
        {"argon2$argon2id$v=19$m=102400,t=2,p=8$c2FsdA$aGFzaA", PASSWORD_FORM_GOOD},
        {"bcrypt_sha256$$2b$12$abcdefghijklmnopqrstuv", PASSWORD_FORM_GOOD},
        {"!", PASSWORD_FORM_UNUSABLE},
        {"!abcdef", PASSWORD_FORM_UNUSABLE},
        {"", PASSWORD_FORM_UNKNOWN},
        {"plain text", PASSWORD_FORM_UNKNOWN},
        {"md5$salt$hash", PASSWORD_FORM_UNKNOWN},
        {"PBKDF2_SHA256$1$salt$hash", PASSWORD_FORM_UNKNOWN},
        {"pbkdf2_sha256", PASSWORD_FORM_MALFORMED},
        {"pbkdf2_sha256$1$salt", PASSWORD_FORM_MALFORMED},
        {"pbkdf2_sha256$1$salt$hash$more", PASSWORD_FORM_MALFORMED},
        {"pbkdf2_sha256$x$salt$hash", PASSWORD_FORM_MALFORMED},
        {"pbkdf2_sha256$1$$hash", PASSWORD_FORM_MALFORMED},
        {"pbkdf2_sha256$1$salt$", PASSWORD_FORM_MALFORMED},
        {"scrypt$16384$salt$8$x$hash", PASSWORD_FORM_MALFORMED},
        {"bcrypt_sha256$x$2b$12$abc", PASSWORD_FORM_MALFORMED},
        /* At the column's width, and one past it. */
        {"pbkdf2_sha256$1$salt$" X100 "xxxxxxx", PASSWORD_FORM_GOOD},
        {"pbkdf2_sha256$1$salt$" X100 "xxxxxxxx", PASSWORD_FORM_MALFORMED},
        {"pbkdf2_sha256$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$", PASSWORD_FORM_MALFORMED},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        if (password_form(bytes_from_text(cases[i].encoded)) != cases[i].form)
            print_error("%s\n", cases[i].encoded);
        CHECK(password_form(bytes_from_text(cases[i].encoded)) == cases[i].form);
    }
}

/* A hash that `user passwd` has just made must never be a finding of `check`. */
static void test_hashes_that_we_make_are_of_good_form(void **state)
{
    (void)state;
    static const struct password_policy policy = {.algorithm = PASSWORD_PBKDF2_SHA256,
                                                  .iterations = 1};
    struct buf encoded = {0};
    CHECK(password_encode(&policy, BYTES("secret"), &encoded) == OK);
    CHECK(password_form(buf_bytes(&encoded)) == PASSWORD_FORM_GOOD);
    buf_free(&encoded);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms_are_told_apart),
        cmocka_unit_test(test_hashes_that_we_make_are_of_good_form),
    };
    return cmocka_run_group_tests_name("auth/password_form", tests, NULL, NULL);
}
