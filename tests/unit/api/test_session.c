#include "site.h"

#include "base/json_read.h"
#include "base/time_text.h"

/* The decisions of the real Django, recorded: tests/vectors/sessions.json. */
struct vectors {
    struct buf file;
    struct json_doc doc;
    struct arena arena;
};

static void vectors_init(struct vectors *vectors)
{
    *vectors = (struct vectors) {.file = file_content("tests/vectors/sessions.json")};
    CHECK(json_read(&vectors->doc, buf_bytes(&vectors->file)) == OK);
}

static void vectors_deinit(struct vectors *vectors)
{
    arena_free(&vectors->arena);
    json_doc_free(&vectors->doc);
    buf_free(&vectors->file);
}

static const struct json_node *member_of(struct vectors *vectors, const struct json_node *object,
                                         const char *name)
{
    const struct json_node *member = json_member(&vectors->doc, object, name);
    CHECK(member != NULL);
    return member;
}

static struct bytes text_of(struct vectors *vectors, const struct json_node *node)
{
    struct buf text = {0};
    struct bytes copy;
    uint32_t surrogate;
    CHECK(json_read_text(&vectors->doc, node, &text, &surrogate) == OK);
    CHECK(arena_copy(&vectors->arena, buf_bytes(&text), &copy) == OK);
    buf_free(&text);
    return copy;
}

static struct bytes member_text(struct vectors *vectors, const struct json_node *object,
                                const char *name)
{
    return text_of(vectors, member_of(vectors, object, name));
}

static int64_t member_time(struct vectors *vectors, const struct json_node *object,
                           const char *name)
{
    int64_t us;
    CHECK(time_read_sql(member_text(vectors, object, name), &us) == OK);
    return us;
}

static void add_users(struct vectors *vectors, struct site *site, const struct json_node *users)
{
    int64_t expected_id = 1;
    for (const struct json_node *node = json_first(&vectors->doc, users); node != NULL;
         node = json_next(&vectors->doc, users, node)) {
        struct user user = {
            .username = member_text(vectors, node, "username"),
            .password = member_text(vectors, node, "password"),
            .is_active = member_of(vectors, node, "is_active")->kind == JSON_TRUE,
            .email = BYTES(""),
            .user_type = BYTES("student"),
            .first_name = BYTES(""),
            .last_name = BYTES(""),
        };
        int64_t id;
        CHECK(users_insert(site->writer, &user, NOW_US, &id) == OK);
        CHECK(id == expected_id++);
    }
}

/* Whom Django 5.2 finds: the number of a user, 0 for nobody, also where it fails with an error. */
static int64_t expected_user(struct vectors *vectors, const struct json_node *node)
{
    const struct json_node *versions = json_member(&vectors->doc, node, "by_version");
    if (versions != NULL)
        node = member_of(vectors, versions, "Django 5.2.18");
    const struct json_node *id = member_of(vectors, node, "user_id");
    return id->kind == JSON_NUMBER ? json_raw_bytes(&vectors->doc, id).data[0] - '0' : 0;
}

static void decide(struct vectors *vectors, struct site *site, const struct json_node *node,
                   int64_t now_us)
{
    struct arena arena = {0};
    struct user user = {0};
    int64_t expire_us = 0;
    bool is_garbage;
    struct session_row row = {
        .key = member_text(vectors, node, "session_key"),
        .data = member_text(vectors, node, "session_data"),
        .expire_us = member_time(vectors, node, "expire_date"),
    };
    CHECK(sessions_insert(site->writer, &row) == OK);
    enum err err = api_session_user(site->reader, &site->settings.secrets,
                                    member_text(vectors, node, "cookie"), now_us, &arena, &user,
                                    &expire_us, &is_garbage);
    int64_t expected = expected_user(vectors, node);
    bool is_right =
        expected != 0 ? err == OK && user.id == expected && !is_garbage : err == ERR_NOT_FOUND;
    if (!is_right)
        print_error("%.*s: error=%s\n", BYTES_FMT(member_text(vectors, node, "why")),
                    err_name(err));
    CHECK(is_right);
    CHECK(err != OK || expire_us == row.expire_us);
    /* On a reader nothing is written: also rows that Django would delete stay. */
    CHECK(sessions_find(site->reader, row.key, &arena, &row) == OK);
    arena_free(&arena);
}

static void test_decisions_are_those_of_django(void **state)
{
    (void)state;
    struct vectors vectors;
    struct site site;
    vectors_init(&vectors);
    site_init(&site);
    const struct json_node *root = json_root(&vectors.doc);
    const struct json_node *secrets = member_of(&vectors, root, "secrets");
    const struct json_node *decisions = member_of(&vectors, root, "decisions");
    site.settings.secrets = (struct secrets) {
        .current = member_text(&vectors, secrets, "ascii"),
        .fallbacks = {member_text(&vectors, secrets, "rotated_out")},
        .fallback_count = 1,
    };
    add_users(&vectors, &site, member_of(&vectors, decisions, "users"));
    int64_t now_us = member_time(&vectors, decisions, "now");
    const struct json_node *cases = member_of(&vectors, decisions, "cases");
    size_t count = 0;
    for (const struct json_node *node = json_first(&vectors.doc, cases); node != NULL;
         node = json_next(&vectors.doc, cases, node)) {
        decide(&vectors, &site, node, now_us);
        count++;
    }
    CHECK(count >= 25);
    site_deinit(&site);
    vectors_deinit(&vectors);
}

/* No cookie is no garbage: there is nothing to delete. */
static void test_no_cookie_is_anonymous(void **state)
{
    (void)state;
    struct site site;
    struct arena arena = {0};
    struct user user;
    int64_t expire_us;
    bool is_garbage = true;
    site_init(&site);
    CHECK(api_session_user(site.reader, &site.settings.secrets, NO_BYTES, NOW_US, &arena, &user,
                           &expire_us, &is_garbage) == ERR_NOT_FOUND);
    CHECK(!is_garbage);
    site_deinit(&site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decisions_are_those_of_django),
        cmocka_unit_test(test_no_cookie_is_anonymous),
    };
    return cmocka_run_group_tests_name("api/session", tests, NULL, NULL);
}
