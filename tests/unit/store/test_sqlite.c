#include "fixture.h"

#include <limits.h>

/* Only the server's user may read what people write to each other; what lies beside the file
 * neither. */
static void test_writer_makes_a_private_wal_file(void **state)
{
    struct place place;
    struct stat file;
    char wal_path[128];
    (void)state;
    mode_t mask = umask(0);
    struct db *db = open_new(&place);
    (void)snprintf(wal_path, sizeof wal_path, "%s-wal", place.path);
    CHECK(stat(place.path, &file) == 0);
    CHECK((file.st_mode & 0777) == 0600);
    CHECK(stat(wal_path, &file) == 0);
    CHECK((file.st_mode & 0777) == 0600);
    check_asked(&place, "PRAGMA journal_mode", "wal");
    (void)umask(mask);
    close_all(&place, &db);
}

/* Given the wrong file, we are the ones who have to stop. */
static void test_what_is_no_database_stays_as_it_is(void **state)
{
    struct place place;
    struct db *db = NULL;
    char reason[256];
    (void)state;
    place_init(&place);
    char text[8192];
    memset(text, 'a', sizeof text);
    make_file(place.path, bytes_of(text, sizeof text));
    CHECK(db_open(place.path, DB_WRITER, &db, reason) == ERR_SYNTAX);
    CHECK(db == NULL);
    CHECK(strstr(reason, "not an SQLite database") != NULL);
    struct buf content = file_content(place.path);
    CHECK_BYTES(buf_bytes(&content), bytes_of(text, sizeof text));
    buf_free(&content);
    place_deinit(&place);
}

/* A damaged database is for a person with a backup to look at. */
static void test_damaged_database_stays_as_it_is(void **state)
{
    struct place place;
    char reason[256];
    (void)state;
    struct db *db = open_new(&place);
    db_close(&db);
    struct buf before = file_content(place.path);
    memset(before.data + 100, 0xff, 3000); /* the first page behind the header: the schema */
    make_file(place.path, buf_bytes(&before));

    CHECK(db_open(place.path, DB_WRITER, &db, reason) == ERR_IO);
    CHECK(strstr(reason, "damaged") != NULL);
    struct buf after = file_content(place.path);
    CHECK(bytes_equal(buf_bytes(&after), buf_bytes(&before)));
    buf_free(&before);
    buf_free(&after);
    place_deinit(&place);
}

/* A mistake in a reader's code must not write beside the writer. */
static void test_reader_cannot_write(void **state)
{
    struct place place;
    (void)state;
    struct db *writer = open_new(&place);
    struct db *reader = open_db(&place, DB_READER);
    CHECK(chats_rename(reader, 1, BYTES("x")) == ERR_IO);
    db_close(&reader);
    close_all(&place, &writer);
}

/* A wrong name in any statement shows here and not in front of a user. */
static void test_every_statement_fits_the_tables(void **state)
{
    struct place place;
    (void)state;
    struct db *db = open_new(&place);
    for (int id = 0; id < SQL_COUNT; id++) {
        CHECK(sql_statement((enum sql_id)id) != NULL);
        struct sql *sql = sql_take(db, (enum sql_id)id);
        if (sql_status(sql) != OK)
            print_error("%s\n", sql_statement((enum sql_id)id));
        CHECK(sql_status(sql) == OK);
        sql_done(sql);
    }
    close_all(&place, &db);
}

/* Reading a long history in pieces must not cost the whole history for each piece. */
static void test_history_is_read_along_the_index(void **state)
{
    static const enum sql_id ids[] = {SQL_MESSAGE_LIST, SQL_MESSAGE_LAST_ID_OF_CHAT};
    struct place place;
    (void)state;
    struct db *db = open_new(&place);
    sqlite3 *other = open_other(&place);
    for (size_t i = 0; i < COUNT_OF(ids); i++) {
        char text[1024];
        sqlite3_stmt *plan = NULL;
        (void)snprintf(text, sizeof text, "EXPLAIN QUERY PLAN %s", sql_statement(ids[i]));
        CHECK(sqlite3_prepare_v2(other, text, -1, &plan, NULL) == SQLITE_OK);
        while (sqlite3_step(plan) == SQLITE_ROW) {
            const char *detail = (const char *)sqlite3_column_text(plan, 3);
            CHECK(strstr(detail, "SCAN") == NULL);
            CHECK(strstr(detail, "TEMP B-TREE") == NULL);
        }
        CHECK(sqlite3_finalize(plan) == SQLITE_OK);
    }
    CHECK(sqlite3_close(other) == SQLITE_OK);
    close_all(&place, &db);
}

/* Another process holds the write lock: the caller hears it, and nothing is broken afterwards. */
static void test_locked_database_is_busy_until_it_is_free(void **state)
{
    struct place place;
    (void)state;
    struct db *db = open_new(&place);
    sqlite3 *other = open_other(&place);
    sql_set_busy_ms_max(db, 0);
    other_runs(other, "BEGIN IMMEDIATE");
    CHECK(db_begin(db) == ERR_BUSY);
    other_runs(other, "COMMIT");
    CHECK(db_begin(db) == OK);
    CHECK(db_commit(db) == OK);
    CHECK(sqlite3_close(other) == SQLITE_OK);
    close_all(&place, &db);
}

static void test_broken_reference_fails_the_commit(void **state)
{
    struct place place;
    (void)state;
    struct db *db = open_new(&place);
    CHECK(db_begin(db) == OK);
    int64_t user_id = add_user(db, "alice");
    CHECK(sql_check_references(db) == OK);
    CHECK(sql_run_text(db, "INSERT INTO chat_chat_participants (chat_id, user_id) VALUES (7, 1)") ==
          OK);
    CHECK(sql_check_references(db) == ERR_CONFLICT);
    CHECK(db_commit(db) == ERR_CONFLICT);

    /* Everything is gone, and the connection goes on. */
    struct arena arena = {0};
    struct user user;
    CHECK(users_find_id(db, user_id, &arena, &user) == ERR_NOT_FOUND);
    CHECK(db_begin(db) == OK);
    CHECK(db_commit(db) == OK);
    arena_free(&arena);
    close_all(&place, &db);
}

static void test_savepoint_undoes_its_step_alone(void **state)
{
    struct place place;
    struct arena arena = {0};
    struct user user;
    (void)state;
    struct db *db = open_new(&place);
    CHECK(db_begin(db) == OK);
    int64_t first = add_user(db, "first");
    CHECK(db_savepoint(db) == OK);
    int64_t second = add_user(db, "second");
    db_savepoint_rollback(db);
    CHECK(db_savepoint(db) == OK);
    int64_t third = add_user(db, "third");
    CHECK(db_savepoint_release(db) == OK);
    CHECK(db_commit(db) == OK);
    CHECK(users_find_id(db, first, &arena, &user) == OK);
    CHECK(users_find_name(db, BYTES("second"), &arena, &user) == ERR_NOT_FOUND);
    CHECK(users_find_name(db, BYTES("third"), &arena, &user) == OK);
    CHECK(user.id == third);
    (void)second;
    arena_free(&arena);
    close_all(&place, &db);
}

/* What Django inserts has to be found, and our own commits must not make us look for it. */
static void test_only_others_count_as_others(void **state)
{
    struct place place;
    bool others = false;
    (void)state;
    struct db *db = open_new(&place);
    CHECK(db_others_wrote(db, &others) == OK);
    CHECK(others); /* who asks first knows nothing yet */
    CHECK(db_others_wrote(db, &others) == OK);
    CHECK(!others);

    CHECK(db_begin(db) == OK);
    (void)add_user(db, "ours");
    CHECK(db_commit(db) == OK);
    CHECK(db_others_wrote(db, &others) == OK);
    CHECK(!others);

    elsewhere(&place,
              "INSERT INTO chat_chat (name, created_at) VALUES ('x', '2026-01-01 00:00:00')");
    CHECK(db_begin(db) == OK);
    CHECK(db_others_wrote(db, &others) == OK);
    CHECK(others);
    (void)add_user(db, "ours too");
    CHECK(db_commit(db) == OK);
    CHECK(db_others_wrote(db, &others) == OK);
    CHECK(!others);
    close_all(&place, &db);
}

/* The disk is full: nothing half-written stays, and when there is room again everything works. */
static void test_full_disk_is_said_and_passes(void **state)
{
    struct place place;
    struct arena arena = {0};
    static char content[64 * 1024];
    (void)state;
    memset(content, 'x', sizeof content);
    struct db *db = open_new(&place);
    CHECK(db_begin(db) == OK);
    int64_t user_id = add_user(db, "alice");
    int64_t chat_id = add_chat(db, &user_id, 1);
    CHECK(db_commit(db) == OK);

    sql_set_page_count_max(db, 1); /* SQLite takes the present size instead */
    int64_t id = 0;
    int64_t prev = 0;
    CHECK(db_begin(db) == OK);
    enum err err = messages_insert(db, chat_id, user_id, bytes_of(content, sizeof content), NOW_US,
                                   &id, &prev);
    CHECK(err == ERR_FULL);
    db_rollback(db);
    CHECK(messages_last_id(db, chat_id, &id) == OK);
    CHECK(id == 0);

    sql_set_page_count_max(db, UINT_MAX);
    CHECK(db_begin(db) == OK);
    CHECK(messages_insert(db, chat_id, user_id, bytes_of(content, sizeof content), NOW_US, &id,
                          &prev) == OK);
    CHECK(db_commit(db) == OK);
    arena_free(&arena);
    close_all(&place, &db);
}

/* Whatever another program stored, a text that leaves this folder is UTF-8: JSON and frames rely on
 * it. */
static void test_text_of_others_becomes_utf8(void **state)
{
    static const struct {
        const char *stored; /* hexadecimal */
        const char *read;
    } cases[] = {
        {"", ""},
        {"c3a9f09f9880", "\xc3\xa9\xf0\x9f\x98\x80"},
        {"61ff62", "a\xef\xbf\xbd"
                   "b"},
        {"61c3", "a\xef\xbf\xbd"},
        {"f09f98", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
        {"eda080", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"}, /* a surrogate */
        {"c3c3a9", "\xef\xbf\xbd\xc3\xa9"},
    };
    struct place place;
    struct arena arena = {0};
    (void)state;
    struct db *db = open_new(&place);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[200];
        struct chat chat;
        (void)snprintf(text, sizeof text,
                       "INSERT INTO chat_chat (id, name, created_at)"
                       " VALUES (%zu, CAST(x'%s' AS text), 'no date')",
                       i + 1, cases[i].stored);
        elsewhere(&place, text);
        CHECK(chats_find(db, (int64_t)i + 1, &arena, &chat) == OK);
        CHECK_BYTES(chat.name, bytes_from_text(cases[i].read));
        CHECK(chat.created_at_us == 0);
    }
    arena_free(&arena);
    close_all(&place, &db);
}

/* Nobody but us shortens the WAL: no commit stops to do it. */
static void test_wal_is_copied_when_asked(void **state)
{
    struct place place;
    (void)state;
    struct db *db = open_new(&place);
    CHECK(sql_wal_pages(db) > 0);
    CHECK(sql_checkpoint(db) == OK);
    CHECK(sql_wal_pages(db) == 0);
    (void)add_user(db, "alice");
    CHECK(sql_wal_pages(db) > 0);

    /* A reader in an old state holds the copying up, but not the caller. */
    sqlite3 *other = open_other(&place);
    other_runs(other, "BEGIN; SELECT count(*) FROM chat_user");
    (void)add_user(db, "bob");
    CHECK(sql_checkpoint(db) == OK);
    CHECK(sql_wal_pages(db) > 0);
    other_runs(other, "COMMIT");
    CHECK(sql_checkpoint(db) == OK);
    CHECK(sql_wal_pages(db) == 0);
    CHECK(sqlite3_close(other) == SQLITE_OK);
    close_all(&place, &db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_writer_makes_a_private_wal_file),
        cmocka_unit_test(test_what_is_no_database_stays_as_it_is),
        cmocka_unit_test(test_damaged_database_stays_as_it_is),
        cmocka_unit_test(test_reader_cannot_write),
        cmocka_unit_test(test_every_statement_fits_the_tables),
        cmocka_unit_test(test_history_is_read_along_the_index),
        cmocka_unit_test(test_locked_database_is_busy_until_it_is_free),
        cmocka_unit_test(test_broken_reference_fails_the_commit),
        cmocka_unit_test(test_savepoint_undoes_its_step_alone),
        cmocka_unit_test(test_only_others_count_as_others),
        cmocka_unit_test(test_full_disk_is_said_and_passes),
        cmocka_unit_test(test_text_of_others_becomes_utf8),
        cmocka_unit_test(test_wal_is_copied_when_asked),
    };
    return cmocka_run_group_tests_name("store/sqlite", tests, NULL, NULL);
}
