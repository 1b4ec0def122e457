#include "site.h"

#define OLD BYTES("the key of last year, long enough")
#define NEW BYTES("the key of this year, long enough")

/* Alice's session of last year, on a site that has a new key since. */
static void rotate(struct people *people, char old_key[SESSION_KEY_BYTES + 1])
{
    struct secrets *secrets = &people->site.settings.secrets;
    people_init(people);
    secrets->current = OLD;
    make_session(&people->site, 1, old_key);
    *secrets = (struct secrets) {.current = NEW, .fallbacks = {OLD}, .fallback_count = 1};
}

/* The key in the session cookie that the answer sets. */
static void new_key_of(const struct answer *answer, char out[SESSION_KEY_BYTES + 1])
{
    static const char start[] = "Set-Cookie: sessionid=";
    const char *at = memmem(answer->fields.data, answer->fields.len, start, sizeof start - 1);
    CHECK(at != NULL);
    memcpy(out, at + sizeof start - 1, SESSION_KEY_BYTES);
    out[SESSION_KEY_BYTES] = '\0';
}

/* Nobody has to log in because the site has changed its key; and when the old key is taken away,
 * everybody who came meanwhile stays logged in. */
static void test_session_of_an_earlier_key_goes_on_under_the_current_one(void **state)
{
    (void)state;
    struct people people;
    char old_key[SESSION_KEY_BYTES + 1];
    char new_key[SESSION_KEY_BYTES + 1];
    rotate(&people, old_key);
    struct answer answer =
        ask(&people.site, (struct asked) {.path = "/api/me/", .session = old_key});
    check_answer(&answer, 200, ALICE, "renewal", __FILE__, __LINE__);
    new_key_of(&answer, new_key);
    CHECK(strcmp(old_key, new_key) != 0);
    answer_deinit(&answer);
    people.site.settings.secrets.fallback_count = 0;
    ASK(&people.site, 200, ALICE, .path = "/api/me/", .session = new_key);
    ASK(&people.site, 403, NULL, .path = "/api/me/", .session = old_key);
    site_deinit(&people.site);
}

static void test_renewed_session_is_left_alone(void **state)
{
    (void)state;
    struct people people;
    char old_key[SESSION_KEY_BYTES + 1];
    char new_key[SESSION_KEY_BYTES + 1];
    rotate(&people, old_key);
    struct answer answer =
        ask(&people.site, (struct asked) {.path = "/api/me/", .session = old_key});
    new_key_of(&answer, new_key);
    answer_deinit(&answer);
    answer = ask(&people.site, (struct asked) {.path = "/api/me/", .session = new_key});
    check_answer(&answer, 200, ALICE, "no renewal", __FILE__, __LINE__);
    CHECK(!mentions(&answer, "Set-Cookie"));
    answer_deinit(&answer);
    site_deinit(&people.site);
}

/* Its logout ends the new session and leaves one word about the cookie: that it is gone. */
static void test_logout_of_a_session_of_an_earlier_key_ends_it(void **state)
{
    (void)state;
    struct people people;
    char old_key[SESSION_KEY_BYTES + 1];
    rotate(&people, old_key);
    struct answer answer =
        ask(&people.site,
            (struct asked) {.method = "POST", .path = "/api/logout/", .session = old_key});
    check_answer(&answer, 200, NULL, "logout", __FILE__, __LINE__);
    CHECK(mentions(&answer, "Set-Cookie: sessionid=\"\""));
    CHECK(!mentions(&answer, "Max-Age=1209600"));
    CHECK(answer.revoked_key.len == SESSION_KEY_BYTES);
    answer_deinit(&answer);
    ASK(&people.site, 403, NULL, .path = "/api/me/", .session = old_key);
    site_deinit(&people.site);
}

/* A key that the site has given up vouches for nobody. */
static void test_session_of_a_forgotten_key_is_none(void **state)
{
    (void)state;
    struct people people;
    char old_key[SESSION_KEY_BYTES + 1];
    rotate(&people, old_key);
    people.site.settings.secrets.fallbacks[0] = BYTES("some other key");
    ASK(&people.site, 403, NULL, .path = "/api/me/", .session = old_key);
    site_deinit(&people.site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_session_of_an_earlier_key_goes_on_under_the_current_one),
        cmocka_unit_test(test_renewed_session_is_left_alone),
        cmocka_unit_test(test_logout_of_a_session_of_an_earlier_key_ends_it),
        cmocka_unit_test(test_session_of_a_forgotten_key_is_none),
    };
    return cmocka_run_group_tests_name("api/renew", tests, NULL, NULL);
}
