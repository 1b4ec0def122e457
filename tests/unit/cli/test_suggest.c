#include "cli/suggest.h"

#include <limits.h>
#include "check.h"

static void test_distance_counts_single_slips(void **state)
{
    (void)state;
    const struct {
        struct bytes a;
        struct bytes b;
        unsigned distance;
    } cases[] = {
        {BYTES(""), BYTES(""), 0},
        {BYTES("listen"), BYTES("listen"), 0},
        {BYTES("listn"), BYTES("listen"), 1},   /* one left out */
        {BYTES("lissten"), BYTES("listen"), 1}, /* one too many */
        {BYTES("lusten"), BYTES("listen"), 1},  /* one wrong */
        {BYTES("litsen"), BYTES("listen"), 1},  /* two swapped */
        {BYTES("kitten"), BYTES("sitting"), 3},
        {BYTES(""), BYTES("abc"), 3},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CHECK(suggest_distance(cases[i].a, cases[i].b) == cases[i].distance);
        CHECK(suggest_distance(cases[i].b, cases[i].a) == cases[i].distance);
    }
}

/* What somebody pastes by mistake must not overrun the rows. */
static void test_long_texts_are_like_nothing(void **state)
{
    (void)state;
    char text[SUGGEST_NAME_BYTES_MAX + 2];
    memset(text, 'a', sizeof text);
    CHECK(suggest_distance(bytes_of(text, SUGGEST_NAME_BYTES_MAX), BYTES("")) ==
          SUGGEST_NAME_BYTES_MAX);
    CHECK(suggest_distance(bytes_of(text, SUGGEST_NAME_BYTES_MAX + 1), BYTES("")) == UINT_MAX);
    CHECK(suggest_distance(BYTES(""), bytes_of(text, SUGGEST_NAME_BYTES_MAX + 1)) == UINT_MAX);
}

static void test_nearest_candidate_wins_and_far_ones_are_silent(void **state)
{
    (void)state;
    struct suggestion near_one = {.typed = BYTES("datbase")};
    suggest_consider(&near_one, "listen");
    CHECK(near_one.best == NULL);
    suggest_consider(&near_one, "databases");
    suggest_consider(&near_one, "database");
    suggest_consider(&near_one, "databus");
    CHECK(strcmp(near_one.best, "database") == 0);
}

/* A third of the characters is the most that may differ: "xyz" is not meant to be "abz". */
static void test_a_third_may_differ_and_no_more(void **state)
{
    (void)state;
    struct suggestion within = {.typed = BYTES("abcxyf")};
    suggest_consider(&within, "abcdef");
    CHECK(within.best != NULL);
    struct suggestion beyond = {.typed = BYTES("abxxxf")};
    suggest_consider(&beyond, "abcdef");
    CHECK(beyond.best == NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_distance_counts_single_slips),
        cmocka_unit_test(test_long_texts_are_like_nothing),
        cmocka_unit_test(test_nearest_candidate_wins_and_far_ones_are_silent),
        cmocka_unit_test(test_a_third_may_differ_and_no_more),
    };
    return cmocka_run_group_tests_name("cli/suggest", tests, NULL, NULL);
}
