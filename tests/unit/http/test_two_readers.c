/* A parser whose engine reads a request otherwise than we do. llhttp does not, as far as we know,
 * so an engine of the test's own takes its place: where two readers differ, a request can be
 * smuggled.
 */
#include "http/engine.h"

#include <stdlib.h>
#include "check.h"
#include "http/parser.h"

struct http_engine {
    const struct http_engine_events *events;
    void *owner;
};

/* A request, and what the engine makes of it. */
static const struct reading {
    const char *field_name;
    const char *field_value;
    const char *body;
    struct http_engine_head head;
    bool is_complete;   /* when we have seen the end */
    const char *reason; /* why the parser refuses it; NULL: it does not */
} rows[] = {
    {"Content-Length", "5", "hello", {.content_length = 5}, true, NULL},
    {"Content-Length", "5", "hello", {.content_length = 4}, true, "Ambiguous length"},
    {"Content-Length", "5", "hello", {.is_chunked = true}, true, "Ambiguous length"},
    {"Content-Length", "5", "hello", {.content_length = 5}, false, "Ambiguous end of the content"},
    {"Transfer-Encoding", "chunked", "0\r\n\r\n", {.is_chunked = true}, true, NULL},
    {"Transfer-Encoding", "chunked", "0\r\n\r\n", {.content_length = 5}, true, "Ambiguous length"},
    {"Transfer-Encoding",
     "chunked",
     "0\r\n\r\n",
     {.is_chunked = true},
     false,
     "Ambiguous end of the content"},
};

static const struct reading *reading;

enum err http_engine_new(const struct http_engine_events *events, void *owner,
                         struct http_engine **out)
{
    *out = malloc(sizeof **out);
    if (*out == NULL)
        return ERR_MEMORY;
    **out = (struct http_engine) {events, owner};
    return OK;
}

void http_engine_free(struct http_engine **engine)
{
    free(*engine);
    *engine = NULL;
}

enum err http_engine_read_head(struct http_engine *engine, unsigned minor_version,
                               struct bytes fields, struct http_engine_head *out)
{
    CHECK(minor_version == 1 && fields.len > 0);
    engine->events->on_field(engine->owner, BYTES("Host"), BYTES("a"));
    engine->events->on_field(engine->owner, bytes_from_text(reading->field_name),
                             bytes_from_text(reading->field_value));
    *out = reading->head;
    return OK;
}

enum err http_engine_read_body(struct http_engine *engine, struct bytes bytes)
{
    CHECK(engine != NULL && bytes.len > 0);
    return OK;
}

/* Of the last chunk: no row has another. */
uint64_t http_engine_chunk_length(const struct http_engine *engine)
{
    CHECK(engine != NULL);
    return 0;
}

bool http_engine_is_complete(const struct http_engine *engine)
{
    CHECK(engine != NULL);
    return reading->is_complete;
}

const char *http_engine_reason(const struct http_engine *engine)
{
    CHECK(engine != NULL);
    return "the engine refuses nothing";
}

static void test_what_is_read_in_two_ways_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct http_parser *parser = NULL;
        struct buf head = {0};
        size_t used = 0;
        reading = &rows[i];
        buf_printf(&head, "POST / HTTP/1.1\r\nHost: a\r\n%s: %s\r\n\r\n", reading->field_name,
                   reading->field_value);
        CHECK(http_parser_new(&parser) == OK);
        enum http_progress progress = http_parser_feed(parser, buf_bytes(&head), &used);
        if (progress == HTTP_HAS_HEAD)
            progress = http_parser_feed(parser, bytes_from_text(reading->body), &used);
        CHECK(progress == (reading->reason == NULL ? HTTP_HAS_REQUEST : HTTP_IS_BAD));
        if (reading->reason != NULL) {
            CHECK(http_parser_status(parser) == 400);
            CHECK(strcmp(http_parser_reason(parser), reading->reason) == 0);
        }
        http_parser_free(&parser);
        buf_free(&head);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_read_in_two_ways_is_refused),
    };
    return cmocka_run_group_tests_name("http/two_readers", tests, NULL, NULL);
}
