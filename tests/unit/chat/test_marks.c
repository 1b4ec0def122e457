#include "check.h"

#include "chat/marks.h"

/* A reader at an offset has everything that ends there or before. */
static void test_the_last_event_before_an_offset(void **state)
{
    (void)state;
    struct marks marks = {0};
    marks_start(&marks, 4);
    CHECK(marks_seq_at(&marks, 0) == 4 && marks_seq_at(&marks, 1000) == 4);
    CHECK(marks_add(&marks, 100, 5, 0) == OK);
    CHECK(marks_add(&marks, 250, 9, 0) == OK);
    CHECK(marks_seq_at(&marks, 0) == 4);
    CHECK(marks_seq_at(&marks, 99) == 4);
    CHECK(marks_seq_at(&marks, 100) == 5);
    CHECK(marks_seq_at(&marks, 249) == 5);
    CHECK(marks_seq_at(&marks, 250) == 9);
    CHECK(marks_seq_at(&marks, 9999) == 9);
    marks_deinit(&marks);
}

/* What nobody needs is forgotten, and what is kept stays findable. */
static void test_marks_are_forgotten_with_the_log(void **state)
{
    (void)state;
    struct marks marks = {0};
    marks_start(&marks, 0);
    for (int64_t seq = 1; seq <= 10000; seq++) {
        uint64_t end = (uint64_t)seq * 10;
        CHECK(marks_add(&marks, end, seq, end > 200 ? end - 200 : 0) == OK);
        CHECK(marks_seq_at(&marks, end) == seq);
        if (seq > 20)
            CHECK(marks_seq_at(&marks, end - 100) == seq - 10);
    }
    CHECK(marks.cap <= 64);
    marks_deinit(&marks);
}

/* When all are forgotten the base is the last of them. */
static void test_the_base_follows(void **state)
{
    (void)state;
    struct marks marks = {0};
    CHECK(marks_add(&marks, 10, 1, 0) == OK);
    CHECK(marks_add(&marks, 20, 2, 0) == OK);
    CHECK(marks_add(&marks, 30, 3, 20) == OK);
    CHECK(marks.base == 2);
    CHECK(marks_seq_at(&marks, 25) == 2);
    marks_deinit(&marks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_last_event_before_an_offset),
        cmocka_unit_test(test_marks_are_forgotten_with_the_log),
        cmocka_unit_test(test_the_base_follows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
