#include "base/list.h"

#include "check.h"

struct item {
    int number;
    struct list link;
};

enum { ITEMS = 5 };

static void make_items(struct item items[ITEMS], struct list *list)
{
    list_init(list);
    for (int i = 0; i < ITEMS; i++) {
        items[i].number = i;
        list_push(list, &items[i].link);
    }
}

/* Checks the numbers from first to last, forwards and backwards. */
static void check_numbers(struct list *list, const char *digits)
{
    size_t count = strlen(digits);
    struct list *at = list->next;
    for (size_t i = 0; i < count; i++, at = at->next)
        CHECK(at != list && CONTAINER_OF(at, struct item, link)->number == digits[i] - '0');
    CHECK(at == list);
    at = list->prev;
    for (size_t i = count; i > 0; i--, at = at->prev)
        CHECK(at != list && CONTAINER_OF(at, struct item, link)->number == digits[i - 1] - '0');
    CHECK(at == list);
}

static void test_members_come_out_in_order(void **state)
{
    (void)state;
    struct item items[ITEMS];
    struct list list;
    make_items(items, &list);
    check_numbers(&list, "01234");
    for (int i = 0; i < ITEMS; i++)
        CHECK(list_pop(&list) == &items[i].link);
    CHECK(list_is_empty(&list));
    CHECK(list_pop(&list) == NULL);
}

static void test_removed_member_is_in_no_list(void **state)
{
    (void)state;
    struct item items[ITEMS];
    struct list list;
    make_items(items, &list);
    list_remove(&items[2].link);
    check_numbers(&list, "0134");
    list_remove(&items[2].link); /* a second time does nothing */
    check_numbers(&list, "0134");
    list_remove(&items[0].link);
    list_remove(&items[4].link);
    check_numbers(&list, "13");
    list_push(&list, &items[2].link);
    check_numbers(&list, "132");
}

static void test_lists_are_joined_in_order(void **state)
{
    (void)state;
    struct item items[ITEMS];
    struct item more = {.number = 7};
    struct list list;
    struct list other;
    make_items(items, &list);
    list_init(&other);
    list_append_all(&list, &other);
    check_numbers(&list, "01234");
    list_push(&other, &more.link);
    list_append_all(&other, &list);
    check_numbers(&other, "701234");
    CHECK(list_is_empty(&list));
    list_append_all(&list, &other);
    check_numbers(&list, "701234");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members_come_out_in_order),
        cmocka_unit_test(test_removed_member_is_in_no_list),
        cmocka_unit_test(test_lists_are_joined_in_order),
    };
    return cmocka_run_group_tests_name("base/list", tests, NULL, NULL);
}
