#include "auth/password.h"

#include "vectors.h"

static struct password_policy policy_named(const char *name)
{
    unsigned index = 0;
    while (password_policy_names[index] != NULL && strcmp(password_policy_names[index], name) != 0)
        index++;
    CHECK(password_policy_names[index] != NULL);
    return password_policy_at(index);
}

/* Two programs that disagree here rewrite each other's hashes at every login, and each rewrite ends
 * the user's other sessions. */
static void check_version(struct vectors *vectors, const struct json_node *by_version,
                          const char *version, const char *name)
{
    const struct password_policy policy = policy_named(name);
    size_t count = 0;
    const struct json_node *upgrade = vector_get(vectors, by_version, "upgrade");
    for (VECTOR_EACH(node, vectors, vector_get(vectors, upgrade, version))) {
        struct bytes encoded = vector_get_text(vectors, node, "encoded");
        bool is_rewritten = vector_get(vectors, node, "rewritten_at_login")->kind == JSON_TRUE;
        if (password_is_as_preferred(&policy, encoded) == is_rewritten)
            print_error("%s: %.*s\n", version, BYTES_FMT(encoded));
        CHECK(password_is_as_preferred(&policy, encoded) != is_rewritten);
        count++;
    }
    CHECK(count == 7);
    const struct json_node *defaults = vector_get(vectors, by_version, "defaults");
    CHECK(policy.iterations ==
          vector_number(vectors, vector_get(vectors, vector_get(vectors, defaults, version),
                                            "pbkdf2_iterations")));
}

static void test_hashes_are_preferred_where_django_leaves_them_alone(void **state)
{
    (void)state;
    struct vectors vectors = {0};
    vectors_read(&vectors, "tests/vectors/passwords.json");
    const struct json_node *by_version = vector_get(&vectors, NULL, "by_version");
    check_version(&vectors, by_version, "Django 3.2.25", "django-3.2");
    check_version(&vectors, by_version, "Django 4.2.28", "django-4.2");
    check_version(&vectors, by_version, "Django 5.2.18", "django-5.2");
    vectors_free(&vectors);
}

/* Otherwise every login would make a new hash. */
static void test_what_a_policy_makes_is_as_it_prefers(void **state)
{
    (void)state;
    static const char *const names[] = {"argon2", "scrypt", "bcrypt_sha256", "django-3.2"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        const struct password_policy policy = policy_named(names[i]);
        struct buf encoded = {0};
        CHECK(password_encode(&policy, BYTES("secret"), &encoded) == OK);
        for (size_t j = 0; j < COUNT_OF(names); j++) {
            const struct password_policy other = policy_named(names[j]);
            CHECK(password_is_as_preferred(&other, buf_bytes(&encoded)) == (i == j));
        }
        buf_free(&encoded);
    }
}

#define SALT_22 "abcdefghijklmnopqrstuv"
#define SALT_30 "YWJjZGVmZ2hpamtsbW5vcHFyc3R1dg"

static void test_parameters_and_salts_are_compared(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *encoded;
        bool is_preferred;
    } cases[] = {
        {"argon2", "argon2$argon2id$v=19$m=102400,t=2,p=8$" SALT_30 "$5Q5lEbCkhZMx/GVRdAL6hw",
         true},
        {"argon2", "argon2$argon2id$v=19$m=102400,t=3,p=8$" SALT_30 "$5Q5lEbCkhZMx/GVRdAL6hw",
         false},
        {"argon2", "argon2$argon2i$v=19$m=102400,t=2,p=8$" SALT_30 "$5Q5lEbCkhZMx/GVRdAL6hw",
         false},
        {"argon2", "argon2$argon2id$v=19$m=102400,t=2,p=8$" SALT_22 "$5Q5lEbCkhZMx/GVRdAL6hw",
         false},
        {"scrypt", "scrypt$16384$" SALT_22 "$8$5$aGFzaA==", true},
        {"scrypt", "scrypt$16384$" SALT_22 "$8$1$aGFzaA==", false},
        {"scrypt", "scrypt$16384$short$8$5$aGFzaA==", false},
        {"scrypt", "scrypt$32768$" SALT_22 "$8$5$aGFzaA==", false},
        {"bcrypt_sha256", "bcrypt_sha256$$2b$12$" SALT_22 "bwwJ75O6OL1Kr65seJu4hwevx1mJ.mG", true},
        {"bcrypt_sha256", "bcrypt_sha256$$2b$13$" SALT_22 "bwwJ75O6OL1Kr65seJu4hwevx1mJ.mG", false},
        {"pbkdf2_sha256", "pbkdf2_sha256$1000000$" SALT_22 "$aGFzaA==", true},
        {"pbkdf2_sha256", "pbkdf2_sha256$1000000$", false},
        {"pbkdf2_sha256", "pbkdf2_sha256$1000001$" SALT_22 "$aGFzaA==", false},
        {"pbkdf2_sha256", "", false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct password_policy policy = policy_named(cases[i].name);
        if (password_is_as_preferred(&policy, bytes_from_text(cases[i].encoded)) !=
            cases[i].is_preferred)
            print_error("%s\n", cases[i].encoded);
        CHECK(password_is_as_preferred(&policy, bytes_from_text(cases[i].encoded)) ==
              cases[i].is_preferred);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hashes_are_preferred_where_django_leaves_them_alone),
        cmocka_unit_test(test_what_a_policy_makes_is_as_it_prefers),
        cmocka_unit_test(test_parameters_and_salts_are_compared),
    };
    return cmocka_run_group_tests_name("auth/password_policy", tests, NULL, NULL);
}
