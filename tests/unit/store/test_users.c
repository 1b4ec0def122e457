#include "store/users.h"

#include "fixture.h"

static void test_user_is_read_as_written(void **state)
{
    struct place place;
    struct arena arena = {0};
    struct user found;
    struct user user = {
        .username = BYTES("zo\xc3\xab"),
        .email = BYTES("zoe@example.com"),
        .user_type = BYTES("staff"),
        .first_name = BYTES("Zo\xc3\xab"),
        .last_name = NO_BYTES,
        .password = BYTES("argon2$..."),
        .is_active = true,
        .is_superuser = true,
    };
    int64_t id = 0;
    (void)state;
    struct db *db = open_new(&place);
    CHECK(users_insert(db, &user, NOW_US, &id) == OK);
    CHECK(id == 1);
    CHECK(users_find_id(db, id, &arena, &found) == OK);
    CHECK_BYTES(found.username, user.username);
    CHECK_BYTES(found.email, user.email);
    CHECK_BYTES(found.user_type, user.user_type);
    CHECK_BYTES(found.first_name, user.first_name);
    CHECK_BYTES(found.last_name, BYTES(""));
    CHECK_BYTES(found.password, user.password);
    CHECK(found.is_active);
    CHECK(!found.is_staff);
    CHECK(found.is_superuser);
    /* As Django reads it: the text's form decides how it sorts, and NULL is "never logged in". */
    check_asked(&place, "SELECT date_joined FROM chat_user", "2026-11-22 18:33:35.571503");
    check_asked(&place,
                "SELECT typeof(is_active) || is_active || is_staff || typeof(last_login)"
                " FROM chat_user",
                "integer10null");
    arena_free(&arena);
    close_all(&place, &db);
}

/* Two people who register the same name at once: one of them gets it. Case makes another name, as
 * in Django. */
static void test_name_is_taken_once_and_compared_exactly(void **state)
{
    struct place place;
    struct arena arena = {0};
    struct user user = {.username = BYTES("alice"), .is_active = true};
    struct user found;
    int64_t id = 0;
    (void)state;
    struct db *db = open_new(&place);
    CHECK(users_insert(db, &user, NOW_US, &id) == OK);
    CHECK(users_insert(db, &user, NOW_US, &id) == ERR_CONFLICT);
    CHECK(id == 1);
    CHECK(users_find_name(db, BYTES("Alice"), &arena, &found) == ERR_NOT_FOUND);
    CHECK(users_find_name(db, BYTES("alice "), &arena, &found) == ERR_NOT_FOUND);
    CHECK(users_find_name(db, BYTES(""), &arena, &found) == ERR_NOT_FOUND);
    CHECK(users_find_name(db, BYTES("alice"), &arena, &found) == OK);
    user.username = BYTES("Alice");
    CHECK(users_insert(db, &user, NOW_US, &id) == OK);
    CHECK(users_find_id(db, 99, &arena, &found) == ERR_NOT_FOUND);
    arena_free(&arena);
    close_all(&place, &db);
}

/* A list longer than a piece comes whole, each user once. */
static void test_list_comes_in_pieces(void **state)
{
    struct place place;
    struct arena arena = {0};
    struct user users[3];
    size_t count = 9;
    (void)state;
    struct db *db = open_new(&place);
    CHECK(users_list(db, 0, 3, &arena, users, &count) == OK);
    CHECK(count == 0);
    for (int i = 0; i < 4; i++) {
        char name[8];
        (void)snprintf(name, sizeof name, "u%d", i);
        (void)add_user(db, name);
    }
    CHECK(users_list(db, 0, 3, &arena, users, &count) == OK);
    CHECK(count == 3);
    CHECK_BYTES(users[0].username, BYTES("u0"));
    CHECK(users[0].password.data == NULL);
    CHECK(users_list(db, users[2].id, 3, &arena, users, &count) == OK);
    CHECK(count == 1);
    CHECK_BYTES(users[0].username, BYTES("u3"));
    CHECK(users_list(db, users[0].id, 3, &arena, users, &count) == OK);
    CHECK(count == 0);
    arena_free(&arena);
    close_all(&place, &db);
}

static void test_changes_reach_their_user_alone(void **state)
{
    struct place place;
    struct arena arena = {0};
    struct user found;
    (void)state;
    struct db *db = open_new(&place);
    int64_t alice = add_user(db, "alice");
    int64_t bob = add_user(db, "bob");
    CHECK(users_set_password(db, alice, BYTES("new")) == OK);
    CHECK(users_set_last_login(db, alice, NOW_US) == OK);
    CHECK(users_set_active(db, alice, false) == OK);
    CHECK(users_find_id(db, alice, &arena, &found) == OK);
    CHECK_BYTES(found.password, BYTES("new"));
    CHECK(!found.is_active);
    check_asked(&place, "SELECT last_login FROM chat_user WHERE id = 1",
                "2026-11-22 18:33:35.571503");
    CHECK(users_find_id(db, bob, &arena, &found) == OK);
    CHECK_BYTES(found.password, BYTES("!"));
    CHECK(found.is_active);
    check_asked(&place, "SELECT last_login FROM chat_user WHERE id = 2", "");

    CHECK(users_set_password(db, 99, BYTES("new")) == ERR_NOT_FOUND);
    CHECK(users_set_last_login(db, 99, NOW_US) == ERR_NOT_FOUND);
    CHECK(users_set_active(db, 99, true) == ERR_NOT_FOUND);
    arena_free(&arena);
    close_all(&place, &db);
}

/* Django's reading of a boolean: only the integer 1 is true. */
static void test_odd_booleans_are_false(void **state)
{
    static const struct {
        const char *stored;
        bool read;
    } cases[] = {{"1", true},    {"0", false},  {"2", false},
                 {"'t'", false}, {"-1", false}, {"0.5", false}};
    struct place place;
    struct arena arena = {0};
    (void)state;
    struct db *db = open_new(&place);
    (void)add_user(db, "alice");
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[100];
        struct user found;
        (void)snprintf(text, sizeof text, "UPDATE chat_user SET is_active = %s", cases[i].stored);
        elsewhere(&place, text);
        CHECK(users_find_id(db, 1, &arena, &found) == OK);
        CHECK(found.is_active == cases[i].read);
    }
    arena_free(&arena);
    close_all(&place, &db);
}

/* Whoever is renamed keeps what was theirs; two must never have one name. */
static void test_user_is_renamed_unless_the_name_is_taken(void **state)
{
    struct place place;
    (void)state;
    struct db *db = open_new(&place);
    int64_t alice = add_user(db, "alice");
    add_user(db, "bob");
    CHECK(users_rename(db, alice, BYTES("bob")) == ERR_CONFLICT);
    CHECK(users_rename(db, alice, BYTES("eve")) == OK);
    CHECK(users_rename(db, alice + 9, BYTES("x")) == ERR_NOT_FOUND);
    CHECK(users_set_power(db, alice, true, false) == OK);
    CHECK(users_set_power(db, alice + 9, true, true) == ERR_NOT_FOUND);
    check_asked(&place, "SELECT username || is_staff || is_superuser FROM chat_user WHERE id = 1",
                "eve10");
    close_all(&place, &db);
}

/* Nothing may point at a user who is gone, and nothing of anybody else may go. */
static void test_deleted_user_leaves_nothing_behind(void **state)
{
    struct place place;
    int64_t id = 0;
    int64_t prev = 0;
    int64_t count = 0;
    (void)state;
    struct db *db = open_new(&place);
    int64_t ids[] = {add_user(db, "alice"), add_user(db, "bob")};
    CHECK(chats_insert(db, BYTES("chat"), ids[0], ids, 2, NOW_US, &id) == OK);
    CHECK(db_begin(db) == OK);
    int64_t chat_id = id;
    for (size_t i = 0; i < 2; i++)
        CHECK(messages_insert(db, chat_id, ids[i], BYTES("x"), NOW_US, &id, &prev) == OK);
    CHECK(db_commit(db) == OK);
    CHECK(users_count_messages(db, ids[0], &count) == OK);
    CHECK(count == 1);
    CHECK(db_begin(db) == OK);
    CHECK(users_delete(db, ids[0]) == OK);
    CHECK(users_delete(db, ids[0]) == ERR_NOT_FOUND);
    /* The writer's memory of who may write must not outlive the user. */
    CHECK(messages_insert(db, chat_id, ids[0], BYTES("x"), NOW_US, &id, &prev) == ERR_DENIED);
    CHECK(db_commit(db) == OK);
    check_asked(&place, "SELECT group_concat(sender_id) FROM chat_message", "2");
    check_asked(&place, "SELECT group_concat(user_id) FROM chat_chat_participants", "2");
    check_asked(&place, "SELECT creator_id IS NULL FROM confab_chat", "1");
    close_all(&place, &db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_user_is_read_as_written),
        cmocka_unit_test(test_name_is_taken_once_and_compared_exactly),
        cmocka_unit_test(test_list_comes_in_pieces),
        cmocka_unit_test(test_changes_reach_their_user_alone),
        cmocka_unit_test(test_odd_booleans_are_false),
        cmocka_unit_test(test_user_is_renamed_unless_the_name_is_taken),
        cmocka_unit_test(test_deleted_user_leaves_nothing_behind),
    };
    return cmocka_run_group_tests_name("store/users", tests, NULL, NULL);
}
