#include "check.h"
#include "chat/rate.h"

enum { SECOND = 1000000 };

/* A burst goes through at once; then as much as flows in. */
static void test_burst_then_rate(void **state)
{
    (void)state;
    struct rate *rate = NULL;
    int64_t wait_us;
    int64_t now_us = INT64_C(1700000000) * SECOND;
    CHECK(rate_new(20, 500, &rate) == OK);
    for (int i = 0; i < 500; i++)
        CHECK(rate_take(rate, 1, now_us, &wait_us) == OK);
    CHECK(rate_take(rate, 1, now_us, &wait_us) == ERR_LIMIT);
    CHECK(wait_us == SECOND / 20);
    CHECK(rate_take(rate, 1, now_us + wait_us, &wait_us) == OK);
    CHECK(rate_take(rate, 1, now_us + SECOND / 20, &wait_us) == ERR_LIMIT);

    int sent = 0;
    for (int64_t ms = 50; ms <= 10050; ms++)
        sent += rate_take(rate, 1, now_us + ms * 1000 + 1, &wait_us) == OK;
    CHECK(sent == 200); /* ten seconds of twenty */
    rate_free(&rate);
    CHECK(rate == NULL);
}

/* One user's flood must not be another's silence. */
static void test_users_do_not_share(void **state)
{
    (void)state;
    struct rate *rate = NULL;
    int64_t wait_us;
    CHECK(rate_new(1, 1, &rate) == OK);
    CHECK(rate_take(rate, 1, SECOND, &wait_us) == OK);
    CHECK(rate_take(rate, 1, SECOND, &wait_us) == ERR_LIMIT);
    CHECK(rate_take(rate, 2, SECOND, &wait_us) == OK);
    rate_free(&rate);
}

/* The table does not grow with all users that ever were. Those whose buckets are not full are
 * remembered. */
static void test_full_buckets_are_forgotten(void **state)
{
    (void)state;
    struct rate *rate = NULL;
    int64_t wait_us;
    CHECK(rate_new(1, 1, &rate) == OK);
    for (int64_t user = 1; user <= 2 * (int64_t)RATE_BUCKETS_MAX; user++)
        CHECK(rate_take(rate, user, user * 2 * SECOND, &wait_us) == OK);
    int64_t last = 2 * (int64_t)RATE_BUCKETS_MAX;
    CHECK(rate_take(rate, last, last * 2 * SECOND, &wait_us) == ERR_LIMIT);
    rate_free(&rate);
}

/* What a client is told, so that it need not run into the limit. */
static void test_a_user_can_be_told_how_it_stands(void **state)
{
    (void)state;
    struct rate *rate = NULL;
    struct rate_state stand;
    int64_t wait_us;
    CHECK(rate_new(20, 3, &rate) == OK);
    CHECK(rate_look(rate, 1, SECOND, &stand));
    CHECK(stand.quota == 3 && stand.window_us == 3 * SECOND / 20);
    CHECK(stand.remaining == 3 && stand.full_in_us == 0);
    for (int taken = 1; taken <= 3; taken++) {
        CHECK(rate_take(rate, 1, SECOND, &wait_us) == OK);
        CHECK(rate_look(rate, 1, SECOND, &stand));
        CHECK(stand.remaining == 3 - taken && stand.full_in_us == taken * SECOND / 20);
    }
    CHECK(rate_take(rate, 1, SECOND, &wait_us) == ERR_LIMIT);
    CHECK(rate_look(rate, 1, SECOND + SECOND / 20, &stand) && stand.remaining == 1);
    CHECK(rate_look(rate, 2, SECOND, &stand) && stand.remaining == 3);
    rate_set(rate, 0, 1);
    CHECK(!rate_look(rate, 1, SECOND, &stand));
    rate_free(&rate);
}

/* A reload changes the rate of users who are sending, and may switch it off and on. */
static void test_a_new_rate_holds_at_once(void **state)
{
    (void)state;
    struct rate *rate = NULL;
    int64_t wait_us;
    CHECK(rate_new(0, 1, &rate) == OK);
    for (int i = 0; i < 100; i++)
        CHECK(rate_take(rate, 1, SECOND, &wait_us) == OK);
    rate_set(rate, 1, 2);
    CHECK(rate_take(rate, 1, SECOND, &wait_us) == OK); /* what was free has cost nothing */
    CHECK(rate_take(rate, 1, SECOND, &wait_us) == OK);
    CHECK(rate_take(rate, 1, SECOND, &wait_us) == ERR_LIMIT);
    rate_set(rate, 1, 3);
    CHECK(rate_take(rate, 1, SECOND, &wait_us) == OK);
    CHECK(rate_take(rate, 1, SECOND, &wait_us) == ERR_LIMIT);
    rate_set(rate, 0, 3);
    CHECK(rate_take(rate, 1, SECOND, &wait_us) == OK);
    rate_free(&rate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_burst_then_rate),
        cmocka_unit_test(test_users_do_not_share),
        cmocka_unit_test(test_a_user_can_be_told_how_it_stands),
        cmocka_unit_test(test_full_buckets_are_forgotten),
        cmocka_unit_test(test_a_new_rate_holds_at_once),
    };
    return cmocka_run_group_tests_name("chat/rate", tests, NULL, NULL);
}
