#include "store/check.h"

#include "fixture.h"

/* What a check said. */
struct findings {
    struct buf lines;
    size_t count;
};

static void take(void *context, struct bytes finding)
{
    struct findings *findings = context;
    buf_append(&findings->lines, finding);
    buf_append_byte(&findings->lines, '\n');
    findings->count++;
}

static void check_found(struct db *db, const char *expected)
{
    struct findings findings = {0};
    struct check_sink sink = {take, &findings};
    bool is_damaged = true;
    CHECK(check_rows(db, &sink, &is_damaged) == OK);
    CHECK(!is_damaged);
    CHECK_BYTES(buf_bytes(&findings.lines), bytes_from_text(expected));
    buf_free(&findings.lines);
}

static int64_t repair(struct db *db)
{
    int64_t changes = 0;
    CHECK(db_begin(db) == OK);
    CHECK(check_repair(db, &changes) == OK);
    CHECK(db_commit(db) == OK);
    return changes;
}

static void test_sound_rows_are_no_finding(void **state)
{
    struct place place;
    (void)state;
    struct db *db = open_new(&place);
    int64_t alice = add_user(db, "alice");
    check_found(db, "");
    add_chat(db, &alice, 1);
    check_found(db, "");
    CHECK(repair(db) == 0);
    close_all(&place, &db);
}

/* A participant without a chat is shown nothing and can be deleted; a message without a sender may
 * be somebody's words, and stays. */
static void test_orphaned_participants_are_mended_and_messages_are_not(void **state)
{
    static const char message[] = "chat_message row 1: points at a row of chat_user that is not "
                                  "there; delete one or restore the other\n";
    struct place place;
    struct buf both = {0};
    (void)state;
    struct db *db = open_new(&place);
    int64_t alice = add_user(db, "alice");
    add_chat(db, &alice, 1);
    elsewhere(&place, "INSERT INTO chat_chat_participants (chat_id, user_id) VALUES (7, 1);"
                      "INSERT INTO chat_message (content, timestamp, chat_id, sender_id)"
                      " VALUES ('x', '2026-01-01 00:00:00', 1, 7)");
    buf_append_text(&both, message);
    buf_append_text(&both, "chat_chat_participants row 2: points at a row of chat_chat that is "
                           "not there; --repair deletes it\n");
    struct findings findings = {0};
    struct check_sink sink = {take, &findings};
    bool is_damaged;
    CHECK(check_rows(db, &sink, &is_damaged) == OK);
    CHECK(findings.count == 2); /* in which order, SQLite decides */
    CHECK(findings.lines.len == both.len);
    CHECK(repair(db) == 1);
    check_found(db, message);
    buf_free(&both);
    buf_free(&findings.lines);
    close_all(&place, &db);
}

/* Ids that were given once must never be given again: a message's id is its number in the log. */
static void test_counter_below_the_largest_id_is_raised(void **state)
{
    struct place place;
    (void)state;
    struct db *db = open_new(&place);
    add_user(db, "alice");
    add_user(db, "bob");
    elsewhere(&place, "UPDATE sqlite_sequence SET seq = 1 WHERE name = 'chat_user'");
    check_found(db,
                "sqlite_sequence row chat_user: is 1, below the largest id 2, so that ids could "
                "be given again; --repair sets it\n");
    CHECK(repair(db) == 1);
    check_asked(&place, "SELECT seq FROM sqlite_sequence WHERE name = 'chat_user'", "2");
    elsewhere(&place, "DELETE FROM sqlite_sequence WHERE name = 'chat_user'");
    CHECK(repair(db) == 1);
    check_asked(&place, "SELECT seq FROM sqlite_sequence WHERE name = 'chat_user'", "2");
    check_found(db, "");
    close_all(&place, &db);
}

static size_t count_notes(struct db *db)
{
    struct findings findings = {0};
    struct check_sink sink = {take, &findings};
    bool is_damaged;
    CHECK(check_rows(db, &sink, &is_damaged) == OK);
    buf_free(&findings.lines);
    return findings.count;
}

/* A million findings help nobody: at the limit each is told, past it the rest is counted. */
static void test_findings_of_a_kind_are_bounded(void **state)
{
    struct place place;
    (void)state;
    struct db *db = open_new(&place);
    elsewhere(&place, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
                      " WHERE i < 100) INSERT INTO confab_chat (chat_id) SELECT i FROM n");
    CHECK(count_notes(db) == CHECK_FINDINGS_MAX);
    elsewhere(&place, "INSERT INTO confab_chat (chat_id) VALUES (101), (102)");
    CHECK(count_notes(db) == CHECK_FINDINGS_MAX + 1);
    CHECK(repair(db) == 102);
    check_found(db, "");
    close_all(&place, &db);
}

/* Whoever may not delete a row wants to know whose rows stand in the way. */
static void test_table_that_points_is_named(void **state)
{
    struct place place;
    struct arena arena = {0};
    struct bytes table = NO_BYTES;
    (void)state;
    struct db *db = open_new(&place);
    int64_t alice = add_user(db, "alice");
    elsewhere(&place, "CREATE TABLE plugin (user_id integer REFERENCES chat_user (id)"
                      " DEFERRABLE INITIALLY DEFERRED); INSERT INTO plugin VALUES (1)");
    CHECK(check_pointing_table(db, &arena, &table) == ERR_NOT_FOUND);
    CHECK(db_begin(db) == OK);
    CHECK(users_delete(db, alice) == ERR_CONFLICT);
    CHECK(check_pointing_table(db, &arena, &table) == OK);
    CHECK_BYTES(table, BYTES("plugin"));
    db_rollback(db);
    check_asked(&place, "SELECT count(*) FROM chat_user", "1");
    arena_free(&arena);
    close_all(&place, &db);
}

/* Django deletes a message, a user or a chat without knowing of our tables. */
static void test_what_is_about_nothing_is_mended(void **state)
{
    struct place place;
    (void)state;
    struct db *db = open_new(&place);
    int64_t alice = add_user(db, "alice");
    add_chat(db, &alice, 1);
    elsewhere(&place, "INSERT INTO chat_message VALUES (1, 'x', '2026-01-01 00:00:00', 1, 1);"
                      "INSERT INTO confab_member (chat_id, user_id) VALUES (1, 1), (9, 1);"
                      "INSERT INTO confab_message (message_id) VALUES (1), (8);"
                      "INSERT INTO confab_reaction VALUES (1, 'a', 1, 't'), (8, 'a', 1, 't');"
                      "INSERT INTO confab_revision VALUES (1, 1, 'x', 1, 't'), (8, 1, 'x', 1, 't');"
                      "INSERT INTO confab_mention VALUES (0, 1, 1), (1, 1, 8);"
                      "INSERT INTO confab_event VALUES (0, 1, 'k', NULL, '{}', 't'),"
                      " (-1, 9, 'k', NULL, '{}', 't')");
    check_found(db, "confab_member row 9, 1: its chat or user is gone; --repair deletes it\n"
                    "confab_message row 8: its message is gone; --repair deletes it\n"
                    "confab_reaction row 8, 1: its message is gone; --repair deletes it\n"
                    "confab_revision row 8, 1: its message is gone; --repair deletes it\n"
                    "confab_mention row 1, 8: its message is gone; --repair deletes it\n"
                    "confab_event row -1: its chat is gone; --repair deletes it\n");
    CHECK(repair(db) == 6);
    check_found(db, "");
    elsewhere(&place, "INSERT INTO confab_member (chat_id, user_id) VALUES (1, 9)");
    check_found(db, "confab_member row 1, 9: its chat or user is gone; --repair deletes it\n");
    CHECK(repair(db) == 1);
    check_asked(&place, "SELECT count(*) FROM confab_member", "1");
    check_asked(&place, "SELECT count(*) FROM confab_mention", "1");
    close_all(&place, &db);
}

/* A message must not get the number that an event has. */
static void test_counter_of_messages_counts_events(void **state)
{
    struct place place;
    (void)state;
    struct db *db = open_new(&place);
    int64_t alice = add_user(db, "alice");
    add_chat(db, &alice, 1);
    elsewhere(&place, "INSERT INTO chat_message VALUES (1, 'x', '2026-01-01 00:00:00', 1, 1);"
                      "INSERT INTO confab_event VALUES (5, 1, 'k', NULL, '{}', 't')");
    check_found(db, "sqlite_sequence row chat_message: is 1, below the largest id 5, so that ids "
                    "could be given again; --repair sets it\n");
    CHECK(repair(db) == 1);
    check_asked(&place, "SELECT seq FROM sqlite_sequence WHERE name = 'chat_message'", "5");
    close_all(&place, &db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sound_rows_are_no_finding),
        cmocka_unit_test(test_orphaned_participants_are_mended_and_messages_are_not),
        cmocka_unit_test(test_counter_below_the_largest_id_is_raised),
        cmocka_unit_test(test_findings_of_a_kind_are_bounded),
        cmocka_unit_test(test_table_that_points_is_named),
        cmocka_unit_test(test_what_is_about_nothing_is_mended),
        cmocka_unit_test(test_counter_of_messages_counts_events),
    };
    return cmocka_run_group_tests_name("store/check", tests, NULL, NULL);
}
