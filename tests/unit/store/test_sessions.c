#include "store/sessions.h"

#include "fixture.h"

static struct session_row row_of(const char *key, int64_t expire_us)
{
    return (struct session_row) {bytes_from_text(key), BYTES("signed:data"), expire_us};
}

static void test_session_is_read_as_written(void **state)
{
    struct place place;
    struct arena arena = {0};
    struct session_row found;
    struct session_row row = row_of("k1", NOW_US);
    (void)state;
    struct db *db = open_new(&place);
    CHECK(sessions_find(db, row.key, &arena, &found) == ERR_NOT_FOUND);
    CHECK(sessions_insert(db, &row) == OK);
    CHECK(sessions_find(db, row.key, &arena, &found) == OK);
    CHECK_BYTES(found.key, row.key);
    CHECK_BYTES(found.data, row.data);
    CHECK(found.expire_us == NOW_US);
    CHECK(sessions_find(db, BYTES("K1"), &arena, &found) == ERR_NOT_FOUND);
    arena_free(&arena);
    close_all(&place, &db);
}

/* A key that exists is somebody's login: it must never be overwritten. */
static void test_taken_key_is_a_conflict(void **state)
{
    struct place place;
    struct session_row row = row_of("k1", NOW_US);
    (void)state;
    struct db *db = open_new(&place);
    CHECK(sessions_insert(db, &row) == OK);
    row.data = BYTES("other");
    CHECK(sessions_insert(db, &row) == ERR_CONFLICT);
    check_asked(&place, "SELECT session_data FROM django_session", "signed:data");
    close_all(&place, &db);
}

static void test_deleted_session_is_gone(void **state)
{
    struct place place;
    struct session_row first = row_of("k1", NOW_US);
    struct session_row second = row_of("k2", NOW_US);
    (void)state;
    struct db *db = open_new(&place);
    CHECK(sessions_insert(db, &first) == OK);
    CHECK(sessions_insert(db, &second) == OK);
    CHECK(sessions_delete(db, first.key) == OK);
    CHECK(sessions_delete(db, first.key) == OK);
    check_asked(&place, "SELECT group_concat(session_key) FROM django_session", "k2");
    close_all(&place, &db);
}

/* The comparison is one of texts: a whole second has no fraction and must still sort before the
 * next microsecond. */
static void test_only_expired_sessions_are_deleted(void **state)
{
    enum { SECOND_US = 1000000 };
    int64_t whole_us = NOW_US - NOW_US % SECOND_US;
    struct place place;
    struct session_row before = row_of("before", whole_us - 1);
    struct session_row at = row_of("at", whole_us);
    struct session_row after = row_of("after", whole_us + 1);
    (void)state;
    struct db *db = open_new(&place);
    CHECK(sessions_insert(db, &before) == OK);
    CHECK(sessions_insert(db, &at) == OK);
    CHECK(sessions_insert(db, &after) == OK);
    CHECK(sessions_delete_expired(db, whole_us) == OK);
    check_asked(&place,
                "SELECT count(*) || min(session_key) || max(session_key) FROM django_session",
                "2afterat");
    CHECK(sessions_delete_expired(db, whole_us + 1) == OK);
    check_asked(&place, "SELECT group_concat(session_key) FROM django_session", "after");
    close_all(&place, &db);
}

/* Nobody may stay logged in because of a date that cannot be read. */
static void test_unreadable_expiry_is_zero(void **state)
{
    struct place place;
    struct arena arena = {0};
    struct session_row found;
    (void)state;
    struct db *db = open_new(&place);
    elsewhere(&place, "INSERT INTO django_session VALUES ('k1', 'x', 'soon')");
    CHECK(sessions_find(db, BYTES("k1"), &arena, &found) == OK);
    CHECK(found.expire_us == 0);
    arena_free(&arena);
    close_all(&place, &db);
}

static void test_sessions_are_listed_in_pages_by_key(void **state)
{
    struct place place;
    struct arena arena = {0};
    struct session_row found[2];
    size_t count = 0;
    (void)state;
    struct db *db = open_new(&place);
    CHECK(sessions_list(db, BYTES(""), 2, &arena, found, &count) == OK && count == 0);
    elsewhere(&place, "INSERT INTO django_session VALUES ('k3', 'c', 'soon'), ('k1', 'a', 'soon'),"
                      " ('k2', 'b', 'soon')");
    CHECK(sessions_list(db, BYTES(""), 2, &arena, found, &count) == OK && count == 2);
    CHECK_BYTES(found[0].key, BYTES("k1"));
    CHECK_BYTES(found[1].data, BYTES("b"));
    CHECK(sessions_list(db, found[1].key, 2, &arena, found, &count) == OK && count == 1);
    CHECK_BYTES(found[0].key, BYTES("k3"));
    arena_free(&arena);
    close_all(&place, &db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_session_is_read_as_written),
        cmocka_unit_test(test_taken_key_is_a_conflict),
        cmocka_unit_test(test_deleted_session_is_gone),
        cmocka_unit_test(test_only_expired_sessions_are_deleted),
        cmocka_unit_test(test_unreadable_expiry_is_zero),
        cmocka_unit_test(test_sessions_are_listed_in_pages_by_key),
    };
    return cmocka_run_group_tests_name("store/sessions", tests, NULL, NULL);
}
