#include "check.h"
#include "layer/memory.h"

/* A channel that is in a group is always named; one that has left every group never is. */
static void test_members_are_never_left_out(void **state)
{
    (void)state;
    struct layer *layer = NULL;
    enum { GROUPS = 50000 };
    CHECK(layer_new(3, &layer) == OK);
    for (uint64_t group = 1; group <= GROUPS; group++)
        layer_group_add(layer, group, (unsigned)(group % 3));
    for (uint64_t group = 1; group <= GROUPS; group++)
        CHECK((layer_group_channels(layer, group) >> (group % 3) & 1) == 1);
    for (uint64_t group = 1; group <= GROUPS; group++)
        layer_group_discard(layer, group, (unsigned)(group % 3));
    for (uint64_t group = 1; group <= GROUPS; group++)
        CHECK(layer_group_channels(layer, group) == 0);
    layer_free(&layer);
    CHECK(layer == NULL);
}

/* Two groups may share a place: the first to leave must not take the other with it. */
static void test_leaving_one_group_keeps_the_other(void **state)
{
    (void)state;
    struct layer *layer = NULL;
    CHECK(layer_new(1, &layer) == OK);
    layer_group_add(layer, 5, 0);
    layer_group_add(layer, 5, 0);
    layer_group_discard(layer, 5, 0);
    CHECK(layer_group_channels(layer, 5) == 1);
    layer_group_discard(layer, 5, 0);
    CHECK(layer_group_channels(layer, 5) == 0);
    layer_free(&layer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members_are_never_left_out),
        cmocka_unit_test(test_leaving_one_group_keeps_the_other),
    };
    return cmocka_run_group_tests_name("layer/memory", tests, NULL, NULL);
}
