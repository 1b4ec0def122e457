#include "store/heads.h"

#include "check.h"

static void test_only_what_was_put_is_known(void **state)
{
    struct heads heads = {0};
    struct head *head = NULL;
    (void)state;
    CHECK(heads_find(&heads, 7, 1) == NULL);
    CHECK(heads_put(&heads, 7, 1, 40, &head) == OK);
    CHECK(heads_find(&heads, 7, 1) == head);
    CHECK(head->seq == 40);
    CHECK(heads_find(&heads, 7, 2) == NULL); /* another sender has to be looked up */
    CHECK(heads_find(&heads, 8, 1) == NULL);

    head->seq = 41;
    CHECK(heads_put(&heads, 7, 2, 41, &head) == OK);
    CHECK(heads_find(&heads, 7, 1)->seq == 41);
    CHECK(heads.sender_count == 2);
    CHECK(heads_put(&heads, 7, 2, 41, &head) == OK); /* known already */
    CHECK(heads.sender_count == 2);

    heads_clear(&heads);
    CHECK(heads_find(&heads, 7, 1) == NULL);
    CHECK(heads.sender_count == 0);
    CHECK(heads_put(&heads, 7, 1, 42, &head) == OK);
    heads_clear(&heads);
}

/* Someone who makes a million chats must not make the writer's memory grow with them. */
static void test_chats_up_to_the_limit_are_known(void **state)
{
    struct heads heads = {0};
    struct head *head = NULL;
    (void)state;
    for (int64_t chat_id = 1; chat_id <= HEADS_CHATS_MAX; chat_id++)
        CHECK(heads_put(&heads, chat_id, 1, chat_id, &head) == OK);
    CHECK(heads_find(&heads, 1, 1) != NULL);
    CHECK(heads_put(&heads, 1, 2, 1, &head) == OK); /* no new chat */
    CHECK(heads_find(&heads, HEADS_CHATS_MAX, 1) != NULL);

    CHECK(heads_put(&heads, HEADS_CHATS_MAX + 1, 1, 5, &head) == OK);
    CHECK(heads.chats.count == 1);
    CHECK(heads_find(&heads, 1, 1) == NULL);
    CHECK(heads_find(&heads, HEADS_CHATS_MAX + 1, 1)->seq == 5);
    heads_clear(&heads);
}

static void test_senders_up_to_the_limit_are_known(void **state)
{
    struct heads heads = {0};
    struct head *head = NULL;
    (void)state;
    for (int64_t user_id = 1; user_id <= HEADS_SENDERS_MAX; user_id++)
        CHECK(heads_put(&heads, user_id % 2, user_id, 1, &head) == OK);
    CHECK(heads.sender_count == HEADS_SENDERS_MAX);
    CHECK(heads_find(&heads, 1, 1) != NULL);
    CHECK(heads_put(&heads, 1, HEADS_SENDERS_MAX + 1, 1, &head) == OK);
    CHECK(heads.sender_count == 1);
    CHECK(heads_find(&heads, 1, 1) == NULL);
    heads_clear(&heads);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_what_was_put_is_known),
        cmocka_unit_test(test_chats_up_to_the_limit_are_known),
        cmocka_unit_test(test_senders_up_to_the_limit_are_known),
    };
    return cmocka_run_group_tests_name("store/heads", tests, NULL, NULL);
}
