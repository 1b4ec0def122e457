#include "cli/password_input.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "auth/password.h"
#include "check.h"

/* What comes out of standard input that holds these bytes. */
static enum err read_bytes(struct bytes input, struct buf *out)
{
    char reason[PASSWORD_INPUT_REASON_BYTES] = "";
    FILE *file = tmpfile();
    CHECK(file != NULL);
    CHECK(fwrite(input.data, 1, input.len, file) == input.len);
    rewind(file);
    enum err err = password_input_read(fileno(file), out, reason);
    CHECK((err == OK) == (reason[0] == '\0'));
    (void)fclose(file);
    return err;
}

static void test_one_line_ending_is_taken_off_and_nothing_else(void **state)
{
    (void)state;
    const struct {
        struct bytes input;
        struct bytes password;
    } cases[] = {
        {BYTES("secret"), BYTES("secret")},
        {BYTES("secret\n"), BYTES("secret")},
        {BYTES("secret\r\n"), BYTES("secret")},
        {BYTES("secret\n\n"), BYTES("secret\n")},
        {BYTES(" secret \n"), BYTES(" secret ")}, /* passwords are as typed */
        {BYTES("a\0b\n"), BYTES("a\0b")},
        {BYTES("secret\r"), BYTES("secret\r")},
        {BYTES("\u00e9\u4e2d"), BYTES("\u00e9\u4e2d")},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buf password = {0};
        CHECK(read_bytes(cases[i].input, &password) == OK);
        CHECK_BYTES(buf_bytes(&password), cases[i].password);
        password_wipe(&password);
        CHECK(password.data == NULL);
    }
}

/* Somebody who pipes the wrong thing must not get a user that anybody can log in as, or nobody. */
static void test_empty_blank_and_unreadable_passwords_are_refused(void **state)
{
    (void)state;
    const struct bytes cases[] = {
        BYTES(""), BYTES("\n"), BYTES("\r\n"), BYTES("  \n"), BYTES("\u3000"), BYTES("caf\xe9\n"),
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buf password = {0};
        CHECK(read_bytes(cases[i], &password) == ERR_SYNTAX);
        password_wipe(&password);
    }
}

static void test_longest_password_is_read_and_a_longer_one_refused(void **state)
{
    (void)state;
    enum { INPUT_BYTES = PASSWORD_BYTES_MAX + 100 };
    char *input = malloc(INPUT_BYTES);
    memset(input, 'x', INPUT_BYTES);
    struct buf password = {0};
    memcpy(input + PASSWORD_BYTES_MAX, "\r\n", 2);
    CHECK(read_bytes(bytes_of(input, PASSWORD_BYTES_MAX + 2), &password) == OK);
    CHECK(password.len == PASSWORD_BYTES_MAX);
    password_wipe(&password);

    memset(input, 'x', INPUT_BYTES);
    CHECK(read_bytes(bytes_of(input, PASSWORD_BYTES_MAX + 1), &password) == ERR_LIMIT);
    password_wipe(&password);
    CHECK(read_bytes(bytes_of(input, INPUT_BYTES), &password) == ERR_LIMIT);
    password_wipe(&password);
    free(input);
}

static void test_standard_input_that_cannot_be_read_is_said(void **state)
{
    (void)state;
    char reason[PASSWORD_INPUT_REASON_BYTES] = "";
    struct buf password = {0};
    CHECK(password_input_read(-1, &password, reason) == ERR_IO);
    CHECK(reason[0] != '\0');
    password_wipe(&password);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_line_ending_is_taken_off_and_nothing_else),
        cmocka_unit_test(test_empty_blank_and_unreadable_passwords_are_refused),
        cmocka_unit_test(test_longest_password_is_read_and_a_longer_one_refused),
        cmocka_unit_test(test_standard_input_that_cannot_be_read_is_said),
    };
    return cmocka_run_group_tests_name("cli/password_input", tests, NULL, NULL);
}
