#include "ws/close_code.h"

#include "check.h"

/* The registry's codes may come from a peer; those that stand for an ending without a close frame,
 * the reserved and the unregistered ones may not (RFC 6455, section 7.4; 1012 to 1014 were
 * registered later). */
static void test_only_registered_and_private_codes_are_sendable(void **state)
{
    (void)state;
    static const struct {
        unsigned code;
        bool sendable;
    } cases[] = {
        {0, false},    {999, false},  {1000, true},  {1001, true},  {1002, true},   {1003, true},
        {1004, false}, {1005, false}, {1006, false}, {1007, true},  {1008, true},   {1009, true},
        {1010, true},  {1011, true},  {1012, true},  {1013, true},  {1014, true},   {1015, false},
        {1016, false}, {1100, false}, {2000, false}, {2999, false}, {3000, true},   {3999, true},
        {4000, true},  {4401, true},  {4999, true},  {5000, false}, {65535, false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        if (ws_close_code_is_sendable(cases[i].code) != cases[i].sendable)
            fail_msg("%u", cases[i].code);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_registered_and_private_codes_are_sendable),
    };
    return cmocka_run_group_tests_name("ws/close_code", tests, NULL, NULL);
}
