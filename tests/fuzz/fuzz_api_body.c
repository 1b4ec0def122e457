/* fuzz_api_body.c - any content of any type as the body of a real request, read as the handlers
 * read it. What is faulty has an answer; what is not is valid text within its limits. */
#include <stdlib.h>
#include "api/fields.h"
#include "base/text.h"
#include "http/parser.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { TEXT_COUNT_MAX = 20 };

static void require(bool fact)
{
    if (!fact)
        abort();
}

static const struct text_rule text_rules[] = {
    {.name = "a", .count_max = TEXT_COUNT_MAX},
    {.name = "a", .options = FIELD_KEEPS_SPACE | FIELD_MAY_BE_BLANK, .bytes_max = TEXT_COUNT_MAX},
    {.name = "b", .options = FIELD_OPTIONAL},
};

static void read_fields(struct call *call, const struct body *body)
{
    struct fields fields;
    struct integer *integers = NULL;
    struct bytes *texts = NULL;
    size_t count = 0;
    fields_init(&fields, body, &call->arena);
    for (size_t i = 0; i < COUNT_OF(text_rules); i++) {
        struct bytes text = NO_BYTES;
        if (!fields_text(&fields, &text_rules[i], &text))
            continue;
        require(utf8_is_valid(text) && bytes_index(text, 0) == text.len);
        require(text_rules[i].count_max == 0 || utf8_count(text) <= text_rules[i].count_max);
        require(text_rules[i].bytes_max == 0 || text.len <= text_rules[i].bytes_max);
    }
    if (fields_integers(&fields, "c", &integers, &count))
        require(count <= FIELD_LIST_COUNT_MAX);
    if (fields_texts(&fields, &text_rules[0], &texts, &count))
        require(count <= FIELD_LIST_COUNT_MAX);
    if (!fields_are_right(&fields)) {
        (void)fields_answer(&fields, call);
        require(call->response.status == 400);
        require(utf8_is_valid(buf_bytes(&call->response.content)));
    }
    fields_deinit(&fields);
}

static void read_request(struct http_parser *parser)
{
    static const struct api_settings settings;
    struct body body;
    struct call call = {
        .settings = &settings,
        .request = http_parser_request(parser),
        .peer_address = BYTES("192.0.2.1"),
        .scheme = BYTES("http"),
    };
    enum err err = body_read(&call, &body);
    require(err == OK || (err == ERR_SYNTAX && call.response.status >= 400));
    if (err == OK)
        read_fields(&call, &body);
    body_deinit(&body);
    http_response_deinit(&call.response);
    arena_free(&call.arena);
}

/* The first byte chooses the type; the rest is the content. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const char *const types[] = {"application/json", "application/x-www-form-urlencoded",
                                        "multipart/form-data; boundary=b", "text/plain"};
    static struct http_parser *parser;
    if (len < 1 || (parser == NULL && http_parser_new(&parser) != OK))
        return 0;
    struct buf text = {0};
    size_t used = 0;
    buf_printf(&text,
               "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n",
               types[data[0] % COUNT_OF(types)], len - 1);
    http_parser_reset(parser);
    enum http_progress progress = http_parser_feed(parser, buf_bytes(&text), &used);
    if (progress == HTTP_HAS_HEAD && len > 1)
        progress = http_parser_feed(parser, bytes_of(data + 1, len - 1), &used);
    if (progress == HTTP_HAS_REQUEST)
        read_request(parser);
    buf_free(&text);
    return 0;
}
