#include "store/extras.h"

#include "fixture.h"

#include "store/history.h"
#include "store/reactions.h"

/* A chat of alice with one message, number 1. */
static struct db *open_scene(struct place *place)
{
    struct db *db = open_new(place);
    int64_t alice = add_user(db, "alice");
    int64_t chat = add_chat(db, &alice, 1);
    int64_t id = 0;
    int64_t prev = 0;
    CHECK(messages_insert(db, chat, alice, BYTES("one"), NOW_US, &id, &prev) == OK);
    CHECK(id == 1);
    return db;
}

static const struct message_extra nobody;

static void test_revisions_are_kept_in_order(void **state)
{
    struct place place;
    struct arena arena = {0};
    struct revision_row rows[3];
    size_t count = 0;
    (void)state;
    struct db *db = open_scene(&place);
    CHECK(extras_edit(db, 1, BYTES("two"), &nobody, 1, NOW_US) == OK);
    CHECK(extras_edit(db, 1, BYTES("three"), &nobody, 1, NOW_US + 1) == OK);
    CHECK(extras_blank(db, 1, 9, NOW_US + 2) == OK);
    CHECK(extras_revisions(db, 1, 0, 3, &arena, rows, &count) == OK);
    CHECK(count == 3);
    CHECK(rows[0].revision == 1 && rows[0].editor_id == 1 && rows[0].at_us == NOW_US);
    CHECK_BYTES(rows[0].content, BYTES("one"));
    CHECK_BYTES(rows[1].content, BYTES("two"));
    CHECK(rows[2].revision == 3 && rows[2].editor_id == 9 && rows[2].at_us == NOW_US + 2);
    CHECK_BYTES(rows[2].content, BYTES("three"));
    CHECK(extras_revisions(db, 1, 2, 3, &arena, rows, &count) == OK);
    CHECK(count == 1);
    CHECK(extras_revisions(db, 2, 0, 3, &arena, rows, &count) == OK);
    CHECK(count == 0);
    CHECK(extras_edit(db, 2, BYTES("x"), &nobody, 1, NOW_US) == ERR_NOT_FOUND);
    arena_free(&arena);
    close_all(&place, &db);
}

static void test_whole_message_has_all_that_was_noted(void **state)
{
    struct place place;
    struct arena arena = {0};
    struct message_row row;
    (void)state;
    struct db *db = open_scene(&place);
    CHECK(history_find(db, 1, &arena, &row) == OK);
    CHECK(row.extra.reply_to == 0 && row.extra.revision == 1 && row.extra.mentions.len == 0);
    const struct message_extra extra = {
        .reply_to = 5,
        .thread = 6,
        .mentions = BYTES("[1]"),
        .mentions_all = true,
        .attachments = BYTES("[{\"id\":3}]"),
    };
    CHECK(extras_insert(db, 1, &extra) == OK);
    CHECK(extras_pin(db, 1, NOW_US) == OK);
    CHECK(history_find(db, 1, &arena, &row) == OK);
    CHECK(row.extra.reply_to == 5 && row.extra.thread == 6 && row.extra.mentions_all);
    CHECK(row.extra.is_pinned && !row.extra.is_deleted && row.extra.edited_at_us == 0);
    CHECK_BYTES(row.extra.mentions, BYTES("[1]"));
    CHECK_BYTES(row.extra.attachments, BYTES("[{\"id\":3}]"));
    CHECK(extras_pin(db, 1, 0) == OK);
    CHECK(history_find(db, 1, &arena, &row) == OK);
    CHECK(!row.extra.is_pinned);
    CHECK(history_find(db, 2, &arena, &row) == ERR_NOT_FOUND);
    arena_free(&arena);
    close_all(&place, &db);
}

static void test_reaction_of_one_user_counts_once(void **state)
{
    struct place place;
    bool changed = false;
    int64_t count = 0;
    (void)state;
    struct db *db = open_scene(&place);
    struct reaction_key key = {.message_id = 1, .user_id = 1, .emoji = BYTES("a")};
    CHECK(reactions_add(db, &key, NOW_US, &changed) == OK && changed);
    CHECK(reactions_add(db, &key, NOW_US, &changed) == OK && !changed);
    key.user_id = 2;
    CHECK(reactions_add(db, &key, NOW_US, &changed) == OK && changed);
    key.emoji = BYTES("b");
    CHECK(reactions_add(db, &key, NOW_US, &changed) == OK && changed);
    CHECK(reactions_count(db, 1, BYTES("a"), &count) == OK && count == 2);
    CHECK(reactions_count_emojis(db, 1, &count) == OK && count == 2);
    CHECK(reactions_remove(db, &key, &changed) == OK && changed);
    CHECK(reactions_remove(db, &key, &changed) == OK && !changed);
    CHECK(reactions_count(db, 1, BYTES("b"), &count) == OK && count == 0);
    close_all(&place, &db);
}

/* What hangs on a message goes with it, whether its chat or its sender is deleted. */
static void test_nothing_stays_of_what_is_deleted(void **state)
{
    static const char counts[] =
        "SELECT (SELECT count(*) FROM confab_message) || (SELECT count(*) FROM confab_reaction) ||"
        " (SELECT count(*) FROM confab_revision) || (SELECT count(*) FROM confab_mention) ||"
        " (SELECT count(*) FROM confab_member)";
    (void)state;
    for (int is_user = 0; is_user < 2; is_user++) {
        struct place place;
        bool changed;
        struct db *db = open_scene(&place);
        const struct reaction_key key = {.message_id = 1, .user_id = 1, .emoji = BYTES("a")};
        CHECK(db_begin(db) == OK);
        CHECK(extras_edit(db, 1, BYTES("two"), &nobody, 1, NOW_US) == OK);
        CHECK(reactions_add(db, &key, NOW_US, &changed) == OK);
        CHECK(extras_add_mention(db, 1, 1, 1) == OK);
        CHECK(sql_run_text(db, "INSERT INTO confab_member (chat_id, user_id) VALUES (1, 1)") == OK);
        CHECK(db_commit(db) == OK);
        check_asked(&place, counts, "11111");
        CHECK((is_user ? users_delete(db, 1) : chats_delete(db, 1)) == OK);
        check_asked(&place, counts, "00000");
        close_all(&place, &db);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_revisions_are_kept_in_order),
        cmocka_unit_test(test_whole_message_has_all_that_was_noted),
        cmocka_unit_test(test_reaction_of_one_user_counts_once),
        cmocka_unit_test(test_nothing_stays_of_what_is_deleted),
    };
    return cmocka_run_group_tests_name("store/extras", tests, NULL, NULL);
}
