#include "auth/session.h"

#include <stdlib.h>
#include <zlib.h>
#include "allocation.h"
#include "base/base64.h"
#include "base/json_write.h"
#include "vectors.h"

#define SALT_DATA "django.contrib.sessions.SessionStoresigner"

static struct vectors vectors;

static int setup(void **state)
{
    (void)state;
    vectors_read(&vectors, "tests/vectors/sessions.json");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    vectors_free(&vectors);
    return 0;
}

static struct bytes secret_named(const char *name)
{
    return vector_get_text(&vectors, vector_get(&vectors, NULL, "secrets"), name);
}

static struct secrets secrets_of(const struct json_node *node)
{
    char name[32] = "";
    struct bytes text = vector_get_text(&vectors, node, "secret");
    CHECK(text.len < sizeof name);
    memcpy(name, text.data, text.len);
    return (struct secrets) {.current = secret_named(name)};
}

/* Append a value in one form, whatever its blanks and escapes were. */
static void append_canonical(const struct json_doc *doc, const struct json_node *node,
                             struct json *json)
{
    struct buf text = {0};
    uint32_t surrogate;
    switch ((enum json_kind)node->kind) {
    case JSON_OBJECT:
        json_object_begin(json);
        for (const struct json_node *key = json_first(doc, node); key != NULL;
             key = json_next(doc, node, json_value(key))) {
            CHECK(json_read_text(doc, key, &text, &surrogate) == OK);
            json_key_bytes(json, buf_bytes(&text));
            buf_clear(&text);
            append_canonical(doc, json_value(key), json);
        }
        json_object_end(json);
        break;
    case JSON_ARRAY:
        json_array_begin(json);
        for (const struct json_node *at = json_first(doc, node); at != NULL;
             at = json_next(doc, node, at))
            append_canonical(doc, at, json);
        json_array_end(json);
        break;
    case JSON_STRING:
        CHECK(json_read_text(doc, node, &text, &surrogate) == OK);
        json_text(json, buf_bytes(&text));
        break;
    case JSON_NUMBER:
    case JSON_TRUE:
    case JSON_FALSE:
    case JSON_NULL:
        json_raw(json, json_raw_bytes(doc, node));
        break;
    }
    buf_free(&text);
}

static void check_same_value(struct bytes json, const struct json_node *expected)
{
    struct json_doc doc = {0};
    struct buf is = {0};
    struct buf should = {0};
    CHECK(json_read(&doc, json) == OK);
    append_canonical(&doc, json_root(&doc), &(struct json) {.out = &is});
    append_canonical(&vectors.doc, expected, &(struct json) {.out = &should});
    CHECK_BYTES(buf_bytes(&is), buf_bytes(&should));
    json_doc_free(&doc);
    buf_free(&is);
    buf_free(&should);
}

/* Django's sessions are ours: each is read, and written again it is the same text. */
static void test_djangos_sessions_are_read_and_written(void **state)
{
    (void)state;
    size_t count = 0;
    for (VECTOR_EACH(node, &vectors, vector_get(&vectors, NULL, "signed"))) {
        struct arena arena = {0};
        struct buf again = {0};
        struct bytes json = NO_BYTES;
        struct session_login login;
        struct secrets secrets = secrets_of(node);
        struct bytes data = vector_get_text(&vectors, node, "session_data");
        int64_t now_s = vector_number(&vectors, vector_get(&vectors, node, "timestamp"));

        CHECK(session_decode(data, &secrets, &arena, &json, &login) == OK);
        check_same_value(json, vector_get(&vectors, node, "data"));
        CHECK(session_encode(json, &secrets, now_s, &again) == OK);
        if (vector_get(&vectors, node, "compressed")->kind == JSON_FALSE)
            CHECK_BYTES(buf_bytes(&again), data);
        struct bytes json_again = NO_BYTES;
        CHECK(session_decode(buf_bytes(&again), &secrets, &arena, &json_again, &login) == OK);
        CHECK_BYTES(json_again, json);
        buf_free(&again);
        arena_free(&arena);
        count++;
    }
    CHECK(count == 30);
}

/* The form from before Django 3.1, which 3.2 still reads and 4.0 does not: with SHA-1 over the
 * secret it is left out. */
static void test_texts_of_old_djangos_are_no_session(void **state)
{
    (void)state;
    size_t count = 0;
    const struct json_node *legacy = vector_get(&vectors, NULL, "legacy");
    for (VECTOR_EACH(node, &vectors, vector_get(&vectors, legacy, "items"))) {
        struct arena arena = {0};
        struct bytes json = NO_BYTES;
        struct session_login login;
        struct bytes secret = vector_get_text(&vectors, node, "secret");
        struct secrets secrets = {
            .current = vector_get_text(&vectors, vector_get(&vectors, NULL, "secrets"),
                                       bytes_is(secret, "ascii") ? "ascii" : "unicode")};
        struct bytes data = vector_get_text(&vectors, node, "session_data");
        CHECK(session_decode(data, &secrets, &arena, &json, &login) == ERR_SYNTAX);
        CHECK(!login.has_user);
        arena_free(&arena);
        count++;
    }
    CHECK(count == 2);
}

/* Broken, forged and strange texts are no session. Django takes any JSON value; we take
 * dictionaries only. */
static void test_odd_texts_are_no_session(void **state)
{
    (void)state;
    struct secrets secrets = {.current = secret_named("ascii")};
    size_t accepted = 0;
    for (VECTOR_EACH(node, &vectors, vector_get(&vectors, NULL, "odd"))) {
        struct arena arena = {0};
        struct bytes json = NO_BYTES;
        struct session_login login;
        struct bytes why = vector_get_text(&vectors, node, "why");
        struct bytes data = vector_get_text(&vectors, node, "session_data");
        const struct json_node *decoded = vector_answer(&vectors, node, "decodes_to");
        bool is_empty = decoded->kind != JSON_OBJECT || json_first(&vectors.doc, decoded) == NULL;
        enum err err = session_decode(data, &secrets, &arena, &json, &login);
        if (err != (is_empty ? ERR_SYNTAX : OK))
            print_error("case: %.*s\n", BYTES_FMT(why));
        CHECK(err == (is_empty ? ERR_SYNTAX : OK));
        if (err == OK && bytes_is(why, "good signature, duplicate key"))
            CHECK_BYTES(json,
                        BYTES("{\"a\":1,\"a\":2}")); /* what a reader makes of it is its matter */
        else if (err == OK)
            check_same_value(json, decoded);
        accepted += err == OK;
        arena_free(&arena);
    }
    CHECK(accepted == 3);
}

static const struct json_node *user_with_id(const struct json_node *decisions, int64_t id)
{
    for (VECTOR_EACH(user, &vectors, vector_get(&vectors, decisions, "users"))) {
        if (vector_number(&vectors, vector_get(&vectors, user, "id")) == id)
            return user;
    }
    return NULL;
}

/* Who the data say is logged in. 0: nobody. */
static int64_t decide(const struct json_node *decisions, struct bytes data,
                      const struct secrets *secrets)
{
    struct arena arena = {0};
    struct bytes json;
    struct session_login login;
    int64_t id = 0;
    if (session_decode(data, secrets, &arena, &json, &login) == OK && login.has_user &&
        session_backend_is_known(login.backend)) {
        const struct json_node *user = user_with_id(decisions, login.user_id);
        if (user != NULL && vector_get(&vectors, user, "is_active")->kind == JSON_TRUE &&
            session_hash_matches(login.auth_hash, vector_get_text(&vectors, user, "password"),
                                 secrets))
            id = login.user_id;
    }
    arena_free(&arena);
    return id;
}

/* Whoever Django knows by a session, we know, and nobody else. Rows and their expiry are the
 * store's. */
static void test_logins_are_decided_as_django_decides(void **state)
{
    (void)state;
    const struct json_node *decisions = vector_get(&vectors, NULL, "decisions");
    struct bytes now = vector_get_text(&vectors, decisions, "now");
    struct secrets secrets = {
        .current = secret_named("ascii"),
        .fallbacks = {secret_named("rotated_out")},
        .fallback_count = 1,
    };
    size_t count = 0;
    for (VECTOR_EACH(node, &vectors, vector_get(&vectors, decisions, "cases"))) {
        const struct json_node *answer = vector_answer(&vectors, node, "user_id");
        struct bytes key = vector_get_text(&vectors, node, "cookie");
        bool row_is_found = bytes_equal(key, vector_get_text(&vectors, node, "session_key"));
        struct bytes expires = vector_get_text(&vectors, node, "expire_date");
        /* All moments are written in one form and zone, but for the fraction that may be absent. */
        size_t seconds_len = sizeof "2026-01-02T03:04:05" - 1;
        bool has_fraction = expires.data[seconds_len] == '.';
        struct bytes compared = has_fraction ? now : bytes_first(now, seconds_len);
        if (!has_fraction)
            expires = bytes_first(expires, seconds_len);
        if (!session_key_is_plausible(key) || !row_is_found ||
            memcmp(expires.data, compared.data, compared.len) <= 0) {
            CHECK(answer->kind == JSON_NULL);
            continue;
        }
        int64_t expected = answer->kind == JSON_NUMBER ? vector_number(&vectors, answer) : 0;
        int64_t decided =
            decide(decisions, vector_get_text(&vectors, node, "session_data"), &secrets);
        if (decided != expected)
            print_error("case: %.*s\n", BYTES_FMT(vector_get_text(&vectors, node, "why")));
        CHECK(decided == expected);
        count++;
    }
    CHECK(count == 21);
}

/* During a rotation only the listed keys verify; a key that was dropped ends its sessions. */
static void test_fallback_key_counts_only_while_listed(void **state)
{
    (void)state;
    struct secrets before = {.current = BYTES("old")};
    struct secrets during = {
        .current = BYTES("new"), .fallbacks = {BYTES("x"), BYTES("old")}, .fallback_count = 2};
    struct secrets after = {
        .current = BYTES("new"), .fallbacks = {BYTES("x")}, .fallback_count = 1};
    struct arena arena = {0};
    struct buf data = {0};
    struct buf json = {0};
    struct bytes read;
    struct session_login login;
    CHECK(session_login_json(7, BYTES("hash"), &before, NO_BYTES, &json) == OK);
    CHECK(session_encode(buf_bytes(&json), &before, 1, &data) == OK);
    CHECK(session_decode(buf_bytes(&data), &during, &arena, &read, &login) == OK);
    CHECK(session_hash_matches(login.auth_hash, BYTES("hash"), &during));
    CHECK(!session_hash_matches(login.auth_hash, BYTES("hash"), &after));
    CHECK(session_decode(buf_bytes(&data), &after, &arena, &read, &login) == ERR_SYNTAX);
    buf_free(&data);
    buf_free(&json);
    arena_free(&arena);
}

static void test_auth_hashes_are_djangos(void **state)
{
    (void)state;
    for (VECTOR_EACH(node, &vectors, vector_get(&vectors, NULL, "auth_hashes"))) {
        struct secrets secrets = secrets_of(node);
        struct bytes password = vector_get_text(&vectors, node, "password");
        struct bytes hash = vector_get_text(&vectors, node, "hash");
        CHECK(session_hash_matches(hash, password, &secrets));
        CHECK(!session_hash_matches(hash, BYTES("another"), &secrets));
        CHECK(!session_hash_matches(bytes_first(hash, hash.len - 1), password, &secrets));
    }
    struct secrets secrets = {.current = BYTES("x")};
    CHECK(!session_hash_matches(NO_BYTES, BYTES(""), &secrets));
}

/* What other applications keep in a session stays as it is, down to its blanks and escapes. */
static void test_login_keeps_what_others_wrote(void **state)
{
    (void)state;
    struct secrets secrets = {.current = BYTES("x")};
    struct buf out = {0};
    struct bytes old =
        BYTES("{ \"cart\" : [1, 2.50 ],\"_auth_user_id\":\"1\",\"caf\\u00e9\":\"\\ud83d\","
              "\"_auth\\u005fuser_hash\":\"x\",\"n\":-1e+300,\"_auth_user_backend\":{\"a\":[]}}");
    CHECK(session_login_json(42, BYTES("p"), &secrets, old, &out) == OK);
    struct bytes expected =
        BYTES("{\"cart\" : [1, 2.50 ],\"caf\\u00e9\":\"\\ud83d\",\"n\":-1e+300,"
              "\"_auth_user_id\":\"42\","
              "\"_auth_user_backend\":\"django.contrib.auth.backends.ModelBackend\","
              "\"_auth_user_hash\":\"");
    CHECK(out.len == expected.len + 64 + 2);
    CHECK_BYTES(bytes_first(buf_bytes(&out), expected.len), expected);
    buf_free(&out);
}

static void test_login_refuses_what_is_no_dictionary(void **state)
{
    (void)state;
    struct secrets secrets = {.current = BYTES("x")};
    struct buf out = {0};
    CHECK(session_login_json(1, BYTES("p"), &secrets, BYTES("[]"), &out) == ERR_SYNTAX);
    CHECK(session_login_json(1, BYTES("p"), &secrets, BYTES("{"), &out) == ERR_SYNTAX);
    buf_free(&out);
}

/* Sign anything, also what session_encode() would never write. */
static void sign(struct buf *out, struct bytes value, const struct secrets *secrets)
{
    uint8_t mac[MAC_BYTES];
    mac_make(secrets->current, SALT_DATA, value, mac);
    buf_clear(out);
    buf_append(out, value);
    buf_append_byte(out, ':');
    base64_append(out, bytes_of(mac, sizeof mac), BASE64_URL);
}

/* A dictionary of exactly len bytes: {"a":"xxx..."} */
static void make_json(struct buf *out, size_t len)
{
    struct bytes begin = BYTES("{\"a\":\"");
    buf_clear(out);
    buf_append(out, begin);
    while (out->len < len - 2)
        buf_append_byte(out, 'x');
    buf_append_text(out, "\"}");
}

static void make_packed(struct buf *out, struct bytes json, const struct secrets *secrets)
{
    struct buf value = {0};
    uLongf len = compressBound((uLong)json.len);
    uint8_t *packed = malloc(len);
    CHECK(packed != NULL);
    CHECK(compress(packed, &len, json.data, (uLong)json.len) == Z_OK);
    buf_append_byte(&value, '.');
    base64_append(&value, bytes_of(packed, len), BASE64_URL);
    buf_append_text(&value, ":1");
    sign(out, buf_bytes(&value), secrets);
    free(packed);
    buf_free(&value);
}

/* A small text that inflates to gigabytes must cost no more than the limit. */
static void test_data_up_to_the_limit_are_read_and_no_more(void **state)
{
    (void)state;
    struct secrets secrets = {.current = BYTES("x")};
    static const struct {
        size_t len;
        enum err err;
    } cases[] = {
        {SESSION_DATA_BYTES_MAX - 1, OK},
        {SESSION_DATA_BYTES_MAX, OK},
        {SESSION_DATA_BYTES_MAX + 1, ERR_SYNTAX},
        {SESSION_DATA_BYTES_MAX * 16, ERR_SYNTAX},
    };
    struct buf json = {0};
    struct buf data = {0};
    struct arena arena = {0};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct bytes read;
        struct session_login login;
        make_json(&json, cases[i].len);
        CHECK(json.len == cases[i].len);
        make_packed(&data, buf_bytes(&json), &secrets);
        CHECK(session_decode(buf_bytes(&data), &secrets, &arena, &read, &login) == cases[i].err);
        buf_clear(&data);
        CHECK(session_encode(buf_bytes(&json), &secrets, 1, &data) == OK);
        CHECK(session_decode(buf_bytes(&data), &secrets, &arena, &read, &login) == cases[i].err);
    }
    buf_free(&json);
    buf_free(&data);
    arena_free(&arena);
}

/* A well-signed text need not be well-formed: the secret may be known to more programs than this
 * one. */
static void test_signed_nonsense_is_no_session(void **state)
{
    (void)state;
    struct secrets secrets = {.current = BYTES("x")};
    static const struct {
        const char *value; /* body and time */
        enum err err;
    } cases[] = {
        {"e30:1", OK},          {"e30:1r31eq", OK},
        {"e30:", ERR_SYNTAX},   {"e30", ERR_SYNTAX},
        {":1", ERR_SYNTAX},     {"e30:-1", ERR_SYNTAX},
        {"e30:1 ", ERR_SYNTAX}, {"e30=:1", ERR_SYNTAX},
        {".:1", ERR_SYNTAX},    {"bnVsbA:1", ERR_SYNTAX},
        {"Ing:1", ERR_SYNTAX},  {"e30:1:1", ERR_SYNTAX},
        {"e31:1", ERR_SYNTAX},  {".!:1", ERR_SYNTAX},
    };
    struct buf data = {0};
    struct arena arena = {0};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct bytes json;
        struct session_login login;
        sign(&data, bytes_from_text(cases[i].value), &secrets);
        if (session_decode(buf_bytes(&data), &secrets, &arena, &json, &login) != cases[i].err)
            print_error("case: %s\n", cases[i].value);
        CHECK(session_decode(buf_bytes(&data), &secrets, &arena, &json, &login) == cases[i].err);
    }
    struct bytes json;
    struct session_login login;
    sign(&data, BYTES("e30:1\0"), &secrets);
    CHECK(session_decode(buf_bytes(&data), &secrets, &arena, &json, &login) == ERR_SYNTAX);
    buf_free(&data);
    arena_free(&arena);
}

/* Python nests deeper than we read; what it wrote there is no login of ours. */
static void test_data_nested_too_deeply_are_no_session(void **state)
{
    (void)state;
    struct secrets secrets = {.current = BYTES("x")};
    struct arena arena = {0};
    for (size_t depth = JSON_DEPTH_MAX; depth <= JSON_DEPTH_MAX + 1; depth++) {
        struct buf json = {0};
        struct buf data = {0};
        struct bytes read;
        struct session_login login;
        buf_append_text(&json, "{\"a\":");
        for (size_t i = 1; i < depth; i++)
            buf_append_byte(&json, '[');
        for (size_t i = 1; i < depth; i++)
            buf_append_byte(&json, ']');
        buf_append_text(&json, "}");
        CHECK(session_encode(buf_bytes(&json), &secrets, 1, &data) == OK);
        CHECK(session_decode(buf_bytes(&data), &secrets, &arena, &read, &login) ==
              (depth > JSON_DEPTH_MAX ? ERR_SYNTAX : OK));
        buf_free(&json);
        buf_free(&data);
    }
    arena_free(&arena);
}

/* Nobody is logged out because memory ran out: "no memory" is not "no session". */
static void test_a_session_is_not_lost_when_memory_runs_out(void **state)
{
    (void)state;
    struct secrets secrets = {.current = BYTES("x")};
    struct bytes json = BYTES("{\"_auth_user_id\":\"7\",\"\\u005fauth_user_hash\":\"h\"}");
    struct buf texts[2] = {0};
    make_packed(&texts[0], json, &secrets);
    CHECK(session_encode(json, &secrets, 1, &texts[1]) == OK);
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        enum err err;
        size_t index = 0;
        do {
            struct arena arena = {0};
            struct bytes read;
            struct session_login login;
            allocation_fail(index++);
            err = session_decode(buf_bytes(&texts[i]), &secrets, &arena, &read, &login);
            CHECK(err == (allocation_has_failed() ? ERR_MEMORY : OK));
            if (err == OK) {
                CHECK(login.has_user && login.user_id == 7);
                CHECK_BYTES(login.auth_hash, BYTES("h"));
            }
            arena_free(&arena);
        } while (err != OK);
        buf_free(&texts[i]);
    }
}

/* Half a session is never stored. */
static void test_a_login_is_written_whole_or_not_at_all(void **state)
{
    (void)state;
    struct secrets secrets = {.current = BYTES("x")};
    struct bytes old = BYTES("{\"\\u005fauth_user_id\":\"1\",\"cart\":[1]}");
    struct buf first = {0};
    enum err err;
    size_t index = 0;
    CHECK(session_login_json(7, BYTES("p"), &secrets, old, &first) == OK);
    do {
        struct buf json = {0};
        struct buf data = {0};
        allocation_fail(index++);
        err = session_login_json(7, BYTES("p"), &secrets, old, &json);
        if (err == OK)
            err = session_encode(buf_bytes(&json), &secrets, 1, &data);
        CHECK(err == (allocation_has_failed() ? ERR_MEMORY : OK));
        if (err == OK)
            CHECK_BYTES(buf_bytes(&json), buf_bytes(&first));
        buf_free(&json);
        buf_free(&data);
    } while (err != OK);
    buf_free(&first);
}

/* A backslash before a character beyond ASCII is an error that escaping the character would hide.
 */
static void test_latin1_behind_a_backslash_is_refused(void **state)
{
    (void)state;
    struct secrets secrets = {.current = BYTES("x")};
    struct buf data = {0};
    struct arena arena = {0};
    struct bytes json;
    struct session_login login;
    CHECK(session_encode(BYTES("{\"a\":\"\\\xe9\"}"), &secrets, 1, &data) == OK);
    CHECK(session_decode(buf_bytes(&data), &secrets, &arena, &json, &login) == ERR_SYNTAX);
    buf_clear(&data);
    CHECK(session_encode(BYTES("{\"a\":\"\\\\\xe9\"}"), &secrets, 1, &data) == OK);
    CHECK(session_decode(buf_bytes(&data), &secrets, &arena, &json, &login) == OK);
    CHECK_BYTES(json, BYTES("{\"a\":\"\\\\\\u00e9\"}"));
    buf_free(&data);
    arena_free(&arena);
}

static void test_user_ids_are_read_in_all_forms(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        int64_t id; /* 0: none */
    } cases[] = {
        {"{\"_auth_user_id\":\"1\"}", 1},
        {"{\"_auth_user_id\":17}", 17},
        {"{\"_auth_user_id\":\"007\"}", 7},
        {"{\"_auth_user_id\":\"9223372036854775807\"}", INT64_MAX},
        {"{\"_auth_user_id\":\"9223372036854775808\"}", 0},
        {"{\"_auth_user_id\":-1}", 0},
        {"{\"_auth_user_id\":1.5}", 0},
        {"{\"_auth_user_id\":true}", 0},
        {"{\"_auth_user_id\":\"\"}", 0},
        {"{\"_auth_user_id\":\"\\ud83d\"}", 0},
        {"{\"_auth_user_id\":[\"1\"]}", 0},
        {"{\"a\":{\"_auth_user_id\":\"1\"}}", 0},
        {"{\"_auth_user_id\":\"1\",\"_auth_user_id\":\"2\"}", 2},
    };
    struct secrets secrets = {.current = BYTES("x")};
    struct buf data = {0};
    struct arena arena = {0};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct bytes json;
        struct session_login login;
        buf_clear(&data);
        CHECK(session_encode(bytes_from_text(cases[i].json), &secrets, 1, &data) == OK);
        CHECK(session_decode(buf_bytes(&data), &secrets, &arena, &json, &login) == OK);
        CHECK(login.has_user == (cases[i].id != 0));
        CHECK(!login.has_user || login.user_id == cases[i].id);
        CHECK(login.backend.data == NULL && login.auth_hash.data == NULL);
    }
    buf_free(&data);
    arena_free(&arena);
}

/* A cut text is never a session: not at any byte. */
static void test_cut_texts_are_no_session(void **state)
{
    (void)state;
    struct secrets secrets = {.current = BYTES("x")};
    struct buf data = {0};
    struct arena arena = {0};
    struct bytes json;
    struct session_login login;
    make_packed(&data, BYTES("{\"_auth_user_id\":\"1\",\"a\":\"aaaaaaaaaaaaaaaaaaaaaaa\"}"),
                &secrets);
    CHECK(session_decode(buf_bytes(&data), &secrets, &arena, &json, &login) == OK);
    for (size_t len = 0; len < data.len; len++)
        CHECK(session_decode(bytes_first(buf_bytes(&data), len), &secrets, &arena, &json, &login) ==
              ERR_SYNTAX);
    CHECK(session_decode(NO_BYTES, &secrets, &arena, &json, &login) == ERR_SYNTAX);
    buf_free(&data);
    arena_free(&arena);
}

static void test_session_keys_have_their_length_and_alphabet(void **state)
{
    (void)state;
    char key[SESSION_KEY_BYTES + 1];
    char other[SESSION_KEY_BYTES + 1];
    char text[SESSION_KEY_BYTES_MAX + 1];
    session_key_new(key);
    session_key_new(other);
    CHECK(strlen(key) == SESSION_KEY_BYTES);
    CHECK(strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789") == SESSION_KEY_BYTES);
    CHECK(strcmp(key, other) != 0);
    CHECK(session_key_is_plausible(bytes_from_text(key)));

    memset(text, 'k', sizeof text);
    CHECK(!session_key_is_plausible(bytes_of(text, SESSION_KEY_BYTES_MIN - 1)));
    CHECK(session_key_is_plausible(bytes_of(text, SESSION_KEY_BYTES_MIN)));
    CHECK(session_key_is_plausible(bytes_of(text, SESSION_KEY_BYTES_MAX)));
    CHECK(!session_key_is_plausible(bytes_of(text, SESSION_KEY_BYTES_MAX + 1)));
    CHECK(!session_key_is_plausible(NO_BYTES));
    CHECK(!session_key_is_plausible(BYTES("12345678\0")));
    CHECK(!session_key_is_plausible(BYTES("12345678\n")));
    CHECK(!session_key_is_plausible(BYTES("12345678\x7f")));
    CHECK(!session_key_is_plausible(BYTES("12345678\xc3\xa9")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_djangos_sessions_are_read_and_written),
        cmocka_unit_test(test_texts_of_old_djangos_are_no_session),
        cmocka_unit_test(test_odd_texts_are_no_session),
        cmocka_unit_test(test_logins_are_decided_as_django_decides),
        cmocka_unit_test(test_fallback_key_counts_only_while_listed),
        cmocka_unit_test(test_auth_hashes_are_djangos),
        cmocka_unit_test(test_login_keeps_what_others_wrote),
        cmocka_unit_test(test_login_refuses_what_is_no_dictionary),
        cmocka_unit_test(test_data_up_to_the_limit_are_read_and_no_more),
        cmocka_unit_test(test_signed_nonsense_is_no_session),
        cmocka_unit_test(test_data_nested_too_deeply_are_no_session),
        cmocka_unit_test(test_a_session_is_not_lost_when_memory_runs_out),
        cmocka_unit_test(test_a_login_is_written_whole_or_not_at_all),
        cmocka_unit_test(test_latin1_behind_a_backslash_is_refused),
        cmocka_unit_test(test_user_ids_are_read_in_all_forms),
        cmocka_unit_test(test_cut_texts_are_no_session),
        cmocka_unit_test(test_session_keys_have_their_length_and_alphabet),
    };
    return cmocka_run_group_tests_name("auth/session", tests, setup, teardown);
}
