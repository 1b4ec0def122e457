#include "chat/commit.h"

#include "scene.h"

#include "store/history.h"
#include "store/uploads.h"

static struct event *message_of(struct scene *scene, enum who who, struct event_texts texts)
{
    event_release_list(&scene->message);
    CHECK(event_new_message(scene->chat, &scene->users[who], &texts, &scene->message) == OK);
    return scene->message;
}

/* What needs more than one statement needs a savepoint around it; what does not, must not. */
static void test_plain_message_is_one_statement(void **state)
{
    struct scene scene;
    (void)state;
    scene_init(&scene);
    struct event *event = message_of(&scene, CAROL, (struct event_texts) {.content = BYTES("hi")});
    CHECK(commit_is_simple(event));
    event->extra.reply_to = 1;
    CHECK(!commit_is_simple(event));
    event->extra = (struct message_extra) {.thread = 1};
    CHECK(!commit_is_simple(event));
    CHECK(!commit_is_simple(
        message_of(&scene, CAROL,
                   (struct event_texts) {.content = BYTES("hi"), .uploads = BYTES("12345678")})));
    CHECK(!commit_is_simple(
        message_of(&scene, CAROL, (struct event_texts) {.content = BYTES("hi @bob")})));
    CHECK(!commit_is_simple(message_of(
        &scene, CAROL, (struct event_texts) {.content = BYTES("hi"), .nonce = BYTES("1")})));
    CHECK(send(&scene, CAROL, "hi") == 1);
    check_asked(&scene.place,
                "SELECT (SELECT count(*) FROM confab_message) || (SELECT count(*) FROM"
                " confab_mention) || (SELECT count(*) FROM confab_event)",
                "000");
    scene_deinit(&scene);
}

static void test_refusals_are_told_apart(void **state)
{
    static const struct {
        enum who who;
        enum v1_code expected;
    } cases[] = {
        {CAROL, V1_MUTED},
        {DAVE, V1_READ_ONLY},
        {ERIN, V1_NOT_PARTICIPANT},
        {FRANK, V1_NOT_PARTICIPANT},
    };
    struct scene scene;
    (void)state;
    scene_init(&scene);
    CHECK(members_set_muted(scene.db, scene.chat, id_of(&scene, CAROL), NOW_US + 1) == OK);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CHECK(send(&scene, cases[i].who, "hi") == 0);
        CHECK(scene.message->code == cases[i].expected);
    }
    scene_deinit(&scene);
}

/* --- Replies and threads --- */

static void test_reply_and_thread_are_kept(void **state)
{
    struct scene scene;
    struct message_row row;
    (void)state;
    scene_init(&scene);
    int64_t first = send(&scene, CAROL, "first");
    int64_t second = send_with(&scene, BOB, "second",
                               (struct message_extra) {.reply_to = first, .thread = first});
    CHECK(history_find(scene.db, second, &scene.arena, &row) == OK);
    CHECK(row.extra.reply_to == first && row.extra.thread == first);
    /* Who answers in a thread answers what began it. */
    int64_t third = send_with(&scene, ALICE, "third",
                              (struct message_extra) {.reply_to = second, .thread = second});
    CHECK(scene.message->extra.thread == first);
    CHECK(history_find(scene.db, third, &scene.arena, &row) == OK);
    CHECK(row.extra.reply_to == second && row.extra.thread == first);
    scene_deinit(&scene);
}

static void test_reply_to_nothing_is_refused_and_not_stored(void **state)
{
    struct scene scene;
    (void)state;
    scene_init(&scene);
    elsewhere(&scene.place, "INSERT INTO chat_message VALUES (50, 'x', '2026-01-01 00:00:00', 2,"
                            " 5)"); /* erin's, in the other chat */
    const int64_t wrong[] = {50, 99, -1, INT64_MAX};
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        CHECK(send_with(&scene, CAROL, "hi", (struct message_extra) {.reply_to = wrong[i]}) == 0);
        CHECK(scene.message->code == V1_NOT_FOUND);
        CHECK(send_with(&scene, CAROL, "hi", (struct message_extra) {.thread = wrong[i]}) == 0);
        CHECK(scene.message->code == V1_NOT_FOUND);
    }
    CHECK(send_with(&scene, ERIN, "hi", (struct message_extra) {.thread = 99}) == 0);
    CHECK(scene.message->code == V1_NOT_PARTICIPANT); /* and learns no more */
    check_asked(&scene.place, "SELECT count(*) FROM chat_message", "1");
    scene_deinit(&scene);
}

/* The same nonce is the same message, whichever message of the thread was named. */
static void test_nonce_is_known_again_in_a_thread(void **state)
{
    struct scene scene;
    (void)state;
    scene_init(&scene);
    int64_t first = send(&scene, CAROL, "first");
    int64_t second = send_with(&scene, BOB, "2", (struct message_extra) {.thread = first});
    for (int i = 0; i < 2; i++) {
        struct event *event = message_of(
            &scene, CAROL, (struct event_texts) {.content = BYTES("3"), .nonce = BYTES("n")});
        event->extra.thread = second;
        CHECK(db_begin(scene.db) == OK);
        CHECK(commit_message(&scene.commit, event, scene.db, NOW_US) == OK);
        CHECK(commit_message(&scene.commit, event, scene.db, NOW_US) == OK); /* as when repeated */
        CHECK(db_commit(scene.db) == OK);
        CHECK(event->is_duplicate && event->seq == second + 1);
    }
    scene_deinit(&scene);
}

/* --- Files --- */

static int64_t upload(struct scene *scene, enum who who, int64_t chat_id, const char *name)
{
    const struct upload_row row = {
        .owner_id = id_of(scene, who),
        .chat_id = chat_id,
        .name = bytes_from_text(name),
        .type = BYTES("image/png"),
        .size = 7,
        .sha256 = BYTES("00"),
        .path = BYTES("p"),
    };
    int64_t id = 0;
    CHECK(uploads_insert(scene->db, &row, NOW_US, &id) == OK);
    return id;
}

/* Send a message with these files; what came of it. */
static enum v1_code send_files(struct scene *scene, const int64_t *ids, size_t count)
{
    struct event *event =
        message_of(scene, CAROL,
                   (struct event_texts) {.content = BYTES("@bob, see"),
                                         .uploads = bytes_of(ids, count * sizeof *ids)});
    CHECK(db_begin(scene->db) == OK);
    enum err err = commit_message(&scene->commit, event, scene->db, NOW_US);
    if (err == OK)
        CHECK(db_commit(scene->db) == OK);
    else
        db_rollback(scene->db);
    CHECK(err == OK || err == ERR_DENIED);
    return event->code;
}

static void test_message_shows_its_files(void **state)
{
    struct scene scene;
    struct message_row row;
    (void)state;
    scene_init(&scene);
    const int64_t ids[] = {upload(&scene, CAROL, scene.chat, "a.png"),
                           upload(&scene, CAROL, scene.chat, "\"b\".png")};
    CHECK(send_files(&scene, ids, 2) == V1_OK);
    CHECK_BYTES(scene.message->extra.attachments,
                BYTES("[{\"id\":1,\"name\":\"a.png\",\"type\":\"image/png\",\"size\":7,"
                      "\"url\":\"/api/v1/uploads/1/a.png\"},"
                      "{\"id\":2,\"name\":\"\\\"b\\\".png\",\"type\":\"image/png\",\"size\":7,"
                      "\"url\":\"/api/v1/uploads/2/%22b%22.png\"}]"));
    CHECK_BYTES(scene.message->extra.mentions, BYTES("[2]"));
    CHECK(history_find(scene.db, scene.message->seq, &scene.arena, &row) == OK);
    CHECK_BYTES(row.extra.attachments, scene.message->extra.attachments);
    CHECK(send_files(&scene, ids, 1) == V1_NOT_FOUND); /* a message shows it already */
    const struct change delete = {.kind = CHANGE_DELETE, .message_id = row.id};
    CHECK(apply(&scene, CAROL, delete) == V1_OK);
    check_asked(&scene.place, "SELECT count(message_id) FROM confab_upload", "0");
    scene_deinit(&scene);
}

static void test_files_of_others_and_other_chats_are_not_found(void **state)
{
    struct scene scene;
    (void)state;
    scene_init(&scene);
    const int64_t wrong[] = {upload(&scene, BOB, scene.chat, "a"),
                             upload(&scene, CAROL, scene.other_chat, "b"), 99, -1};
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        const int64_t ids[] = {upload(&scene, CAROL, scene.chat, "good"), wrong[i]};
        CHECK(send_files(&scene, ids, 2) == V1_NOT_FOUND);
    }
    check_asked(&scene.place, "SELECT count(*) FROM chat_message", "0");
    check_asked(&scene.place, "SELECT count(message_id) FROM confab_upload", "0");
    scene_deinit(&scene);
}

/* --- Mentions --- */

/* Whom a text means, when carol, a member, or bob, a moderator, writes it. */
static void test_mentions_are_found(void **state)
{
    static const struct {
        const char *content;
        enum who who;
        const char *expected; /* JSON */
        bool all;
    } cases[] = {
        {"@bob", CAROL, "[2]", false},
        {"hi @bob and @alice!", CAROL, "[2,1]", false},
        {"@bob @bob", CAROL, "[2]", false},
        {"ask @alice.", CAROL, "[1]", false},
        {"(@alice)", CAROL, "[1]", false},
        {"@alice.@bob", CAROL, "", false}, /* one name, which nobody has */
        {"@carol", CAROL, "", false},      /* oneself */
        {"@erin", CAROL, "", false},       /* not in the chat */
        {"@Bob", CAROL, "", false},        /* names are compared exactly */
        {"@bobby", CAROL, "", false},
        {"mail bob@alice", CAROL, "", false},
        {"\xc3\xa9@bob", CAROL, "", false}, /* a letter before it */
        {"\xe2\x80\x9c@bob\xe2\x80\x9d", CAROL, "[2]", false},
        {"@", CAROL, "", false},
        {"@@bob", CAROL, "", false},
        {"@ bob", CAROL, "", false},
        {"@all", CAROL, "", false},
        {"@all", BOB, "", true},
        {"@all, and @alice", ALICE, "", true},
        {"@all, and @alice", BOB, "[1]", true},
        {"@ally", BOB, "", false},
    };
    struct scene scene;
    (void)state;
    scene_init(&scene);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct message_row row;
        int64_t id = send(&scene, cases[i].who, cases[i].content);
        CHECK(id != 0);
        if (!bytes_is(scene.message->extra.mentions, cases[i].expected))
            print_error("%s\n", cases[i].content);
        CHECK_BYTES(scene.message->extra.mentions, bytes_from_text(cases[i].expected));
        CHECK(scene.message->extra.mentions_all == cases[i].all);
        CHECK(history_find(scene.db, id, &scene.arena, &row) == OK);
        CHECK_BYTES(row.extra.mentions, bytes_from_text(cases[i].expected));
        CHECK(row.extra.mentions_all == cases[i].all);
    }
    check_asked(&scene.place, "SELECT count(*) FROM confab_mention WHERE user_id = 2", "4");
    check_asked(&scene.place, "SELECT count(*) FROM confab_mention WHERE user_id = 0", "3");
    scene_deinit(&scene);
}

/* An edit means whom it means. */
static void test_edit_means_others(void **state)
{
    struct scene scene;
    (void)state;
    scene_init(&scene);
    int64_t id = send(&scene, CAROL, "@bob");
    const struct change change = {
        .kind = CHANGE_EDIT, .message_id = id, .content = BYTES("@alice")};
    CHECK(apply(&scene, CAROL, change) == V1_OK);
    check_asked(&scene.place, "SELECT group_concat(user_id) FROM confab_mention", "1");
    check_asked(&scene.place, "SELECT mentions FROM confab_message", "[1]");
    scene_deinit(&scene);
}

/* A text full of names costs no more than the limit. */
static void test_names_beyond_the_limit_are_text(void **state)
{
    struct scene scene;
    struct buf content = {0};
    (void)state;
    scene_init(&scene);
    for (int i = 0; i < 49; i++) /* MENTION_LOOKUPS_MAX - 1 */
        buf_append_text(&content, "@x ");
    buf_append_text(&content, "@bob @alice");
    buf_append_byte(&content, 0);
    CHECK(send(&scene, CAROL, (const char *)content.data) != 0);
    CHECK_BYTES(scene.message->extra.mentions, BYTES("[2]"));
    buf_free(&content);
    scene_deinit(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_message_is_one_statement),
        cmocka_unit_test(test_refusals_are_told_apart),
        cmocka_unit_test(test_reply_and_thread_are_kept),
        cmocka_unit_test(test_reply_to_nothing_is_refused_and_not_stored),
        cmocka_unit_test(test_nonce_is_known_again_in_a_thread),
        cmocka_unit_test(test_message_shows_its_files),
        cmocka_unit_test(test_files_of_others_and_other_chats_are_not_found),
        cmocka_unit_test(test_mentions_are_found),
        cmocka_unit_test(test_edit_means_others),
        cmocka_unit_test(test_names_beyond_the_limit_are_text),
    };
    return cmocka_run_group_tests_name("chat/commit", tests, NULL, NULL);
}
