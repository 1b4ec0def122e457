#include "store/location.h"

#include "fixture.h"

/* "nobody", for tests of permissions that are run by root. */
enum { NOBODY = 65534 };

/* Give up root's right to ignore permissions for a moment. */
static void be_nobody(bool on)
{
    if (getuid() == 0)
        CHECK(seteuid(on ? NOBODY : 0) == 0);
}

/* Open and be refused, with this word in the reason. */
static void check_refused(const char *location, enum db_role role, enum err expected,
                          const char *word)
{
    struct db *db = NULL;
    char reason[256] = "";
    enum err err = db_open(location, role, &db, reason);
    if (err != expected || strstr(reason, word) == NULL)
        print_error("\"%s\": error %s, reason \"%s\"\n", location, err_name(err), reason);
    CHECK(err == expected);
    CHECK(strstr(reason, word) != NULL);
    CHECK(strchr(reason, '\n') == NULL);
    CHECK(db == NULL);
}

/* Threads share a database by its file; these would silently be something else. */
static void test_what_is_no_path_is_refused(void **state)
{
    (void)state;
    check_refused("", DB_WRITER, ERR_SYNTAX, "path");
    check_refused(":memory:", DB_WRITER, ERR_SYNTAX, "path");
    check_refused("postgres://u@h/d", DB_WRITER, ERR_SYNTAX, "SQLite");
}

/* The person who starts the server reads one line and knows what to do. */
static void test_missing_directory_is_named(void **state)
{
    struct place place;
    (void)state;
    place_init(&place);
    char path[200];
    (void)snprintf(path, sizeof path, "%s/nowhere/confab.sqlite3", place.directory);
    check_refused(path, DB_WRITER, ERR_IO, "/nowhere: the directory does not exist");
    check_refused(place.directory, DB_WRITER, ERR_IO, "a directory, not a file");
    make_file(place.path, BYTES(""));
    (void)snprintf(path, sizeof path, "%s/confab.sqlite3", place.path);
    check_refused(path, DB_WRITER, ERR_IO, "not a directory");
    place_deinit(&place);
}

/* A long path is cut in the line, and the words stay. */
static void test_long_path_leaves_room_for_the_words(void **state)
{
    char path[600];
    (void)state;
    memset(path, 'x', sizeof path);
    path[0] = '/';
    path[sizeof path - 3] = '/';
    path[sizeof path - 1] = '\0';
    check_refused(path, DB_WRITER, ERR_IO, "the directory does not exist");
}

/* A reader must not leave an empty file where somebody mistyped a name. */
static void test_reader_makes_no_file(void **state)
{
    struct place place;
    (void)state;
    place_init(&place);
    check_refused(place.path, DB_READER, ERR_IO, "there is no such database");
    CHECK(access(place.path, F_OK) != 0);
    place_deinit(&place);
}

static void test_permissions_are_explained(void **state)
{
    struct place place;
    (void)state;
    struct db *db = open_new(&place);
    db_close(&db);

    CHECK(chmod(place.directory, 0755) == 0);
    CHECK(chmod(place.path, 0600) == 0);
    be_nobody(getuid() == 0);
    if (getuid() == 0) /* for anyone else it is the own file */
        check_refused(place.path, DB_WRITER, ERR_IO, "no permission to read the file");
    be_nobody(false);

    CHECK(chmod(place.path, 0444) == 0);
    be_nobody(true);
    check_refused(place.path, DB_WRITER, ERR_IO, "read-only");
    be_nobody(false);

    /* The file may be written, but nothing beside it. */
    CHECK(chmod(place.path, 0666) == 0);
    CHECK(chmod(place.directory, 0555) == 0);
    be_nobody(true);
    check_refused(place.path, DB_WRITER, ERR_IO, "directory must be writable");
    be_nobody(false);

    CHECK(chmod(place.directory, 0755) == 0);
    place_deinit(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_no_path_is_refused),
        cmocka_unit_test(test_missing_directory_is_named),
        cmocka_unit_test(test_long_path_leaves_room_for_the_words),
        cmocka_unit_test(test_reader_makes_no_file),
        cmocka_unit_test(test_permissions_are_explained),
    };
    return cmocka_run_group_tests_name("store/location", tests, NULL, NULL);
}
