#include "store/backup.h"

#include "fixture.h"
#include <sys/wait.h>
#include "store/file_swap.h"

struct paths {
    struct place place;
    char backup[128];
};

static struct db *open_both(struct paths *paths)
{
    struct db *db = open_new(&paths->place);
    (void)snprintf(paths->backup, sizeof paths->backup, "%s/backup", paths->place.directory);
    return db;
}

static void close_both(struct paths *paths, struct db **db, const char *kept)
{
    CHECK(unlink(paths->backup) == 0);
    if (kept[0] != '\0')
        CHECK(unlink(kept) == 0);
    close_all(&paths->place, db); /* which fails if anything else is left in the directory */
}

static enum err back_up(struct paths *paths)
{
    char reason[BACKUP_REASON_BYTES] = "";
    int64_t bytes = 0;
    struct db *reader = open_db(&paths->place, DB_READER);
    enum err err = backup_make(reader, paths->backup, &bytes, reason);
    db_close(&reader);
    CHECK((err == OK) == (bytes > 0));
    CHECK((err == OK) == (reason[0] == '\0'));
    return err;
}

/* The source's snapshot must hold whatever is committed meanwhile, and leave nothing locked. */
static void test_backup_of_a_database_with_an_open_writer_is_whole(void **state)
{
    struct paths paths;
    struct stat file;
    (void)state;
    struct db *db = open_both(&paths);
    add_user(db, "alice");
    CHECK(db_begin(db) == OK);
    add_user(db, "bob"); /* not committed: not in the backup */
    CHECK(back_up(&paths) == OK);
    CHECK(db_commit(db) == OK);
    CHECK(stat(paths.backup, &file) == 0);
    CHECK((file.st_mode & 07777) == 0600);
    struct place backup = paths.place;
    (void)snprintf(backup.path, sizeof backup.path, "%s/backup", backup.directory);
    check_asked(&backup, "SELECT group_concat(username) FROM chat_user", "alice");
    check_asked(&backup, "PRAGMA journal_mode", "delete");
    close_both(&paths, &db, "");
}

static void test_file_that_is_there_is_not_overwritten(void **state)
{
    struct paths paths;
    (void)state;
    struct db *db = open_both(&paths);
    make_file(paths.backup, BYTES("precious"));
    CHECK(back_up(&paths) == ERR_CONFLICT);
    struct buf content = file_content(paths.backup);
    CHECK_BYTES(buf_bytes(&content), BYTES("precious"));
    buf_free(&content);
    close_both(&paths, &db, "");
}

/* Who holds the database open would go on with the file that was put aside. */
static void test_restore_waits_for_nobody_and_refuses_who_is_inside(void **state)
{
    struct paths paths;
    char kept[BACKUP_PATH_BYTES_MAX];
    char reason[BACKUP_REASON_BYTES] = "";
    int lock = -1;
    (void)state;
    struct db *db = open_both(&paths);
    add_user(db, "alice");
    CHECK(back_up(&paths) == OK);
    add_user(db, "bob");
    db_close(&db);

    /* Locks of this process do not keep itself out: a child holds the database. */
    int ready[2];
    int done[2];
    CHECK(pipe(ready) == 0 && pipe(done) == 0);
    pid_t child = fork();
    if (child == 0) {
        char byte = 'x';
        bool is_locked = file_lock_database(paths.place.path, &lock) == OK;
        (void)!write(ready[1], &byte, 1);
        (void)!read(done[0], &byte, 1);
        _exit(is_locked ? 0 : 1);
    }
    char byte;
    int status = 1;
    CHECK(read(ready[0], &byte, 1) == 1);
    CHECK(backup_restore(paths.backup, paths.place.path, NOW_US, kept, reason) == ERR_BUSY);
    CHECK(strstr(reason, "stop it first") != NULL);
    CHECK(write(done[1], "x", 1) == 1);
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    check_asked(&paths.place, "SELECT count(*) FROM chat_user", "2");

    struct arena arena = {0};
    static const char epoch[] = "SELECT value FROM confab_meta WHERE key = 'epoch'";
    struct bytes epoch_before = other_asks(&paths.place, epoch, &arena);
    CHECK(backup_restore(paths.backup, paths.place.path, NOW_US, kept, reason) == OK);
    check_asked(&paths.place, "SELECT count(*) FROM chat_user", "1");
    /* Numbers will be given again: who has seen them must not take the new ones for the old. */
    struct bytes epoch_after = other_asks(&paths.place, epoch, &arena);
    CHECK(epoch_after.len == epoch_before.len && !bytes_equal(epoch_after, epoch_before));
    arena_free(&arena);
    CHECK(strstr(kept, ".replaced-2026-11-22T18:33:35Z") != NULL);
    for (size_t i = 0; i < 2; i++)
        CHECK(close(ready[i]) == 0 && close(done[i]) == 0);
    close_both(&paths, &db, kept);
}

/* A name that is at the limit with what is put behind it, and one past it. */
static void test_names_are_bounded(void **state)
{
    char out[8];
    (void)state;
    CHECK(file_name("abc", "-wal", out, sizeof out) == OK);
    CHECK(strcmp(out, "abc-wal") == 0);
    CHECK(file_name("abcd", "-wal", out, sizeof out) == ERR_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_backup_of_a_database_with_an_open_writer_is_whole),
        cmocka_unit_test(test_file_that_is_there_is_not_overwritten),
        cmocka_unit_test(test_restore_waits_for_nobody_and_refuses_who_is_inside),
        cmocka_unit_test(test_names_are_bounded),
    };
    return cmocka_run_group_tests_name("store/backup", tests, NULL, NULL);
}
