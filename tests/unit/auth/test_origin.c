#include "auth/origin.h"

#include "vectors.h"

static const struct origins origins = {
    .allowed = {{(const uint8_t *)"https://trusted.org", 19},
                {(const uint8_t *)"https://*.sub.net", 17}},
    .count = 2,
};

static struct bytes optional(const char *text)
{
    return text != NULL ? bytes_from_text(text) : NO_BYTES;
}

/* The rule of the contract, field by field. NULL: the request does not have it. */
static void test_requests_are_judged_by_what_they_say(void **state)
{
    (void)state;
    static const struct {
        const char *why;
        const char *sec_fetch_site;
        const char *origin;
        const char *referer;
        const char *host;
        const char *scheme;
        bool passes;
    } cases[] = {
        {"no browser", NULL, NULL, NULL, "a.example", "http", true},
        {"no browser, https", NULL, NULL, NULL, "a.example", "https", true},
        {"own page", "same-origin", "http://a.example", NULL, "a.example", "http", true},
        {"Sec-Fetch-Site goes first", "same-origin", "http://evil", NULL, "a.example", "http",
         true},
        {"typed by the user", "none", NULL, NULL, "a.example", "http", true},
        {"another site", "cross-site", "http://evil", NULL, "a.example", "http", false},
        {"the same site is not the same origin", "same-site", "http://b.example", NULL, "a.example",
         "http", false},
        {"cross-site with our own Origin", "cross-site", "http://a.example", NULL, "a.example",
         "http", false},
        {"cross-site, allowed", "cross-site", "https://trusted.org", NULL, "a.example", "https",
         true},
        {"cross-site without Origin", "cross-site", NULL, NULL, "a.example", "http", false},
        {"Referer does not help", "cross-site", NULL, "https://trusted.org/", "a.example", "http",
         false},
        {"empty Sec-Fetch-Site", "", NULL, NULL, "a.example", "http", false},
        {"Sec-Fetch-Site of the future", "SAME-ORIGIN", NULL, NULL, "a.example", "http", false},

        {"own Origin", NULL, "http://a.example", NULL, "a.example", "http", true},
        {"own Origin, port", NULL, "http://a.example:8000", NULL, "a.example:8000", "http", true},
        {"other port", NULL, "http://a.example:8001", NULL, "a.example:8000", "http", false},
        {"default port left out", NULL, "http://a.example", NULL, "a.example:80", "http", true},
        {"default port written", NULL, "https://a.example:443", NULL, "a.example", "https", true},
        {"the other scheme's port", NULL, "http://a.example:443", NULL, "a.example", "https",
         false},
        {"other scheme", NULL, "http://a.example", NULL, "a.example", "https", false},
        {"host in capitals", NULL, "http://a.example", NULL, "A.Example", "http", true},
        {"IPv6", NULL, "http://[::1]:8000", NULL, "[::1]:8000", "http", true},
        {"IPv6 without port", NULL, "http://[::1]", NULL, "[::1]", "http", true},
        {"other IPv6", NULL, "http://[::2]", NULL, "[::1]", "http", false},
        {"null", NULL, "null", NULL, "null", "http", false},
        {"empty", NULL, "", NULL, "a.example", "http", false},
        {"Origin goes before Referer", NULL, "http://evil", "http://a.example/", "a.example",
         "http", false},
        {"prefix of the host", NULL, "http://a.exampl", NULL, "a.example", "http", false},
        {"host with more behind it", NULL, "http://a.example.evil", NULL, "a.example", "http",
         false},
        {"host with more before it", NULL, "http://xa.example", NULL, "a.example", "http", false},
        {"user before the host", NULL, "http://a.example@evil", NULL, "a.example", "http", false},
        {"path behind the origin", NULL, "http://a.example/", NULL, "a.example", "http", false},
        {"two origins", NULL, "http://a.example http://evil", NULL, "a.example", "http", false},
        {"another scheme", NULL, "ws://a.example", NULL, "a.example", "http", false},
        {"no Host", NULL, "http://a.example", NULL, NULL, "http", false},
        {"port 0", NULL, "http://a.example:0", NULL, "a.example:0", "http", false},
        {"port 65535", NULL, "http://a.example:65535", NULL, "a.example:65535", "http", true},
        {"port 65536", NULL, "http://a.example:65536", NULL, "a.example:65536", "http", false},
        {"allowed", NULL, "https://trusted.org", NULL, "a.example", "http", true},
        {"allowed, other scheme", NULL, "http://trusted.org", NULL, "a.example", "http", false},
        {"allowed, subdomain", NULL, "https://x.y.sub.net", NULL, "a.example", "http", true},
        {"allowed, the domain itself", NULL, "https://sub.net", NULL, "a.example", "http", true},
        {"not a subdomain", NULL, "https://xsub.net", NULL, "a.example", "http", false},
        {"no wildcard for others", NULL, "https://x.trusted.org", NULL, "a.example", "http", false},
        {"asking with a star", NULL, "https://*.sub.net", NULL, "a.example", "http", false},
        {"allowed, other port", NULL, "https://sub.net:444", NULL, "a.example", "http", false},

        {"own Referer", NULL, NULL, "http://a.example/chat?x=1", "a.example", "http", true},
        {"own Referer without path", NULL, NULL, "http://a.example", "a.example", "http", true},
        {"Referer with a query only", NULL, NULL, "http://a.example?http://x", "a.example", "http",
         true},
        {"other Referer", NULL, NULL, "http://evil/http://a.example/", "a.example", "http", false},
        {"Referer with a user", NULL, NULL, "http://a.example@evil/", "a.example", "http", false},
        {"Referer with a backslash", NULL, NULL, "http://evil\\@a.example/", "a.example", "http",
         false},
        {"allowed Referer", NULL, NULL, "https://trusted.org/x", "a.example", "http", true},
        {"empty Referer", NULL, NULL, "", "a.example", "http", false},
        {"nonsense Referer", NULL, NULL, "nonsense", "a.example", "http", false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct bytes culprit = NO_BYTES;
        struct origin_evidence evidence = {
            .sec_fetch_site = optional(cases[i].sec_fetch_site),
            .origin = optional(cases[i].origin),
            .referer = optional(cases[i].referer),
            .host = optional(cases[i].host),
            .scheme = optional(cases[i].scheme),
        };
        if (origin_passes(&origins, &evidence, &culprit) != cases[i].passes)
            print_error("case: %s\n", cases[i].why);
        CHECK(origin_passes(&origins, &evidence, &culprit) == cases[i].passes);
    }
}

/* The answer names who asked, or nobody can find out why it was refused. */
static void test_culprit_is_origin_else_referer(void **state)
{
    (void)state;
    struct bytes culprit = NO_BYTES;
    struct origin_evidence evidence = {
        .origin = BYTES("http://evil"),
        .referer = BYTES("http://evil/page"),
        .host = BYTES("a.example"),
        .scheme = BYTES("http"),
    };
    CHECK(!origin_passes(&origins, &evidence, &culprit));
    CHECK_BYTES(culprit, BYTES("http://evil"));
    evidence.origin = NO_BYTES;
    CHECK(!origin_passes(&origins, &evidence, &culprit));
    CHECK_BYTES(culprit, BYTES("http://evil/page"));
    evidence.referer = NO_BYTES;
    evidence.sec_fetch_site = BYTES("cross-site");
    CHECK(!origin_passes(&origins, &evidence, &culprit));
    CHECK_BYTES(culprit, BYTES("null"));
}

/* Django compares texts and asks for a Referer only under HTTPS. We compare origins, and judge a
 * Referer that is there in any case; a request without both is no browser. Such cases are known by
 * name. */
static bool rules_differ(struct bytes origin, struct bytes referer)
{
    return bytes_is(origin, "http://example.com:80") || bytes_is(origin, "http://EXAMPLE.com") ||
           (origin.data == NULL && referer.data == NULL) || bytes_is(referer, "http://evil.com/");
}

/* Django's own cases, where both rules say the same. */
static void test_django_cases_are_judged_alike(void **state)
{
    (void)state;
    struct vectors vectors = {0};
    vectors_read(&vectors, "tests/vectors/csrf.json");
    const struct json_node *all = vector_get(&vectors, NULL, "origin_cases");
    size_t alike = 0;
    for (VECTOR_EACH(node, &vectors, vector_get(&vectors, all, "cases"))) {
        const struct json_node *origin = vector_find(&vectors, node, "origin");
        const struct json_node *referer = vector_find(&vectors, node, "referer");
        const struct json_node *host = vector_find(&vectors, node, "host");
        const struct json_node *secure = vector_find(&vectors, node, "secure");
        struct bytes culprit;
        struct origin_evidence evidence = {
            .origin = origin != NULL ? vector_text(&vectors, origin) : NO_BYTES,
            .referer = referer != NULL ? vector_text(&vectors, referer) : NO_BYTES,
            .host = host != NULL ? vector_text(&vectors, host) : BYTES("example.com"),
            .scheme = secure != NULL && secure->kind == JSON_TRUE ? BYTES("https") : BYTES("http"),
        };
        bool accepted = vector_answer(&vectors, node, "accepted")->kind == JSON_TRUE;
        bool passes = origin_passes(&origins, &evidence, &culprit);
        CHECK(passes == (accepted != rules_differ(evidence.origin, evidence.referer)));
        alike += passes == accepted;
    }
    CHECK(alike == 23);
    vectors_free(&vectors);
}

static void test_allowed_list_takes_origins_only(void **state)
{
    (void)state;
    static const char *const good[] = {
        "https://chat.example.com", "http://localhost:3000", "https://*.example.com",
        "http://[::1]:80",          "http://127.0.0.1",      "https://a_b-c.example",
    };
    static const char *const bad[] = {
        "",
        "*",
        "null",
        "chat.example.com",
        "https://",
        "https://*",
        "https://*.",
        "https://a.example/",
        "https://a.example:",
        "https://a.example:0",
        "https://a.example:65536",
        "https://a.example:x",
        "https://a.*.example",
        "https://**.example",
        "ftp://a.example",
        "https://a example",
        "HTTPS://a.example",
        "https://user@a.example",
        "https://[]",
        "https://[::1",
        "https://a.example?x",
        "https://a.example#x",
    };
    for (size_t i = 0; i < COUNT_OF(good); i++)
        CHECK(origin_is_wellformed(bytes_from_text(good[i])));
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        if (origin_is_wellformed(bytes_from_text(bad[i])))
            print_error("case: %s\n", bad[i]);
        CHECK(!origin_is_wellformed(bytes_from_text(bad[i])));
    }
    CHECK(!origin_is_wellformed(NO_BYTES));
}

/* The last entry of a full list counts like the first. */
static void test_full_list_is_searched_to_its_end(void **state)
{
    (void)state;
    struct origins full = {.count = ORIGINS_ALLOWED_MAX};
    for (size_t i = 0; i < full.count; i++)
        full.allowed[i] = BYTES("https://other.example");
    full.allowed[ORIGINS_ALLOWED_MAX - 1] = BYTES("https://last.example");
    CHECK(origin_is_allowed(&full, BYTES("https://last.example")));
    CHECK(!origin_is_allowed(&full, BYTES("https://none.example")));
    CHECK(!origin_is_allowed(&full, NO_BYTES));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests_are_judged_by_what_they_say),
        cmocka_unit_test(test_culprit_is_origin_else_referer),
        cmocka_unit_test(test_django_cases_are_judged_alike),
        cmocka_unit_test(test_allowed_list_takes_origins_only),
        cmocka_unit_test(test_full_list_is_searched_to_its_end),
    };
    return cmocka_run_group_tests_name("auth/origin", tests, NULL, NULL);
}
