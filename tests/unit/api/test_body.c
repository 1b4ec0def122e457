#include "site.h"

#include "api/body.h"

/* BYTES() as an initializer of a table. */
#define TEXT(literal)                                                                              \
    {                                                                                              \
        (const uint8_t *)("" literal), sizeof(literal) - 1                                         \
    }

static void post(struct people *people, unsigned status, const char *answer, const char *type,
                 struct bytes content, int line)
{
    struct buf request = {0};
    buf_printf(&request,
               "POST /api/chats/ HTTP/1.1\r\nHost: chat.example\r\nCookie: sessionid=%s\r\n%s%s%s"
               "Content-Length: %zu\r\n\r\n",
               people->alice, type != NULL ? "Content-Type: " : "", type != NULL ? type : "",
               type != NULL ? "\r\n" : "", content.len);
    buf_append(&request, content);
    struct answer got = site_ask(&people->site, buf_bytes(&request));
    check_answer(&got, status, answer, (const char *)content.data, __FILE__, line);
    answer_deinit(&got);
    buf_free(&request);
}

#define REQUIRED "{\"name\":[\"This field is required.\"]}"

/* Python's words and places, because clients show them. */
static void test_malformed_json_is_refused(void **state)
{
    (void)state;
#define PARSE_ERROR(text) "{\"detail\":\"JSON parse error - " text "\"}"
    static const struct {
        struct bytes content;
        const char *answer;
    } cells[] = {
        {TEXT("{bad"),
         PARSE_ERROR(
             "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)")},
        {TEXT("{"),
         PARSE_ERROR(
             "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)")},
        {TEXT("  "), PARSE_ERROR("Expecting value: line 1 column 3 (char 2)")},
        {TEXT("{\"name\":}"), PARSE_ERROR("Expecting value: line 1 column 9 (char 8)")},
        {TEXT("{\"name\":NaN}"), PARSE_ERROR("Expecting value: line 1 column 9 (char 8)")},
        {TEXT("{\"\xc3\xa9\":1\n,\n \"b\" 2}"),
         PARSE_ERROR("Expecting ':' delimiter: line 3 column 6 (char 14)")},
        {TEXT("{} x"), PARSE_ERROR("Extra data: line 1 column 4 (char 3)")},
        {TEXT("\xef\xbb\xbf{}"), PARSE_ERROR("Expecting value: line 1 column 1 (char 0)")},
        {TEXT("{\"name\":\"\xff\"}"), PARSE_ERROR("Invalid UTF-8")},
        {TEXT("{\"name\":\"\xed\xa0\x80\"}"), PARSE_ERROR("Invalid UTF-8")},
        {TEXT("{\"name\":\"a\0\"}"), NULL},
        {TEXT("name=x"), NULL},
    };
    struct people people;
    people_init(&people);
    for (size_t i = 0; i < COUNT_OF(cells); i++)
        post(&people, 400, cells[i].answer, "application/json", cells[i].content, __LINE__);
    /* Cut anywhere, a body is never taken for a whole one. */
    static const struct bytes whole = {
        (const uint8_t *)"{\"name\":\"x\",\"participant_ids\":[1,2]}", 36};
    for (size_t len = 1; len < whole.len; len++)
        post(&people, 400, NULL, "application/json", bytes_first(whole, len), __LINE__);
    check_asked(&people.site.place, "SELECT count(*) FROM chat_chat", "0");
    post(&people, 201, NULL, "application/json", whole, __LINE__);
    site_deinit(&people.site);
}

/* {"name":"x","a":[[[…]]]} with so many brackets. */
static struct bytes nested(size_t depth)
{
    static char text[256];
    int len = snprintf(text, sizeof text, "{\"name\":\"x\",\"a\":");
    for (size_t i = 0; i < depth; i++)
        len += snprintf(text + len, sizeof text - (size_t)len, "[");
    for (size_t i = 0; i < depth; i++)
        len += snprintf(text + len, sizeof text - (size_t)len, "]");
    len += snprintf(text + len, sizeof text - (size_t)len, "}");
    return bytes_of(text, (size_t)len);
}

static void test_json_nests_only_so_deep(void **state)
{
    (void)state;
    struct people people;
    people_init(&people);
    post(&people, 201, NULL, "application/json", nested(JSON_DEPTH_MAX - 1), __LINE__);
    post(&people, 400,
         "{\"detail\":\"JSON parse error - Too deeply nested: line 1 column 80 (char 79)\"}",
         "application/json", nested(JSON_DEPTH_MAX), __LINE__);
    site_deinit(&people.site);
}

static void test_something_else_than_an_object_is_refused(void **state)
{
    (void)state;
#define TOP(type)                                                                                  \
    "{\"non_field_errors\":[\"Invalid data. Expected a dictionary, but got " type ".\"]}"
    static const struct {
        struct bytes content;
        const char *answer;
    } cells[] = {
        {TEXT("[]"), TOP("list")},
        {TEXT("[{\"name\":\"x\"}]"), TOP("list")},
        {TEXT("\"x\""), TOP("str")},
        {TEXT("5"), TOP("int")},
        {TEXT("5.5"), TOP("float")},
        {TEXT("1e5"), TOP("float")},
        {TEXT("true"), TOP("bool")},
        {TEXT("false"), TOP("bool")},
        {TEXT("null"), "{\"non_field_errors\":[\"No data provided\"]}"},
    };
    struct people people;
    people_init(&people);
    for (size_t i = 0; i < COUNT_OF(cells); i++)
        post(&people, 400, cells[i].answer, "application/json", cells[i].content, __LINE__);
    site_deinit(&people.site);
}

static void test_types_of_content(void **state)
{
    (void)state;
    static const struct {
        const char *type; /* NULL: none */
        struct bytes content;
        unsigned status;
        const char *answer;
    } cells[] = {
        {"application/json", TEXT(""), 400, REQUIRED},
        {"application/x-www-form-urlencoded", TEXT(""), 400, REQUIRED},
        {"multipart/form-data; boundary=B", TEXT(""), 400, REQUIRED},
        {NULL, TEXT(""), 400, REQUIRED},
        {"text/plain", TEXT(""), 400, REQUIRED},
        {"Application/JSON; charset=utf-8", TEXT("{\"name\":\"x\"}"), 201, NULL},
        {"application/json", TEXT("{\"name\":\"\",\"name\":\"x\"}"), 201, NULL},
        {"application/x-www-form-urlencoded", TEXT("name=x"), 201, NULL},
        {"application/x-www-form-urlencoded", TEXT("x"), 400, REQUIRED},
        {"text/plain", TEXT("x"), 415,
         "{\"detail\":\"Unsupported media type \\\"text/plain\\\" in request.\"}"},
        {"text/plain; charset=utf-8", TEXT("x"), 415,
         "{\"detail\":\"Unsupported media type \\\"text/plain; charset=utf-8\\\" in request.\"}"},
        {NULL, TEXT("x"), 415, "{\"detail\":\"Unsupported media type \\\"\\\" in request.\"}"},
        {"application/json5", TEXT("{}"), 415, NULL},
        {"multipart/form-data", TEXT("x"), 400, NULL},
        {"multipart/form-data; boundary=B", TEXT("x"), 400, NULL},
        {"multipart/form-data; boundary=B",
         TEXT("--B\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nx\r\n--B--\r\n"), 201,
         NULL},
    };
    struct people people;
    people_init(&people);
    for (size_t i = 0; i < COUNT_OF(cells); i++)
        post(&people, cells[i].status, cells[i].answer, cells[i].type, cells[i].content, __LINE__);
    site_deinit(&people.site);
}

static void test_forms_have_only_so_many_fields(void **state)
{
    (void)state;
    struct people people;
    struct buf content = {0};
    people_init(&people);
    buf_append_text(&content, "name=x");
    for (int i = 1; i < FORM_PAIR_COUNT_MAX; i++)
        buf_append_text(&content, "&a=b");
    post(&people, 201, NULL, "application/x-www-form-urlencoded", buf_bytes(&content), __LINE__);
    buf_append_text(&content, "&a=b");
    post(&people, 400, "{\"detail\":\"The form has too many or too long fields.\"}",
         "application/x-www-form-urlencoded", buf_bytes(&content), __LINE__);
    buf_free(&content);
    site_deinit(&people.site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_malformed_json_is_refused),
        cmocka_unit_test(test_json_nests_only_so_deep),
        cmocka_unit_test(test_something_else_than_an_object_is_refused),
        cmocka_unit_test(test_types_of_content),
        cmocka_unit_test(test_forms_have_only_so_many_fields),
    };
    return cmocka_run_group_tests_name("api/body", tests, NULL, NULL);
}
