#include "store/chats.h"

#include "fixture.h"

static void test_chat_is_read_as_written(void **state)
{
    struct place place;
    struct arena arena = {0};
    struct chat chat;
    struct user users[3];
    size_t count = 0;
    int64_t id = 0;
    (void)state;
    struct db *db = open_new(&place);
    int64_t ids[] = {add_user(db, "alice"), add_user(db, "bob")};
    CHECK(chats_insert(db, BYTES("M\xc3\xa4hen"), ids[0], ids, 2, NOW_US, &id) == OK);
    CHECK(chats_find(db, id, &arena, &chat) == OK);
    CHECK(chat.id == id);
    CHECK_BYTES(chat.name, BYTES("M\xc3\xa4hen"));
    CHECK(chat.created_at_us == NOW_US);
    CHECK(chat.creator_id == ids[0]);
    CHECK(chats_participants(db, id, 0, 3, &arena, users, &count) == OK);
    CHECK(count == 2);
    CHECK_BYTES(users[0].username, BYTES("alice"));
    CHECK_BYTES(users[1].username, BYTES("bob"));
    CHECK(users[1].password.data == NULL);
    check_asked(&place, "SELECT kind || settings FROM confab_chat", "group{}");
    CHECK(chats_find(db, id + 1, &arena, &chat) == ERR_NOT_FOUND);
    arena_free(&arena);
    close_all(&place, &db);
}

static bool shows_receipts(struct db *db, int64_t chat)
{
    bool shown = false;
    CHECK(chats_shows_receipts(db, chat, &shown) == OK);
    return shown;
}

static void test_receipts_are_for_few(void **state)
{
    struct place place;
    struct arena arena = {0};
    struct chat chat;
    (void)state;
    struct db *db = open_new(&place);
    int64_t id = add_chat(db, NULL, 0);
    CHECK(!shows_receipts(db, id) && !shows_receipts(db, id + 1));
    CHECK(chats_set_receipts(db, id + 1, true) == ERR_NOT_FOUND);
    CHECK(chats_set_receipts(db, id, true) == OK);
    CHECK(chats_find(db, id, &arena, &chat) == OK && chat.has_receipts);
    for (int i = 0; i < CHAT_RECEIPTS_MEMBERS_MAX; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "user%d", i);
        CHECK(chats_add_participant(db, id, add_user(db, name)) == OK);
    }
    CHECK(shows_receipts(db, id));
    CHECK(chats_add_participant(db, id, add_user(db, "one more")) == OK);
    CHECK(!shows_receipts(db, id));
    arena_free(&arena);
    close_all(&place, &db);
}

/* Other settings stay; what is no JSON is none. */
static void test_receipts_are_one_of_the_settings(void **state)
{
    struct place place;
    (void)state;
    struct db *db = open_new(&place);
    int64_t id = add_chat(db, NULL, 0);
    elsewhere(&place, "INSERT INTO confab_chat (chat_id, settings) VALUES (1, '{\"a\":1}')");
    CHECK(!shows_receipts(db, id));
    CHECK(chats_set_receipts(db, id, true) == OK);
    check_asked(&place, "SELECT settings FROM confab_chat", "{\"a\":1,\"receipts\":true}");
    CHECK(shows_receipts(db, id));
    CHECK(chats_set_receipts(db, id, false) == OK);
    check_asked(&place, "SELECT settings FROM confab_chat", "{\"a\":1,\"receipts\":false}");
    CHECK(!shows_receipts(db, id));
    elsewhere(&place, "UPDATE confab_chat SET settings = '{'");
    CHECK(!shows_receipts(db, id));
    CHECK(chats_set_receipts(db, id, true) == OK);
    CHECK(shows_receipts(db, id));
    close_all(&place, &db);
}

/* A chat whose creator is not known has no row of ours, as one that Django made. */
static void test_chat_without_creator_has_none(void **state)
{
    struct place place;
    struct arena arena = {0};
    struct chat chat;
    (void)state;
    struct db *db = open_new(&place);
    int64_t id = add_chat(db, NULL, 0);
    CHECK(chats_find(db, id, &arena, &chat) == OK);
    CHECK(chat.creator_id == 0);
    check_asked(&place, "SELECT count(*) FROM confab_chat", "0");
    arena_free(&arena);
    close_all(&place, &db);
}

/* Django deleted a chat and numbers were begun anew: the new chat must not inherit the old one's
 * creator. */
static void test_left_over_row_of_ours_is_replaced(void **state)
{
    struct place place;
    struct arena arena = {0};
    struct chat chat;
    int64_t id = 0;
    (void)state;
    struct db *db = open_new(&place);
    elsewhere(&place, "INSERT INTO confab_chat VALUES (1, 99, 'odd', '{\"a\":1}')");
    CHECK(chats_insert(db, BYTES("new"), 5, NULL, 0, NOW_US, &id) == OK);
    CHECK(chats_find(db, id, &arena, &chat) == OK);
    CHECK(chat.creator_id == 5);
    check_asked(&place, "SELECT kind || settings FROM confab_chat", "group{}");
    arena_free(&arena);
    close_all(&place, &db);
}

static void test_unknown_participant_makes_no_chat(void **state)
{
    struct place place;
    int64_t id = 77;
    (void)state;
    struct db *db = open_new(&place);
    int64_t ids[] = {add_user(db, "alice"), 99};
    CHECK(db_begin(db) == OK);
    CHECK(db_savepoint(db) == OK);
    CHECK(chats_insert(db, BYTES("c"), ids[0], ids, 2, NOW_US, &id) == ERR_NOT_FOUND);
    db_savepoint_rollback(db);
    CHECK(db_commit(db) == OK);
    CHECK(id == 77);
    check_asked(&place, "SELECT count(*) FROM chat_chat", "0");
    close_all(&place, &db);
}

/* Whose chats they are decides who sees them. */
static void test_list_holds_own_chats_in_pieces(void **state)
{
    struct place place;
    struct arena arena = {0};
    struct chat chats[2];
    size_t count = 9;
    (void)state;
    struct db *db = open_new(&place);
    int64_t alice = add_user(db, "alice");
    int64_t bob = add_user(db, "bob");
    int64_t ids[4];
    for (size_t i = 0; i < 4; i++)
        ids[i] = add_chat(db, i == 1 ? &bob : &alice, 1);

    CHECK(chats_list(db, alice, 0, 2, &arena, chats, &count) == OK);
    CHECK(count == 2);
    CHECK(chats[0].id == ids[0]);
    CHECK(chats[1].id == ids[2]);
    CHECK(chats_list(db, alice, chats[1].id, 2, &arena, chats, &count) == OK);
    CHECK(count == 1);
    CHECK(chats[0].id == ids[3]);
    CHECK(chats_list(db, alice, ids[3], 2, &arena, chats, &count) == OK);
    CHECK(count == 0);

    CHECK(chats_list(db, 0, ids[0], 2, &arena, chats, &count) == OK); /* everybody's */
    CHECK(count == 2);
    CHECK(chats[0].id == ids[1]);
    arena_free(&arena);
    close_all(&place, &db);
}

/* In the order of joining the second user would come first: pages need the order of ids. */
static void test_participants_come_in_pieces_by_id(void **state)
{
    struct place place;
    struct arena arena = {0};
    struct user users[2];
    size_t count = 9;
    (void)state;
    struct db *db = open_new(&place);
    int64_t a = add_user(db, "a");
    int64_t b = add_user(db, "b");
    int64_t c = add_user(db, "c");
    int64_t ids[] = {b, c, a};
    int64_t chat_id = add_chat(db, ids, 3);
    CHECK(chats_participants(db, chat_id, 0, 2, &arena, users, &count) == OK);
    CHECK(count == 2);
    CHECK(users[0].id == a);
    CHECK(users[1].id == b);
    CHECK(chats_participants(db, chat_id, b, 2, &arena, users, &count) == OK);
    CHECK(count == 1);
    CHECK(users[0].id == c);
    CHECK(chats_participants(db, 99, 0, 2, &arena, users, &count) == OK);
    CHECK(count == 0);
    arena_free(&arena);
    close_all(&place, &db);
}

static void test_participants_join_and_leave(void **state)
{
    struct place place;
    bool is_in = false;
    (void)state;
    struct db *db = open_new(&place);
    int64_t alice = add_user(db, "alice");
    int64_t chat_id = add_chat(db, NULL, 0);
    CHECK(chats_has_participant(db, chat_id, alice, &is_in) == OK);
    CHECK(!is_in);
    CHECK(chats_add_participant(db, chat_id, alice) == OK);
    CHECK(chats_add_participant(db, chat_id, alice) == OK);
    check_asked(&place, "SELECT count(*) FROM chat_chat_participants", "1");
    CHECK(chats_has_participant(db, chat_id, alice, &is_in) == OK);
    CHECK(is_in);
    CHECK(chats_add_participant(db, chat_id, 99) == ERR_NOT_FOUND);
    CHECK(chats_add_participant(db, 99, alice) == ERR_NOT_FOUND);
    CHECK(chats_remove_participant(db, chat_id, alice) == OK);
    CHECK(chats_remove_participant(db, chat_id, alice) == ERR_NOT_FOUND);
    CHECK(chats_has_participant(db, chat_id, alice, &is_in) == OK);
    CHECK(!is_in);
    close_all(&place, &db);
}

static void test_rename_changes_one_chat(void **state)
{
    struct place place;
    (void)state;
    struct db *db = open_new(&place);
    int64_t id = add_chat(db, NULL, 0);
    (void)add_chat(db, NULL, 0);
    CHECK(chats_rename(db, id, BYTES("new")) == OK);
    CHECK(chats_rename(db, 99, BYTES("new")) == ERR_NOT_FOUND);
    check_asked(&place, "SELECT group_concat(name) FROM chat_chat", "new,chat");
    close_all(&place, &db);
}

static void test_deleted_chat_takes_its_rows_along(void **state)
{
    struct place place;
    (void)state;
    struct db *db = open_new(&place);
    int64_t alice = add_user(db, "alice");
    int64_t id = 0;
    int64_t seq = 0;
    int64_t prev = 0;
    CHECK(chats_insert(db, BYTES("gone"), alice, &alice, 1, NOW_US, &id) == OK);
    int64_t other = add_chat(db, &alice, 1);
    CHECK(db_begin(db) == OK);
    CHECK(messages_insert(db, id, alice, BYTES("a"), NOW_US, &seq, &prev) == OK);
    CHECK(messages_insert(db, other, alice, BYTES("b"), NOW_US, &seq, &prev) == OK);
    CHECK(db_commit(db) == OK);

    CHECK(db_begin(db) == OK);
    CHECK(chats_delete(db, id) == OK);
    CHECK(db_commit(db) == OK);
    check_asked(&place,
                "SELECT (SELECT count(*) FROM chat_chat) || (SELECT count(*) FROM chat_message)"
                " || (SELECT count(*) FROM chat_chat_participants)"
                " || (SELECT count(*) FROM confab_chat)",
                "1110");
    CHECK(db_begin(db) == OK);
    CHECK(chats_delete(db, id) == ERR_NOT_FOUND);
    db_rollback(db);
    close_all(&place, &db);
}

/* The project beside us has tables that point at chats: the chat stays, and it is said before the
 * commit. */
static void test_chat_that_others_point_at_stays(void **state)
{
    static const char *const tables[] = {
        "CREATE TABLE ai_chat (related_chat_id bigint NOT NULL"
        " REFERENCES chat_chat (id) DEFERRABLE INITIALLY DEFERRED)",
        "CREATE TABLE ai_chat (related_chat_id bigint NOT NULL REFERENCES chat_chat (id))",
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(tables); i++) {
        struct place place;
        struct db *db = open_new(&place);
        int64_t alice = add_user(db, "alice");
        int64_t id = add_chat(db, &alice, 1);
        elsewhere(&place, tables[i]);
        elsewhere(&place, "INSERT INTO ai_chat VALUES (1)");
        CHECK(db_begin(db) == OK);
        CHECK(db_savepoint(db) == OK);
        CHECK(chats_delete(db, id) == ERR_CONFLICT);
        db_savepoint_rollback(db);
        CHECK(sql_check_references(db) == OK);
        CHECK(chats_rename(db, id, BYTES("still here")) == OK);
        CHECK(db_commit(db) == OK);
        check_asked(&place, "SELECT name FROM chat_chat", "still here");
        check_asked(&place, "SELECT count(*) FROM chat_chat_participants", "1");
        close_all(&place, &db);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chat_is_read_as_written),
        cmocka_unit_test(test_receipts_are_for_few),
        cmocka_unit_test(test_receipts_are_one_of_the_settings),
        cmocka_unit_test(test_chat_without_creator_has_none),
        cmocka_unit_test(test_left_over_row_of_ours_is_replaced),
        cmocka_unit_test(test_unknown_participant_makes_no_chat),
        cmocka_unit_test(test_list_holds_own_chats_in_pieces),
        cmocka_unit_test(test_participants_come_in_pieces_by_id),
        cmocka_unit_test(test_participants_join_and_leave),
        cmocka_unit_test(test_rename_changes_one_chat),
        cmocka_unit_test(test_deleted_chat_takes_its_rows_along),
        cmocka_unit_test(test_chat_that_others_point_at_stays),
    };
    return cmocka_run_group_tests_name("store/chats", tests, NULL, NULL);
}
