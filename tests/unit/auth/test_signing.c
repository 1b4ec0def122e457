#include "auth/signing.h"

#include "base/base64.h"
#include "check.h"

/* Values computed by Python's hashlib and hmac from the definition: every other format rests on
 * them. */
static void test_mac_is_what_django_computes(void **state)
{
    (void)state;
    static const struct {
        const char *secret;
        const char *salt;
        const char *message;
        const char *mac;
    } cases[] = {
        {"x", "a", "", "fa7bd8ae5e53c40da652466b86ba0f6b01c427c5b1e10ede13cb707e46b66cbc"},
        {"secret", "salt", "message",
         "20a0623ae928a9cada8b38a24136f22cad22c6b3f11ee27e9d1bcad9882c893a"},
        {"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"
         "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"
         "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk",
         "long", "mmm", "4da450cf0c4272dbe1aab5f6812cec92163a613384a22d775daedd136be3eb1c"},
        {"", "", "nothing else",
         "14e5713786fc2eb943838576711a42a6528ef16255ad90cb495e6a3841307a6a"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint8_t mac[MAC_BYTES];
        struct buf hex = {0};
        mac_make(bytes_from_text(cases[i].secret), cases[i].salt, bytes_from_text(cases[i].message),
                 mac);
        hex_append(&hex, bytes_of(mac, sizeof mac));
        CHECK_BYTES(buf_bytes(&hex), bytes_from_text(cases[i].mac));
        buf_free(&hex);
    }
}

/* A message without bytes has a pointer that libraries like to refuse. */
static void test_empty_message_may_be_null(void **state)
{
    (void)state;
    uint8_t of_null[MAC_BYTES];
    uint8_t of_empty[MAC_BYTES];
    mac_make(BYTES("secret"), "salt", NO_BYTES, of_null);
    mac_make(BYTES("secret"), "salt", BYTES(""), of_empty);
    CHECK_BYTES(bytes_of(of_null, MAC_BYTES), bytes_of(of_empty, MAC_BYTES));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mac_is_what_django_computes),
        cmocka_unit_test(test_empty_message_may_be_null),
    };
    return cmocka_run_group_tests_name("auth/signing", tests, NULL, NULL);
}
