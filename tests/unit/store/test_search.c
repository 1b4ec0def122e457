#include "store/search.h"

#include <limits.h>
#include "plan.h"

#include "store/extras.h"
#include "store/search_match.h"

/* alice is in chats 1 and 2, bob in 2 and 3. */
struct scene {
    struct place place;
    struct db *db;
    struct arena arena;
    int64_t alice;
    int64_t bob;
    struct search_page page;
};

static void scene_init(struct scene *scene)
{
    *scene = (struct scene) {0};
    scene->db = open_new(&scene->place);
    scene->alice = add_user(scene->db, "alice");
    scene->bob = add_user(scene->db, "bob");
    const int64_t both[] = {scene->alice, scene->bob};
    CHECK(add_chat(scene->db, both, 1) == 1);
    CHECK(add_chat(scene->db, both, 2) == 2);
    CHECK(add_chat(scene->db, both + 1, 1) == 3);
}

static void scene_deinit(struct scene *scene)
{
    arena_free(&scene->arena);
    close_all(&scene->place, &scene->db);
}

static int64_t say(struct scene *scene, int64_t chat_id, int64_t sender_id, const char *content)
{
    int64_t id = 0;
    int64_t prev = 0;
    CHECK(messages_insert(scene->db, chat_id, sender_id, bytes_from_text(content), NOW_US + chat_id,
                          &id, &prev) == OK);
    return id;
}

static void index_some(struct scene *scene)
{
    CHECK(db_begin(scene->db) == OK);
    CHECK(search_index(scene->db) == OK);
    CHECK(db_commit(scene->db) == OK);
}

static int64_t pending(struct scene *scene)
{
    int64_t count = -1;
    CHECK(search_pending(scene->db, &count) == OK);
    return count;
}

/* What is found, as a text of ids, newest first; then what the next page goes on with. */
static void check_found(struct scene *scene, struct search_query query, const char *expected)
{
    struct buf text = {0};
    if (query.user_id == 0)
        query.user_id = scene->alice;
    if (query.limit == 0)
        query.limit = 10;
    if (query.steps_max == 0)
        query.steps_max = SEARCH_STEPS_MAX;
    CHECK(search_list(scene->db, &query, &scene->arena, &scene->page) == OK);
    for (size_t i = 0; i < scene->page.count; i++)
        buf_printf(&text, "%s%lld", i > 0 ? " " : "", (long long)scene->page.rows[i].message.id);
    CHECK_BYTES(buf_bytes(&text), bytes_from_text(expected));
    buf_free(&text);
}

static struct search_query words(const char *text)
{
    return (struct search_query) {.text = bytes_from_text(text)};
}

static void test_words_are_found_whatever_their_form(void **state)
{
    static const struct {
        const char *text;
        const char *expected;
    } cases[] = {
        {"caf\xc3\xa9", "2 1"},     /* é, and without its accent */
        {"CAFE", "2 1"},            /* without case */
        {"cafe\xcc\x81", "2 1"},    /* a combining accent */
        {"\xc3\x89t\xc3\xa9", "2"}, /* Été */
        {"cafe ete", "2"},          /* all the words */
        {"\"ete cafe\"", "2"},      /* in this order */
        {"\"cafe ete\"", ""},
        {"\"ete cafe", "2"}, /* an open quotation mark is closed at the end */
        {"caf", ""},         /* whole words */
        {"\xd0\xbf\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82", "3"}, /* ПРИВЕТ */
        {"cafe!!!", "2 1"},
        {"cafe !!! ...", "2 1"},
        {"a_b", "4"},
        {"don't", "4"},
    };
    struct scene scene;
    (void)state;
    scene_init(&scene);
    say(&scene, 1, scene.alice, "Caf\xc3\xa9 noir");
    say(&scene, 2, scene.bob, "\xc3\xa9t\xc3\xa9, cafe?");
    say(&scene, 2, scene.bob, "\xd0\x9f\xd0\xa0\xd0\x98\xd0\x92\xd0\x95\xd0\xa2");
    say(&scene, 2, scene.bob, "a_b don't");
    index_some(&scene);
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        check_found(&scene, words(cases[i].text), cases[i].expected);
    scene_deinit(&scene);
}

/* What is typed is never syntax. */
static void test_operators_are_words(void **state)
{
    static const struct {
        const char *text;
        enum err expected;
    } cases[] = {
        {"a AND b", OK},
        {"a OR", OK},
        {"NOT x", OK},
        {"NEAR(a b)", OK},
        {"content:hi", OK},
        {"hi*", OK},
        {"^hi", OK},
        {"{chat_id}: 3", OK},
        {"hi) OR (chat_id : 3", OK},
        {"\"", ERR_SYNTAX},
        {"\"\"", ERR_SYNTAX},
        {"", ERR_SYNTAX},
        {"  \t", ERR_SYNTAX},
        {"!!! ...", ERR_SYNTAX},
        {"_", ERR_SYNTAX},
        {"'; DROP TABLE x", OK},
    };
    struct scene scene;
    (void)state;
    scene_init(&scene);
    say(&scene, 3, scene.bob, "hi");
    index_some(&scene);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct search_query query = {.user_id = scene.alice,
                                           .text = bytes_from_text(cases[i].text),
                                           .limit = 5,
                                           .steps_max = SEARCH_STEPS_MAX};
        CHECK(search_list(scene.db, &query, &scene.arena, &scene.page) == cases[i].expected);
        CHECK(scene.page.count == 0); /* it is in bob's chat */
    }
    const struct search_query with_nul = {.user_id = scene.bob,
                                          .text = BYTES("hi\0 nothing"),
                                          .limit = 5,
                                          .steps_max = SEARCH_STEPS_MAX};
    CHECK(search_list(scene.db, &with_nul, &scene.arena, &scene.page) == OK);
    CHECK(scene.page.count == 0);
    scene_deinit(&scene);
}

/* Whatever is typed, the index understands what is made of it. */
static void test_no_text_breaks_the_expression(void **state)
{
    static const char *const pieces[] = {"\"",       "'",
                                         "a",        "b",
                                         " ",        "*",
                                         "^",        "(",
                                         ")",        "{",
                                         "}",        ":",
                                         "-",        "+",
                                         "AND",      "OR",
                                         "NOT",      "NEAR",
                                         ",",        "\\",
                                         "\n",       "_",
                                         ";",        "%",
                                         "\xc3\xa9", "\xf0\x9f\x91\x8d",
                                         "\xcc\x81", "\x01",
                                         "content",  "0"};
    struct scene scene;
    uint32_t chance = 1; /* a fixed sequence: each run tries the same */
    (void)state;
    scene_init(&scene);
    say(&scene, 1, scene.alice, "a b content 0");
    index_some(&scene);
    for (int i = 0; i < 5000; i++) {
        struct buf text = {0};
        for (int j = 0; j < 8; j++) {
            chance = chance * 1664525 + 1013904223;
            buf_append_text(&text, pieces[(chance >> 16) % COUNT_OF(pieces)]);
        }
        const struct search_query query = {.user_id = scene.alice,
                                           .text = buf_bytes(&text),
                                           .limit = 5,
                                           .steps_max = SEARCH_STEPS_MAX};
        enum err err = search_list(scene.db, &query, &scene.arena, &scene.page);
        if (err != OK && err != ERR_SYNTAX)
            print_error("%.*s\n", BYTES_FMT(buf_bytes(&text)));
        CHECK(err == OK || err == ERR_SYNTAX);
        buf_free(&text);
        arena_free(&scene.arena);
    }
    scene_deinit(&scene);
}

static void test_only_own_chats_are_searched(void **state)
{
    struct scene scene;
    (void)state;
    scene_init(&scene);
    for (int64_t chat = 1; chat <= 3; chat++)
        say(&scene, chat, chat == 1 ? scene.alice : scene.bob, "hello");
    index_some(&scene);
    struct search_query query = words("hello");
    check_found(&scene, query, "2 1");
    query.user_id = scene.bob;
    check_found(&scene, query, "3 2");
    query.user_id = 99;
    check_found(&scene, query, "");
    query = words("hello");
    query.chat_id = 1;
    check_found(&scene, query, "1");
    query.chat_id = 3;
    query.user_id = scene.alice;
    query.limit = 5;
    CHECK(search_list(scene.db, &query, &scene.arena, &scene.page) == ERR_NOT_FOUND);
    scene_deinit(&scene);
}

/* A user of more chats than the index is asked for is answered right too. */
static void test_user_of_many_chats_is_answered(void **state)
{
    struct scene scene;
    (void)state;
    scene_init(&scene);
    say(&scene, 2, scene.bob, "hello");
    say(&scene, 3, scene.bob, "hello");
    index_some(&scene);
    for (int i = 3; i <= SEARCH_CHATS_MAX; i++)
        (void)add_chat(scene.db, &scene.alice, 1);
    check_found(&scene, words("hello"), "1"); /* as many as the limit */
    (void)add_chat(scene.db, &scene.alice, 1);
    check_found(&scene, words("hello"), "1"); /* and one more */
    scene_deinit(&scene);
}

static void test_filters_narrow_what_is_found(void **state)
{
    struct scene scene;
    (void)state;
    scene_init(&scene);
    say(&scene, 1, scene.alice, "hello"); /* at NOW_US + 1 */
    say(&scene, 2, scene.bob, "hello");   /* at NOW_US + 2 */
    index_some(&scene);
    struct search_query query = words("hello");
    query.sender_id = scene.bob;
    check_found(&scene, query, "2");
    query = words("hello");
    query.since_us = NOW_US + 2;
    check_found(&scene, query, "2");
    query = words("hello");
    query.until_us = NOW_US + 2;
    check_found(&scene, query, "1");
    query = words("hello");
    query.before = 2;
    check_found(&scene, query, "1");
    scene_deinit(&scene);
}

static void test_pages_follow_each_other(void **state)
{
    struct scene scene;
    (void)state;
    scene_init(&scene);
    for (int i = 0; i < 5; i++)
        say(&scene, 1, scene.alice, "hello");
    index_some(&scene);
    struct search_query query = words("hello");
    query.limit = 2;
    check_found(&scene, query, "5 4");
    query.before = scene.page.next_before;
    check_found(&scene, query, "3 2");
    query.before = scene.page.next_before;
    check_found(&scene, query, "1");
    CHECK(scene.page.next_before == 0);
    scene_deinit(&scene);
}

/* Where others' messages stand in the way, a page may be short, and the next one goes on. */
static void test_page_ends_where_enough_was_looked_at(void **state)
{
    struct scene scene;
    (void)state;
    scene_init(&scene);
    say(&scene, 1, scene.alice, "hello");
    elsewhere(&scene.place,
              "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"
              " INSERT INTO chat_message (content, timestamp, chat_id, sender_id)"
              " SELECT 'hello', '2026-01-01 00:00:00', 1, 2 FROM n");
    while (pending(&scene) > 0)
        index_some(&scene);
    struct search_query query = words("hello");
    query.sender_id = scene.alice;
    check_found(&scene, query, "");
    CHECK(scene.page.next_before == 2);
    query.before = scene.page.next_before;
    check_found(&scene, query, "1");
    scene_deinit(&scene);
}

/* Long messages make short pages: what one page holds in memory has a bound. */
static void test_page_ends_where_its_contents_are_long(void **state)
{
    struct scene scene;
    struct buf content = {0};
    (void)state;
    scene_init(&scene);
    buf_printf(&content, "hello %0*d", SEARCH_PAGE_BYTES / 2, 0);
    buf_append_byte(&content, '\0');
    for (int i = 0; i < 4; i++)
        say(&scene, 1, scene.alice, (const char *)content.data);
    while (pending(&scene) > 0)
        index_some(&scene);
    struct search_query query = words("hello");
    check_found(&scene, query, "4 3");
    CHECK(scene.page.next_before == 3);
    query.before = scene.page.next_before;
    check_found(&scene, query, "2 1");
    buf_free(&content);
    scene_deinit(&scene);
}

/* Many messages, of which each has one of two words. */
static void say_salt_or_pepper(struct scene *scene)
{
    elsewhere(&scene->place,
              "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000)"
              " INSERT INTO chat_message (content, timestamp, chat_id, sender_id)"
              " SELECT iif(i % 2, 'salt', 'pepper'), '2026-01-01 00:00:00', 1, 2 FROM n");
}

/* Search with as few steps as are not refused: that many. */
static int64_t search_cheaply(struct scene *scene, struct search_query *query)
{
    enum err err = ERR_DENIED;
    query->user_id = scene->alice;
    query->limit = 10;
    query->steps_max = 0;
    while (err == ERR_DENIED && query->steps_max < SEARCH_STEPS_MAX) {
        query->steps_max += SQL_STEPS_AT_ONCE;
        err = search_list(scene->db, query, &scene->arena, &scene->page);
        CHECK(err == OK || scene->page.count == 0);
    }
    CHECK(err == OK);
    return query->steps_max;
}

/* The oldest message alone has both words: what a search may cost decides whether it comes that
 * far. One that was refused leaves nothing behind. */
static void test_words_that_rarely_meet_cost_no_more_than_allowed(void **state)
{
    struct scene scene;
    struct search_query query = words("salt pepper");
    (void)state;
    scene_init(&scene);
    say(&scene, 1, scene.alice, "salt pepper");
    say_salt_or_pepper(&scene);
    while (pending(&scene) > 0)
        index_some(&scene);
    int64_t steps = search_cheaply(&scene, &query);
    CHECK(scene.page.count == 1 && scene.page.rows[0].message.id == 1);
    query.steps_max = steps - 2 * SQL_STEPS_AT_ONCE;
    CHECK(query.steps_max > 0);
    CHECK(search_list(scene.db, &query, &scene.arena, &scene.page) == ERR_DENIED);
    check_found(&scene, words("salt pepper"), "1");
    scene_deinit(&scene);
}

/* What was found before it became too dear is shown, and the next page goes on from there. */
static void test_page_that_gets_too_dear_ends_early(void **state)
{
    struct scene scene;
    struct search_query query = words("salt pepper");
    (void)state;
    scene_init(&scene);
    say_salt_or_pepper(&scene);
    int64_t newest = say(&scene, 1, scene.alice, "salt pepper");
    while (pending(&scene) > 0)
        index_some(&scene);
    (void)search_cheaply(&scene, &query);
    CHECK(scene.page.count == 1 && scene.page.rows[0].message.id == newest);
    CHECK(scene.page.next_before == newest);
    query.before = newest;
    query.steps_max = SQL_STEPS_AT_ONCE;
    CHECK(search_list(scene.db, &query, &scene.arena, &scene.page) == ERR_DENIED);
    query.steps_max = SEARCH_STEPS_MAX;
    check_found(&scene, query, "");
    CHECK(scene.page.next_before == 0);
    scene_deinit(&scene);
}

static void test_snippet_shows_the_words(void **state)
{
    struct scene scene;
    (void)state;
    scene_init(&scene);
    say(&scene, 1, scene.alice,
        "one two three four five six seven eight nine ten eleven twelve Caf\xc3\xa9 thirteen"
        " fourteen fifteen sixteen seventeen eighteen nineteen twenty");
    index_some(&scene);
    check_found(&scene, words("cafe"), "1");
    struct bytes snippet = scene.page.rows[0].snippet;
    CHECK(memmem(snippet.data, snippet.len,
                 "\x02"
                 "Caf\xc3\xa9\x03",
                 7) != NULL);
    CHECK(snippet.len < 120);
    CHECK(scene.page.rows[0].message.content.len > 120);
    scene_deinit(&scene);
}

/* A message full of hits costs what its length costs, not the square of their number. Its snippet
 * begins with the first of them. */
static void test_snippet_of_a_message_full_of_hits(void **state)
{
    static const struct {
        const char *before; /* them */
        const char *hit;    /* so often, with a blank between */
        int count;
        const char *query;
        const char *snippet; /* < and > stand for the marks */
    } cases[] = {
        {"", "salt", SEARCH_SNIPPET_HITS_MAX + 1, "salt",
         " <salt> <salt> <salt> <salt> <salt> <salt> <salt> <salt> <salt> <salt> <salt> <salt> "
         "<salt> <salt> <salt> <salt>\xe2\x80\xa6"},
        {"(There is)", "Salt, and", 30000, "SALT",
         "\xe2\x80\xa6<Salt>, and <Salt>, and <Salt>, and <Salt>, and <Salt>, and <Salt>, and "
         "<Salt>, and <Salt>, and\xe2\x80\xa6"},
        {"one", "a b c", 100, "\"b c\" \"a b\"",
         "\xe2\x80\xa6<a b c> <a b c> <a b c> <a b c> <a b c> <a>\xe2\x80\xa6"},
    };
    struct scene scene;
    struct buf content = {0};
    struct buf expected = {0};
    (void)state;
    scene_init(&scene);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        buf_clear(&content);
        buf_clear(&expected);
        buf_printf(&content, "%s", cases[i].before);
        for (int n = 0; n < cases[i].count; n++)
            buf_printf(&content, " %s", cases[i].hit);
        buf_append_byte(&content, '\0');
        int64_t id = say(&scene, 1, scene.alice, (const char *)content.data);
        index_some(&scene);
        struct search_query query = words(cases[i].query);
        query.limit = 1;
        query.user_id = scene.alice;
        query.steps_max = SEARCH_STEPS_MAX;
        CHECK(search_list(scene.db, &query, &scene.arena, &scene.page) == OK);
        CHECK(scene.page.count == 1 && scene.page.rows[0].message.id == id);
        for (const char *c = cases[i].snippet; *c != '\0'; c++)
            buf_append_byte(&expected, *c == '<' ? 2 : *c == '>' ? 3 : (uint8_t)*c);
        CHECK_BYTES(scene.page.rows[0].snippet, buf_bytes(&expected));
    }
    buf_free(&content);
    buf_free(&expected);
    scene_deinit(&scene);
}

/* Whoever changes a message, the index follows. */
static void test_changes_are_noticed(void **state)
{
    struct scene scene;
    (void)state;
    scene_init(&scene);
    int64_t first = say(&scene, 1, scene.alice, "apple");
    say(&scene, 1, scene.alice, "apple pie");
    index_some(&scene);
    CHECK(pending(&scene) == 0);
    CHECK(extras_edit(scene.db, first, BYTES("pear"), &(struct message_extra) {0}, scene.alice,
                      NOW_US) == OK);
    CHECK(pending(&scene) == 1);
    check_found(&scene, words("apple"), "2"); /* not even before it is indexed again */
    index_some(&scene);
    CHECK(pending(&scene) == 0);
    check_found(&scene, words("pear"), "1");
    check_found(&scene, words("apple"), "2");
    /* Django edits twice, and deletes. */
    elsewhere(&scene.place, "UPDATE chat_message SET content = 'plum' WHERE id = 1;"
                            "UPDATE chat_message SET content = 'fig' WHERE id = 1;"
                            "DELETE FROM chat_message WHERE id = 2");
    CHECK(pending(&scene) == 2);
    index_some(&scene);
    check_found(&scene, words("fig"), "1");
    check_found(&scene, words("plum"), "");
    check_found(&scene, words("pear"), "");
    check_found(&scene, words("pie"), "");
    CHECK(extras_blank(scene.db, first, scene.alice, NOW_US) == OK);
    index_some(&scene);
    check_found(&scene, words("fig"), "");
    /* A message that is not yet in the index may change as it likes. */
    int64_t third = say(&scene, 1, scene.alice, "nut");
    elsewhere(&scene.place, "UPDATE chat_message SET content = 'hazel' WHERE id = 3");
    CHECK(pending(&scene) == 1);
    index_some(&scene);
    check_found(&scene, words("hazel"), "3");
    check_found(&scene, words("nut"), "");
    CHECK(third == 3);
    check_asked(&scene.place, "SELECT count(*) FROM confab_search_stale", "0");
    CHECK(sql_run_text(scene.db, "INSERT INTO confab_search (confab_search, rank)"
                                 " VALUES ('integrity-check', 1)") == OK);
    scene_deinit(&scene);
}

static void test_chat_and_user_are_deleted_from_it(void **state)
{
    struct scene scene;
    (void)state;
    scene_init(&scene);
    say(&scene, 1, scene.alice, "apple");
    say(&scene, 2, scene.bob, "apple");
    say(&scene, 2, scene.alice, "apple");
    index_some(&scene);
    CHECK(chats_delete(scene.db, 1) == OK);
    check_found(&scene, words("apple"), "3 2");
    CHECK(users_delete(scene.db, scene.bob) == OK);
    check_found(&scene, words("apple"), "3");
    index_some(&scene);
    check_found(&scene, words("apple"), "3");
    CHECK(sql_run_text(scene.db, "INSERT INTO confab_search (confab_search, rank)"
                                 " VALUES ('integrity-check', 1)") == OK);
    scene_deinit(&scene);
}

/* Django makes its table anew when its migrations change it: our triggers go with the old one. */
static void test_lost_triggers_are_made_again_and_all_is_indexed_anew(void **state)
{
    struct scene scene;
    (void)state;
    scene_init(&scene);
    say(&scene, 1, scene.alice, "apple");
    index_some(&scene);
    elsewhere(&scene.place, "DROP TRIGGER confab_search_edited;"
                            "UPDATE chat_message SET content = 'pear'");
    CHECK(pending(&scene) == INT64_MAX);
    index_some(&scene);
    CHECK(pending(&scene) == 0);
    check_found(&scene, words("apple"), "");
    check_found(&scene, words("pear"), "1");
    elsewhere(&scene.place, "UPDATE chat_message SET content = 'plum'");
    CHECK(pending(&scene) == 1);
    scene_deinit(&scene);
}

/* The same as Django does it when a migration changes its table. */
static void test_table_made_anew_is_indexed_anew(void **state)
{
    struct scene scene;
    (void)state;
    scene_init(&scene);
    say(&scene, 1, scene.alice, "apple");
    say(&scene, 1, scene.alice, "nut");
    index_some(&scene);
    elsewhere(&scene.place,
              "PRAGMA foreign_keys = OFF; BEGIN;"
              "CREATE TABLE new__chat_message (id integer NOT NULL PRIMARY KEY AUTOINCREMENT,"
              " content text NOT NULL, timestamp datetime NOT NULL, chat_id bigint NOT NULL"
              " REFERENCES chat_chat (id), sender_id bigint NOT NULL REFERENCES chat_user (id));"
              "INSERT INTO new__chat_message SELECT id, replace(content, 'apple', 'pear'),"
              " timestamp, chat_id, sender_id FROM chat_message;"
              "DROP TABLE chat_message;"
              "ALTER TABLE new__chat_message RENAME TO chat_message;"
              "CREATE INDEX chat_message_chat_id_21483fa7 ON chat_message (chat_id); COMMIT");
    CHECK(pending(&scene) == INT64_MAX);
    index_some(&scene);
    check_found(&scene, words("apple"), "");
    check_found(&scene, words("pear"), "1");
    check_found(&scene, words("nut"), "2");
    elsewhere(&scene.place, "DELETE FROM chat_message WHERE id = 2");
    check_found(&scene, words("nut"), "");
    CHECK(pending(&scene) == 1);
    scene_deinit(&scene);
}

/* The writer is not held up: so many messages, or so many bytes, at once. */
static void test_indexing_stops_at_its_limits(void **state)
{
    struct scene scene;
    (void)state;
    scene_init(&scene);
    elsewhere(&scene.place,
              "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1001)"
              " INSERT INTO chat_message (content, timestamp, chat_id, sender_id)"
              " SELECT 'x', '2026-01-01 00:00:00', 1, 1 FROM n");
    CHECK(pending(&scene) == 1001);
    index_some(&scene);
    CHECK(pending(&scene) == 1);
    index_some(&scene);
    CHECK(pending(&scene) == 0);
    elsewhere(&scene.place, "INSERT INTO chat_message (content, timestamp, chat_id, sender_id)"
                            " SELECT printf('%.*c', 262144, 'x'), '2026-01-01 00:00:00', 1, 1"
                            " FROM chat_message LIMIT 3");
    index_some(&scene);
    CHECK(pending(&scene) == 1);
    scene_deinit(&scene);
}

/* In spare time a few missing messages are no reason to write. */
static void test_lazy_indexing_waits_for_enough(void **state)
{
    struct scene scene;
    bool has_more = true;
    (void)state;
    scene_init(&scene);
    for (int i = 0; i < SEARCH_INDEX_LAZY_MESSAGES - 1; i++)
        say(&scene, 1, scene.alice, "x");
    CHECK(search_index_lazily(scene.db, &has_more) == OK);
    CHECK(pending(&scene) == SEARCH_INDEX_LAZY_MESSAGES - 1 && !has_more);
    say(&scene, 1, scene.alice, "x");
    CHECK(search_index_lazily(scene.db, &has_more) == OK);
    CHECK(pending(&scene) == 0 && !has_more);
    elsewhere(&scene.place, "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
                            " WHERE i < 1500) INSERT INTO chat_message (content, timestamp,"
                            " chat_id, sender_id) SELECT 'x', '2026-01-01 00:00:00', 1, 1 FROM n");
    CHECK(search_index_lazily(scene.db, &has_more) == OK);
    CHECK(pending(&scene) == 500 && has_more);
    scene_deinit(&scene);
}

/* Whoever waits here waits for ever: a message would wait behind it. */
static void test_lazy_indexing_does_not_wait_for_a_lock(void **state)
{
    struct scene scene;
    bool has_more = true;
    (void)state;
    scene_init(&scene);
    for (int i = 0; i < SEARCH_INDEX_LAZY_MESSAGES; i++)
        say(&scene, 1, scene.alice, "x");
    sql_set_busy_ms_max(scene.db, INT_MAX);
    sqlite3 *other = open_other(&scene.place);
    other_runs(other, "BEGIN IMMEDIATE");
    CHECK(search_index_lazily(scene.db, &has_more) == ERR_BUSY && !has_more);
    CHECK(pending(&scene) == SEARCH_INDEX_LAZY_MESSAGES);
    other_runs(other, "COMMIT");
    CHECK(sqlite3_close(other) == SQLITE_OK);
    CHECK(search_index_lazily(scene.db, &has_more) == OK);
    CHECK(pending(&scene) == 0);
    scene_deinit(&scene);
}

static void test_text_has_a_limit(void **state)
{
    struct scene scene;
    char text[SEARCH_TEXT_BYTES_MAX + 2];
    (void)state;
    scene_init(&scene);
    (void)memset(text, 'x', sizeof text);
    struct search_query query = {
        .user_id = scene.alice, .text = bytes_of(text, SEARCH_TEXT_BYTES_MAX), .limit = 1};
    CHECK(search_list(scene.db, &query, &scene.arena, &scene.page) == OK);
    query.text = bytes_of(text, SEARCH_TEXT_BYTES_MAX + 1);
    CHECK(search_list(scene.db, &query, &scene.arena, &scene.page) == ERR_LIMIT);
    /* Words beyond the limit are not asked for. */
    struct buf match = {0};
    CHECK(search_match_words(&match, BYTES("1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17")));
    CHECK(memmem(match.data, match.len, "\"16\"", 4) != NULL);
    CHECK(memmem(match.data, match.len, "\"17\"", 4) == NULL);
    buf_free(&match);
    scene_deinit(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_are_found_whatever_their_form),
        cmocka_unit_test(test_operators_are_words),
        cmocka_unit_test(test_no_text_breaks_the_expression),
        cmocka_unit_test(test_only_own_chats_are_searched),
        cmocka_unit_test(test_user_of_many_chats_is_answered),
        cmocka_unit_test(test_filters_narrow_what_is_found),
        cmocka_unit_test(test_pages_follow_each_other),
        cmocka_unit_test(test_page_ends_where_enough_was_looked_at),
        cmocka_unit_test(test_page_ends_where_its_contents_are_long),
        cmocka_unit_test(test_words_that_rarely_meet_cost_no_more_than_allowed),
        cmocka_unit_test(test_page_that_gets_too_dear_ends_early),
        cmocka_unit_test(test_snippet_shows_the_words),
        cmocka_unit_test(test_snippet_of_a_message_full_of_hits),
        cmocka_unit_test(test_changes_are_noticed),
        cmocka_unit_test(test_chat_and_user_are_deleted_from_it),
        cmocka_unit_test(test_lost_triggers_are_made_again_and_all_is_indexed_anew),
        cmocka_unit_test(test_table_made_anew_is_indexed_anew),
        cmocka_unit_test(test_indexing_stops_at_its_limits),
        cmocka_unit_test(test_lazy_indexing_waits_for_enough),
        cmocka_unit_test(test_lazy_indexing_does_not_wait_for_a_lock),
        cmocka_unit_test(test_text_has_a_limit),
    };
    return cmocka_run_group_tests_name("store/search", tests, NULL, NULL);
}
