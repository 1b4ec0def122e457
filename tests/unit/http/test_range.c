#include "http/range.h"

#include "check.h"

static void test_ranges_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        uint64_t size;
        enum range_kind kind;
        uint64_t first;
        uint64_t count;
    } rows[] = {
        {"bytes=0-0", 1000, RANGE_PART, 0, 1},
        {"bytes=0-499", 1000, RANGE_PART, 0, 500},
        {"bytes=500-999", 1000, RANGE_PART, 500, 500},
        {"bytes=999-", 1000, RANGE_PART, 999, 1},
        {"bytes=0-", 1000, RANGE_PART, 0, 1000},
        {"bytes=10-1000", 1000, RANGE_PART, 10, 990},
        {"bytes=10-18446744073709551615", 1000, RANGE_PART, 10, 990},
        {"bytes=10-99999999999999999999999999", 1000, RANGE_PART, 10, 990},
        {"bytes=-1", 1000, RANGE_PART, 999, 1},
        {"bytes=-1000", 1000, RANGE_PART, 0, 1000},
        {"bytes=-1001", 1000, RANGE_PART, 0, 1000},
        {"bytes=-99999999999999999999999999", 1000, RANGE_PART, 0, 1000},
        {"BYTES= 7-8\t", 1000, RANGE_PART, 7, 2},
        {"bytes=1000-", 1000, RANGE_BEYOND, 0, 1000},
        {"bytes=1000-2000", 1000, RANGE_BEYOND, 0, 1000},
        {"bytes=99999999999999999999999999-", 1000, RANGE_BEYOND, 0, 1000},
        {"bytes=-0", 1000, RANGE_BEYOND, 0, 1000},
        {"bytes=-5", 0, RANGE_BEYOND, 0, 0},
        {"bytes=0-", 0, RANGE_BEYOND, 0, 0},
        /* What may be passed over. */
        {"", 1000, RANGE_WHOLE, 0, 1000},
        {"bytes", 1000, RANGE_WHOLE, 0, 1000},
        {"bytes=", 1000, RANGE_WHOLE, 0, 1000},
        {"bytes=-", 1000, RANGE_WHOLE, 0, 1000},
        {"bytes=5", 1000, RANGE_WHOLE, 0, 1000},
        {"bytes=5-4", 1000, RANGE_WHOLE, 0, 1000},
        {"bytes=a-5", 1000, RANGE_WHOLE, 0, 1000},
        {"bytes=0-b", 1000, RANGE_WHOLE, 0, 1000},
        {"bytes=-/", 1000, RANGE_WHOLE, 0, 1000},
        {"bytes=0 -5", 1000, RANGE_WHOLE, 0, 1000},
        {"bytes=+0-5", 1000, RANGE_WHOLE, 0, 1000},
        {"bytes=0--5", 1000, RANGE_WHOLE, 0, 1000},
        {"bytes=0-1,2-3", 1000, RANGE_WHOLE, 0, 1000},
        {"bytes=0-1, bytes=2-3", 1000, RANGE_WHOLE, 0, 1000},
        {"bytes =0-1", 1000, RANGE_WHOLE, 0, 1000},
        {"seconds=0-1", 1000, RANGE_WHOLE, 0, 1000},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct range range;
        enum range_kind kind = range_read(bytes_from_text(rows[i].value), rows[i].size, &range);
        CHECK(kind == rows[i].kind);
        CHECK(range.first == rows[i].first && range.count == rows[i].count);
    }
}

static void test_no_field_is_the_whole(void **state)
{
    struct range range;
    (void)state;
    CHECK(range_read(NO_BYTES, 5, &range) == RANGE_WHOLE);
    CHECK(range.first == 0 && range.count == 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ranges_are_read),
        cmocka_unit_test(test_no_field_is_the_whole),
    };
    return cmocka_run_group_tests_name("http/range", tests, NULL, NULL);
}
