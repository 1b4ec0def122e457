#include "check.h"
#include "net/address.h"

static void test_addresses_are_read_and_written(void **state)
{
    (void)state;
    static const char *const texts[][2] = {
        {"127.0.0.1", "127.0.0.1"},       {"::1", "::1"},
        {"[2001:db8::7]", "2001:db8::7"}, {"10.0.0.255", "10.0.0.255"},
        {"::ffff:1.2.3.4", "1.2.3.4"},
    };
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct address address;
        char text[ADDRESS_TEXT_BYTES];
        CHECK(address_read(bytes_from_text(texts[i][0]), &address) == OK);
        CHECK_BYTES(bytes_from_text(address_text(&address, text)), bytes_from_text(texts[i][1]));
    }
    static const char *const bad[] = {"",     "1.2.3",     "1.2.3.256", "::g",
                                      "[::1", "localhost", "1.2.3.4:80"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct address address;
        CHECK(address_read(bytes_from_text(bad[i]), &address) == ERR_SYNTAX);
    }
}

static void test_ranges(void **state)
{
    (void)state;
    struct address inside;
    struct address outside;
    struct address range;
    CHECK(address_read(BYTES("10.1.2.255"), &inside) == OK);
    CHECK(address_read(BYTES("10.1.3.0"), &outside) == OK);
    CHECK(address_read(BYTES("10.1.2.0"), &range) == OK);
    CHECK(address_in_range(&inside, range.bytes, 96 + 24));
    CHECK(!address_in_range(&outside, range.bytes, 96 + 24));
    CHECK(address_in_range(&outside, range.bytes, 96 + 23));
    CHECK(address_in_range(&outside, range.bytes, 0));
    CHECK(!address_in_range(&inside, range.bytes, 128));
}

static void test_host_and_port_are_split(void **state)
{
    (void)state;
    char host[ADDRESS_TEXT_BYTES];
    uint16_t port;
    CHECK(address_split("127.0.0.1:8000", host, &port) == OK && port == 8000);
    CHECK(strcmp(host, "127.0.0.1") == 0);
    CHECK(address_split("[::1]:65535", host, &port) == OK && port == 65535);
    CHECK(strcmp(host, "::1") == 0);
    CHECK(address_split("localhost:0", host, &port) == OK && port == 0);
    static const char *const bad[] = {
        "8000", ":8000", "::1:8000", "a:", "a:65536", "a:-1", "a:x", "[]:1"};
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        CHECK(address_split(bad[i], host, &port) == ERR_SYNTAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses_are_read_and_written),
        cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_host_and_port_are_split),
    };
    return cmocka_run_group_tests_name("net/address", tests, NULL, NULL);
}
