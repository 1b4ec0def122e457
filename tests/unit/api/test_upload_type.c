#include "api/upload_type.h"

#include "check.h"

static void test_types_have_a_form(void **state)
{
    (void)state;
    static const struct {
        const char *type;
        bool is_valid;
    } rows[] = {
        {"image/png", true},
        {"application/vnd.x+json", true},
        {"image/*", true},
        {"", false},
        {"image", false},
        {"image/", false},
        {"/png", false},
        {"image/png/x", false},
        {"image/p ng", false},
        {"image/png;a=b", false},
        {"im\xc3\xa4ge/png", false},
        {"text/html\n", false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        CHECK(upload_type_is_valid(bytes_from_text(rows[i].type)) == rows[i].is_valid);
    char longest[UPLOAD_TYPE_TEXT_BYTES_MAX + 1];
    memset(longest, 'a', sizeof longest);
    longest[5] = '/';
    CHECK(upload_type_is_valid(bytes_of(longest, UPLOAD_TYPE_TEXT_BYTES_MAX)));
    CHECK(!upload_type_is_valid(bytes_of(longest, UPLOAD_TYPE_TEXT_BYTES_MAX + 1)));
}

static void test_patterns_name_a_type_or_a_kind(void **state)
{
    (void)state;
    static const struct {
        const char *pattern;
        const char *type;
        bool matches;
    } rows[] = {
        {"image/png", "image/png", true},   {"image/png", "IMAGE/PNG", true},
        {"image/png", "image/jpeg", false}, {"image/*", "image/jpeg", true},
        {"image/*", "imagex/jpeg", false},  {"image/*", "image", false},
        {"*/*", "image/png", false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        CHECK(upload_type_matches(bytes_from_text(rows[i].pattern),
                                  bytes_from_text(rows[i].type)) == rows[i].matches);
}

/* What a browser could run must not be among them. */
static void test_only_pictures_are_shown(void **state)
{
    (void)state;
    static const char *const others[] = {"image/svg+xml", "text/html", "application/pdf",
                                         "image/png2",    "video/mp4", "text/plain"};
    CHECK(upload_type_is_picture(BYTES("image/png")));
    CHECK(upload_type_is_picture(BYTES("Image/JPEG")));
    for (size_t i = 0; i < COUNT_OF(others); i++)
        CHECK(!upload_type_is_picture(bytes_from_text(others[i])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types_have_a_form),
        cmocka_unit_test(test_patterns_name_a_type_or_a_kind),
        cmocka_unit_test(test_only_pictures_are_shown),
    };
    return cmocka_run_group_tests_name("api/upload_type", tests, NULL, NULL);
}
