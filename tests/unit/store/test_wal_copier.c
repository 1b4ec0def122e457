#include "store/wal_copier.h"

#include <stdatomic.h>
#include "fixture.h"

static void on_copied(void *context)
{
    atomic_fetch_add((atomic_int *)context, 1);
}

static off_t size_of(const char *path)
{
    struct stat file;
    CHECK(stat(path, &file) == 0);
    return file.st_size;
}

/* A transaction of a megabyte. */
static void write_megabyte(struct db *db)
{
    CHECK(db_begin(db) == OK);
    CHECK(sql_run_text(db, "INSERT INTO django_session (session_key, session_data, expire_date)"
                           " VALUES (hex(randomblob(16)), zeroblob(1048576), '')") == OK);
    CHECK(db_commit(db) == OK);
}

/* A second connection copies what the first has committed, and leaves it nothing to do. */
static void test_what_was_committed_is_copied(void **state)
{
    struct place place;
    struct wal_copier *copier = NULL;
    atomic_int copied = 0;
    (void)state;
    struct db *db = open_new(&place);
    CHECK(wal_copier_new(place.path, on_copied, &copied, &copier) == OK);
    for (int round = 1; round <= 3; round++) {
        write_megabyte(db);
        CHECK(size_of(place.path) < (off_t)round * 1024 * 1024);
        wal_copier_start(copier);
        wal_copier_wait(copier);
        CHECK(!wal_copier_is_busy(copier));
        CHECK(size_of(place.path) > (off_t)round * 1024 * 1024);
        CHECK(sql_checkpoint(db) == OK && sql_wal_pages(db) == 0);
    }
    wal_copier_free(&copier);
    CHECK(copier == NULL && atomic_load(&copied) == 3);
    close_all(&place, &db);
}

/* Commits need not wait for it, nor it for them. */
static void test_commits_go_on_while_it_copies(void **state)
{
    struct place place;
    struct wal_copier *copier = NULL;
    atomic_int copied = 0;
    (void)state;
    struct db *db = open_new(&place);
    CHECK(wal_copier_new(place.path, on_copied, &copied, &copier) == OK);
    write_megabyte(db);
    CHECK(db_begin(db) == OK);
    CHECK(sql_run_text(db, "UPDATE django_session SET expire_date = 'x'") == OK);
    wal_copier_start(copier);
    wal_copier_wait(copier); /* the transaction is open */
    CHECK(size_of(place.path) > 1024 * 1024);
    wal_copier_start(copier);
    CHECK(db_commit(db) == OK);
    wal_copier_free(&copier); /* ends what was begun */
    CHECK(atomic_load(&copied) == 2);
    close_all(&place, &db);
}

static void test_without_a_database_it_does_not_begin(void **state)
{
    struct wal_copier *copier = NULL;
    atomic_int copied = 0;
    (void)state;
    CHECK(wal_copier_new("/nowhere/confab.sqlite3", on_copied, &copied, &copier) != OK);
    CHECK(copier == NULL && atomic_load(&copied) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_committed_is_copied),
        cmocka_unit_test(test_commits_go_on_while_it_copies),
        cmocka_unit_test(test_without_a_database_it_does_not_begin),
    };
    return cmocka_run_group_tests_name("store/wal_copier", tests, NULL, NULL);
}
