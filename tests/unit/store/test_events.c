#include "store/events.h"

#include "plan.h"

#include "store/nonces.h"

static int64_t chat_with(struct db *db, int64_t *user_id)
{
    const struct user user = {.username = BYTES("alice"),
                              .password = BYTES("!"),
                              .user_type = BYTES("student"),
                              .is_active = true};
    int64_t chat_id = 0;
    CHECK(users_insert(db, &user, NOW_US, user_id) == OK);
    CHECK(chats_insert(db, BYTES("chat"), *user_id, user_id, 1, NOW_US, &chat_id) == OK);
    return chat_id;
}

static int64_t say(struct db *db, int64_t chat_id, int64_t user_id, const char *content,
                   int64_t *prev)
{
    int64_t id = 0;
    CHECK(messages_insert(db, chat_id, user_id, bytes_from_text(content), NOW_US, &id, prev) == OK);
    return id;
}

static int64_t happen(struct db *db, int64_t chat_id, int64_t *prev)
{
    int64_t seq = 0;
    CHECK(events_insert(db, EVENT_CHAT_UPDATED, chat_id, 0, BYTES("{\"name\":\"x\"}"), NOW_US, &seq,
                        prev) == OK);
    return seq;
}

/* Messages and other events share one numbering, and each names the one before it in its chat. */
static void test_one_numbering_for_all_events(void **state)
{
    struct place place;
    struct arena arena = {0};
    struct event_row rows[8];
    size_t count = 0;
    int64_t user_id = 0;
    int64_t prev = 0;
    int64_t head = 0;
    (void)state;
    struct db *db = open_new(&place);
    CHECK(db_begin(db) == OK);
    int64_t chat_id = chat_with(db, &user_id);
    int64_t first = happen(db, chat_id, &prev); /* before any message was ever stored */
    CHECK(first == 1 && prev == 0);
    int64_t second = say(db, chat_id, user_id, "hello", &prev);
    CHECK(second == 2 && prev == 1);
    int64_t third = happen(db, chat_id, &prev);
    CHECK(third == 3 && prev == 2);
    CHECK(say(db, chat_id, user_id, "again", &prev) == 4 && prev == 3);
    CHECK(events_head(db, chat_id, &head) == OK && head == 4);
    CHECK(events_last_given(db, &head) == OK && head == 4);
    CHECK(events_list(db, chat_id, 0, COUNT_OF(rows), &arena, rows, &count) == OK);
    CHECK(count == 4);
    for (size_t i = 0; i < count; i++) {
        CHECK(rows[i].seq == (int64_t)i + 1);
        CHECK(rows[i].kind == (i % 2 == 0 ? EVENT_CHAT_UPDATED : EVENT_MESSAGE));
    }
    CHECK_BYTES(rows[0].members, BYTES("{\"name\":\"x\"}"));
    CHECK_BYTES(rows[1].message.content, BYTES("hello"));
    CHECK(events_list(db, chat_id, 2, 1, &arena, rows, &count) == OK);
    CHECK(count == 1 && rows[0].seq == 3);
    CHECK(events_list(db, chat_id, 4, 1, &arena, rows, &count) == OK);
    CHECK(count == 0);
    CHECK(db_commit(db) == OK);
    arena_free(&arena);
    close_all(&place, &db);
}

static void test_places_in_the_stream(void **state)
{
    struct place place;
    int64_t user_id = 0;
    int64_t prev = 0;
    int64_t seq = 0;
    (void)state;
    struct db *db = open_new(&place);
    CHECK(db_begin(db) == OK);
    int64_t chat_id = chat_with(db, &user_id);
    for (int i = 0; i < 5; i++) {
        (void)say(db, chat_id, user_id, "x", &prev);
        (void)happen(db, chat_id, &prev);
    }
    CHECK(events_last_until(db, chat_id, 7, &seq) == OK && seq == 7);
    CHECK(events_last_until(db, chat_id, 99, &seq) == OK && seq == 10);
    CHECK(events_last_until(db, chat_id, 0, &seq) == OK && seq == 0);
    CHECK(events_seq_from_end(db, chat_id, 3, &seq) == OK && seq == 7);
    CHECK(events_seq_from_end(db, chat_id, 9, &seq) == OK && seq == 1);
    CHECK(events_seq_from_end(db, chat_id, 10, &seq) == OK && seq == 0);
    CHECK(events_head(db, chat_id + 1, &seq) == OK && seq == 0);
    CHECK(db_commit(db) == OK);
    close_all(&place, &db);
}

/* What others have stored is found by chats, and of each the last. */
static void test_news_of_all_chats(void **state)
{
    struct place place;
    struct chat_news news[4];
    size_t count = 0;
    int64_t user_id = 0;
    int64_t prev = 0;
    int64_t other_id = 0;
    (void)state;
    struct db *db = open_new(&place);
    CHECK(db_begin(db) == OK);
    int64_t chat_id = chat_with(db, &user_id);
    CHECK(chats_insert(db, BYTES("b"), user_id, &user_id, 1, NOW_US, &other_id) == OK);
    (void)say(db, chat_id, user_id, "1", &prev);
    (void)say(db, other_id, user_id, "2", &prev);
    (void)say(db, chat_id, user_id, "3", &prev);
    CHECK(events_news(db, 1, COUNT_OF(news), news, &count) == OK);
    CHECK(count == 2 && news[0].chat_id == chat_id && news[0].seq == 3);
    CHECK(news[1].chat_id == other_id && news[1].seq == 2);
    CHECK(events_news(db, 3, COUNT_OF(news), news, &count) == OK && count == 0);
    CHECK(db_commit(db) == OK);
    close_all(&place, &db);
}

/* A later version may know more kinds: nobody may wait for a seq that is never shown. */
static void test_unknown_kind_is_a_change_of_the_chat(void **state)
{
    struct place place;
    struct arena arena = {0};
    struct event_row row;
    size_t count = 0;
    int64_t user_id = 0;
    int64_t prev = 0;
    (void)state;
    struct db *db = open_new(&place);
    int64_t chat_id = chat_with(db, &user_id);
    (void)happen(db, chat_id, &prev);
    elsewhere(&place, "UPDATE confab_event SET kind = 'poll_opened'");
    CHECK(events_list(db, chat_id, 0, 1, &arena, &row, &count) == OK);
    CHECK(count == 1 && row.seq == 1 && row.kind == EVENT_CHAT_UPDATED);
    arena_free(&arena);
    close_all(&place, &db);
}

/* What a rollback takes back was never there: its number comes again, and no link names it. */
static void test_rollback_leaves_the_chain_whole(void **state)
{
    struct place place;
    int64_t user_id = 0;
    int64_t prev = 0;
    (void)state;
    struct db *db = open_new(&place);
    int64_t chat_id = chat_with(db, &user_id);
    CHECK(say(db, chat_id, user_id, "1", &prev) == 1);
    CHECK(db_begin(db) == OK);
    CHECK(happen(db, chat_id, &prev) == 2 && prev == 1);
    db_rollback(db);
    CHECK(db_begin(db) == OK);
    CHECK(say(db, chat_id, user_id, "2", &prev) == 2 && prev == 1);
    CHECK(db_commit(db) == OK);
    close_all(&place, &db);
}

/* A page is bounded by its bytes too, but is never empty. */
static void test_long_messages_end_a_page(void **state)
{
    struct place place;
    struct arena arena = {0};
    struct event_row rows[4];
    size_t count = 0;
    int64_t user_id = 0;
    int64_t prev = 0;
    (void)state;
    struct db *db = open_new(&place);
    int64_t chat_id = chat_with(db, &user_id);
    (void)say(db, chat_id, user_id, "1", &prev);
    (void)happen(db, chat_id, &prev);
    (void)say(db, chat_id, user_id, "2", &prev);
    elsewhere(&place, "UPDATE chat_message SET content = printf('%.*c', 16384, 'x')");
    CHECK(events_list(db, chat_id, 0, 4, &arena, rows, &count) == OK && count == 1);
    CHECK(events_list(db, chat_id, 1, 4, &arena, rows, &count) == OK && count == 2);
    arena_free(&arena);
    close_all(&place, &db);
}

static void test_stream_is_read_by_indexes(void **state)
{
    static const char scans[] = "SCAN m|SCAN x|SCAN u|SCAN chat_message|SCAN confab_event";
    struct place place;
    (void)state;
    struct db *db = open_new(&place);
    check_plan(&place, SQL_EVENT_LIST_MESSAGES, scans, false);
    check_plan(&place, SQL_EVENT_LIST_OTHERS, scans, false);
    check_plan(&place, SQL_EVENT_HEAD, scans, true);
    check_plan(&place, SQL_EVENT_LAST_UNTIL, scans, true);
    check_plan(&place, SQL_EVENT_SEQ_FROM_END, scans, true);
    close_all(&place, &db);
}

static void test_nonces(void **state)
{
    struct place place;
    int64_t user_id = 0;
    int64_t prev = 0;
    int64_t id = 0;
    int64_t hash = 0;
    int64_t at_us = 0;
    const int64_t week_us = (int64_t)NONCE_KEPT_S * 1000000;
    (void)state;
    struct db *db = open_new(&place);
    CHECK(db_begin(db) == OK);
    int64_t chat_id = chat_with(db, &user_id);
    int64_t message_id = say(db, chat_id, user_id, "x", &prev);
    const struct nonce_key key = {user_id, chat_id, BYTES("n")};
    const struct nonce_key other = {user_id, chat_id + 1, BYTES("n")};
    CHECK(nonces_find(db, &key, &id, &hash, &at_us) == ERR_NOT_FOUND);
    CHECK(nonces_insert(db, &key, message_id, -5, NOW_US) == OK);
    CHECK(nonces_find(db, &key, &id, &hash, &at_us) == OK);
    CHECK(id == message_id && hash == -5 && at_us == NOW_US);
    CHECK(nonces_find(db, &other, &id, &hash, &at_us) == ERR_NOT_FOUND);
    CHECK(nonces_insert(db, &key, message_id, -5, NOW_US) == ERR_CONFLICT);
    CHECK(nonces_delete_old(db, NOW_US) == OK); /* not before it */
    CHECK(nonces_find(db, &key, &id, &hash, &at_us) == OK);
    CHECK(nonces_delete_old(db, NOW_US + week_us) == OK);
    CHECK(nonces_find(db, &key, &id, &hash, &at_us) == ERR_NOT_FOUND);
    CHECK(db_commit(db) == OK);
    close_all(&place, &db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_numbering_for_all_events),
        cmocka_unit_test(test_places_in_the_stream),
        cmocka_unit_test(test_news_of_all_chats),
        cmocka_unit_test(test_unknown_kind_is_a_change_of_the_chat),
        cmocka_unit_test(test_rollback_leaves_the_chain_whole),
        cmocka_unit_test(test_long_messages_end_a_page),
        cmocka_unit_test(test_stream_is_read_by_indexes),
        cmocka_unit_test(test_nonces),
    };
    return cmocka_run_group_tests_name("store/events", tests, NULL, NULL);
}
