#include "store/messages.h"

#include "base/time_text.h"
#include "fixture.h"

/* Two users and two chats: both users in the first, only bob in the second. */
struct scene {
    struct place place;
    struct db *db;
    int64_t alice;
    int64_t bob;
    int64_t shared;
    int64_t bobs;
    struct arena arena;
};

static void scene_init(struct scene *scene)
{
    *scene = (struct scene) {0};
    scene->db = open_new(&scene->place);
    scene->alice = add_user(scene->db, "alice");
    scene->bob = add_user(scene->db, "bob");
    int64_t both[] = {scene->alice, scene->bob};
    scene->shared = add_chat(scene->db, both, 2);
    scene->bobs = add_chat(scene->db, &scene->bob, 1);
}

static void scene_deinit(struct scene *scene)
{
    arena_free(&scene->arena);
    close_all(&scene->place, &scene->db);
}

/* Insert inside the transaction that is open; the result, with prev or -1. */
static enum err insert(struct scene *scene, int64_t chat_id, int64_t sender_id, int64_t *id,
                       int64_t *prev)
{
    *id = -1;
    *prev = -1;
    return messages_insert(scene->db, chat_id, sender_id, BYTES("hi"), NOW_US, id, prev);
}

/* Insert in a transaction of its own, and check the chain. */
static int64_t insert_after(struct scene *scene, int64_t chat_id, int64_t sender_id,
                            int64_t expected_prev)
{
    int64_t id;
    int64_t prev;
    bool others;
    CHECK(db_begin(scene->db) == OK);
    CHECK(db_others_wrote(scene->db, &others) == OK);
    CHECK(insert(scene, chat_id, sender_id, &id, &prev) == OK);
    CHECK(prev == expected_prev);
    CHECK(db_commit(scene->db) == OK);
    return id;
}

static enum err insert_alone(struct scene *scene, int64_t chat_id, int64_t sender_id)
{
    int64_t id;
    int64_t prev;
    bool others;
    CHECK(db_begin(scene->db) == OK);
    CHECK(db_others_wrote(scene->db, &others) == OK);
    enum err err = insert(scene, chat_id, sender_id, &id, &prev);
    db_rollback(scene->db);
    return err;
}

/* One message as the user may see it; its texts are kept in the scene's arena. */
static enum err find_of_user(struct scene *scene, int64_t user_id, int64_t id,
                             struct message_row *row)
{
    struct messages_walk walk;
    struct walked_message message;
    messages_walk_one(scene->db, user_id, id, &walk);
    enum err err = messages_walk_next(&walk, &message);
    if (err == OK) {
        struct user *sender = &row->sender;
        row->id = message.id;
        row->chat_id = message.chat_id;
        CHECK(time_read_sql(message.timestamp, &row->timestamp_us) == OK);
        CHECK(arena_copy(&scene->arena, message.content, &row->content) == OK);
        CHECK(messages_walk_sender(&walk, message.sender_id, sender) == OK);
        CHECK(arena_copy(&scene->arena, sender->username, &sender->username) == OK);
        CHECK(arena_copy(&scene->arena, sender->email, &sender->email) == OK);
        CHECK(arena_copy(&scene->arena, sender->user_type, &sender->user_type) == OK);
        CHECK(messages_walk_next(&walk, &message) == ERR_NOT_FOUND);
    }
    messages_walk_end(&walk);
    return err;
}

static void test_message_is_read_as_written(void **state)
{
    struct scene scene;
    struct message_row row;
    int64_t id = 0;
    int64_t prev = 9;
    (void)state;
    scene_init(&scene);
    CHECK(db_begin(scene.db) == OK);
    CHECK(messages_insert(scene.db, scene.shared, scene.alice, BYTES("h\xc3\xa9\0llo"), NOW_US, &id,
                          &prev) == OK);
    CHECK(db_commit(scene.db) == OK);
    CHECK(prev == 0);
    CHECK(find_of_user(&scene, scene.bob, id, &row) == OK);
    CHECK(row.id == id);
    CHECK(row.chat_id == scene.shared);
    CHECK(row.sender.id == scene.alice);
    CHECK_BYTES(row.sender.username, BYTES("alice"));
    CHECK_BYTES(row.sender.email, BYTES("someone@example.com"));
    CHECK_BYTES(row.sender.user_type, BYTES("student"));
    CHECK_BYTES(row.content, BYTES("h\xc3\xa9\0llo"));
    CHECK(row.timestamp_us == NOW_US);
    check_asked(&scene.place, "SELECT timestamp FROM chat_message", "2026-11-22 18:33:35.571503");
    scene_deinit(&scene);
}

/* The chain of prev is how a client knows that it has missed nothing. */
static void test_each_chat_has_its_own_chain(void **state)
{
    struct scene scene;
    (void)state;
    scene_init(&scene);
    int64_t a1 = insert_after(&scene, scene.shared, scene.alice, 0);
    int64_t b1 = insert_after(&scene, scene.bobs, scene.bob, 0);
    int64_t a2 = insert_after(&scene, scene.shared, scene.bob, a1);
    int64_t a3 = insert_after(&scene, scene.shared, scene.alice, a2);
    int64_t b2 = insert_after(&scene, scene.bobs, scene.bob, b1);
    CHECK(a1 < b1 && b1 < a2 && a2 < a3 && a3 < b2);
    int64_t last = 0;
    CHECK(messages_last_id(scene.db, scene.shared, &last) == OK);
    CHECK(last == a3);
    CHECK(messages_last_id(scene.db, 0, &last) == OK);
    CHECK(last == b2);
    CHECK(messages_last_id(scene.db, 99, &last) == OK);
    CHECK(last == 0);
    scene_deinit(&scene);
}

/* An id that a rolled-back message had is given again: the chain must not name it in between. */
static void test_chain_survives_rollbacks(void **state)
{
    struct scene scene;
    int64_t id;
    int64_t prev;
    (void)state;
    scene_init(&scene);
    int64_t first = insert_after(&scene, scene.shared, scene.alice, 0);
    CHECK(insert_alone(&scene, scene.shared, scene.alice) == OK); /* rolls back */
    int64_t second = insert_after(&scene, scene.shared, scene.alice, first);

    CHECK(db_begin(scene.db) == OK);
    CHECK(db_savepoint(scene.db) == OK);
    CHECK(insert(&scene, scene.shared, scene.alice, &id, &prev) == OK);
    db_savepoint_rollback(scene.db);
    CHECK(insert(&scene, scene.shared, scene.alice, &id, &prev) == OK);
    CHECK(prev == second);
    CHECK(db_commit(scene.db) == OK);
    (void)insert_after(&scene, scene.shared, scene.alice, id);
    scene_deinit(&scene);
}

/* Django writes into the same chat: its message is a link of the chain. */
static void test_chain_includes_what_others_insert(void **state)
{
    struct scene scene;
    (void)state;
    scene_init(&scene);
    (void)insert_after(&scene, scene.shared, scene.alice, 0);
    elsewhere(&scene.place, "INSERT INTO chat_message (id, content, timestamp, chat_id, sender_id)"
                            " VALUES (50, 'django', '2026-01-01 00:00:00', 1, 1)");
    int64_t id = insert_after(&scene, scene.shared, scene.alice, 50);
    CHECK(id == 51);
    scene_deinit(&scene);
}

/* Asked before and after the writer has learnt who may write: the cache must never allow more than
 * the database. */
static void test_only_active_participants_write(void **state)
{
    struct scene scene;
    (void)state;
    scene_init(&scene);
    CHECK(insert_alone(&scene, scene.bobs, scene.alice) == ERR_DENIED);
    CHECK(insert_alone(&scene, 99, scene.alice) == ERR_NOT_FOUND);
    CHECK(insert_alone(&scene, scene.shared, 99) == ERR_DENIED);
    (void)insert_after(&scene, scene.bobs, scene.bob,
                       0); /* the chat is known now, alice still not */
    CHECK(insert_alone(&scene, scene.bobs, scene.alice) == ERR_DENIED);
    scene_deinit(&scene);
}

static void test_rights_end_at_once(void **state)
{
    struct scene scene;
    (void)state;
    scene_init(&scene);
    int64_t id = insert_after(&scene, scene.shared, scene.alice, 0);
    CHECK(chats_remove_participant(scene.db, scene.shared, scene.alice) == OK);
    CHECK(insert_alone(&scene, scene.shared, scene.alice) == ERR_DENIED);
    CHECK(chats_add_participant(scene.db, scene.shared, scene.alice) == OK);
    id = insert_after(&scene, scene.shared, scene.alice, id);

    CHECK(users_set_active(scene.db, scene.alice, false) == OK);
    CHECK(insert_alone(&scene, scene.shared, scene.alice) == ERR_DENIED);
    CHECK(users_set_active(scene.db, scene.alice, true) == OK);
    id = insert_after(&scene, scene.shared, scene.alice, id);

    elsewhere(&scene.place, "DELETE FROM chat_chat_participants WHERE user_id = 1");
    CHECK(insert_alone(&scene, scene.shared, scene.alice) == ERR_DENIED);
    id = insert_after(&scene, scene.shared, scene.bob, id);

    CHECK(db_begin(scene.db) == OK);
    CHECK(chats_delete(scene.db, scene.shared) == OK);
    CHECK(db_commit(scene.db) == OK);
    CHECK(insert_alone(&scene, scene.shared, scene.bob) == ERR_NOT_FOUND);
    scene_deinit(&scene);
}

static void test_history_comes_in_pieces_between_two_ids(void **state)
{
    struct scene scene;
    struct message_row rows[3];
    int64_t ids[5];
    size_t count = 9;
    (void)state;
    scene_init(&scene);
    int64_t prev = 0;
    for (size_t i = 0; i < COUNT_OF(ids); i++) {
        prev = ids[i] = insert_after(&scene, scene.shared, scene.alice, prev);
        (void)insert_alone(&scene, scene.bobs, scene.bob);
    }
    CHECK(messages_list(scene.db, scene.shared, 0, INT64_MAX, 3, &scene.arena, rows, &count) == OK);
    CHECK(count == 3);
    CHECK(rows[0].id == ids[0] && rows[2].id == ids[2]);
    CHECK_BYTES(rows[0].sender.username, BYTES("alice"));
    CHECK(messages_list(scene.db, scene.shared, ids[2], INT64_MAX, 3, &scene.arena, rows, &count) ==
          OK);
    CHECK(count == 2);
    CHECK(rows[1].id == ids[4]);
    CHECK(messages_list(scene.db, scene.shared, ids[1], ids[3], 3, &scene.arena, rows, &count) ==
          OK);
    CHECK(count == 2);
    CHECK(rows[0].id == ids[2] && rows[1].id == ids[3]);
    CHECK(messages_list(scene.db, scene.shared, ids[4], INT64_MAX, 3, &scene.arena, rows, &count) ==
          OK);
    CHECK(count == 0);
    scene_deinit(&scene);
}

/* A piece is bounded by bytes too, or a few readers of long messages would fill the memory. */
static void test_piece_ends_when_its_bytes_are_enough(void **state)
{
    static char content[MESSAGES_PIECE_BYTES];
    struct scene scene;
    struct message_row rows[8];
    size_t count = 0;
    int64_t id;
    int64_t prev;
    static const struct {
        size_t bytes[3]; /* of three messages */
        size_t count;    /* in the first piece */
    } cases[] = {
        {{MESSAGES_PIECE_BYTES, 1, 1}, 1},
        {{MESSAGES_PIECE_BYTES - 1, 1, 1}, 2},
        {{MESSAGES_PIECE_BYTES - 2, 1, 1}, 3},
        {{MESSAGES_PIECE_BYTES - 1, MESSAGES_PIECE_BYTES, 1}, 2},
    };
    (void)state;
    memset(content, 'x', sizeof content);
    scene_init(&scene);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t after_id = 0;
        CHECK(messages_last_id(scene.db, scene.shared, &after_id) == OK);
        CHECK(db_begin(scene.db) == OK);
        for (size_t j = 0; j < 3; j++)
            CHECK(messages_insert(scene.db, scene.shared, scene.alice,
                                  bytes_of(content, cases[i].bytes[j]), NOW_US, &id, &prev) == OK);
        CHECK(db_commit(scene.db) == OK);
        CHECK(messages_list(scene.db, scene.shared, after_id, INT64_MAX, 8, &scene.arena, rows,
                            &count) == OK);
        CHECK(count == cases[i].count);
        CHECK(rows[0].content.len == cases[i].bytes[0]);
    }
    scene_deinit(&scene);
}

enum { MANY = 16 + 4 + 3 }; /* each of the statements is used */

/* Messages of two senders in two chats, in turns of three. */
static void make_many(const struct scene *scene, struct message_new messages[MANY])
{
    static const char text[] = "abcdefghijklmnopqrstuvwxyz";
    for (size_t i = 0; i < MANY; i++)
        messages[i] = (struct message_new) {
            .chat_id = i % 3 == 0 ? scene->bobs : scene->shared,
            .sender_id = i % 3 == 1 ? scene->alice : scene->bob,
            .content = bytes_of(text, i),
            .timestamp_us = NOW_US + (int64_t)i,
        };
}

static void check_senders(struct db *db, const struct message_new messages[MANY])
{
    for (size_t i = 0; i < MANY; i++)
        CHECK(messages_check_sender(db, messages[i].chat_id, messages[i].sender_id, NOW_US) == OK);
}

/* Numbers without a gap, in order, and each chat's chain goes on from what it had. */
static void check_chains(const struct scene *scene, const struct message_new messages[MANY],
                         int64_t before_shared, int64_t before_bobs)
{
    for (size_t i = 0; i < MANY; i++) {
        int64_t *prev = messages[i].chat_id == scene->shared ? &before_shared : &before_bobs;
        CHECK(i == 0 || messages[i].id == messages[i - 1].id + 1);
        CHECK(messages[i].prev == *prev);
        *prev = messages[i].id;
    }
}

static void test_messages_stored_together_are_chained_as_those_stored_alone(void **state)
{
    struct scene scene;
    struct message_new messages[MANY];
    struct message_row row;
    (void)state;
    scene_init(&scene);
    int64_t shared = insert_after(&scene, scene.shared, scene.alice, 0);
    int64_t bobs = insert_after(&scene, scene.bobs, scene.bob, 0);
    make_many(&scene, messages);
    CHECK(db_begin(scene.db) == OK);
    check_senders(scene.db, messages);
    CHECK(messages_insert_many(scene.db, messages, MANY) == OK);
    CHECK(db_commit(scene.db) == OK);
    check_chains(&scene, messages, shared, bobs);
    for (size_t i = 0; i < MANY; i++) {
        CHECK(find_of_user(&scene, scene.bob, messages[i].id, &row) == OK);
        CHECK(row.chat_id == messages[i].chat_id && row.sender.id == messages[i].sender_id);
        CHECK(row.timestamp_us == messages[i].timestamp_us);
        CHECK_BYTES(row.content, messages[i].content);
    }
    insert_after(&scene, scene.shared, scene.alice, messages[MANY - 1].id);
    scene_deinit(&scene);
}

/* Looking for one sender may have made the cache forget the others. */
static void test_messages_of_forgotten_senders_are_stored_too(void **state)
{
    struct scene scene;
    struct message_new messages[MANY];
    (void)state;
    scene_init(&scene);
    make_many(&scene, messages);
    CHECK(db_begin(scene.db) == OK);
    check_senders(scene.db, messages);
    heads_clear(sql_heads(scene.db));
    CHECK(messages_insert_many(scene.db, messages, MANY) == OK);
    CHECK(db_commit(scene.db) == OK);
    check_chains(&scene, messages, 0, 0);
    scene_deinit(&scene);
}

/* A statement that fails in the middle leaves the rows before: they must never be committed. */
static void test_refused_row_loses_the_transaction(void **state)
{
    struct scene scene;
    struct message_new messages[MANY];
    (void)state;
    scene_init(&scene);
    int64_t before = insert_after(&scene, scene.shared, scene.alice, 0);
    make_many(&scene, messages);
    messages[9].content = BYTES("refused");
    elsewhere(&scene.place,
              "CREATE TRIGGER refuse BEFORE INSERT ON chat_message WHEN new.content = 'refused'"
              " BEGIN SELECT raise(ABORT, 'refused'); END");
    CHECK(db_begin(scene.db) == OK);
    check_senders(scene.db, messages);
    CHECK(messages_insert_many(scene.db, messages, MANY) == ERR_CONFLICT);
    CHECK(sql_transaction_is_lost(scene.db));
    CHECK(messages_insert_many(scene.db, messages, MANY) != OK);
    db_rollback(scene.db);
    check_asked(&scene.place, "SELECT count(*) FROM chat_message", "1");
    insert_after(&scene, scene.shared, scene.alice, before);
    scene_deinit(&scene);
}

/* Walk to the end: the ids, and the number of them. */
static size_t walk_ids(struct messages_walk *walk, int64_t ids[8])
{
    struct walked_message message;
    size_t count = 0;
    enum err err;
    while ((err = messages_walk_next(walk, &message)) == OK)
        ids[count++] = message.id;
    CHECK(err == ERR_NOT_FOUND);
    messages_walk_end(walk);
    return count;
}

static size_t walk_user(struct scene *scene, int64_t user_id, int64_t after_id, int64_t until_id,
                        int64_t ids[8])
{
    struct messages_walk walk;
    messages_walk_user(scene->db, user_id, after_id, until_id, 2, &walk);
    return walk_ids(&walk, ids);
}

/* The walk shows what the list does, sender and all, and can be left in the middle. */
static void test_a_walk_shows_what_is_there(void **state)
{
    struct scene scene;
    struct messages_walk walk;
    struct walked_message message;
    struct user sender;
    int64_t ids[8];
    (void)state;
    scene_init(&scene);
    int64_t a = insert_after(&scene, scene.shared, scene.alice, 0);
    (void)insert_after(&scene, scene.bobs, scene.bob, 0);
    int64_t c = insert_after(&scene, scene.shared, scene.bob, a);
    int64_t d = insert_after(&scene, scene.shared, scene.alice, c);
    messages_walk_chat(scene.db, scene.shared, 0, c, &walk);
    CHECK(walk_ids(&walk, ids) == 2);
    CHECK(ids[0] == a && ids[1] == c);
    messages_walk_chat(scene.db, scene.shared, a, INT64_MAX, &walk);
    CHECK(messages_walk_next(&walk, &message) == OK);
    CHECK(message.id == c && message.chat_id == scene.shared && message.sender_id == scene.bob);
    CHECK_BYTES(message.content, BYTES("hi"));
    CHECK_BYTES(message.timestamp, BYTES("2026-11-22 18:33:35.571503"));
    CHECK(messages_walk_sender(&walk, message.sender_id, &sender) == OK);
    CHECK(sender.id == scene.bob);
    CHECK_BYTES(sender.username, BYTES("bob"));
    CHECK(messages_walk_sender(&walk, 99, &sender) == ERR_NOT_FOUND);
    messages_walk_end(&walk);
    messages_walk_chat(scene.db, scene.shared, c, INT64_MAX, &walk);
    CHECK(walk_ids(&walk, ids) == 1);
    CHECK(ids[0] == d);
    scene_deinit(&scene);
}

/* Whatever another program stored, what is shown is UTF-8, the sender's name too. */
static void test_a_walk_repairs_what_is_not_utf8(void **state)
{
    struct scene scene;
    struct messages_walk walk;
    struct walked_message message;
    struct user sender;
    (void)state;
    scene_init(&scene);
    (void)insert_after(&scene, scene.shared, scene.alice, 0);
    CHECK(sql_run_text(scene.db, "UPDATE chat_message SET content = CAST(x'61ff62' AS text)") ==
          OK);
    CHECK(sql_run_text(scene.db, "UPDATE chat_user SET email = CAST(x'c3' AS text)") == OK);
    messages_walk_chat(scene.db, scene.shared, 0, INT64_MAX, &walk);
    CHECK(messages_walk_next(&walk, &message) == OK);
    CHECK(messages_walk_sender(&walk, message.sender_id, &sender) == OK);
    CHECK_BYTES(message.content, BYTES("a\xef\xbf\xbd"
                                       "b"));
    CHECK_BYTES(sender.username, BYTES("alice"));
    CHECK_BYTES(sender.email, BYTES("\xef\xbf\xbd"));
    CHECK(messages_walk_next(&walk, &message) == ERR_NOT_FOUND);
    messages_walk_end(&walk);
    scene_deinit(&scene);
}

/* Nobody sees a message of a chat that they are not in. */
static void test_user_sees_messages_of_own_chats_alone(void **state)
{
    struct scene scene;
    struct message_row row;
    int64_t ids[8];
    (void)state;
    scene_init(&scene);
    int64_t a = insert_after(&scene, scene.shared, scene.alice, 0);
    int64_t b = insert_after(&scene, scene.bobs, scene.bob, 0);
    int64_t c = insert_after(&scene, scene.shared, scene.bob, a);
    CHECK(walk_user(&scene, scene.alice, 0, INT64_MAX, ids) == 2);
    CHECK(ids[0] == a && ids[1] == c);
    CHECK(walk_user(&scene, scene.bob, 0, INT64_MAX, ids) == 2); /* of three */
    CHECK(ids[0] == a && ids[1] == b);
    CHECK(walk_user(&scene, scene.bob, b, INT64_MAX, ids) == 1);
    CHECK(ids[0] == c);
    CHECK(walk_user(&scene, scene.bob, 0, b, ids) == 2);
    CHECK(walk_user(&scene, 99, 0, INT64_MAX, ids) == 0);

    CHECK(find_of_user(&scene, scene.alice, b, &row) == ERR_NOT_FOUND);
    CHECK(find_of_user(&scene, scene.alice, c, &row) == OK);
    CHECK(find_of_user(&scene, scene.alice, 99, &row) == ERR_NOT_FOUND);
    scene_deinit(&scene);
}

/* "The last two" are those behind the one that has two behind it. */
static void test_message_is_found_from_the_end(void **state)
{
    struct place place;
    int64_t ids[3];
    int64_t prev = 0;
    int64_t found = -1;
    (void)state;
    struct db *db = open_new(&place);
    int64_t alice = add_user(db, "alice");
    int64_t chat_id = add_chat(db, &alice, 1);
    CHECK(messages_id_from_end(db, chat_id, 0, &found) == OK);
    CHECK(found == 0);
    CHECK(db_begin(db) == OK);
    for (size_t i = 0; i < 3; i++)
        CHECK(messages_insert(db, chat_id, alice, BYTES("x"), NOW_US, &ids[i], &prev) == OK);
    CHECK(db_commit(db) == OK);
    CHECK(messages_id_from_end(db, chat_id, 2, &found) == OK);
    CHECK(found == ids[0]);
    CHECK(messages_id_from_end(db, chat_id, 3, &found) == OK);
    CHECK(found == 0);
    close_all(&place, &db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_message_is_read_as_written),
        cmocka_unit_test(test_each_chat_has_its_own_chain),
        cmocka_unit_test(test_chain_survives_rollbacks),
        cmocka_unit_test(test_chain_includes_what_others_insert),
        cmocka_unit_test(test_only_active_participants_write),
        cmocka_unit_test(test_rights_end_at_once),
        cmocka_unit_test(test_history_comes_in_pieces_between_two_ids),
        cmocka_unit_test(test_piece_ends_when_its_bytes_are_enough),
        cmocka_unit_test(test_a_walk_shows_what_is_there),
        cmocka_unit_test(test_a_walk_repairs_what_is_not_utf8),
        cmocka_unit_test(test_user_sees_messages_of_own_chats_alone),
        cmocka_unit_test(test_message_is_found_from_the_end),
        cmocka_unit_test(test_messages_stored_together_are_chained_as_those_stored_alone),
        cmocka_unit_test(test_messages_of_forgotten_senders_are_stored_too),
        cmocka_unit_test(test_refused_row_loses_the_transaction),
    };
    return cmocka_run_group_tests_name("store/messages", tests, NULL, NULL);
}
