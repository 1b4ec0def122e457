#include "auth/csrf.h"

#include "vectors.h"

static struct vectors vectors;

static int setup(void **state)
{
    (void)state;
    vectors_read(&vectors, "tests/vectors/csrf.json");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    vectors_free(&vectors);
    return 0;
}

/* Django must take our tokens, so they are its own, character by character. */
static void test_masked_token_is_djangos(void **state)
{
    (void)state;
    for (VECTOR_EACH(node, &vectors, vector_get(&vectors, NULL, "masked"))) {
        char token[CSRF_TOKEN_BYTES + 1];
        struct bytes secret = vector_get_text(&vectors, node, "secret");
        struct bytes mask = vector_get_text(&vectors, node, "mask");
        CHECK(secret.len == CSRF_SECRET_BYTES && mask.len == CSRF_SECRET_BYTES);
        csrf_mask((const char *)secret.data, (const char *)mask.data, token);
        CHECK_BYTES(bytes_from_text(token), vector_get_text(&vectors, node, "token"));
        CHECK(csrf_matches(secret, bytes_from_text(token)));
    }
}

/* Cookie and header may each be bare or masked; anything else is refused, as Django does. */
static void test_tokens_are_judged_as_django_judges(void **state)
{
    (void)state;
    size_t count = 0;
    for (VECTOR_EACH(node, &vectors, vector_get(&vectors, NULL, "token_cases"))) {
        const struct json_node *header = vector_find(&vectors, node, "header");
        if (vector_find(&vectors, node, "method") != NULL)
            continue; /* methods that change nothing are the caller's matter */
        struct bytes cookie = vector_get_text(&vectors, node, "cookie");
        struct bytes token = header != NULL ? vector_text(&vectors, header) : NO_BYTES;
        bool accepted = vector_answer(&vectors, node, "accepted")->kind == JSON_TRUE;
        if (csrf_matches(cookie, token) != accepted)
            print_error("cookie %.*s token %.*s\n", BYTES_FMT(cookie), BYTES_FMT(token));
        CHECK(csrf_matches(cookie, token) == accepted);
        count++;
    }
    CHECK(count == 20);
}

/* Lengths one off are no tokens, even if all their characters are right. */
static void test_other_lengths_never_match(void **state)
{
    (void)state;
    char text[CSRF_TOKEN_BYTES + 2];
    memset(text, 'a', sizeof text);
    for (size_t len = 0; len <= sizeof text; len++) {
        bool is_token = len == CSRF_SECRET_BYTES || len == CSRF_TOKEN_BYTES;
        CHECK(csrf_matches(bytes_of(text, len), bytes_of(text, len)) == is_token);
    }
    CHECK(!csrf_matches(NO_BYTES, NO_BYTES));
}

static void test_new_secrets_differ_and_match_only_themselves(void **state)
{
    (void)state;
    char one[CSRF_SECRET_BYTES + 1];
    char other[CSRF_SECRET_BYTES + 1];
    char token[CSRF_TOKEN_BYTES + 1];
    csrf_secret_new(one);
    csrf_secret_new(other);
    CHECK(strlen(one) == CSRF_SECRET_BYTES);
    csrf_mask(one, other, token);
    CHECK(csrf_matches(bytes_from_text(one), bytes_from_text(token)));
    CHECK(!csrf_matches(bytes_from_text(other), bytes_from_text(token)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_masked_token_is_djangos),
        cmocka_unit_test(test_tokens_are_judged_as_django_judges),
        cmocka_unit_test(test_other_lengths_never_match),
        cmocka_unit_test(test_new_secrets_differ_and_match_only_themselves),
    };
    return cmocka_run_group_tests_name("auth/csrf", tests, setup, teardown);
}
