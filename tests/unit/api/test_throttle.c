#include "check.h"

#include "api/throttle.h"

#include <pthread.h>
#include <stdio.h>

static const int64_t SECOND_US = 1000000;
static const int64_t NOW_US = INT64_C(1795372415571503);

static void test_a_full_bucket_then_one_by_one(void **state)
{
    (void)state;
    struct throttle *throttle = NULL;
    int64_t wait_us = 0;
    CHECK(throttle_new(6, &throttle) == OK);
    for (int i = 0; i < 6; i++)
        CHECK(throttle_take(throttle, "kind", BYTES("key"), NOW_US, &wait_us) == OK);
    CHECK(throttle_take(throttle, "kind", BYTES("key"), NOW_US, &wait_us) == ERR_LIMIT);
    CHECK(wait_us == 10 * SECOND_US);
    /* Asking in vain costs nothing. */
    CHECK(throttle_take(throttle, "kind", BYTES("key"), NOW_US + 4 * SECOND_US, &wait_us) ==
          ERR_LIMIT);
    CHECK(wait_us == 6 * SECOND_US);
    CHECK(throttle_take(throttle, "kind", BYTES("key"), NOW_US + 10 * SECOND_US, &wait_us) == OK);
    CHECK(throttle_take(throttle, "kind", BYTES("key"), NOW_US + 10 * SECOND_US, &wait_us) ==
          ERR_LIMIT);
    throttle_free(&throttle);
    CHECK(throttle == NULL);
}

static void test_keys_and_kinds_are_apart(void **state)
{
    (void)state;
    struct throttle *throttle = NULL;
    int64_t wait_us = 0;
    CHECK(throttle_new(1, &throttle) == OK);
    CHECK(throttle_take(throttle, "a", BYTES("key"), NOW_US, &wait_us) == OK);
    CHECK(throttle_take(throttle, "a", BYTES("key"), NOW_US, &wait_us) == ERR_LIMIT);
    CHECK(throttle_take(throttle, "b", BYTES("key"), NOW_US, &wait_us) == OK);
    CHECK(throttle_take(throttle, "a", BYTES("other"), NOW_US, &wait_us) == OK);
    throttle_free(&throttle);
}

static void test_a_token_given_back_can_be_taken_again(void **state)
{
    (void)state;
    struct throttle *throttle = NULL;
    int64_t wait_us = 0;
    CHECK(throttle_new(1, &throttle) == OK);
    for (int i = 0; i < 5; i++) {
        CHECK(throttle_take(throttle, "a", BYTES("key"), NOW_US, &wait_us) == OK);
        throttle_give_back(throttle, "a", BYTES("key"), NOW_US);
    }
    /* Giving back what was not taken fills no bucket above its brim. */
    throttle_give_back(throttle, "a", BYTES("key"), NOW_US);
    CHECK(throttle_take(throttle, "a", BYTES("key"), NOW_US, &wait_us) == OK);
    CHECK(throttle_take(throttle, "a", BYTES("key"), NOW_US, &wait_us) == ERR_LIMIT);
    throttle_free(&throttle);
}

/* Anybody can make up keys: the table does not grow, and those who are blocked are the last to be
 * forgotten. */
static void test_many_keys_do_not_free_the_blocked(void **state)
{
    (void)state;
    enum { BLOCKED = 100, MADE_UP = 200000 };
    struct throttle *throttle = NULL;
    char key[32];
    int64_t wait_us = 0;
    CHECK(throttle_new(10, &throttle) == OK);
    for (int i = 0; i < BLOCKED; i++) {
        (void)snprintf(key, sizeof key, "blocked %d", i);
        for (int k = 0; k < 10; k++)
            CHECK(throttle_take(throttle, "a", bytes_from_text(key), NOW_US, &wait_us) == OK);
    }
    for (int i = 0; i < MADE_UP; i++) {
        (void)snprintf(key, sizeof key, "%d", i);
        CHECK(throttle_take(throttle, "a", bytes_from_text(key), NOW_US, &wait_us) == OK);
    }
    for (int i = 0; i < BLOCKED; i++) {
        (void)snprintf(key, sizeof key, "blocked %d", i);
        CHECK(throttle_take(throttle, "a", bytes_from_text(key), NOW_US, &wait_us) == ERR_LIMIT);
    }
    throttle_free(&throttle);
}

enum { THREADS = 4, TRIES = 1000 };

struct taker {
    struct throttle *throttle;
    int taken;
};

static void *take_many(void *context)
{
    struct taker *taker = context;
    int64_t wait_us;
    for (int i = 0; i < TRIES; i++)
        taker->taken += throttle_take(taker->throttle, "a", BYTES("key"), NOW_US, &wait_us) == OK;
    return NULL;
}

/* Readers and hashers ask at the same time: together they get one bucket's tokens. */
static void test_threads_share_a_bucket(void **state)
{
    (void)state;
    struct throttle *throttle = NULL;
    CHECK(throttle_new(600, &throttle) == OK);
    pthread_t threads[THREADS];
    struct taker takers[THREADS];
    int taken = 0;
    for (int i = 0; i < THREADS; i++) {
        takers[i] = (struct taker) {.throttle = throttle};
        CHECK(pthread_create(&threads[i], NULL, take_many, &takers[i]) == 0);
    }
    for (int i = 0; i < THREADS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
        taken += takers[i].taken;
    }
    CHECK(taken == 600);
    throttle_free(&throttle);
}

/* Whoever has one IPv6 address has a whole network of them. */
static void test_addresses_are_counted_by_network(void **state)
{
    (void)state;
    static const struct {
        const char *address;
        const char *counted;
    } cells[] = {
        {"192.0.2.1", "192.0.2.1"},
        {"::ffff:192.0.2.1", "192.0.2.1"},
        {"2001:db8:1:2:3:4:5:6", "2001:db8:1:2:"},
        {"2001:db8:1:2::6", "2001:db8:1:2:"},
        {"2001:db8::1", "2001:db8:"},
        {"::1", ""},
        {"", ""},
        {"a name of no address at all, far longer than the room that there is for one",
         "a name of no address at all, far longer than the room that there"},
    };
    for (size_t i = 0; i < COUNT_OF(cells); i++) {
        char out[THROTTLE_ADDRESS_BYTES];
        struct bytes counted = throttle_address(bytes_from_text(cells[i].address), out);
        CHECK_BYTES(counted, bytes_from_text(cells[i].counted));
    }
}

/* A reload changes the rate, and may switch it off and on. */
static void test_a_new_rate_holds_at_once(void **state)
{
    (void)state;
    struct throttle *throttle = NULL;
    struct bytes key = BYTES("192.0.2.7");
    int64_t wait_us;
    CHECK(throttle_new(0, &throttle) == OK);
    for (int i = 0; i < 100; i++)
        CHECK(throttle_take(throttle, "address", key, NOW_US, &wait_us) == OK);
    throttle_set(throttle, 1);
    CHECK(throttle_take(throttle, "address", key, NOW_US, &wait_us) == OK);
    CHECK(throttle_take(throttle, "address", key, NOW_US, &wait_us) == ERR_LIMIT);
    throttle_set(throttle, 0);
    CHECK(throttle_take(throttle, "address", key, NOW_US, &wait_us) == OK);
    throttle_free(&throttle);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_full_bucket_then_one_by_one),
        cmocka_unit_test(test_keys_and_kinds_are_apart),
        cmocka_unit_test(test_a_token_given_back_can_be_taken_again),
        cmocka_unit_test(test_many_keys_do_not_free_the_blocked),
        cmocka_unit_test(test_threads_share_a_bucket),
        cmocka_unit_test(test_addresses_are_counted_by_network),
        cmocka_unit_test(test_a_new_rate_holds_at_once),
    };
    return cmocka_run_group_tests_name("api/throttle", tests, NULL, NULL);
}
