#include "store/schema.h"

#include "fixture.h"

/* Run a file of the vectors as another program; it ends with a NUL that file_content() reserved
 * room for. */
static void load(const struct place *place, const char *path)
{
    struct buf text = file_content(path);
    buf_append_byte(&text, 0);
    elsewhere(place, (const char *)text.data);
    buf_free(&text);
}

/* A database as the existing system leaves it, with some content. */
static void make_django(struct place *place)
{
    place_init(place);
    load(place, "tests/vectors/ddl/sqlite-django32.sql");
    load(place, "tests/vectors/ddl/adopt-rows.sql");
    elsewhere(place,
              "INSERT INTO chat_user VALUES (1, '!', NULL, 0, 'alice', '', '', 'a@example.com', 0,"
              " 1, '2025-10-14 08:00:00', 'student');"
              "INSERT INTO chat_chat VALUES (1, 'old chat', '2025-10-14 08:00:00.120000');"
              "INSERT INTO chat_chat_participants VALUES (1, 1, 1);"
              "INSERT INTO chat_message VALUES (1, 'old', '2025-10-14 08:00:01', 1, 1);");
}

static enum schema_state inspect(struct db *db, char reason[256])
{
    enum schema_state state = SCHEMA_FOREIGN;
    CHECK(schema_inspect(db, &state, reason) == OK);
    return state;
}

/* Every table, index and trigger but our own, and what Django has noted down, each as one text. */
#define ASK_SCHEMA                                                                                 \
    "SELECT group_concat(sql, char(10)) FROM (SELECT sql FROM sqlite_schema"                       \
    " WHERE tbl_name NOT LIKE 'confab\\_%' ESCAPE '\\' AND name NOT LIKE 'confab\\_%' ESCAPE '\\'" \
    " AND sql IS NOT NULL ORDER BY name)"
#define ASK_ROWS                                                                                   \
    "SELECT group_concat(app || '.' || name) FROM"                                                 \
    " (SELECT app, name FROM django_migrations ORDER BY id)"

/* Django must be able to take over a database that we made: the same tables, to the letter. */
static void test_new_database_is_what_django_makes(void **state)
{
    static const char *const questions[] = {ASK_SCHEMA, ASK_ROWS};
    struct place ours;
    struct place theirs;
    struct arena arena = {0};
    char reason[256];
    (void)state;
    struct db *db = open_new(&ours);
    CHECK(inspect(db, reason) == SCHEMA_CURRENT);
    make_django(&theirs);
    for (size_t i = 0; i < COUNT_OF(questions); i++) {
        struct bytes expected = other_asks(&theirs, questions[i], &arena);
        CHECK(expected.len > 100);
        CHECK_BYTES(other_asks(&ours, questions[i], &arena), expected);
    }
    check_asked(&ours, "SELECT max(applied) FROM django_migrations", "2026-11-22 18:33:35.571503");
    check_asked(&ours, "SELECT length(value) FROM confab_meta WHERE key = 'epoch'", "8");
    arena_free(&arena);
    place_deinit(&theirs);
    close_all(&ours, &db);
}

static void test_second_migration_finds_nothing_to_do(void **state)
{
    struct place place;
    unsigned steps = 9;
    char reason[256];
    (void)state;
    struct db *db = open_new(&place);
    CHECK(schema_migrate(db, NOW_US, &steps, reason) == OK);
    CHECK(steps == 0);
    db_close(&db);
    db = open_db(&place, DB_WRITER);
    CHECK(schema_migrate(db, NOW_US, &steps, reason) == OK);
    CHECK(steps == 0);
    close_all(&place, &db);
}

/* The tables of a running system are its own: adopting it adds to them and changes nothing. */
static void test_django_database_is_adopted_untouched(void **state)
{
    struct place place;
    struct arena arena = {0};
    struct chat chat;
    unsigned steps = 0;
    char reason[256];
    (void)state;
    make_django(&place);
    struct bytes schema_before = other_asks(&place, ASK_SCHEMA, &arena);
    struct buf before = file_content(place.path);

    struct db *db = open_db(&place, DB_WRITER);
    CHECK(inspect(db, reason) == SCHEMA_DJANGO);
    struct buf looked_at = file_content(place.path);
    CHECK(bytes_equal(buf_bytes(&looked_at), buf_bytes(&before))); /* not even its journal mode */

    CHECK(schema_migrate(db, NOW_US, &steps, reason) == OK);
    CHECK(steps == SCHEMA_MIGRATIONS_OF_OURS);
    CHECK(inspect(db, reason) == SCHEMA_CURRENT);
    CHECK_BYTES(other_asks(&place, ASK_SCHEMA, &arena), schema_before);
    check_asked(&place, "PRAGMA journal_mode", "wal");
    check_asked(&place, "SELECT DISTINCT applied FROM django_migrations", "2026-01-01 00:00:00");
    CHECK(chats_find(db, 1, &arena, &chat) == OK);
    CHECK_BYTES(chat.name, BYTES("old chat"));
    CHECK(chat.creator_id == 0);
    buf_free(&before);
    buf_free(&looked_at);
    arena_free(&arena);
    close_all(&place, &db);
}

/* A database of the existing system, changed in some way, and what becomes of it. */
static void test_changed_django_database_is_adopted_or_explained(void **state)
{
    static const struct {
        const char *change;
        enum schema_state expected;
        const char *reason;
    } cases[] = {
        {"ALTER TABLE chat_user ADD COLUMN school varchar(20) NULL", SCHEMA_DJANGO, ""},
        {"ALTER TABLE chat_user ADD COLUMN school varchar(20) NOT NULL DEFAULT ''", SCHEMA_DJANGO,
         ""},
        {"CREATE TABLE ai_chat_aichat (id integer PRIMARY KEY, related_chat_id bigint NOT NULL"
         " REFERENCES chat_chat (id) DEFERRABLE INITIALLY DEFERRED)",
         SCHEMA_DJANGO, ""},
        {"DROP TABLE django_admin_log", SCHEMA_DJANGO, ""},
        {"ALTER TABLE chat_message RENAME COLUMN content TO body", SCHEMA_FOREIGN,
         "column chat_message.body is not known"},
        {"ALTER TABLE chat_user DROP COLUMN user_type", SCHEMA_FOREIGN,
         "column chat_user.user_type is missing"},
        {"DROP TABLE django_session", SCHEMA_FOREIGN, "table django_session is missing"},
        {"DROP TABLE chat_message", SCHEMA_FOREIGN, "table chat_message is missing"},
        {"DROP TABLE chat_chat; CREATE TABLE chat_chat (id integer PRIMARY KEY, name text,"
         " created_at datetime, owner integer NOT NULL)",
         SCHEMA_FOREIGN, "column chat_chat.owner is not known"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct place place;
        char reason[256];
        unsigned steps = 0;
        make_django(&place);
        elsewhere(&place, cases[i].change);
        struct buf before = file_content(place.path);
        struct db *db = open_db(&place, DB_WRITER);
        enum schema_state found = inspect(db, reason);
        if (found != cases[i].expected || strstr(reason, cases[i].reason) == NULL)
            print_error("%s: state %d, %s\n", cases[i].change, (int)found, reason);
        CHECK(found == cases[i].expected);
        CHECK(strstr(reason, cases[i].reason) != NULL);
        enum err err = schema_migrate(db, NOW_US, &steps, reason);
        CHECK(err == (found == SCHEMA_DJANGO ? OK : ERR_DENIED));
        if (err != OK) {
            struct buf after = file_content(place.path);
            CHECK(strstr(reason, cases[i].reason) != NULL);
            CHECK(bytes_equal(buf_bytes(&after), buf_bytes(&before)));
            buf_free(&after);
        }
        buf_free(&before);
        close_all(&place, &db);
    }
}

/* Somebody names the wrong file: another program's data are not ours to add tables to. */
static void test_foreign_database_is_left_as_it_is(void **state)
{
    struct place place;
    char reason[256];
    unsigned steps = 7;
    (void)state;
    place_init(&place);
    elsewhere(&place,
              "CREATE TABLE recipes (id integer PRIMARY KEY); INSERT INTO recipes VALUES (1)");
    struct buf before = file_content(place.path);
    struct db *db = open_db(&place, DB_WRITER);
    CHECK(inspect(db, reason) == SCHEMA_FOREIGN);
    CHECK(strstr(reason, "recipes") != NULL);
    CHECK(schema_migrate(db, NOW_US, &steps, reason) == ERR_DENIED);
    CHECK(steps == 0);
    CHECK(strstr(reason, "recipes") != NULL);
    db_close(&db);
    struct buf after = file_content(place.path);
    CHECK(bytes_equal(buf_bytes(&after), buf_bytes(&before)));
    buf_free(&before);
    buf_free(&after);
    place_deinit(&place);
}

/* An older program must not write into what a newer one has made. */
static void test_newer_database_is_refused(void **state)
{
    static const struct {
        const char *version;
        enum schema_state expected;
        const char *reason;
    } cases[] = {
        {"'99'", SCHEMA_NEWER, "version 99"},
        {"'2'", SCHEMA_FOREIGN, "schema_version"},
        {"'x'", SCHEMA_FOREIGN, "schema_version"},
        {"''", SCHEMA_FOREIGN, "schema_version"},
        {"'99999999999999999999'", SCHEMA_FOREIGN, "schema_version"},
    };
    struct place place;
    char reason[256];
    (void)state;
    struct db *db = open_new(&place);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[128];
        unsigned steps = 0;
        (void)snprintf(text, sizeof text,
                       "UPDATE confab_meta SET value = %s WHERE key = 'schema_version'",
                       cases[i].version);
        elsewhere(&place, text);
        CHECK(inspect(db, reason) == cases[i].expected);
        CHECK(strstr(reason, cases[i].reason) != NULL);
        CHECK(schema_migrate(db, NOW_US, &steps, reason) == ERR_DENIED);
        CHECK(strstr(reason, cases[i].reason) != NULL);
    }
    elsewhere(&place, "DELETE FROM confab_meta");
    CHECK(inspect(db, reason) == SCHEMA_FOREIGN);
    close_all(&place, &db);
}

/* Somebody else holds the lock: said, and the database is as empty as before. */
static void test_migration_waits_for_the_lock_and_says_so(void **state)
{
    struct place place;
    char reason[256];
    unsigned steps = 7;
    (void)state;
    place_init(&place);
    struct db *db = open_db(&place, DB_WRITER);
    sqlite3 *other = open_other(&place);
    sql_set_busy_ms_max(db, 0);
    CHECK(inspect(db, reason) == SCHEMA_EMPTY);
    other_runs(other, "BEGIN IMMEDIATE");
    CHECK(schema_migrate(db, NOW_US, &steps, reason) == ERR_BUSY);
    CHECK(steps == 0);
    CHECK(strstr(reason, "busy") != NULL);
    other_runs(other, "COMMIT");
    CHECK(inspect(db, reason) == SCHEMA_EMPTY);
    CHECK(schema_migrate(db, NOW_US, &steps, reason) == OK);
    CHECK(steps == 2 + SCHEMA_MIGRATIONS_OF_OURS);
    CHECK(sqlite3_close(other) == SQLITE_OK);
    close_all(&place, &db);
}

/* Half the tables would be taken for a foreign database at the next start. */
static void test_migration_that_fails_leaves_nothing(void **state)
{
    struct place place;
    char reason[256];
    unsigned steps = 7;
    (void)state;
    place_init(&place);
    struct db *db = open_db(&place, DB_WRITER);
    sql_set_page_count_max(db, 20);
    CHECK(schema_migrate(db, NOW_US, &steps, reason) == ERR_FULL);
    CHECK(steps == 0);
    CHECK(strstr(reason, "full") != NULL);
    CHECK(inspect(db, reason) == SCHEMA_EMPTY);
    close_all(&place, &db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_new_database_is_what_django_makes),
        cmocka_unit_test(test_second_migration_finds_nothing_to_do),
        cmocka_unit_test(test_django_database_is_adopted_untouched),
        cmocka_unit_test(test_changed_django_database_is_adopted_or_explained),
        cmocka_unit_test(test_foreign_database_is_left_as_it_is),
        cmocka_unit_test(test_newer_database_is_refused),
        cmocka_unit_test(test_migration_waits_for_the_lock_and_says_so),
        cmocka_unit_test(test_migration_that_fails_leaves_nothing),
    };
    return cmocka_run_group_tests_name("store/schema", tests, NULL, NULL);
}
