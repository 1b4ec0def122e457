#include "store/window.h"

#include "plan.h"

#include "store/events.h"
#include "store/extras.h"
#include "store/members.h"

/* alice and bob are in chats 1 to 3, alice alone in 4. */
struct scene {
    struct place place;
    struct db *db;
    struct arena arena;
    int64_t alice;
    int64_t bob;
    struct window_row rows[WINDOW_CHATS_MAX];
    size_t count;
    int64_t total;
};

static void scene_init(struct scene *scene)
{
    *scene = (struct scene) {0};
    scene->db = open_new(&scene->place);
    scene->alice = add_user(scene->db, "alice");
    scene->bob = add_user(scene->db, "bob");
    const int64_t both[] = {scene->alice, scene->bob};
    for (int64_t i = 1; i <= 4; i++)
        CHECK(add_chat(scene->db, both, i == 4 ? 1 : 2) == i);
}

static void scene_deinit(struct scene *scene)
{
    arena_free(&scene->arena);
    close_all(&scene->place, &scene->db);
}

static int64_t say(struct scene *scene, int64_t chat_id, int64_t sender_id)
{
    int64_t id = 0;
    int64_t prev = 0;
    CHECK(messages_insert(scene->db, chat_id, sender_id, BYTES("hi"), NOW_US, &id, &prev) == OK);
    return id;
}

static void list(struct scene *scene, int64_t user_id, int64_t offset, size_t max)
{
    CHECK(window_list(scene->db, user_id, offset, max, &scene->arena, scene->rows, &scene->count,
                      &scene->total) == OK);
}

static void test_liveliest_chat_comes_first(void **state)
{
    struct scene scene;
    int64_t seq = 0;
    int64_t prev = 0;
    (void)state;
    scene_init(&scene);
    say(&scene, 1, scene.bob);
    say(&scene, 2, scene.bob);
    /* Not only messages are life. */
    CHECK(events_insert(scene.db, EVENT_CHAT_UPDATED, 1, 0, BYTES("{}"), NOW_US, &seq, &prev) ==
          OK);
    list(&scene, scene.alice, 0, 10);
    CHECK(scene.count == 4 && scene.total == 4);
    CHECK(scene.rows[0].chat.id == 1 && scene.rows[0].seq == 3);
    CHECK(scene.rows[0].has_last_message && scene.rows[0].last_message.id == 1);
    CHECK_BYTES(scene.rows[0].last_message.sender.username, BYTES("bob"));
    CHECK(scene.rows[1].chat.id == 2 && scene.rows[1].seq == 2);
    CHECK(scene.rows[2].chat.id == 4 && scene.rows[3].chat.id == 3);
    CHECK(scene.rows[2].seq == 0 && !scene.rows[2].has_last_message);
    CHECK_BYTES(scene.rows[0].chat.name, BYTES("chat"));
    scene_deinit(&scene);
}

static void test_window_moves_over_the_list(void **state)
{
    static const struct {
        int64_t offset;
        size_t max;
        size_t count;
        int64_t first;
    } cases[] = {{0, 1, 1, 4}, {1, 2, 2, 3}, {3, 10, 1, 1}, {4, 10, 0, 0}, {INT64_MAX, 10, 0, 0}};
    struct scene scene;
    (void)state;
    scene_init(&scene);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        list(&scene, scene.alice, cases[i].offset, cases[i].max);
        CHECK(scene.count == cases[i].count && scene.total == 4);
        CHECK(scene.count == 0 || scene.rows[0].chat.id == cases[i].first);
    }
    list(&scene, 99, 0, 10);
    CHECK(scene.count == 0 && scene.total == 0);
    scene_deinit(&scene);
}

/* What is new is what others have written behind the mark. */
static void test_new_is_what_others_wrote_behind_the_mark(void **state)
{
    struct scene scene;
    struct window_row row;
    (void)state;
    scene_init(&scene);
    int64_t first = say(&scene, 1, scene.bob);
    int64_t second = say(&scene, 1, scene.bob);
    say(&scene, 1, scene.alice);
    say(&scene, 2, scene.bob);
    CHECK(extras_add_mention(scene.db, 1, first, scene.alice) == OK);
    CHECK(extras_add_mention(scene.db, 1, second, scene.alice) == OK);
    CHECK(extras_add_mention(scene.db, 1, second, MENTION_OF_ALL) == OK); /* counts once */
    CHECK(window_find(scene.db, scene.alice, 1, &scene.arena, &row) == OK);
    CHECK(row.seq == 4 - 1 && row.unread == 2 && row.mentions == 2 && row.read_seq == 0);
    CHECK(members_set_read(scene.db, 1, scene.alice, first) == OK);
    CHECK(window_find(scene.db, scene.alice, 1, &scene.arena, &row) == OK);
    CHECK(row.unread == 1 && row.mentions == 1 && row.read_seq == first);
    /* Whom one calls oneself is not called. */
    CHECK(window_find(scene.db, scene.bob, 1, &scene.arena, &row) == OK);
    CHECK(row.unread == 1 && row.mentions == 0);
    CHECK(window_find(scene.db, scene.bob, 4, &scene.arena, &row) == ERR_NOT_FOUND);
    scene_deinit(&scene);
}

static void test_counting_stops_at_its_limit(void **state)
{
    struct scene scene;
    struct window_row row;
    (void)state;
    scene_init(&scene);
    elsewhere(&scene.place,
              "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)"
              " INSERT INTO chat_message (content, timestamp, chat_id, sender_id)"
              " SELECT 'x', '2026-01-01 00:00:00', 1, 2 FROM n;"
              "INSERT INTO confab_mention SELECT 1, 1, id FROM chat_message");
    CHECK(window_find(scene.db, scene.alice, 1, &scene.arena, &row) == OK);
    CHECK(row.unread == WINDOW_COUNT_MAX && row.mentions == WINDOW_COUNT_MAX);
    elsewhere(&scene.place, "INSERT INTO chat_message (content, timestamp, chat_id, sender_id)"
                            " VALUES ('x', '2026-01-01 00:00:00', 1, 2);"
                            "INSERT INTO confab_mention VALUES (1, 1, 1001)");
    CHECK(window_find(scene.db, scene.alice, 1, &scene.arena, &row) == OK);
    CHECK(row.unread == WINDOW_COUNT_MAX && row.mentions == WINDOW_COUNT_MAX);
    CHECK(members_set_read(scene.db, 1, scene.alice, 2) == OK);
    CHECK(window_find(scene.db, scene.alice, 1, &scene.arena, &row) == OK);
    CHECK(row.unread == WINDOW_COUNT_MAX - 1 && row.mentions == WINDOW_COUNT_MAX - 1);
    scene_deinit(&scene);
}

/* However many messages there are, none is gone through to find the order. */
static void test_window_goes_by_indexes(void **state)
{
    static const char scans[] = "SCAN p|SCAN m|SCAN t|SCAN chat_message|SCAN confab_event";
    struct scene scene;
    (void)state;
    scene_init(&scene);
    check_plan(&scene.place, SQL_WINDOW_COUNT, scans, true);
    check_plan(&scene.place, SQL_WINDOW_PAGE, scans, true);
    check_plan(&scene.place, SQL_WINDOW_CHAT, scans, true);
    check_plan(&scene.place, SQL_WINDOW_UNREAD, scans, true);
    check_plan(&scene.place, SQL_WINDOW_MENTIONS, scans, true);
    scene_deinit(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_liveliest_chat_comes_first),
        cmocka_unit_test(test_window_moves_over_the_list),
        cmocka_unit_test(test_new_is_what_others_wrote_behind_the_mark),
        cmocka_unit_test(test_counting_stops_at_its_limit),
        cmocka_unit_test(test_window_goes_by_indexes),
    };
    return cmocka_run_group_tests_name("store/window", tests, NULL, NULL);
}
