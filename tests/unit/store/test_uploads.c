#include "store/uploads.h"

#include "fixture.h"

static const struct upload_row file = {
    .owner_id = 1,
    .chat_id = 1,
    .size = 1000,
};

static int64_t insert(struct db *db, int64_t owner_id, int64_t now_us)
{
    struct upload_row upload = file;
    int64_t id = 0;
    upload.owner_id = owner_id;
    upload.name = BYTES("a \"b\".txt");
    upload.type = BYTES("text/plain");
    upload.sha256 = BYTES("ff");
    upload.path = BYTES("ab/cd");
    CHECK(uploads_insert(db, &upload, now_us, &id) == OK);
    return id;
}

static void test_upload_is_read_as_written(void **state)
{
    struct place place;
    struct arena arena = {0};
    struct upload_row row;
    int64_t total = 0;
    (void)state;
    struct db *db = open_new(&place);
    int64_t id = insert(db, 1, NOW_US);
    CHECK(uploads_find(db, id, &arena, &row) == OK);
    CHECK(row.id == id && row.owner_id == 1 && row.chat_id == 1 && row.size == 1000);
    CHECK_BYTES(row.name, BYTES("a \"b\".txt"));
    CHECK_BYTES(row.type, BYTES("text/plain"));
    CHECK_BYTES(row.sha256, BYTES("ff"));
    CHECK_BYTES(row.path, BYTES("ab/cd"));
    CHECK(row.created_us == NOW_US && row.message_id == 0);
    CHECK(uploads_total(db, 1, &total) == OK && total == 1000);
    insert(db, 1, NOW_US);
    CHECK(uploads_total(db, 1, &total) == OK && total == 2000);
    CHECK(uploads_total(db, 2, &total) == OK && total == 0);
    CHECK(uploads_delete(db, id) == OK);
    CHECK(uploads_delete(db, id) == ERR_NOT_FOUND);
    CHECK(uploads_find(db, id, &arena, &row) == ERR_NOT_FOUND);
    arena_free(&arena);
    close_all(&place, &db);
}

static void test_upload_is_shown_by_one_message_of_its_owner(void **state)
{
    struct place place;
    (void)state;
    struct db *db = open_new(&place);
    int64_t id = insert(db, 1, NOW_US);
    CHECK(uploads_use(db, id, 2, 1, 5) == ERR_NOT_FOUND);
    CHECK(uploads_use(db, id, 1, 2, 5) == ERR_NOT_FOUND);
    CHECK(uploads_use(db, id + 1, 1, 1, 5) == ERR_NOT_FOUND);
    CHECK(uploads_use(db, id, 1, 1, 5) == OK);
    CHECK(uploads_use(db, id, 1, 1, 6) == ERR_NOT_FOUND);
    check_asked(&place, "SELECT message_id FROM confab_upload", "5");
    close_all(&place, &db);
}

/* What nobody can see any more takes room for nothing. */
static void test_unused_ones_are_listed_when_they_are_old(void **state)
{
    struct place place;
    struct arena arena = {0};
    struct upload_row rows[3];
    size_t count = 0;
    (void)state;
    struct db *db = open_new(&place);
    int64_t alice = add_user(db, "alice");
    int64_t chat = add_chat(db, &alice, 1);
    int64_t shown = insert(db, 1, NOW_US);
    int64_t of_gone = insert(db, 1, NOW_US);
    int64_t waiting = insert(db, 1, NOW_US);
    insert(db, 1, NOW_US + 10); /* not old */
    int64_t message = 0;
    int64_t prev = 0;
    CHECK(messages_insert(db, chat, alice, BYTES("x"), NOW_US, &message, &prev) == OK);
    CHECK(uploads_use(db, shown, 1, 1, message) == OK);
    CHECK(uploads_use(db, of_gone, 1, 1, message + 1) == OK); /* Django deleted it */
    CHECK(uploads_list_unused(db, NOW_US + 10, 0, 3, &arena, rows, &count) == OK);
    CHECK(count == 2 && rows[0].id == of_gone && rows[1].id == waiting);
    CHECK(uploads_list_unused(db, NOW_US + 10, of_gone, 3, &arena, rows, &count) == OK);
    CHECK(count == 1 && rows[0].id == waiting);
    CHECK(uploads_list_unused(db, NOW_US, 0, 3, &arena, rows, &count) == OK);
    CHECK(count == 0);
    arena_free(&arena);
    close_all(&place, &db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_upload_is_read_as_written),
        cmocka_unit_test(test_upload_is_shown_by_one_message_of_its_owner),
        cmocka_unit_test(test_unused_ones_are_listed_when_they_are_old),
    };
    return cmocka_run_group_tests_name("store/uploads", tests, NULL, NULL);
}
