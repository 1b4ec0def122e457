#include "cli/address_range.h"

#include "check.h"

static const uint8_t ten_mapped[16] = {[10] = 0xff, [11] = 0xff, [12] = 10};
static const uint8_t documentation[16] = {0x20, 0x01, 0x0d, 0xb8};
static const uint8_t loopback[16] = {[15] = 1};

static void test_ranges_of_both_families_are_read(void **state)
{
    (void)state;
    const struct {
        struct bytes text;
        const uint8_t *address;
        unsigned prefix_bits;
    } cases[] = {
        {BYTES("10.0.0.0/8"), ten_mapped, 104},
        {BYTES("10.0.0.0/32"), ten_mapped, 128},
        {BYTES("10.0.0.0"), ten_mapped, 128}, /* one address */
        {BYTES("2001:db8::/32"), documentation, 32},
        {BYTES("2001:db8::/128"), documentation, 128},
        {BYTES("::1"), loopback, 128},
        {BYTES("::ffff:10.0.0.0/104"), ten_mapped, 104},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct address_range range;
        CHECK(address_range_read(cases[i].text, &range) == OK);
        CHECK(memcmp(range.address, cases[i].address, 16) == 0);
        CHECK(range.prefix_bits == cases[i].prefix_bits);
    }
}

static void test_whole_internet_is_a_range(void **state)
{
    (void)state;
    struct address_range range;
    CHECK(address_range_read(BYTES("0.0.0.0/0"), &range) == OK);
    CHECK(range.prefix_bits == 96); /* IPv4 alone */
    CHECK(address_range_read(BYTES("::/0"), &range) == OK);
    CHECK(range.prefix_bits == 0);
}

/* 10.0.0.1/8 may mean one address or sixteen million: whoever trusts a proxy should say which. */
static void test_bits_behind_the_prefix_are_a_conflict(void **state)
{
    (void)state;
    struct address_range range;
    CHECK(address_range_read(BYTES("10.0.0.1/8"), &range) == ERR_CONFLICT);
    CHECK(address_range_read(BYTES("10.0.0.1/31"), &range) == ERR_CONFLICT);
    CHECK(address_range_read(BYTES("10.0.0.1/32"), &range) == OK);
    CHECK(address_range_read(BYTES("::1/127"), &range) == ERR_CONFLICT);
}

static void test_what_is_no_range_is_refused(void **state)
{
    (void)state;
    const struct bytes cases[] = {
        BYTES(""),
        BYTES("/8"),
        BYTES("10.0.0.0/"),
        BYTES("10.0.0.0/33"),
        BYTES("::/129"),
        BYTES("10.0.0/8"),
        BYTES("10.0.0.0/-1"),
        BYTES("10.0.0.0/8/8"),
        BYTES("10.0.0.0 /8"),
        BYTES("example.com"),
        BYTES("10.0.0.256/32"),
        BYTES("10.0.0.0\0/8"),
        BYTES("1111:2222:3333:4444:5555:6666:7777:8888:9999:0000:1111:2222/8"),
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct address_range range = {.prefix_bits = 7};
        CHECK(address_range_read(cases[i], &range) == ERR_SYNTAX);
        CHECK(range.prefix_bits == 7);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ranges_of_both_families_are_read),
        cmocka_unit_test(test_whole_internet_is_a_range),
        cmocka_unit_test(test_bits_behind_the_prefix_are_a_conflict),
        cmocka_unit_test(test_what_is_no_range_is_refused),
    };
    return cmocka_run_group_tests_name("cli/address_range", tests, NULL, NULL);
}
