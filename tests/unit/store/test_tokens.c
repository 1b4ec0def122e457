#include "store/tokens.h"

#include "fixture.h"

struct scene {
    struct place place;
    struct db *db;
    struct arena arena;
    int64_t alice;
    int64_t bot;
    int64_t chat;
};

static void scene_init(struct scene *scene)
{
    *scene = (struct scene) {0};
    scene->db = open_new(&scene->place);
    scene->alice = add_user(scene->db, "alice");
    scene->bot = add_user(scene->db, "bot");
    const int64_t both[] = {scene->alice, scene->bot};
    scene->chat = add_chat(scene->db, both, 2);
}

static void scene_deinit(struct scene *scene)
{
    arena_free(&scene->arena);
    close_all(&scene->place, &scene->db);
}

/* A token of alice's for the bot. */
static struct token_row token_of(const struct scene *scene)
{
    return (struct token_row) {
        .user_id = scene->bot,
        .creator_id = scene->alice,
        .name = BYTES("build"),
        .prefix = BYTES("confab_abcd"),
        .may_read = true,
    };
}

static int64_t insert(struct scene *scene, const struct token_row *token, const char *hash)
{
    int64_t id = 0;
    CHECK(tokens_insert(scene->db, token, bytes_from_text(hash), NOW_US, &id) == OK);
    return id;
}

static enum err find(struct scene *scene, const char *hash, int64_t now_us, struct token_row *out)
{
    return tokens_find(scene->db, bytes_from_text(hash), now_us, &scene->arena, out);
}

static enum err find_id(struct scene *scene, int64_t id, int64_t now_us)
{
    struct token_row row;
    enum err err = tokens_find_id(scene->db, id, now_us, &scene->arena, &row);
    CHECK(err != OK || row.id == id);
    return err;
}

static void test_token_is_read_as_written(void **state)
{
    struct scene scene;
    struct token_row row;
    (void)state;
    scene_init(&scene);
    const int64_t chats[] = {7, 9};
    struct token_row token = token_of(&scene);
    token.chat_ids = chats;
    token.chat_count = 2;
    token.expires_us = NOW_US + 5;
    int64_t id = insert(&scene, &token, "h1");
    CHECK(find(&scene, "h1", NOW_US, &row) == OK);
    CHECK(row.id == id && row.user_id == scene.bot && row.creator_id == scene.alice);
    CHECK_BYTES(row.name, BYTES("build"));
    CHECK_BYTES(row.prefix, BYTES("confab_abcd"));
    CHECK(row.may_read && !row.may_write && row.hook_chat_id == 0);
    CHECK(row.chat_count == 2 && row.chat_ids[0] == 7 && row.chat_ids[1] == 9);
    CHECK(row.created_us == NOW_US && row.expires_us == NOW_US + 5 && row.last_used_us == 0);
    CHECK(token_covers(&row, 9) && !token_covers(&row, 8));
    CHECK(find_id(&scene, id, NOW_US + 4) == OK);
    CHECK(find_id(&scene, id, NOW_US + 5) == ERR_NOT_FOUND);
    CHECK(find_id(&scene, id + 1, NOW_US) == ERR_NOT_FOUND);
    CHECK(find(&scene, "h2", NOW_US, &row) == ERR_NOT_FOUND);
    CHECK(tokens_insert(scene.db, &token, BYTES("h1"), NOW_US, &id) == ERR_CONFLICT);
    scene_deinit(&scene);
}

static void test_token_ends_by_time_by_hand_and_with_its_user(void **state)
{
    struct scene scene;
    struct token_row row;
    (void)state;
    scene_init(&scene);
    struct token_row token = token_of(&scene);
    token.expires_us = NOW_US + 5;
    int64_t id = insert(&scene, &token, "h1");
    CHECK(find(&scene, "h1", NOW_US + 4, &row) == OK);
    CHECK(find(&scene, "h1", NOW_US + 5, &row) == ERR_NOT_FOUND);
    CHECK(tokens_delete(scene.db, id, scene.bot, 0) == ERR_NOT_FOUND); /* it is not the bot's */
    CHECK(tokens_delete(scene.db, id, 0, 0) == ERR_NOT_FOUND);
    CHECK(tokens_delete(scene.db, id, scene.alice, 0) == OK);
    CHECK(find(&scene, "h1", NOW_US, &row) == ERR_NOT_FOUND);
    token.expires_us = 0;
    insert(&scene, &token, "h2");
    CHECK(find(&scene, "h2", INT64_MAX, &row) == OK);
    CHECK(users_set_active(scene.db, scene.bot, false) == OK);
    CHECK(find(&scene, "h2", NOW_US, &row) == ERR_NOT_FOUND);
    CHECK(users_delete(scene.db, scene.alice) == OK);
    check_asked(&scene.place, "SELECT count(*) FROM confab_token", "0");
    scene_deinit(&scene);
}

/* A webhook is for one chat, and whoever rules there can end it. */
static void test_webhook_belongs_to_its_chat(void **state)
{
    struct scene scene;
    struct token_row rows[2];
    size_t count = 0;
    (void)state;
    scene_init(&scene);
    struct token_row hook = token_of(&scene);
    hook.may_read = false;
    hook.may_write = true;
    hook.hook_chat_id = scene.chat;
    int64_t first = insert(&scene, &hook, "h1");
    int64_t second = insert(&scene, &hook, "h2");
    const struct token_row access = token_of(&scene);
    insert(&scene, &access, "h3");
    CHECK(tokens_list_hooks(scene.db, scene.chat, 0, 2, &scene.arena, rows, &count) == OK);
    CHECK(count == 2 && rows[0].id == first && rows[1].id == second);
    CHECK(token_covers(&rows[0], scene.chat) && !token_covers(&rows[0], scene.chat + 1));
    CHECK(tokens_list_hooks(scene.db, scene.chat, first, 2, &scene.arena, rows, &count) == OK);
    CHECK(count == 1 && rows[0].id == second);
    CHECK(tokens_list(scene.db, scene.alice, second, 2, &scene.arena, rows, &count) == OK);
    CHECK(count == 1 && rows[0].hook_chat_id == 0 && token_covers(&rows[0], 99));
    CHECK(tokens_delete(scene.db, first, 0, scene.chat + 1) == ERR_NOT_FOUND);
    CHECK(tokens_delete(scene.db, first, 0, scene.chat) == OK);
    CHECK(chats_delete(scene.db, scene.chat) == OK);
    check_asked(&scene.place, "SELECT group_concat(hash) FROM confab_token", "h3");
    scene_deinit(&scene);
}

static void test_tokens_of_one_user_have_a_limit(void **state)
{
    struct scene scene;
    int64_t id = 0;
    (void)state;
    scene_init(&scene);
    const struct token_row token = token_of(&scene);
    for (int i = 0; i < TOKENS_PER_USER_MAX; i++) {
        char hash[8];
        (void)snprintf(hash, sizeof hash, "h%d", i);
        id = insert(&scene, &token, hash);
    }
    CHECK(tokens_insert(scene.db, &token, BYTES("more"), NOW_US, &id) == ERR_LIMIT);
    CHECK(tokens_delete(scene.db, id, scene.alice, 0) == OK);
    insert(&scene, &token, "more");
    scene_deinit(&scene);
}

/* A use is noted once a minute, not with each request. */
static void test_use_is_noted_now_and_then(void **state)
{
    struct scene scene;
    struct token_row row;
    (void)state;
    scene_init(&scene);
    const struct token_row token = token_of(&scene);
    int64_t id = insert(&scene, &token, "h1");
    CHECK(find(&scene, "h1", NOW_US, &row) == OK);
    CHECK(token_is_to_be_touched(&row, NOW_US));
    CHECK(tokens_touch(scene.db, id, NOW_US) == OK);
    CHECK(find(&scene, "h1", NOW_US, &row) == OK);
    CHECK(row.last_used_us == NOW_US);
    CHECK(!token_is_to_be_touched(&row, NOW_US + 60000000));
    CHECK(token_is_to_be_touched(&row, NOW_US + 60000001));
    scene_deinit(&scene);
}

/* What we did not store gives no rights. */
static void test_odd_chats_are_none(void **state)
{
    static const char *const odd[] = {"x", "{}", "[]", "[\"1\"]", "[1.5]", "null", "[-1]"};
    struct scene scene;
    (void)state;
    scene_init(&scene);
    const struct token_row token = token_of(&scene);
    insert(&scene, &token, "h1");
    for (size_t i = 0; i < COUNT_OF(odd); i++) {
        struct token_row row;
        char text[100];
        (void)snprintf(text, sizeof text, "UPDATE confab_token SET chats = '%s'", odd[i]);
        elsewhere(&scene.place, text);
        CHECK(find(&scene, "h1", NOW_US, &row) == OK);
        CHECK(!token_covers(&row, 1) && !token_covers(&row, scene.chat));
    }
    scene_deinit(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_token_is_read_as_written),
        cmocka_unit_test(test_token_ends_by_time_by_hand_and_with_its_user),
        cmocka_unit_test(test_webhook_belongs_to_its_chat),
        cmocka_unit_test(test_tokens_of_one_user_have_a_limit),
        cmocka_unit_test(test_use_is_noted_now_and_then),
        cmocka_unit_test(test_odd_chats_are_none),
    };
    return cmocka_run_group_tests_name("store/tokens", tests, NULL, NULL);
}
