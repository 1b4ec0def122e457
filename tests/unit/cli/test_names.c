#include "cli/names.h"

#include <stdlib.h>
#include "api/account.h"
#include "api/chat.h"
#include "check.h"
#include "store/notices.h"

/* A text of count letters, each of two bytes, so that bytes and code points cannot be mixed up. */
static struct bytes wide_text(size_t count)
{
    uint8_t *text = malloc(2 * count);
    for (size_t i = 0; i < count; i++)
        memcpy(text + 2 * i, "\xc3\xa9", 2);
    return bytes_of(text, 2 * count);
}

static void free_text(struct bytes text)
{
    free((void *)(uintptr_t)text.data);
}

static void test_usernames_follow_the_rule_of_registration(void **state)
{
    (void)state;
    char why[NAME_WHY_BYTES];
    CHECK(username_check(BYTES("alice"), why) == OK);
    CHECK(username_check(BYTES("J\u00f6rg.2@home+x-y_z"), why) == OK);
    CHECK(username_check(BYTES("-dash"), why) == OK);
    CHECK(username_check(BYTES(""), why) == ERR_SYNTAX);
    CHECK(username_check(BYTES("al ice"), why) == ERR_SYNTAX);
    CHECK(strstr(why, "\"al ice\"") != NULL); /* the words show what was refused */
    CHECK(username_check(BYTES("al\xff"), why) == ERR_SYNTAX);
}

static void test_a_new_username_is_in_normal_form(void **state)
{
    (void)state;
    char why[NAME_WHY_BYTES];
    CHECK(username_check_new(BYTES("J\u00f6rg"), why) == OK);
    CHECK(username_check_new(BYTES("al ice"), why) == ERR_SYNTAX);
    CHECK(username_check(BYTES("\uff41lice"), why) == OK); /* an old one may be so */
    CHECK(username_check_new(BYTES("\uff41lice"), why) == ERR_SYNTAX);
    CHECK(strstr(why, "NFKC") != NULL);
}

static void test_username_limit_is_counted_in_code_points(void **state)
{
    (void)state;
    char why[NAME_WHY_BYTES];
    struct bytes longest = wide_text(USERNAME_COUNT_MAX);
    struct bytes longer = wide_text(USERNAME_COUNT_MAX + 1);
    CHECK(username_check(longest, why) == OK);
    CHECK(username_check(longer, why) == ERR_SYNTAX);
    CHECK(strstr(why, "too long") != NULL);
    free_text(longest);
    free_text(longer);
}

static void test_chat_names_are_trimmed_and_not_blank(void **state)
{
    (void)state;
    char why[NAME_WHY_BYTES];
    struct bytes name = BYTES("  Maths 9c \n");
    CHECK(chat_name_check(&name, why) == OK);
    CHECK_BYTES(name, BYTES("Maths 9c"));
    name = BYTES(" \u3000");
    CHECK(chat_name_check(&name, why) == ERR_SYNTAX);
    name = BYTES("\xc3");
    CHECK(chat_name_check(&name, why) == ERR_SYNTAX);

    struct bytes longest = wide_text(CHAT_NAME_COUNT_MAX);
    struct bytes longer = wide_text(CHAT_NAME_COUNT_MAX + 1);
    name = longest;
    CHECK(chat_name_check(&name, why) == OK);
    name = longer;
    CHECK(chat_name_check(&name, why) == ERR_SYNTAX);
    free_text(longest);
    free_text(longer);
}

static void test_email_addresses_are_judged(void **state)
{
    (void)state;
    char why[NAME_WHY_BYTES];
    CHECK(email_check(BYTES("alice@example.com"), why) == OK);
    CHECK(email_check(BYTES("alice"), why) == ERR_SYNTAX);
    CHECK(email_check(BYTES("alice@"), why) == ERR_SYNTAX);

    /* 254 code points are the most: local part and "@example.com". */
    char email[EMAIL_COUNT_MAX + 2];
    memset(email, 'a', sizeof email);
    memcpy(email + EMAIL_COUNT_MAX - 12, "@example.com", 12);
    CHECK(email_check(bytes_of(email, EMAIL_COUNT_MAX), why) == OK);
    memset(email, 'a', sizeof email);
    memcpy(email + EMAIL_COUNT_MAX + 1 - 12, "@example.com", 12);
    CHECK(email_check(bytes_of(email, EMAIL_COUNT_MAX + 1), why) == ERR_SYNTAX);
}

static void test_notices_are_one_line_within_a_limit(void **state)
{
    (void)state;
    static const char *const bad[] = {"",     " \n",        "a\nb",       "a\tb",
                                      "\xff", "a\x1b[31mb", "a\xc2\x9bx", "a\x7f"};
    char why[NAME_WHY_BYTES];
    struct bytes message = BYTES(" Restart at \"18:00\" <b>\u00e9\U0001F600 \n");
    CHECK(notice_message_check(&message, why) == OK);
    CHECK_BYTES(message, BYTES("Restart at \"18:00\" <b>\u00e9\U0001F600"));
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        message = bytes_from_text(bad[i]);
        CHECK(notice_message_check(&message, why) == ERR_SYNTAX);
        CHECK(strchr(why, '\n') == NULL);
    }

    struct bytes longest = wide_text(NOTICE_MESSAGE_COUNT_MAX);
    struct bytes longer = wide_text(NOTICE_MESSAGE_COUNT_MAX + 1);
    message = longest;
    CHECK(notice_message_check(&message, why) == OK);
    message = longer;
    CHECK(notice_message_check(&message, why) == ERR_SYNTAX);
    CHECK(strstr(why, "is longer than 500 characters") != NULL);
    free_text(longest);
    free_text(longer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_usernames_follow_the_rule_of_registration),
        cmocka_unit_test(test_a_new_username_is_in_normal_form),
        cmocka_unit_test(test_username_limit_is_counted_in_code_points),
        cmocka_unit_test(test_chat_names_are_trimmed_and_not_blank),
        cmocka_unit_test(test_email_addresses_are_judged),
        cmocka_unit_test(test_notices_are_one_line_within_a_limit),
    };
    return cmocka_run_group_tests_name("cli/names", tests, NULL, NULL);
}
