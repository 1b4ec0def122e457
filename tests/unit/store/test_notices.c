#include "store/notices.h"

#include "fixture.h"

enum { SECOND_US = 1000 * 1000 };

static enum err insert(struct db *db, const char *message, int64_t at_us, int64_t now_us,
                       int64_t *id)
{
    const struct notice_row notice = {
        .code = BYTES("maintenance"),
        .message = bytes_from_text(message),
        .at_us = at_us,
    };
    CHECK(db_begin(db) == OK);
    enum err err = notices_insert(db, &notice, now_us, id);
    if (err == OK)
        CHECK(db_commit(db) == OK);
    else
        db_rollback(db);
    return err;
}

static size_t count_at(struct db *db, int64_t now_us)
{
    struct arena arena = {0};
    struct notice_row rows[NOTICES_MAX];
    size_t count = 0;
    CHECK(notices_list(db, now_us, &arena, rows, &count) == OK);
    arena_free(&arena);
    return count;
}

static void test_notice_is_read_as_written(void **state)
{
    struct place place;
    struct arena arena = {0};
    struct notice_row rows[NOTICES_MAX];
    size_t count = 0;
    int64_t id = 0;
    (void)state;
    struct db *db = open_new(&place);
    CHECK(insert(db, "Restart at \"18:00\"", NOW_US + SECOND_US, NOW_US, &id) == OK);
    CHECK(notices_list(db, NOW_US, &arena, rows, &count) == OK);
    CHECK(count == 1 && rows[0].id == id);
    CHECK_BYTES(rows[0].code, BYTES("maintenance"));
    CHECK_BYTES(rows[0].message, BYTES("Restart at \"18:00\""));
    CHECK(rows[0].at_us == NOW_US + SECOND_US && rows[0].ends_us == rows[0].at_us);
    CHECK(rows[0].created_us == NOW_US);
    CHECK(notices_delete(db, id) == OK);
    CHECK(notices_delete(db, id) == ERR_NOT_FOUND);
    CHECK(count_at(db, NOW_US) == 0);
    arena_free(&arena);
    close_all(&place, &db);
}

static void test_notice_holds_until_its_time(void **state)
{
    struct place place;
    int64_t id = 0;
    (void)state;
    struct db *db = open_new(&place);
    CHECK(insert(db, "x", NOW_US + SECOND_US, NOW_US, &id) == OK);
    CHECK(count_at(db, NOW_US + SECOND_US - 1) == 1);
    CHECK(count_at(db, NOW_US + SECOND_US) == 0);
    close_all(&place, &db);
}

static void test_notice_without_a_time_holds_for_a_day(void **state)
{
    const int64_t kept_us = (int64_t)NOTICE_KEPT_S * SECOND_US;
    struct place place;
    int64_t id = 0;
    (void)state;
    struct db *db = open_new(&place);
    CHECK(insert(db, "x", 0, NOW_US, &id) == OK);
    check_asked(&place, "SELECT count(*) - count(at) FROM confab_notice", "1");
    CHECK(count_at(db, NOW_US + kept_us - 1) == 1);
    CHECK(count_at(db, NOW_US + kept_us) == 0);
    close_all(&place, &db);
}

static void test_notices_have_a_limit_to_which_ended_ones_do_not_count(void **state)
{
    struct place place;
    int64_t first = 0;
    int64_t id = 0;
    (void)state;
    struct db *db = open_new(&place);
    CHECK(insert(db, "ends", NOW_US + 1, NOW_US, &first) == OK);
    for (int i = 1; i < NOTICES_MAX; i++)
        CHECK(insert(db, "holds", 0, NOW_US, &id) == OK);
    CHECK(count_at(db, NOW_US) == NOTICES_MAX);
    CHECK(insert(db, "too many", 0, NOW_US, &id) == ERR_LIMIT);
    CHECK(count_at(db, NOW_US) == NOTICES_MAX);
    CHECK(insert(db, "in its place", 0, NOW_US + 1, &id) == OK);
    CHECK(count_at(db, NOW_US + 1) == NOTICES_MAX);
    CHECK(notices_delete(db, first) == ERR_NOT_FOUND);
    close_all(&place, &db);
}

/* A server takes what has a larger id than it has seen for new. */
static void test_ids_are_not_given_again(void **state)
{
    struct place place;
    int64_t first = 0;
    int64_t second = 0;
    (void)state;
    struct db *db = open_new(&place);
    CHECK(insert(db, "x", 0, NOW_US, &first) == OK);
    CHECK(notices_delete(db, first) == OK);
    CHECK(insert(db, "x", 0, NOW_US, &second) == OK);
    CHECK(second > first);
    close_all(&place, &db);
}

/* Whatever another program has stored, what is kept in memory is bounded. */
static void test_of_too_many_the_newest_are_listed(void **state)
{
    struct place place;
    struct arena arena = {0};
    struct notice_row rows[NOTICES_MAX];
    size_t count = 0;
    (void)state;
    struct db *db = open_new(&place);
    for (int i = 0; i < NOTICES_MAX + 2; i++)
        elsewhere(&place, "INSERT INTO confab_notice (code, message, created_at, ends_at)"
                          " VALUES ('x', 'y', '2026-01-01 00:00:00', '2099-01-01 00:00:00')");
    CHECK(notices_list(db, NOW_US, &arena, rows, &count) == OK);
    CHECK(count == NOTICES_MAX);
    CHECK(rows[0].id == 3 && rows[NOTICES_MAX - 1].id == NOTICES_MAX + 2);
    arena_free(&arena);
    close_all(&place, &db);
}

static void test_what_is_too_long_is_cut(void **state)
{
    struct place place;
    struct arena arena = {0};
    struct notice_row rows[NOTICES_MAX];
    size_t count = 0;
    (void)state;
    struct db *db = open_new(&place);
    elsewhere(&place,
              "INSERT INTO confab_notice (code, message, created_at, ends_at) VALUES"
              " (printf('%.33c', 'c'), replace(printf('%.500c', 'm'), 'm', '\u00e9') || 'm',"
              " '2026-01-01 00:00:00', '2099-01-01 00:00:00')");
    CHECK(notices_list(db, NOW_US, &arena, rows, &count) == OK);
    CHECK(count == 1 && rows[0].code.len == NOTICE_CODE_BYTES_MAX);
    CHECK(rows[0].message.len == (size_t)2 * NOTICE_MESSAGE_COUNT_MAX);
    arena_free(&arena);
    close_all(&place, &db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_notice_is_read_as_written),
        cmocka_unit_test(test_notice_holds_until_its_time),
        cmocka_unit_test(test_notice_without_a_time_holds_for_a_day),
        cmocka_unit_test(test_notices_have_a_limit_to_which_ended_ones_do_not_count),
        cmocka_unit_test(test_ids_are_not_given_again),
        cmocka_unit_test(test_of_too_many_the_newest_are_listed),
        cmocka_unit_test(test_what_is_too_long_is_cut),
    };
    return cmocka_run_group_tests_name("store/notices", tests, NULL, NULL);
}
