#include "site.h"

#include "allocation.h"
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
        {TEXT("1E5"), TOP("float")},
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
        /* What is no UTF-8 is shown as such, and what is stays. */
        {"a/\xff\xc3\xa9\xe2\x82", TEXT("x"), 415,
         "{\"detail\":\"Unsupported media type "
         "\\\"a/\xef\xbf\xbd\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd\\\" "
         "in request.\"}"},
        {"a/\xff; x=long", TEXT("x"), 415,
         "{\"detail\":\"Unsupported media type \\\"a/\xef\xbf\xbd; x=long\\\" in request.\"}"},
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

static void test_queries_have_only_so_many_parameters(void **state)
{
    (void)state;
    struct people people;
    struct buf target = {0};
    people_init(&people);
    post(&people, 201, NULL, "application/json", BYTES("{\"name\":\"x\"}"), __LINE__);
    buf_append_text(&target, "/api/v1/chats/1/messages/?a");
    for (int i = 1; i < FORM_PAIR_COUNT_MAX; i++)
        buf_append_text(&target, "&a");
    end_text(&target);
    ASK(&people.site, 200, NULL, .path = (const char *)target.data, .session = people.alice);
    buf_append_text(&target, "&a");
    end_text(&target);
    ASK(&people.site, 400,
        "{\"detail\":\"The query has too many parameters.\",\"code\":\"invalid_frame\"}",
        .path = (const char *)target.data, .session = people.alice);
    buf_free(&target);
    site_deinit(&people.site);
}

/* A value is repeated as Python's str() gives it. */
static void test_values_are_shown_as_python_shows_them(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        const char *shown;
    } cells[] = {
        {"true", "True"},
        {"false", "False"},
        {"1.50", "1.5"},
        {"[1]", "[1]"},
        {"{\"a\":1}", "{\\\"a\\\":1}"},
        {"\"b\\u00f6ss\"", "b\xc3\xb6ss"},
    };
    struct people people;
    people_init(&people);
    for (size_t i = 0; i < COUNT_OF(cells); i++) {
        struct buf content = {0};
        struct buf expected = {0};
        buf_printf(&content, "{\"user_type\":%s}", cells[i].json);
        end_text(&content);
        buf_printf(&expected, "\"user_type\":[\"\\\"%s\\\" is not a valid choice.\"]",
                   cells[i].shown);
        end_text(&expected);
        struct answer answer = ask(&people.site, (struct asked) {.method = "POST",
                                                                 .path = "/api/register/",
                                                                 .content = (char *)content.data});
        CHECK(answer.status == 400);
        if (strstr((char *)answer.content.data, (char *)expected.data) == NULL)
            fail_msg("%s: %s", cells[i].json, (char *)answer.content.data);
        answer_deinit(&answer);
        buf_free(&content);
        buf_free(&expected);
    }
    site_deinit(&people.site);
}

/* Read the content, and the elements of its "list" as texts, each "1". */
static enum err read_elements(struct call *call, size_t *total)
{
    struct body body;
    struct value *elements = NULL;
    size_t count = 0;
    enum err err = body_read(call, &body);
    if (err == OK)
        err = body_elements(&body, "list", body_value(&body, "list"), &call->arena, &elements,
                            &count);
    for (size_t i = 0; i < count && err == OK; i++) {
        struct bytes text = NO_BYTES;
        uint32_t surrogate;
        err = value_text(&body, elements[i], &call->arena, &text, &surrogate);
        if (err == OK)
            CHECK_BYTES(text, BYTES("1"));
    }
    *total = count;
    body_deinit(&body);
    return err;
}

struct read_case {
    const char *type;
    struct bytes content;
    enum err err;
    size_t count; /* of the list's elements */
};

/* Read the request that the parser holds, and fail each allocation once on the way. */
static void check_each_allocation(const struct site *site, const struct read_case *c)
{
    bool has_failed;
    size_t index = 0;
    do {
        struct call call = {.settings = &site->settings,
                            .request = http_parser_request(site->parser)};
        size_t count = 0;
        allocation_fail(index);
        enum err err = read_elements(&call, &count);
        has_failed = allocation_has_failed();
        bool is_told =
            err == ERR_MEMORY || call.response.content.failed || call.response.fields.failed;
        bool is_right = has_failed ? is_told : err == c->err && count == c->count;
        if (!is_right)
            fail_msg("%s \"%.40s\", allocation %zu: %s", c->type, c->content.data, index,
                     err_name(err));
        http_response_deinit(&call.response);
        arena_free(&call.arena);
        index++;
    } while (has_failed);
}

static void append_many(struct buf *out, const char *begin, const char *item, const char *between,
                        const char *end)
{
    buf_append_text(out, begin);
    for (int i = 0; i < 500; i++) {
        buf_append_text(out, i > 0 ? between : "");
        buf_append_text(out, item);
    }
    buf_append_text(out, end);
}

/* Whatever a body is, and whatever is wrong with it: when memory runs out, that is said, and not
 * that the client made a mistake. */
static void test_no_mistake_is_found_when_memory_runs_out(void **state)
{
    (void)state;
    struct site site;
    struct buf json = {0};
    struct buf form = {0};
    struct buf parts = {0};
    site_init(&site);
    append_many(&json, "{\"list\":[", "1", ",", "]}");
    append_many(&form, "other=2&", "list=1", "&", "");
    append_many(&parts, "", "--B\r\nContent-Disposition: form-data; name=\"list\"\r\n\r\n1\r\n", "",
                "--B--\r\n");
    const struct read_case cases[] = {
        {"application/json", buf_bytes(&json), OK, 500},
        {"application/json", BYTES("{\"list\":[]}"), OK, 0},
        {"application/json", BYTES("{\"list\":["), ERR_SYNTAX, 0},
        {"application/json", BYTES("{\"list\":\"\xff\"}"), ERR_SYNTAX, 0},
        {"application/json", BYTES("[]"), ERR_SYNTAX, 0},
        {"application/x-www-form-urlencoded", buf_bytes(&form), OK, 500},
        {"application/x-www-form-urlencoded", BYTES("other=2"), OK, 0},
        {"multipart/form-data; boundary=B", buf_bytes(&parts), OK, 500},
        {"multipart/form-data; boundary=B", BYTES("--C"), ERR_SYNTAX, 0},
        {"text/plain", BYTES("x"), ERR_SYNTAX, 0},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buf head = {0};
        size_t used = 0;
        buf_printf(&head,
                   "POST / HTTP/1.1\r\nHost: chat.example\r\nContent-Type: %s\r\n"
                   "Content-Length: %zu\r\n\r\n",
                   cases[i].type, cases[i].content.len);
        http_parser_reset(site.parser);
        CHECK(http_parser_feed(site.parser, buf_bytes(&head), &used) == HTTP_HAS_HEAD);
        CHECK(http_parser_feed(site.parser, cases[i].content, &used) == HTTP_HAS_REQUEST);
        check_each_allocation(&site, &cases[i]);
        buf_free(&head);
    }
    buf_free(&json);
    buf_free(&form);
    buf_free(&parts);
    site_deinit(&site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_malformed_json_is_refused),
        cmocka_unit_test(test_json_nests_only_so_deep),
        cmocka_unit_test(test_something_else_than_an_object_is_refused),
        cmocka_unit_test(test_types_of_content),
        cmocka_unit_test(test_forms_have_only_so_many_fields),
        cmocka_unit_test(test_queries_have_only_so_many_parameters),
        cmocka_unit_test(test_values_are_shown_as_python_shows_them),
        cmocka_unit_test(test_no_mistake_is_found_when_memory_runs_out),
    };
    return cmocka_run_group_tests_name("api/body", tests, NULL, NULL);
}
