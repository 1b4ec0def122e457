#include "store/history.h"

#include "plan.h"

#include "store/extras.h"

/* Chat 1 has the odd ids up to 19, chat 2 the even ones; 5, 9 and 13 answer in the thread of 3. */
struct scene {
    struct place place;
    struct db *db;
    struct arena arena;
    struct history_page page;
};

static void scene_init(struct scene *scene)
{
    *scene = (struct scene) {0};
    scene->db = open_new(&scene->place);
    int64_t alice = add_user(scene->db, "alice");
    const int64_t chats[] = {add_chat(scene->db, &alice, 1), add_chat(scene->db, &alice, 1)};
    for (int64_t i = 1; i < 20; i++) {
        int64_t id = 0;
        int64_t prev = 0;
        CHECK(messages_insert(scene->db, chats[i % 2 == 0], alice, BYTES("m"), NOW_US, &id,
                              &prev) == OK);
        CHECK(id == i);
    }
    static const int64_t answers[] = {5, 9, 13};
    for (size_t i = 0; i < COUNT_OF(answers); i++)
        CHECK(extras_insert(scene->db, answers[i], &(struct message_extra) {.thread = 3}) == OK);
}

static void scene_deinit(struct scene *scene)
{
    arena_free(&scene->arena);
    close_all(&scene->place, &scene->db);
}

/* The page's ids and what lies around it, as a text: "<1 3 5>" with < and > where there is more. */
static void check_page(struct scene *scene, struct history_query query, const char *expected)
{
    struct buf text = {0};
    query.chat_id = 1;
    CHECK(history_list(scene->db, &query, &scene->arena, &scene->page) == OK);
    buf_append_text(&text, scene->page.has_older ? "<" : "|");
    for (size_t i = 0; i < scene->page.count; i++)
        buf_printf(&text, "%s%lld", i > 0 ? " " : "", (long long)scene->page.rows[i].id);
    buf_append_text(&text, scene->page.has_newer ? ">" : "|");
    CHECK_BYTES(buf_bytes(&text), bytes_from_text(expected));
    buf_free(&text);
}

static void test_pages_are_what_was_asked_for(void **state)
{
    static const struct {
        struct history_query query;
        const char *expected;
    } cases[] = {
        {{.limit = 3}, "<15 17 19|"},
        {{.limit = 10}, "|1 3 5 7 9 11 13 15 17 19|"},
        {{.limit = HISTORY_PAGE_MAX}, "|1 3 5 7 9 11 13 15 17 19|"},
        {{.limit = 3, .before = 15}, "<9 11 13>"},
        {{.limit = 3, .before = 14}, "<9 11 13>"}, /* no message of the chat */
        {{.limit = 3, .before = 7}, "|1 3 5>"},
        {{.limit = 3, .before = 1}, "|>"},
        {{.limit = 3, .before = INT64_MAX}, "<15 17 19|"},
        {{.limit = 3, .after = 5}, "<7 9 11>"},
        {{.limit = 3, .after = 13}, "<15 17 19|"},
        {{.limit = 3, .after = 19}, "<|"},
        {{.limit = 3, .after = INT64_MAX - 1}, "<|"},
        {{.limit = 4, .around = 9}, "<5 7 9 11>"},
        {{.limit = 5, .around = 9}, "<5 7 9 11 13>"},
        {{.limit = 1, .around = 9}, "<9>"},
        {{.limit = 4, .around = 1}, "|1 3>"},
        {{.limit = 4, .around = 19}, "<15 17 19|"},
        {{.limit = 9, .thread = 3}, "|3 5 9 13|"},
        {{.limit = 2, .thread = 3}, "<9 13|"},
        {{.limit = 2, .thread = 3, .after = 3}, "<5 9>"},
        {{.limit = 2, .thread = 3, .before = 9}, "|3 5>"},
        {{.limit = 9, .thread = 7}, "|7|"}, /* nobody has answered */
        {{.limit = 9, .thread = 2}, "||"},  /* of the other chat */
        {{.limit = 9, .thread = 99}, "||"},
    };
    struct scene scene;
    (void)state;
    scene_init(&scene);
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        check_page(&scene, cases[i].query, cases[i].expected);
    scene_deinit(&scene);
}

/* A page of long messages ends early and says that there are more, whichever way it was read. */
static void test_page_of_long_messages_ends_early(void **state)
{
    struct scene scene;
    (void)state;
    scene_init(&scene);
    elsewhere(&scene.place, "UPDATE chat_message SET content = printf('%.*c', 262144, 'x')");
    check_page(&scene, (struct history_query) {.limit = 9}, "<17 19|");
    check_page(&scene, (struct history_query) {.limit = 9, .after = 1}, "<3 5>");
    scene_deinit(&scene);
}

/* A page costs what it holds, however long the chat is. (Time would be no test; the plan is: each
 * statement goes down an index to the ids that it gives.) */
static void test_pages_go_by_an_index(void **state)
{
    static const char scans[] = "SCAN m|SCAN x|SCAN u|SCAN confab_message";
    struct scene scene;
    (void)state;
    scene_init(&scene);
    check_plan(&scene.place, SQL_HISTORY_OLDER, scans, false);
    check_plan(&scene.place, SQL_HISTORY_NEWER, scans, false);
    check_plan(&scene.place, SQL_HISTORY_OLDER_OF_THREAD, scans, true);
    check_plan(&scene.place, SQL_HISTORY_NEWER_OF_THREAD, scans, true);
    scene_deinit(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pages_are_what_was_asked_for),
        cmocka_unit_test(test_page_of_long_messages_ends_early),
        cmocka_unit_test(test_pages_go_by_an_index),
    };
    return cmocka_run_group_tests_name("store/history", tests, NULL, NULL);
}
