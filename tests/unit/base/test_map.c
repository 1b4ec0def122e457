#include "base/map.h"

#include "check.h"

/* The model: for each small key its value, or NULL. */
enum { KEYS = 1000 };

/* Keys that peers choose: neighbours, multiples of the table's size, and far ones. */
static uint64_t key_of(size_t index)
{
    switch (index % 3) {
    case 0:
        return index;
    case 1:
        return (uint64_t)index << 32;
    default:
        return UINT64_MAX - index * 4096;
    }
}

/* splitmix64: reproducible from one number. */
static uint64_t next_random(uint64_t *seed)
{
    uint64_t x = *seed += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static void check_against_model(const struct map *map, void *const model[KEYS])
{
    size_t expected = 0;
    size_t seen = 0;
    size_t at = 0;
    uint64_t key;
    void *value;
    for (size_t i = 0; i < KEYS; i++) {
        CHECK(map_get(map, key_of(i)) == model[i]);
        expected += model[i] != NULL;
    }
    while (map_next(map, &at, &key, &value)) {
        CHECK(map_get(map, key) == value);
        seen++;
    }
    CHECK(seen == expected);
    CHECK(map->count == expected);
}

/* Removing from a table with linear probing is where entries get lost. */
static void test_random_changes_agree_with_a_model(void **state)
{
    (void)state;
    static char values[KEYS];
    for (uint64_t seed = 1; seed <= 20; seed++) {
        void *model[KEYS] = {NULL};
        struct map map = {0};
        uint64_t random = seed;
        for (size_t step = 0; step < 5000; step++) {
            uint64_t r = next_random(&random);
            size_t i = (size_t)(r >> 32) %
                       (seed % 2 == 0 ? KEYS : 12); /* also many changes in a small one */
            if (r % 5 < 3) {
                model[i] = &values[r % KEYS];
                CHECK(map_put(&map, key_of(i), model[i]) == OK);
            } else {
                CHECK(map_remove(&map, key_of(i)) == model[i]);
                model[i] = NULL;
            }
            if (step % 500 == 0)
                check_against_model(&map, model);
        }
        check_against_model(&map, model);
        map_free(&map);
    }
}

static void test_empty_map_holds_nothing(void **state)
{
    (void)state;
    struct map map = {0};
    size_t at = 0;
    uint64_t key;
    void *value;
    CHECK(map_get(&map, 1) == NULL);
    CHECK(map_remove(&map, 1) == NULL);
    CHECK(!map_next(&map, &at, &key, &value));
    map_free(&map);
}

static void test_second_put_replaces(void **state)
{
    (void)state;
    struct map map = {0};
    char one, other;
    CHECK(map_put(&map, 0, &one) == OK);
    CHECK(map_put(&map, 0, &other) == OK);
    CHECK(map.count == 1);
    CHECK(map_get(&map, 0) == &other);
    CHECK(map_remove(&map, 0) == &other);
    CHECK(map_get(&map, 0) == NULL);
    map_free(&map);
    CHECK(map_get(&map, 0) == NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_changes_agree_with_a_model),
        cmocka_unit_test(test_empty_map_holds_nothing),
        cmocka_unit_test(test_second_put_replaces),
    };
    return cmocka_run_group_tests_name("base/map", tests, NULL, NULL);
}
