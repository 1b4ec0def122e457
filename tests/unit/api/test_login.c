#include "site.h"

#define INVALID               "{\"error\":\"Invalid credentials\"}"
#define LOGIN(name, password) "{\"username\":\"" name "\",\"password\":\"" password "\"}"

static struct answer login_as(struct site *site, const char *session, const char *content)
{
    return ask(
        site, (struct asked) {
                  .method = "POST", .path = "/api/login/", .session = session, .content = content});
}

/* The value of the cookie that an answer sets. */
static void cookie_of(const struct answer *answer, const char *name, char *out, size_t size)
{
    char start[64];
    (void)snprintf(start, sizeof start, "Set-Cookie: %s=", name);
    const char *at = memmem(answer->fields.data, answer->fields.len, start, strlen(start));
    CHECK(at != NULL);
    at += strlen(start);
    size_t rest = answer->fields.len - (size_t)((const uint8_t *)at - answer->fields.data);
    size_t len = bytes_index(bytes_of(at, rest), ';'); /* an attribute always follows */
    CHECK(len < size && len < rest);
    memcpy(out, at, len);
    out[len] = '\0';
}

/* Field for field what Django sends: other programs read these lines. */
static void test_login_sets_both_cookies(void **state)
{
    (void)state;
    struct people people;
    people_init(&people);
    struct answer answer = login_as(&people.site, NULL, LOGIN("alice", "secret"));
    check_answer(&answer, 200, ALICE, "login", __FILE__, __LINE__);
    char key[64];
    char secret[64];
    char line[256];
    cookie_of(&answer, "sessionid", key, sizeof key);
    cookie_of(&answer, "csrftoken", secret, sizeof secret);
    CHECK(strlen(key) == 32 && strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789") == 32);
    CHECK(strlen(secret) == 32);
    (void)snprintf(line, sizeof line,
                   "Set-Cookie: sessionid=%s; expires=Sun, 06 Dec 2026 18:33:35 GMT; HttpOnly; "
                   "Max-Age=1209600; "
                   "Path=/; SameSite=Lax",
                   key);
    CHECK(has_field(&answer, line));
    (void)snprintf(line, sizeof line,
                   "Set-Cookie: csrftoken=%s; expires=Sun, 21 Nov 2027 18:33:35 GMT; "
                   "Max-Age=31449600; Path=/; "
                   "SameSite=Lax",
                   secret);
    CHECK(has_field(&answer, line));
    CHECK(answer.revoked_key.len == 0);
    answer_deinit(&answer);
    ASK(&people.site, 200, ALICE, .path = "/api/me/", .session = key);
    check_asked(&people.site.place, "SELECT last_login FROM chat_user WHERE id = 1",
                "2026-11-22 18:33:35.571503");
    check_asked(&people.site.place, "SELECT last_login IS NULL FROM chat_user WHERE id = 2", "1");

    people.site.scheme = "https";
    answer = login_as(&people.site, NULL, LOGIN("alice", "secret"));
    CHECK(mentions(&answer, "HttpOnly; Max-Age=1209600; Path=/; SameSite=Lax; Secure\r\n"));
    CHECK(mentions(&answer, "Max-Age=31449600; Path=/; SameSite=Lax; Secure\r\n"));
    answer_deinit(&answer);
    site_deinit(&people.site);
}

/* Whatever is wrong, the answer is one and the same: it must not tell which names exist. */
static void test_wrong_credentials_are_all_alike(void **state)
{
    (void)state;
    static const char *const contents[] = {
        LOGIN("alice", "wrong"),
        LOGIN("nobody", "secret"),
        LOGIN("Alice", "secret"),
        LOGIN(" alice", "secret"),
        LOGIN("alice", "secret "),
        LOGIN("carol", "secret") /* inactive */,
        LOGIN("", ""),
        "{}",
        "",
        "{\"username\":\"alice\"}",
        "{\"password\":\"secret\"}",
        "{\"username\":null,\"password\":null}",
        "{\"username\":[\"alice\"],\"password\":{\"a\":\"secret\"}}",
        "{\"username\":5,\"password\":true}",
        "{\"username\":\"\\ud800\",\"password\":\"\\ud800\"}",
        "{\"username\":\"alice\\u0000\",\"password\":\"secret\"}",
    };
    struct people people;
    people_init(&people);
    elsewhere(&people.site.place, "UPDATE chat_user SET is_active = 0 WHERE username = 'carol'");
    for (size_t i = 0; i < COUNT_OF(contents); i++) {
        struct answer answer = login_as(&people.site, NULL, contents[i]);
        check_answer(&answer, 401, INVALID, contents[i], __FILE__, __LINE__);
        CHECK(!mentions(&answer, "Set-Cookie"));
        answer_deinit(&answer);
    }
    ASK(&people.site, 401, INVALID, .method = "POST", .path = "/api/login/",
        .type = "application/x-www-form-urlencoded", .content = "username=alice");
    ASK(&people.site, 200, ALICE, .method = "POST", .path = "/api/login/",
        .type = "application/x-www-form-urlencoded", .content = "username=alice&password=secret");
    ASK(&people.site, 400, NULL, .method = "POST", .path = "/api/login/", .content = "[]");
    ASK(&people.site, 400, NULL, .method = "POST", .path = "/api/login/", .content = "{");
    site_deinit(&people.site);
}

/* Nobody may choose another's session id, and one that was known before the login is worth nothing
 * after it. */
static void test_a_session_is_always_new_at_login(void **state)
{
    (void)state;
    struct people people;
    char key[64];
    char again[64];
    people_init(&people);
    struct answer answer =
        login_as(&people.site, "chosenbyaclient00000000000000000", LOGIN("alice", "secret"));
    CHECK(answer.status == 200);
    cookie_of(&answer, "sessionid", key, sizeof key);
    CHECK(strcmp(key, "chosenbyaclient00000000000000000") != 0);
    answer_deinit(&answer);
    ASK(&people.site, 403, NO_CREDENTIALS, .path = "/api/me/",
        .session = "chosenbyaclient00000000000000000");

    /* Logging in again ends the session that the browser had, and its live connections. */
    answer = login_as(&people.site, key, LOGIN("alice", "secret"));
    cookie_of(&answer, "sessionid", again, sizeof again);
    CHECK(strcmp(key, again) != 0);
    CHECK_BYTES(buf_bytes(&answer.revoked_key), bytes_from_text(key));
    answer_deinit(&answer);
    ASK(&people.site, 403, NO_CREDENTIALS, .path = "/api/me/", .session = key);
    ASK(&people.site, 200, ALICE, .path = "/api/me/", .session = again);
    ASK(&people.site, 200, ALICE, .path = "/api/me/", .session = people.alice);

    /* A failed try ends nothing. */
    answer = login_as(&people.site, again, LOGIN("bob", "wrong"));
    CHECK(answer.status == 401 && answer.revoked_key.len == 0);
    answer_deinit(&answer);
    ASK(&people.site, 200, ALICE, .path = "/api/me/", .session = again);
    site_deinit(&people.site);
}

/* Put a session of our own making into the table. */
static void put_session(struct site *site, const char *key, const char *json, int64_t expire_us)
{
    struct buf data = {0};
    CHECK(session_encode(bytes_from_text(json), &site->settings.secrets, site->now_us / 1000000,
                         &data) == OK);
    struct session_row row = {
        .key = bytes_from_text(key), .data = buf_bytes(&data), .expire_us = expire_us};
    CHECK(sessions_insert(site->writer, &row) == OK);
    buf_free(&data);
}

/* Whether the data of the session hold the text. */
static bool session_holds(struct site *site, const char *key, const char *text)
{
    struct arena arena = {0};
    struct session_row row;
    struct session_login login = {0};
    struct bytes json;
    CHECK(sessions_find(site->writer, bytes_from_text(key), &arena, &row) == OK);
    CHECK(session_decode(row.data, &site->settings.secrets, &arena, &json, &login) == OK);
    bool holds = memmem(json.data, json.len, text, strlen(text)) != NULL;
    arena_free(&arena);
    return holds;
}

/* Other applications keep things in sessions: they survive a login, but do not pass from one user
 * to another. */
static void test_session_data_survive_a_login_of_the_same_person(void **state)
{
    (void)state;
    struct people people;
    char key[64];
    people_init(&people);
    put_session(&people.site, "anonymous00000000000000000000000", "{\"cart\":\"apples\"}",
                NOW_US + 1);
    put_session(&people.site, "expired0000000000000000000000000", "{\"cart\":\"pears\"}", NOW_US);
    struct answer answer =
        login_as(&people.site, "anonymous00000000000000000000000", LOGIN("alice", "secret"));
    cookie_of(&answer, "sessionid", key, sizeof key);
    CHECK(session_holds(&people.site, key, "apples"));
    answer_deinit(&answer);

    answer = login_as(&people.site, key, LOGIN("alice", "secret"));
    cookie_of(&answer, "sessionid", key, sizeof key);
    CHECK(session_holds(&people.site, key, "apples"));
    answer_deinit(&answer);

    answer = login_as(&people.site, key, LOGIN("bob", "secret"));
    cookie_of(&answer, "sessionid", key, sizeof key);
    CHECK(!session_holds(&people.site, key, "apples"));
    answer_deinit(&answer);

    answer = login_as(&people.site, "expired0000000000000000000000000", LOGIN("bob", "secret"));
    cookie_of(&answer, "sessionid", key, sizeof key);
    CHECK(!session_holds(&people.site, key, "pears"));
    answer_deinit(&answer);
    check_asked(&people.site.place,
                "SELECT count(*) FROM django_session WHERE session_key LIKE 'anonymous%' "
                "OR session_key LIKE 'expired%'",
                "0");
    site_deinit(&people.site);
}

#define DELETES_COOKIE                                                                             \
    "Set-Cookie: sessionid=\"\"; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/; "       \
    "SameSite=Lax"

static void test_logout_ends_this_session_and_no_other(void **state)
{
    (void)state;
    struct people people;
    char other[SESSION_KEY_BYTES + 1];
    people_init(&people);
    make_session(&people.site, 1, other);
    struct asked asked = {.method = "POST", .path = "/api/logout/", .session = people.alice};
    struct answer answer = ask(&people.site, asked);
    check_answer(&answer, 200, "{\"message\":\"Logged out successfully\"}", "logout", __FILE__,
                 __LINE__);
    CHECK(has_field(&answer, DELETES_COOKIE));
    CHECK(!mentions(&answer, "csrftoken"));
    CHECK_BYTES(buf_bytes(&answer.revoked_key), bytes_from_text(people.alice));
    answer_deinit(&answer);

    /* A replayed cookie is garbage. */
    answer = ask(&people.site, asked);
    check_answer(&answer, 403, NO_CREDENTIALS, "logout again", __FILE__, __LINE__);
    CHECK(has_field(&answer, DELETES_COOKIE));
    CHECK(answer.revoked_key.len == 0);
    answer_deinit(&answer);
    ASK(&people.site, 200, ALICE, .path = "/api/me/", .session = other);
    site_deinit(&people.site);
}

/* Django's decisions: what is no session is deleted from the browser; whose user is gone stays. */
static void test_garbage_cookies_are_deleted(void **state)
{
    (void)state;
    static const struct {
        const char *cookie;
        bool is_deleted;
    } cells[] = {
        {"", true},
        {"short", true},
        {"unknown0000000000000000000000000", true},
        {"00000000000000000000000000000000000000000", true},
        {"\"quoted\"", true},
        {"expired0000000000000000000000000", true},
        {"forged00000000000000000000000000", true},
        {"oldpass0000000000000000000000000", true},
        {"anonymous00000000000000000000000", false},
        {"backend0000000000000000000000000", false},
        {"nobody00000000000000000000000000", false},
        {"inactive000000000000000000000000", false},
    };
    struct people people;
    people_init(&people);
    struct site *site = &people.site;
    put_session(site, "expired0000000000000000000000000", "{}", NOW_US);
    put_session(site, "anonymous00000000000000000000000", "{\"a\":1}", NOW_US + 1);
    put_session(
        site, "backend0000000000000000000000000",
        "{\"_auth_user_id\":\"1\",\"_auth_user_backend\":\"other\",\"_auth_user_hash\":\"00\"}",
        NOW_US + 1);
    put_session(site, "nobody00000000000000000000000000",
                "{\"_auth_user_id\":\"99\",\"_auth_user_backend\":\"django.contrib.auth.backends."
                "ModelBackend\","
                "\"_auth_user_hash\":\"00\"}",
                NOW_US + 1);
    put_session(site, "oldpass0000000000000000000000000",
                "{\"_auth_user_id\":\"1\",\"_auth_user_backend\":\"django.contrib.auth.backends."
                "ModelBackend\","
                "\"_auth_user_hash\":\"00\"}",
                NOW_US + 1);
    put_session(site, "inactive000000000000000000000000",
                "{\"_auth_user_id\":\"3\",\"_auth_user_backend\":\"django.contrib.auth.backends."
                "ModelBackend\","
                "\"_auth_user_hash\":\"00\"}",
                NOW_US + 1);
    put_session(site, "forged00000000000000000000000000", "{\"a\":1}", NOW_US + 1);
    elsewhere(&site->place, "UPDATE django_session SET session_data = session_data || 'x' WHERE "
                            "session_key LIKE 'forged%'");
    elsewhere(&site->place, "UPDATE chat_user SET is_active = 0 WHERE id = 3");
    for (size_t i = 0; i < COUNT_OF(cells); i++) {
        struct answer answer =
            ask(site, (struct asked) {.path = "/api/me/", .session = cells[i].cookie});
        check_answer(&answer, 403, NO_CREDENTIALS, cells[i].cookie, __FILE__, __LINE__);
        CHECK(has_field(&answer, DELETES_COOKIE) == cells[i].is_deleted);
        answer_deinit(&answer);
    }
    struct answer answer = ask(site, (struct asked) {.path = "/api/me/"});
    CHECK(answer.status == 403 && !mentions(&answer, "Set-Cookie"));
    answer_deinit(&answer);
    site_deinit(site);
}

/* A change of the password ends every session that was begun before. */
static void test_a_new_password_ends_all_sessions(void **state)
{
    (void)state;
    struct people people;
    people_init(&people);
    CHECK(users_set_password(people.site.writer, 1, BYTES("pbkdf2_sha256$1$salt$other")) == OK);
    ASK(&people.site, 403, NO_CREDENTIALS, .path = "/api/me/", .session = people.alice);
    ASK(&people.site, 200, BOB, .path = "/api/me/", .session = people.bob);
    site_deinit(&people.site);
}

/* Failures of one account and of one address are counted; tries in order are not. */
static void test_failed_logins_are_limited(void **state)
{
    (void)state;
    struct people people;
    people_init(&people);
    CHECK(throttle_new(3, &people.site.settings.throttle) == OK);
    for (int i = 0; i < 10; i++)
        ASK(&people.site, 200, NULL, .method = "POST", .path = "/api/login/",
            .content = LOGIN("alice", "secret"));
    for (int i = 0; i < 3; i++)
        ASK(&people.site, 401, INVALID, .method = "POST", .path = "/api/login/",
            .content = LOGIN("alice", "wrong"));
    /* The right password too: else guessing would go on. */
    struct answer answer = login_as(&people.site, NULL, LOGIN("alice", "secret"));
    check_answer(&answer, 429,
                 "{\"detail\":\"Request was throttled. Expected available in 20 seconds.\"}",
                 "fourth", __FILE__, __LINE__);
    CHECK(has_field(&answer, "Retry-After: 20"));
    answer_deinit(&answer);
    people.site.now_us += 19 * INT64_C(1000000);
    ASK(&people.site, 429,
        "{\"detail\":\"Request was throttled. Expected available in 1 second.\"}", .method = "POST",
        .path = "/api/login/", .content = LOGIN("bob", "secret"));
    people.site.now_us += 1 * INT64_C(1000000);
    ASK(&people.site, 200, NULL, .method = "POST", .path = "/api/login/",
        .content = LOGIN("bob", "secret"));
    site_deinit(&people.site);
}

/* What the database refuses to store did not happen: no cookie is handed out for it. */
static void test_a_session_that_is_not_stored_is_not_handed_out(void **state)
{
    (void)state;
    struct people people;
    people_init(&people);
    elsewhere(
        &people.site.place,
        "CREATE TRIGGER refuse BEFORE UPDATE ON chat_user BEGIN SELECT RAISE(ABORT, 'no'); END");
    struct answer answer = login_as(&people.site, people.alice, LOGIN("alice", "secret"));
    CHECK(answer.status == 503);
    CHECK(!mentions(&answer, "Set-Cookie"));
    answer_deinit(&answer);
    ASK(&people.site, 200, ALICE, .path = "/api/me/", .session = people.alice);
    check_asked(&people.site.place, "SELECT count(*) FROM django_session", "3");
    site_deinit(&people.site);
}

/* A site that is shared with Django has Django's settings for both, or browsers hold two sessions.
 */
static void test_cookies_have_the_sites_names_and_attributes(void **state)
{
    (void)state;
    struct people people;
    people_init(&people);
    people.site.settings.cookies = (struct cookie_settings) {
        .session_name = "__Secure-s",
        .csrf_name = "c",
        .domain = ".example.com",
        .path = "/chat/",
        .same_site = SAME_SITE_STRICT,
        .are_secure = true,
        .session_is_temporary = true,
    };
    struct answer answer = login_as(&people.site, NULL, LOGIN("alice", "secret"));
    char key[64];
    char secret[64];
    char line[256];
    cookie_of(&answer, "__Secure-s", key, sizeof key);
    cookie_of(&answer, "c", secret, sizeof secret);
    (void)snprintf(line, sizeof line,
                   "Set-Cookie: __Secure-s=%s; Domain=.example.com; HttpOnly; Path=/chat/; "
                   "SameSite=Strict; Secure",
                   key);
    CHECK(has_field(&answer, line));
    (void)snprintf(line, sizeof line,
                   "Set-Cookie: c=%s; Domain=.example.com; expires=Sun, 21 Nov 2027 18:33:35 GMT; "
                   "Max-Age=31449600; Path=/chat/; SameSite=Strict; Secure",
                   secret);
    CHECK(has_field(&answer, line));
    answer_deinit(&answer);
    /* The row lives as long as any other. */
    check_asked(&people.site.place, "SELECT max(expire_date) FROM django_session",
                "2026-12-06 18:33:35.571503");
    (void)snprintf(line, sizeof line, "Cookie: sessionid=garbage8; __Secure-s=%s\r\n", key);
    people.site.settings.cookies.same_site = SAME_SITE_OFF;
    people.site.settings.cookies.are_secure = false;
    answer = ask(&people.site,
                 (struct asked) {.method = "POST", .path = "/api/logout/", .fields = line});
    check_answer(&answer, 200, NULL, "logout", __FILE__, __LINE__);
    CHECK(has_field(&answer, "Set-Cookie: __Secure-s=\"\"; Domain=.example.com; "
                             "expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/chat/"));
    answer_deinit(&answer);
    site_deinit(&people.site);
}

/* With Django on the same table: a hash that either side rewrites unasked ends the user's other
 * sessions. */
static void test_hashes_are_rewritten_only_if_told_and_only_to_the_policy(void **state)
{
    (void)state;
    static const char kind[] = "SELECT substr(password, 1, 16) FROM chat_user WHERE id = 1";
    struct people people;
    people_init(&people);
    struct password_policy *policy = &people.site.settings.password_policy;
    policy->iterations = 2;
    ASK(&people.site, 200, ALICE, .method = "POST", .path = "/api/login/",
        .content = LOGIN("alice", "secret"));
    check_asked(&people.site.place, kind, "pbkdf2_sha256$1$");
    people.site.settings.upgrades_passwords = true;
    ASK(&people.site, 401, INVALID, .method = "POST", .path = "/api/login/",
        .content = LOGIN("alice", "wrong"));
    check_asked(&people.site.place, kind, "pbkdf2_sha256$1$");
    struct answer answer = login_as(&people.site, people.alice, LOGIN("alice", "secret"));
    check_answer(&answer, 200, ALICE, "upgrade", __FILE__, __LINE__);
    check_asked(&people.site.place, kind, "pbkdf2_sha256$2$");
    /* Live connections of the sessions that have ended with the old hash end too. */
    CHECK(answer.revocation.user_id == 1);
    char key[64];
    cookie_of(&answer, "sessionid", key, sizeof key);
    answer_deinit(&answer);
    ASK(&people.site, 200, ALICE, .path = "/api/me/", .session = key);
    ASK(&people.site, 403, NULL, .path = "/api/me/", .session = people.alice);
    /* Once is enough. */
    answer = login_as(&people.site, NULL, LOGIN("alice", "secret"));
    CHECK(answer.status == 200 && answer.revocation.user_id == 0);
    answer_deinit(&answer);
    site_deinit(&people.site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_login_sets_both_cookies),
        cmocka_unit_test(test_cookies_have_the_sites_names_and_attributes),
        cmocka_unit_test(test_hashes_are_rewritten_only_if_told_and_only_to_the_policy),
        cmocka_unit_test(test_wrong_credentials_are_all_alike),
        cmocka_unit_test(test_a_session_is_always_new_at_login),
        cmocka_unit_test(test_session_data_survive_a_login_of_the_same_person),
        cmocka_unit_test(test_logout_ends_this_session_and_no_other),
        cmocka_unit_test(test_garbage_cookies_are_deleted),
        cmocka_unit_test(test_a_new_password_ends_all_sessions),
        cmocka_unit_test(test_failed_logins_are_limited),
        cmocka_unit_test(test_a_session_that_is_not_stored_is_not_handed_out),
    };
    return cmocka_run_group_tests_name("api/login", tests, NULL, NULL);
}
