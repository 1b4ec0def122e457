#include "check.h"

#include "api/account.h"

/* BYTES() as an initializer of a table. */
#define TEXT(literal)                                                                              \
    {                                                                                              \
        (const uint8_t *)("" literal), sizeof(literal) - 1                                         \
    }

static void test_usernames(void **state)
{
    (void)state;
    static const struct {
        struct bytes name;
        bool is_valid;
    } cells[] = {
        {TEXT("alice"), true},
        {TEXT("a.b+c-d_e@f"), true},
        {TEXT("0"), true},
        {TEXT("\xc3\xa9t\xc3\xa9"), true}, /* été */
        {TEXT("\xe5\xbc\xa0"), true},      /* a Chinese name */
        {TEXT("\xd9\xa1\xd9\xa2"), true},  /* Arabic digits */
        {TEXT("\xef\xbd\x81"), true},      /* full width: not in NFKC */
        {TEXT(""), false},
        {TEXT("bad name"), false},
        {TEXT("a\n"), false},
        {TEXT("a\0b"), false},
        {TEXT("a/b"), false},
        {TEXT("a\xc2\xa0"
              "b"),
         false},                           /* no-break space */
        {TEXT("\xf0\x9f\x98\x80"), false}, /* an emoji */
        {TEXT("a!"), false},
    };
    for (size_t i = 0; i < COUNT_OF(cells); i++) {
        if (username_is_valid(cells[i].name) != cells[i].is_valid)
            print_error("%.*s\n", BYTES_FMT(cells[i].name));
        CHECK(username_is_valid(cells[i].name) == cells[i].is_valid);
    }
}

/* What unicodedata.normalize("NFKC", ...) makes of them; the system tests ask it about more. */
static void test_usernames_are_stored_in_normal_form(void **state)
{
    (void)state;
    static const struct {
        struct bytes name;
        struct bytes stored;
    } cells[] = {
        {TEXT(""), TEXT("")},
        {TEXT("alice"), TEXT("alice")},
        {TEXT("zo\u00eb"), TEXT("zo\u00eb")},
        {TEXT("zoe\u0308"), TEXT("zo\u00eb")},        /* composed */
        {TEXT("\uff41\uff42"), TEXT("ab")},           /* full width */
        {TEXT("\ufb01n"), TEXT("fin")},               /* a ligature */
        {TEXT("x\u00b2"), TEXT("x2")},                /* superscript */
        {TEXT("\u1112\u1161\u11ab"), TEXT("\ud55c")}, /* Hangul */
        {TEXT("\ufdfa"), TEXT("\u0635\u0644\u0649 \u0627\u0644\u0644\u0647 "
                              "\u0639\u0644\u064a\u0647 "
                              "\u0648\u0633\u0644\u0645")}, /* a letter that becomes words */
    };
    for (size_t i = 0; i < COUNT_OF(cells); i++) {
        struct buf stored = {0};
        username_append_stored(&stored, cells[i].name);
        CHECK(buf_status(&stored) == OK);
        CHECK_BYTES(buf_bytes(&stored), cells[i].stored);
        buf_free(&stored);
    }
}

/* What the patterns of Django 5.2's EmailValidator take and refuse. */
static void test_email_addresses(void **state)
{
    (void)state;
    static const struct {
        struct bytes email;
        bool is_valid;
    } cells[] = {
        {TEXT("a@b.cd"), true},
        {TEXT("a.b+c@sub.example.com"), true},
        {TEXT("!#$%&'*+-/=?^_`{|}~@example.com"), true},
        {TEXT("a@localhost"), true},
        {TEXT("a@LOCALHOST"), false},
        {TEXT("a@b"), false},
        {TEXT("a@b.c"), false},
        {TEXT("a@-b.cd"), false},
        {TEXT("a@b-.cd"), false},
        {TEXT("a@b--c.de"), true},
        {TEXT("a@b.-cd"), true},
        {TEXT("a@b..cd"), false},
        {TEXT("a@b.cd."), false},
        {TEXT("a@.b.cd"), false},
        {TEXT("a@b.c-"), false},
        {TEXT("a@b_c.de"), false},
        {TEXT("a@xn--4ca.de"), true},
        {TEXT("a@\xc3\xa4.de"), true},
        {TEXT("a@b.123"), true},
        {TEXT("\xc3\xa4@b.cd"), false},
        {TEXT("a b@c.de"), false},
        {TEXT("a@b@c.de"), false},
        {TEXT("a..b@c.de"), false},
        {TEXT(".a@c.de"), false},
        {TEXT("a.@c.de"), false},
        {TEXT("@c.de"), false},
        {TEXT("a@"), false},
        {TEXT("a"), false},
        {TEXT(""), false},
        {TEXT("a@b.cd\n"), false},
        {TEXT("a\0@b.cd"), false},
        {TEXT("\"a\"@b.cd"), true},
        {TEXT("\"a@b\"@c.de"), true},
        {TEXT("\"\"@b.cd"), true},
        {TEXT("\"a b\"@c.de"), false},
        {TEXT("\"a\\ b\"@c.de"), true},
        {TEXT("\"a\\\"b\"@c.de"), true},
        {TEXT("\"a\"b\"@c.de"), false},
        {TEXT("\"a\\\"@c.de"), false},
        {TEXT("\"@c.de"), false},
        {TEXT("\"a\tb\"@c.de"), false},
        {TEXT("\"a\\\tb\"@c.de"), true},
        {TEXT("a@[127.0.0.1]"), true},
        {TEXT("a@[127.0.0.256]"), false},
        {TEXT("a@[127.0.01.1]"), false},
        {TEXT("a@[127.0.0]"), false},
        {TEXT("a@[::1]"), true},
        {TEXT("a@[2001:db8::ff00:42:8329]"), true},
        {TEXT("a@[::ffff:127.0.0.1]"), true},
        {TEXT("a@[1:2:3:4:5:6:7:8]"), true},
        {TEXT("a@[1:2:3:4:5:6:7:8:9]"), false},
        {TEXT("a@[1:2:3:4:5:6:7]"), false},
        {TEXT("a@[1::2::3]"), false},
        {TEXT("a@[12345::1]"), false},
        {TEXT("a@[::g]"), false},
        {TEXT("a@[]"), false},
        {TEXT("a@127.0.0.1"), false},
    };
    for (size_t i = 0; i < COUNT_OF(cells); i++) {
        if (email_is_valid(cells[i].email) != cells[i].is_valid)
            print_error("%.*s\n", BYTES_FMT(cells[i].email));
        CHECK(email_is_valid(cells[i].email) == cells[i].is_valid);
    }
}

/* Labels of domain names have 63 characters (RFC 1034). */
static void test_labels_have_63_characters(void **state)
{
    (void)state;
    char text[96] = "a@";
    memset(text + 2, 'x', 63);
    memcpy(text + 65, ".de", 4);
    CHECK(email_is_valid(bytes_from_text(text)));
    memset(text + 2, 'x', 64);
    memcpy(text + 66, ".de", 4);
    CHECK(!email_is_valid(bytes_from_text(text)));
}

static void test_the_domain_is_stored_in_lower_case(void **state)
{
    (void)state;
    static const struct {
        const char *email;
        const char *stored;
    } cells[] = {
        {"Al.Ice@EXAMPLE.Com", "Al.Ice@example.com"},
        {"\"A@B\"@C.DE", "\"A@B\"@c.de"},
        {"", ""},
    };
    for (size_t i = 0; i < COUNT_OF(cells); i++) {
        struct buf out = {0};
        email_append_stored(&out, bytes_from_text(cells[i].email));
        CHECK_BYTES(buf_bytes(&out), bytes_from_text(cells[i].stored));
        buf_free(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_usernames),
        cmocka_unit_test(test_usernames_are_stored_in_normal_form),
        cmocka_unit_test(test_email_addresses),
        cmocka_unit_test(test_labels_have_63_characters),
        cmocka_unit_test(test_the_domain_is_stored_in_lower_case),
    };
    return cmocka_run_group_tests_name("api/account", tests, NULL, NULL);
}
