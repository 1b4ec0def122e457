#include "http/form.h"

#include "allocation.h"
#include "base/buf.h"
#include "check.h"

/* The pairs as one text: "name=value|name=value". */
static void describe_form(const struct form *form, struct buf *out)
{
    buf_clear(out);
    for (size_t i = 0; i < form->count; i++)
        buf_printf(out, "%s%.*s=%.*s", i > 0 ? "|" : "", BYTES_FMT(form->pairs[i].name),
                   BYTES_FMT(form->pairs[i].value));
}

static void test_urlencoded_pairs(void **state)
{
    (void)state;
    static const struct {
        const char *content;
        const char *pairs;
    } rows[] = {
        {"", ""},
        {"a=1", "a=1"},
        {"a=1&b=2", "a=1|b=2"},
        {"a=1&a=2", "a=1|a=2"},
        {"a", "a="},
        {"a=", "a="},
        {"=b", "=b"},
        {"=", "="},
        {"&&a=1&&", "a=1"},
        {"a=b=c", "a=b=c"},
        {"a+b=c+d", "a b=c d"},
        {"%61%3D=%26%2b", "a==&+"},
        {"a=%C3%A9", "a=\xc3\xa9"},
        /* A percent sign that begins nothing stands for itself. */
        {"a=100%", "a=100%"},
        {"a=%4", "a=%4"},
        {"a=%4z", "a=%4z"},
        {"a=%zz%41", "a=%zzA"},
        {"a=%%41", "a=%A"},
        {"a=1;b=2", "a=1;b=2"}, /* ";" separates nothing since Python 3.10 */
    };
    struct arena arena = {0};
    struct buf text = {0};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct form form;
        CHECK(form_read_urlencoded(bytes_from_text(rows[i].content), &arena, &form) == OK);
        describe_form(&form, &text);
        CHECK_BYTES(buf_bytes(&text), bytes_from_text(rows[i].pairs));
    }
    struct form form;
    CHECK(form_read_urlencoded(NO_BYTES, &arena, &form) == OK && form.count == 0);
    CHECK(form_read_urlencoded(BYTES("a=%00\xff"), &arena, &form) == OK);
    CHECK_BYTES(form.pairs[0].value, BYTES("\0\xff"));
    buf_free(&text);
    arena_free(&arena);
}

/* A body of a megabyte holds half a million pairs; each would cost memory. */
static void test_urlencoded_may_have_1000_pairs(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct buf content = {0};
    struct form form;
    for (size_t i = 0; i < FORM_PAIR_COUNT_MAX; i++)
        buf_append_text(&content, "a&");
    CHECK(form_read_urlencoded(buf_bytes(&content), &arena, &form) == OK);
    CHECK(form.count == FORM_PAIR_COUNT_MAX);
    buf_append_text(&content, "a");
    CHECK(form_read_urlencoded(buf_bytes(&content), &arena, &form) == ERR_LIMIT);
    CHECK(form.count == 0);
    buf_free(&content);
    arena_free(&arena);
}

static void test_urlencoded_without_memory_is_no_form(void **state)
{
    (void)state;
    enum { LONG = 5000 }; /* a block of the arena for itself */
    struct buf content = {0};
    struct arena arena = {0};
    struct form form;
    size_t index = 0;
    enum err err;
    buf_append_text(&content, "a=");
    for (size_t i = 0; i < LONG; i++)
        buf_append_byte(&content, 'b');
    do {
        allocation_fail(index++);
        err = form_read_urlencoded(buf_bytes(&content), &arena, &form);
        CHECK(err == (allocation_has_failed() ? ERR_MEMORY : OK));
        CHECK(form.count == (err == OK ? 1 : 0));
        arena_free(&arena);
    } while (err != OK);
    CHECK(index == 3); /* the texts, the pairs, and once nothing */
    buf_free(&content);
}

static void check_span(struct bytes span, const char *expected)
{
    CHECK((span.data == NULL) == (expected == NULL));
    CHECK(expected == NULL || bytes_is(span, expected));
}

static void test_content_types(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        const char *type;
        const char *boundary;
        const char *charset;
    } rows[] = {
        {"", "", NULL, NULL},
        {"text/plain", "text/plain", NULL, NULL},
        {" Application/JSON ; charset=utf-8", "Application/JSON", NULL, "utf-8"},
        {"multipart/form-data; boundary=x", "multipart/form-data", "x", NULL},
        {"multipart/form-data;BOUNDARY=x;Charset=y", "multipart/form-data", "x", "y"},
        {"a/b; boundary=\"x y\"; charset=z", "a/b", "x y", "z"},
        {"a/b; boundary=\"x;charset=y\"", "a/b", "x;charset=y", NULL},
        {"a/b; boundary=\"x\\\"y\"", "a/b", "x\\\"y", NULL},
        {"a/b; boundary=----WebKit/x=?", "a/b", "----WebKit/x=?", NULL},
        {"a/b; boundary=x; boundary=y", "a/b", "x", NULL},
        {"a/b; boundary=", "a/b", NULL, NULL},
        {"a/b; boundary=\"\"", "a/b", "", NULL},
        {"a/b; boundary =x", "a/b", NULL, NULL},
        {"a/b; boundary= x", "a/b", NULL, NULL},
        {"a/b; boundary=\"x", "a/b", NULL, NULL},
        {"a/b; boundary=\"x\\", "a/b", NULL, NULL},
        {"a/b; boundary=\"x\"y; charset=z", "a/b", NULL, "z"},
        {"a/b; boundary=x y; charset=z", "a/b", NULL, "z"},
        {"a/b;;; ;boundary=x;", "a/b", "x", NULL},
        {"a/b; x-boundary=x", "a/b", NULL, NULL},
        {"a/b; boundary", "a/b", NULL, NULL},
        {"a/b;\tcharset=x; charset=y", "a/b", NULL, "x"},
        {"; boundary=x", "", "x", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct content_type type;
        content_type_read(bytes_from_text(rows[i].value), &type);
        CHECK_BYTES(type.type, bytes_from_text(rows[i].type));
        check_span(type.boundary, rows[i].boundary);
        check_span(type.charset, rows[i].charset);
    }
    struct content_type type;
    content_type_read(NO_BYTES, &type); /* there was no such field */
    CHECK(type.type.len == 0 && type.boundary.data == NULL && type.charset.data == NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_urlencoded_pairs),
        cmocka_unit_test(test_urlencoded_may_have_1000_pairs),
        cmocka_unit_test(test_urlencoded_without_memory_is_no_form),
        cmocka_unit_test(test_content_types),
    };
    return cmocka_run_group_tests_name("http/form", tests, NULL, NULL);
}
