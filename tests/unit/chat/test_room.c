#include "check.h"
#include "chat/room.h"

/* A room is there from its first reader to its last. */
static void test_room_lives_as_long_as_its_readers(void **state)
{
    (void)state;
    struct rooms rooms = {0};
    struct reader a;
    struct reader b;
    bool is_new;
    bool is_gone;
    CHECK(rooms_find(&rooms, 7) == NULL);
    CHECK(rooms_join(&rooms, 7, FORM_PLAIN, &a, &is_new) == OK && is_new);
    CHECK(rooms_join(&rooms, 7, FORM_DEFLATED, &b, &is_new) == OK && !is_new);
    CHECK(rooms_find(&rooms, 7) == a.feed->room);
    CHECK(a.feed->room == b.feed->room && a.feed != b.feed);
    rooms_leave(&rooms, &a, &is_gone);
    CHECK(!is_gone && rooms_find(&rooms, 7) != NULL);
    rooms_leave(&rooms, &b, &is_gone);
    CHECK(is_gone && rooms_find(&rooms, 7) == NULL);
    rooms_deinit(&rooms);
}

/* A form that nobody reads is not made, and goes with its last reader. */
static void test_only_read_forms_exist(void **state)
{
    (void)state;
    struct rooms rooms = {0};
    struct reader plain;
    struct reader small;
    bool flag;
    CHECK(rooms_join(&rooms, 1, FORM_PLAIN, &plain, &flag) == OK);
    struct room *room = rooms_find(&rooms, 1);
    CHECK(room->feeds[FORM_DEFLATED] == NULL && room->feeds[FORM_DEFLATED_SMALL] == NULL);
    CHECK(rooms_join(&rooms, 1, FORM_DEFLATED_SMALL, &small, &flag) == OK);
    CHECK(room->feeds[FORM_DEFLATED_SMALL] != NULL);
    rooms_leave(&rooms, &small, &flag);
    CHECK(room->feeds[FORM_DEFLATED_SMALL] == NULL && room->feeds[FORM_PLAIN] != NULL);
    rooms_leave(&rooms, &plain, &flag);
    rooms_deinit(&rooms);
}

/* Rooms are many and small. */
static void test_many_rooms(void **state)
{
    (void)state;
    enum { ROOMS = 20000 };
    struct rooms rooms = {0};
    struct reader *readers = test_calloc(ROOMS, sizeof *readers);
    bool flag;
    for (int i = 0; i < ROOMS; i++)
        CHECK(rooms_join(&rooms, i + 1, FORM_PLAIN, &readers[i], &flag) == OK && flag);
    for (int i = 0; i < ROOMS; i++)
        CHECK(rooms_find(&rooms, i + 1)->chat_id == i + 1);
    for (int i = 0; i < ROOMS; i++)
        rooms_leave(&rooms, &readers[i], &flag);
    rooms_deinit(&rooms);
    test_free(readers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_room_lives_as_long_as_its_readers),
        cmocka_unit_test(test_only_read_forms_exist),
        cmocka_unit_test(test_many_rooms),
    };
    return cmocka_run_group_tests_name("chat/room", tests, NULL, NULL);
}
