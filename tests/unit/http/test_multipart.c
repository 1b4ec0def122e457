#include "http/form.h"

#include <stdlib.h>
#include "allocation.h"
#include "base/buf.h"
#include "check.h"

#define PART(disposition, content)                                                                 \
    "--x\r\nContent-Disposition: form-data; " disposition "\r\n\r\n" content "\r\n"
#define END "--x--\r\n"

static void describe_form(const struct form *form, struct buf *out)
{
    buf_clear(out);
    for (size_t i = 0; i < form->count; i++)
        buf_printf(out, "%s%.*s=%.*s", i > 0 ? "|" : "", BYTES_FMT(form->pairs[i].name),
                   BYTES_FMT(form->pairs[i].value));
}

/* Read from memory that ends where the content ends and is gone before the pairs are looked at. */
static enum err read_copy(struct bytes content, const char *boundary, struct arena *arena,
                          struct form *form, const char **reason)
{
    uint8_t *copy = malloc(content.len > 0 ? content.len : 1);
    CHECK(copy != NULL);
    memcpy(copy, content.data, content.len);
    enum err err = form_read_multipart(bytes_of(copy, content.len), bytes_from_text(boundary),
                                       arena, form, reason);
    free(copy);
    return err;
}

static void test_multipart_pairs(void **state)
{
    (void)state;
    static const struct {
        const char *content;
        const char *pairs;
    } rows[] = {
        {END, ""},
        {"--x--", ""},
        {"--x-- \t\r\nepilogue", ""},
        {PART("name=\"a\"", "1") END, "a=1"},
        {PART("name=\"a\"", "1") "--x--", "a=1"},
        {PART("name=\"a\"", "1") PART("name=\"b\"", "2") END, "a=1|b=2"},
        {PART("name=\"a\"", "1") PART("name=\"a\"", "2") END, "a=1|a=2"},
        {PART("name=\"a\"", "") END, "a="},
        /* The CRLF of the blank line may be the delimiter's own. */
        {"--x\r\nContent-Disposition: form-data; name=a\r\n\r\n--x--", "a="},
        {"--x\r\nContent-Disposition: form-data; name=a\r\n\r\n" PART("name=b", "") END, "a=|b="},
        {"preamble\r\n" PART("name=\"a\"", "1") END, "a=1"},
        {"--y\r\n\r\n" PART("name=\"a\"", "1") END, "a=1"},
        {"\r\n" PART("name=\"a\"", "1") END, "a=1"},
        {PART("name=\"a\"", "1") END "--x\r\nnot a part", "a=1"},
        {"--x \t\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--x--", "a=1"},
        {PART("name=a", "1") END, "a=1"},
        {PART("NAME=\"a\"", "1") END, "a=1"},
        {PART("x=y; name=\"a;b\"", "1") END, "a;b=1"},
        {PART("name=\"\"", "1") END, "=1"},
        {PART("name=\"a\"; name=\"b\"", "1") END, "a=1"},
        {PART("name=\"a%22b%0d%0Ac%41%\"", "1") END, "a\"b\r\nc%41%=1"},
        {PART("name=\"a\\\"b\\\\c\\d\"", "1") END, "a\"b\\c\\d=1"},
        {PART("name=\"\xc3\xa9\"", "\xc3\xa9") END, "\xc3\xa9=\xc3\xa9"},
        {"--x\r\nCONTENT-DISPOSITION:form-data;name=a\r\nContent-Type: text/plain; charset=x\r\n"
         "\r\n1\r\n--x--",
         "a=1"},
        {"--x\r\nContent-Transfer-Encoding: 7bit\r\nContent-Disposition: form-data; name=a\r\n"
         "\r\n1\r\n--x--",
         "a=1"},
        {"--x\r\nContent-Transfer-Encoding: binary\r\nContent-Disposition: form-data; name=a\r\n"
         "\r\n1\r\n--x--",
         "a=1"},
        {"--x\r\nContent-Transfer-Encoding: 8BIT\r\nContent-Disposition: form-data; name=a\r\n"
         "\r\n1\r\n--x--",
         "a=1"},
        /* Lines, blank lines and near-boundaries belong to the content. */
        {PART("name=\"a\"", "1\r\n2\n\r\n\r\n3\r\n") END, "a=1\r\n2\n\r\n\r\n3\r\n"},
        {PART("name=\"a\"", "1\n--x\n--x--") END, "a=1\n--x\n--x--"},
        {PART("name=\"a\"", "1\r--x--") END, "a=1\r--x--"},
        {PART("name=\"a\"", "1\r\n-x\r\n--\r\n") END, "a=1\r\n-x\r\n--\r\n"},
        /* Files are left out. */
        {PART("name=\"f\"; filename=\"a.txt\"", "data") PART("name=b", "2") END, "b=2"},
        {PART("name=\"f\"; filename=\"\"", "") END, ""},
        {PART("name=\"f\"; filename*=utf-8''a", "data") END, ""},
    };
    struct arena arena = {0};
    struct buf text = {0};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct form form;
        const char *reason = NULL;
        if (read_copy(bytes_from_text(rows[i].content), "x", &arena, &form, &reason) != OK)
            fail_msg("%s: %s", rows[i].content, reason);
        describe_form(&form, &text);
        CHECK_BYTES(buf_bytes(&text), bytes_from_text(rows[i].pairs));
    }
    buf_free(&text);
    arena_free(&arena);
}

static void test_malformed_multipart_is_refused(void **state)
{
    (void)state;
    static const char *const contents[] = {
        "",
        "no boundary at all",
        "--x",
        "--x\r\n",
        "--x\r",
        "--x-",
        "--x--\n",
        "--x--junk",
        "--xy\r\n\r\n" END, /* the delimiter continues: another boundary for another reader */
        "--x\n" END,
        PART("name=\"a\"", "--x") END, /* a boundary line, whatever was meant */
        "--x\rContent-Disposition: form-data; name=a\r\n\r\n1\r\n" END,
        "--x\nContent-Disposition: form-data; name=a\n\n1\n--x--\n",
        "--x\r\nContent-Disposition: form-data; name=a\n\n1\r\n" END,
        "--x\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n",
        "--x\r\nContent-Disposition: form-data; name=a\r\n\r\n1\n--x--\r\n",
        "--x\r\nContent-Disposition: form-data; name=a\r\n\r\n1--x--\r\n",
        "--x\r\nContent-Disposition: form-data; name=a\r\n",
        "--x\r\nContent-Disposition: form-data; name=a",
        "--x\r\nContent-Disposition: form-data; name=a\r\n folded\r\n\r\n1\r\n" END,
        "--x\r\nContent-Disposition: form-data; name=a\rb\r\n\r\n1\r\n" END,
        "--x\r\nContent-Disposition : form-data; name=a\r\n\r\n1\r\n" END,
        "--x\r\n: form-data; name=a\r\n\r\n1\r\n" END,
        "--x\r\nno colon\r\n\r\n1\r\n" END,
        "--x\r\n\r\n1\r\n" END,
        "--x\r\n--x--\r\n",
        "--x\r\nContent-Type: text/plain\r\n\r\n1\r\n" END,
        "--x\r\nContent-Disposition: attachment; name=a\r\n\r\n1\r\n" END,
        "--x\r\nContent-Disposition: form-data\r\n\r\n1\r\n" END,
        "--x\r\nContent-Disposition: form-data; name=\"a\r\n\r\n1\r\n" END,
        "--x\r\nContent-Disposition: form-data; filename=a\r\n\r\n1\r\n" END,
        "--x\r\nContent-Disposition: form-data; name=a\r\n"
        "Content-Transfer-Encoding: base64\r\n\r\nMQ==\r\n" END,
    };
    struct arena arena = {0};
    for (size_t i = 0; i < COUNT_OF(contents); i++) {
        struct form form;
        const char *reason = NULL;
        enum err err = read_copy(bytes_from_text(contents[i]), "x", &arena, &form, &reason);
        if (err != ERR_SYNTAX || reason == NULL)
            fail_msg("taken: %s", contents[i]);
        CHECK(form.count == 0);
    }
    arena_free(&arena);
}

/* A body that was cut off anywhere before its end is refused: half a form is not a form. */
static void test_content_cut_anywhere_is_refused(void **state)
{
    (void)state;
    struct bytes whole = BYTES("preamble\r\n" PART("name=\"a\"", "1\r\n2")
                                   PART("name=\"f\"; filename=\"g\"", "3") "--x--");
    struct arena arena = {0};
    struct form form;
    const char *reason = NULL;
    CHECK(read_copy(whole, "x", &arena, &form, &reason) == OK);
    for (size_t len = 0; len < whole.len; len++)
        CHECK(read_copy(bytes_first(whole, len), "x", &arena, &form, &reason) == ERR_SYNTAX);
    arena_free(&arena);
}

/* RFC 2046, section 5.1.1: 1 to 70 characters of a small set, the last no blank. */
static void test_boundaries(void **state)
{
    (void)state;
    static const struct {
        const char *boundary;
        bool is_good;
    } rows[] = {
        {"x", true},
        {"a b", true},
        {"0'()+_,-./:=?", true},
        {"1234567890123456789012345678901234567890123456789012345678901234567890", true},
        {"12345678901234567890123456789012345678901234567890123456789012345678901", false},
        {"", false},
        {"x ", false},
        {"x\"", false},
        {"x\r\n", false},
        {"x;y", false},
        {"\xc3\xa9", false},
    };
    struct arena arena = {0};
    struct buf content = {0};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct form form;
        const char *reason = NULL;
        buf_clear(&content);
        buf_printf(&content, "--%s--\r\n", rows[i].boundary);
        CHECK(read_copy(buf_bytes(&content), rows[i].boundary, &arena, &form, &reason) ==
              (rows[i].is_good ? OK : ERR_SYNTAX));
        CHECK(rows[i].is_good || reason != NULL);
    }
    struct form form;
    const char *reason = NULL;
    CHECK(form_read_multipart(BYTES("--\r\n"), NO_BYTES, &arena, &form, &reason) == ERR_SYNTAX);
    buf_free(&content);
    arena_free(&arena);
}

static void test_multipart_may_have_1000_pairs(void **state)
{
    (void)state;
    struct arena arena = {0};
    for (size_t extra = 0; extra < 2; extra++) {
        struct buf content = {0};
        struct form form;
        const char *reason = NULL;
        for (size_t i = 0; i < FORM_PAIR_COUNT_MAX + extra; i++)
            buf_append_text(&content, PART("name=a", ""));
        buf_append_text(&content, END);
        CHECK(read_copy(buf_bytes(&content), "x", &arena, &form, &reason) ==
              (extra == 0 ? OK : ERR_LIMIT));
        CHECK(form.count == (extra == 0 ? FORM_PAIR_COUNT_MAX : 0));
        buf_free(&content);
    }
    arena_free(&arena);
}

static void test_multipart_without_memory_is_no_form(void **state)
{
    (void)state;
    enum { LONG = 5000 }; /* a block of the arena for itself */
    struct buf content = {0};
    struct arena arena = {0};
    struct form form;
    size_t index = 0;
    enum err err;
    buf_append_text(&content, "--x\r\nContent-Disposition: form-data; name=a\r\n\r\n");
    for (size_t i = 0; i < LONG; i++)
        buf_append_byte(&content, 'b');
    buf_append_text(&content, "\r\n" END);
    do {
        const char *reason = NULL;
        allocation_fail(index++);
        err = form_read_multipart(buf_bytes(&content), BYTES("x"), &arena, &form, &reason);
        CHECK(err == (allocation_has_failed() ? ERR_MEMORY : OK));
        CHECK(form.count == (err == OK ? 1 : 0) && reason == NULL);
        arena_free(&arena);
    } while (err != OK);
    CHECK(index == 5); /* name, content, list of pairs, its copy, and once nothing */
    buf_free(&content);
}

static void test_fields_of_a_part_may_have_8_kib(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct bytes disposition = BYTES("Content-Disposition: form-data; name=a\r\n");
    for (size_t extra = 0; extra < 2; extra++) {
        struct buf content = {0};
        struct form form;
        const char *reason = NULL;
        buf_append_text(&content, "--x\r\n");
        buf_append(&content, disposition);
        buf_append_text(&content, "A:");
        for (size_t i = 0; i < FORM_PART_HEAD_BYTES_MAX - disposition.len - 4 + extra; i++)
            buf_append_byte(&content, 'v');
        buf_append_text(&content, "\r\n\r\n1\r\n--x--");
        CHECK(read_copy(buf_bytes(&content), "x", &arena, &form, &reason) ==
              (extra == 0 ? OK : ERR_LIMIT));
        buf_free(&content);
    }
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_multipart_pairs),
        cmocka_unit_test(test_malformed_multipart_is_refused),
        cmocka_unit_test(test_content_cut_anywhere_is_refused),
        cmocka_unit_test(test_boundaries),
        cmocka_unit_test(test_multipart_may_have_1000_pairs),
        cmocka_unit_test(test_multipart_without_memory_is_no_form),
        cmocka_unit_test(test_fields_of_a_part_may_have_8_kib),
    };
    return cmocka_run_group_tests_name("http/multipart", tests, NULL, NULL);
}
