#include "http/parser.h"

#include <assert.h>
#include "allocation.h"
#include "check.h"
#include "feed.h"

/* One parser for each test, and a buffer to write long requests into. */
struct fixture {
    struct http_parser *parser;
    struct buf text;
};

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    *state = fixture;
    return fixture != NULL && http_parser_new(&fixture->parser) == OK ? 0 : -1;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    http_parser_free(&fixture->parser);
    buf_free(&fixture->text);
    free(fixture);
    return 0;
}

static void append_times(struct buf *buf, char c, size_t count)
{
    for (size_t i = 0; i < count; i++)
        buf_append_byte(buf, (uint8_t)c);
}

/* Feed whole and in pieces of 7 bytes; both must give the progress, and for a bad request the
 * status. */
static void check_outcome(struct fixture *fixture, enum http_progress progress, unsigned status)
{
    const size_t lens[] = {fixture->text.len, 7};
    for (size_t i = 0; i < COUNT_OF(lens); i++) {
        struct fed fed =
            feed_in_pieces(fixture->parser, buf_bytes(&fixture->text), lens[i], lens[i]);
        CHECK(fed.progress == progress);
        CHECK(progress != HTTP_IS_BAD || http_parser_status(fixture->parser) == status);
    }
}

static const struct http_request *parse(struct fixture *fixture, const char *text)
{
    struct bytes bytes = bytes_from_text(text);
    struct fed fed = feed_in_pieces(fixture->parser, bytes, bytes.len, 1);
    CHECK(fed.progress == HTTP_HAS_REQUEST);
    return http_parser_request(fixture->parser);
}

/* All values of a request as a handler sees them. */
static void test_request_is_taken_apart(void **state)
{
    const struct http_request *request =
        parse(*state, "POST /a/b%20c?d=e&f?g HTTP/1.1\r\nHost: chat.example:8000\r\n"
                      "X-Empty:\r\nx-padded:  \t two words \t \r\nContent-Length: 5\r\n\r\nhello");
    CHECK(request->method == HTTP_POST);
    CHECK_BYTES(request->method_name, BYTES("POST"));
    CHECK_BYTES(request->target, BYTES("/a/b%20c?d=e&f?g"));
    CHECK_BYTES(request->path, BYTES("/a/b%20c"));
    CHECK_BYTES(request->query, BYTES("d=e&f?g"));
    CHECK_BYTES(request->host, BYTES("chat.example:8000"));
    CHECK(request->minor_version == 1);
    CHECK(request->has_content);
    CHECK(!request->expects_continue);
    CHECK(request->field_count == 4);
    CHECK_BYTES(request->fields[0].name, BYTES("Host"));
    CHECK_BYTES(request->fields[1].name, BYTES("X-Empty"));
    CHECK(request->fields[1].value.data != NULL);
    CHECK(request->fields[1].value.len == 0);
    CHECK_BYTES(request->fields[2].name, BYTES("x-padded"));
    CHECK_BYTES(request->fields[2].value, BYTES("two words"));
    CHECK_BYTES(request->content, BYTES("hello"));
}

static void test_query_may_be_absent_or_empty(void **state)
{
    CHECK(parse(*state, "GET /a HTTP/1.1\r\nHost: a\r\n\r\n")->query.data == NULL);
    struct bytes query = parse(*state, "GET /a? HTTP/1.1\r\nHost: a\r\n\r\n")->query;
    CHECK(query.data != NULL);
    CHECK(query.len == 0);
}

/* RFC 9112, section 3.2.2: whoever speaks to a proxy means the host of the target. */
static void test_absolute_target_wins_over_host(void **state)
{
    const struct http_request *request =
        parse(*state, "GET http://b.example:80/x?y HTTP/1.1\r\nHost: a.example\r\n\r\n");
    CHECK_BYTES(request->host, BYTES("b.example:80"));
    CHECK_BYTES(request->path, BYTES("/x"));
    CHECK_BYTES(request->query, BYTES("y"));
    CHECK_BYTES(request->target, BYTES("http://b.example:80/x?y"));
    /* The next request must not inherit it. */
    CHECK_BYTES(parse(*state, "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n")->host,
                BYTES("a.example"));
    CHECK(parse(*state, "GET / HTTP/1.0\r\n\r\n")->host.data == NULL);
}

static void test_methods_are_told_apart_by_case(void **state)
{
    static const struct {
        const char *text;
        enum http_method method;
    } rows[] = {
        {"GET / HTTP/1.0\r\n\r\n", HTTP_GET},         {"HEAD / HTTP/1.0\r\n\r\n", HTTP_HEAD},
        {"POST / HTTP/1.0\r\n\r\n", HTTP_POST},       {"PUT / HTTP/1.0\r\n\r\n", HTTP_PUT},
        {"PATCH / HTTP/1.0\r\n\r\n", HTTP_PATCH},     {"DELETE / HTTP/1.0\r\n\r\n", HTTP_DELETE},
        {"OPTIONS / HTTP/1.0\r\n\r\n", HTTP_OPTIONS}, {"get / HTTP/1.0\r\n\r\n", HTTP_OTHER},
        {"TRACE / HTTP/1.0\r\n\r\n", HTTP_OTHER},     {"GETX / HTTP/1.0\r\n\r\n", HTTP_OTHER},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        CHECK(parse(*state, rows[i].text)->method == rows[i].method);
}

/* RFC 9112, section 9.3. */
static void test_connection_persists_as_version_and_field_say(void **state)
{
    static const struct {
        const char *text;
        bool keep_alive;
    } rows[] = {
        {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", true},
        {"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", false},
        {"GET / HTTP/1.1\r\nHost: a\r\nConnection: CLOSE\r\n\r\n", false},
        {"GET / HTTP/1.1\r\nHost: a\r\nConnection: x, close\r\n\r\n", false},
        {"GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, close\r\n\r\n", false},
        {"GET / HTTP/1.1\r\nHost: a\r\nConnection: closed\r\n\r\n", true},
        {"GET / HTTP/1.0\r\n\r\n", false},
        {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true},
        {"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx", false},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx", true},
        {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
         "Connection: close\r\n\r\n",
         true}, /* trailers change nothing */
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        CHECK(parse(*state, rows[i].text)->keep_alive == rows[i].keep_alive);
}

/* The caller answers "100 Continue", or refuses, between head and content. */
static void test_head_is_reported_once_before_content(void **state)
{
    struct fixture *fixture = *state;
    struct bytes text = BYTES("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
                              "Content-Length: 4\r\n\r\nbody");
    size_t used = 0;
    CHECK(http_parser_feed(fixture->parser, text, &used) == HTTP_HAS_HEAD);
    CHECK(used == text.len - 4);
    CHECK(http_parser_request(fixture->parser)->expects_continue);
    CHECK(http_parser_request(fixture->parser)->content.len == 0);
    size_t more = 0;
    CHECK(http_parser_feed(fixture->parser, NO_BYTES, &more) == HTTP_NEEDS_MORE);
    CHECK(http_parser_feed(fixture->parser, BYTES("bo"), &more) == HTTP_NEEDS_MORE);
    CHECK(more == 2);
    CHECK(http_parser_feed(fixture->parser, BYTES("dyGET"), &more) == HTTP_HAS_REQUEST);
    CHECK(more == 2);
    CHECK_BYTES(http_parser_request(fixture->parser)->content, BYTES("body"));
    CHECK_BYTES(http_parser_request(fixture->parser)->method_name, BYTES("POST"));
}

/* Nobody waits for "100 Continue" when nothing is to come, and HTTP/1.0 does not know it (RFC
 * 9110, 10.1.1). */
static void test_expectation_needs_content_and_http_1_1(void **state)
{
    CHECK(!parse(*state, "GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n")
               ->expects_continue);
    const struct http_request *request =
        parse(*state, "POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx");
    CHECK(request->has_content);
    CHECK(!request->expects_continue);
    CHECK(!parse(*state, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")->has_content);
    CHECK(!parse(*state, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")->has_content);
}

/* After the last byte a parser takes nothing until it is reset: the bytes behind belong to the next
 * request. */
static void test_finished_parser_takes_nothing(void **state)
{
    struct fixture *fixture = *state;
    (void)parse(fixture, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    size_t used = 1;
    CHECK(http_parser_feed(fixture->parser, BYTES("GET"), &used) == HTTP_HAS_REQUEST);
    CHECK(used == 0);

    http_parser_reset(fixture->parser);
    CHECK(http_parser_feed(fixture->parser, BYTES("\n"), &used) == HTTP_IS_BAD);
    CHECK(http_parser_has_begun(fixture->parser)); /* refused before it had a byte */
    used = 1;
    CHECK(http_parser_feed(fixture->parser, BYTES("GET"), &used) == HTTP_IS_BAD);
    CHECK(used == 0);
    CHECK(http_parser_status(fixture->parser) == 400);
    CHECK(http_parser_reason(fixture->parser) != NULL);
}

/* A deadline runs from the first byte; blank lines are none. */
static void test_request_begins_with_its_first_byte(void **state)
{
    struct fixture *fixture = *state;
    size_t used = 0;
    CHECK(!http_parser_has_begun(fixture->parser));
    CHECK(http_parser_feed(fixture->parser, BYTES("\r\n"), &used) == HTTP_NEEDS_MORE);
    CHECK(!http_parser_has_begun(fixture->parser));
    CHECK(http_parser_feed(fixture->parser, BYTES("G"), &used) == HTTP_NEEDS_MORE);
    CHECK(http_parser_has_begun(fixture->parser));
    http_parser_reset(fixture->parser);
    CHECK(!http_parser_has_begun(fixture->parser));
}

/* Requests follow each other in one segment; each is seen alone. */
static void test_pipelined_requests_come_one_by_one(void **state)
{
    struct fixture *fixture = *state;
    struct bytes rest = BYTES("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n"
                              "POST /2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                              "3\r\nabc\r\n0\r\nA: b\r\n\r\n"
                              "\r\nGET /3 HTTP/1.1\r\nHost: a\r\n\r\n");
    static const char *const paths[] = {"/1", "/2", "/3"};
    static const char *const contents[] = {"", "abc", ""};
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        struct fed fed = feed_in_pieces(fixture->parser, rest, rest.len, 1);
        CHECK(fed.progress == HTTP_HAS_REQUEST);
        const struct http_request *request = http_parser_request(fixture->parser);
        CHECK(bytes_is(request->path, paths[i]));
        CHECK(bytes_is(request->content, contents[i]));
        rest = bytes_skip(rest, fed.used);
    }
    CHECK(rest.len == 0);
}

static void test_method_may_have_32_bytes(void **state)
{
    struct fixture *fixture = *state;
    for (size_t extra = 0; extra < 2; extra++) {
        buf_clear(&fixture->text);
        append_times(&fixture->text, 'M', HTTP_METHOD_BYTES_MAX + extra);
        buf_append_text(&fixture->text, " / HTTP/1.0\r\n\r\n");
        check_outcome(fixture, extra == 0 ? HTTP_HAS_REQUEST : HTTP_IS_BAD, 501);
    }
}

static void test_target_may_have_8_kib(void **state)
{
    struct fixture *fixture = *state;
    for (size_t extra = 0; extra < 2; extra++) {
        buf_clear(&fixture->text);
        buf_append_text(&fixture->text, "GET /");
        append_times(&fixture->text, 'a', HTTP_TARGET_BYTES_MAX - 1 + extra);
        buf_append_text(&fixture->text, " HTTP/1.0\r\n\r\n");
        check_outcome(fixture, extra == 0 ? HTTP_HAS_REQUEST : HTTP_IS_BAD, 414);
    }
}

/* An endless target is refused at its limit, not when its end fails to come. */
static void test_endless_target_is_refused_at_the_limit(void **state)
{
    struct fixture *fixture = *state;
    buf_append_text(&fixture->text, "GET /");
    append_times(&fixture->text, 'a', HTTP_TARGET_BYTES_MAX);
    check_outcome(fixture, HTTP_IS_BAD, 414);
}

static void test_head_may_have_100_fields(void **state)
{
    struct fixture *fixture = *state;
    for (size_t extra = 0; extra < 2; extra++) {
        buf_clear(&fixture->text);
        buf_append_text(&fixture->text, "GET / HTTP/1.0\r\n");
        for (size_t i = 0; i < HTTP_FIELD_COUNT_MAX + extra; i++)
            buf_append_text(&fixture->text, "A: b\r\n");
        buf_append_text(&fixture->text, "\r\n");
        check_outcome(fixture, extra == 0 ? HTTP_HAS_REQUEST : HTTP_IS_BAD, 431);
    }
}

/* Name and value count together; the colon and the blank between them do not. */
static void test_field_may_have_8_kib(void **state)
{
    struct fixture *fixture = *state;
    for (size_t extra = 0; extra < 2; extra++) {
        buf_clear(&fixture->text);
        buf_append_text(&fixture->text, "GET / HTTP/1.0\r\nName:  ");
        append_times(&fixture->text, 'v', HTTP_FIELD_BYTES_MAX - 4 + extra);
        buf_append_text(&fixture->text, "\r\n\r\n");
        check_outcome(fixture, extra == 0 ? HTTP_HAS_REQUEST : HTTP_IS_BAD, 431);
    }
}

static void test_endless_field_name_is_refused_at_the_limit(void **state)
{
    struct fixture *fixture = *state;
    buf_append_text(&fixture->text, "GET / HTTP/1.0\r\n");
    append_times(&fixture->text, 'n', HTTP_FIELD_BYTES_MAX);
    check_outcome(fixture, HTTP_NEEDS_MORE, 0);
    append_times(&fixture->text, 'n', 1);
    check_outcome(fixture, HTTP_IS_BAD, 431);
}

/* Request line, fields and blank line together; blanks around a value count here. */
static void test_head_may_have_32_kib(void **state)
{
    struct fixture *fixture = *state;
    for (size_t extra = 0; extra < 2; extra++) {
        buf_clear(&fixture->text);
        buf_append_text(&fixture->text, "\r\nGET / HTTP/1.0\r\nA:");
        append_times(&fixture->text, ' ', HTTP_HEAD_BYTES_MAX + 2 + extra - 6 - fixture->text.len);
        buf_append_text(&fixture->text, "ab\r\n\r\n");
        CHECK(fixture->text.len ==
              HTTP_HEAD_BYTES_MAX + 2 + extra); /* the blank line is none of it */
        check_outcome(fixture, extra == 0 ? HTTP_HAS_REQUEST : HTTP_IS_BAD, 431);
    }
}

/* No single field is too long here; their sum is. */
static void test_many_long_fields_are_refused_at_the_limit(void **state)
{
    struct fixture *fixture = *state;
    buf_append_text(&fixture->text, "GET / HTTP/1.0\r\n");
    for (size_t i = 0; i < HTTP_HEAD_BYTES_MAX / HTTP_FIELD_BYTES_MAX; i++) {
        buf_append_text(&fixture->text, "A:");
        append_times(&fixture->text, 'v', HTTP_FIELD_BYTES_MAX - 1);
        buf_append_text(&fixture->text, "\r\n");
    }
    check_outcome(fixture, HTTP_IS_BAD, 431);
}

/* The last field is too long for a field and for the head; the head's end comes first, however the
 * bytes are cut. */
static void test_the_limit_that_comes_first_decides(void **state)
{
    struct fixture *fixture = *state;
    buf_append_text(&fixture->text, "GET / HTTP/1.0\r\n");
    for (size_t i = 0; i < HTTP_HEAD_BYTES_MAX / HTTP_FIELD_BYTES_MAX; i++) {
        buf_append_text(&fixture->text, "A:");
        append_times(&fixture->text, 'v', HTTP_FIELD_BYTES_MAX - 100);
        buf_append_text(&fixture->text, "\r\n");
    }
    buf_append_text(&fixture->text, "A:");
    append_times(&fixture->text, 'v', HTTP_FIELD_BYTES_MAX + 1);
    const size_t lens[] = {fixture->text.len, 7};
    for (size_t i = 0; i < COUNT_OF(lens); i++) {
        struct fed fed =
            feed_in_pieces(fixture->parser, buf_bytes(&fixture->text), lens[i], lens[i]);
        CHECK(fed.progress == HTTP_IS_BAD && fed.used == HTTP_HEAD_BYTES_MAX);
        CHECK(http_parser_status(fixture->parser) == 431);
        CHECK(strcmp(http_parser_reason(fixture->parser), "Head too long") == 0);
    }
}

static void test_endless_padding_is_refused_at_the_limit(void **state)
{
    struct fixture *fixture = *state;
    buf_append_text(&fixture->text, "GET / HTTP/1.0\r\nA:");
    append_times(&fixture->text, ' ', HTTP_HEAD_BYTES_MAX);
    check_outcome(fixture, HTTP_IS_BAD, 431);
}

/* A length over the limit is refused before one byte of it is read. */
static void test_content_may_have_1_mib(void **state)
{
    struct fixture *fixture = *state;
    buf_printf(&fixture->text, "POST / HTTP/1.0\r\nContent-Length: %d\r\n\r\n",
               HTTP_CONTENT_BYTES_MAX + 1);
    check_outcome(fixture, HTTP_IS_BAD, 413);
    buf_clear(&fixture->text);
    buf_printf(&fixture->text, "POST / HTTP/1.0\r\nContent-Length: %d\r\n\r\n",
               HTTP_CONTENT_BYTES_MAX);
    append_times(&fixture->text, 'x', HTTP_CONTENT_BYTES_MAX);
    check_outcome(fixture, HTTP_HAS_REQUEST, 0);
    CHECK(http_parser_request(fixture->parser)->content.len == HTTP_CONTENT_BYTES_MAX);
}

static bool is_upload(const struct http_request *request)
{
    return request->method == HTTP_POST && bytes_is(request->path, "/upload");
}

/* Content that is handed out piece by piece is not held, so it may be longer; other requests of the
 * same connection are as before. */
static void test_content_may_be_handed_out_piece_by_piece(void **state)
{
    struct fixture *fixture = *state;
    static const struct http_streaming streaming = {is_upload, 3 * HTTP_CONTENT_BYTES_MAX};
    enum { PIECE = 1000 };
    static const char *const heads[] = {
        "POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 3145728\r\n\r\n",
        "POST /upload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n300000\r\n",
    };
    static const char *const ends[] = {"", "\r\n0\r\n\r\n"};
    http_parser_set_streaming(fixture->parser, &streaming);
    for (size_t i = 0; i < COUNT_OF(heads); i++) {
        size_t used;
        size_t got = 0;
        size_t fed = 0;
        buf_clear(&fixture->text);
        append_times(&fixture->text, 'x', 3 * HTTP_CONTENT_BYTES_MAX);
        buf_append_text(&fixture->text, ends[i]);
        http_parser_reset(fixture->parser);
        struct bytes head = bytes_from_text(heads[i]);
        CHECK(http_parser_feed(fixture->parser, head, &used) == HTTP_HAS_HEAD);
        CHECK(http_parser_is_streaming(fixture->parser));
        enum http_progress progress = HTTP_NEEDS_MORE;
        if (used < head.len)
            progress = http_parser_feed(fixture->parser, bytes_skip(head, used), &used);
        while (progress == HTTP_NEEDS_MORE) {
            size_t len = fixture->text.len - fed < PIECE ? fixture->text.len - fed : PIECE;
            progress =
                http_parser_feed(fixture->parser, bytes_of(fixture->text.data + fed, len), &used);
            CHECK(used == len);
            fed += len;
            struct bytes piece = http_parser_piece(fixture->parser);
            CHECK(piece.len <= PIECE && (piece.len == 0 || piece.data[0] == 'x'));
            got += piece.len;
            http_parser_drop_piece(fixture->parser);
        }
        CHECK(progress == HTTP_HAS_REQUEST && fed == fixture->text.len);
        CHECK(got == 3 * HTTP_CONTENT_BYTES_MAX);
        CHECK(http_parser_request(fixture->parser)->content.len == 0);
    }
    static const struct {
        const char *text;
        unsigned status;
    } refused[] = {
        {"POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 3145729\r\n\r\n", 413},
        {"PUT /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 1048577\r\n\r\n", 413},
        {"POST /other HTTP/1.1\r\nHost: a\r\nContent-Length: 1048577\r\n\r\n", 413},
        {"POST /upload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n300001\r\n", 413},
    };
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        buf_clear(&fixture->text);
        buf_append_text(&fixture->text, refused[i].text);
        check_outcome(fixture, HTTP_IS_BAD, refused[i].status);
    }
}

static void begin_chunked(struct fixture *fixture)
{
    buf_clear(&fixture->text);
    buf_append_text(&fixture->text,
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
}

static void append_chunk(struct fixture *fixture, size_t len)
{
    buf_printf(&fixture->text, "%zx\r\n", len);
    append_times(&fixture->text, 'x', len);
    buf_append_text(&fixture->text, "\r\n");
}

/* A chunk that would pass the limit is refused at its size line. */
static void test_chunked_content_may_have_1_mib(void **state)
{
    struct fixture *fixture = *state;
    begin_chunked(fixture);
    append_chunk(fixture, HTTP_CONTENT_BYTES_MAX - 3);
    append_chunk(fixture, 3);
    buf_append_text(&fixture->text, "0\r\n\r\n");
    check_outcome(fixture, HTTP_HAS_REQUEST, 0);
    CHECK(http_parser_request(fixture->parser)->content.len == HTTP_CONTENT_BYTES_MAX);

    begin_chunked(fixture);
    append_chunk(fixture, HTTP_CONTENT_BYTES_MAX - 3);
    buf_append_text(&fixture->text, "4\r\n");
    check_outcome(fixture, HTTP_IS_BAD, 413);
}

/* Between two chunks' data: the CRLF behind the first, and the size line of the second. */
static void test_chunk_line_may_have_1_kib(void **state)
{
    struct fixture *fixture = *state;
    for (size_t extra = 0; extra < 2; extra++) {
        begin_chunked(fixture);
        append_chunk(fixture, 1); /* its last CRLF counts */
        buf_append_text(&fixture->text, "1;");
        append_times(&fixture->text, 'e', HTTP_CHUNK_LINE_BYTES_MAX - 2 - 2 - 2 + extra);
        buf_append_text(&fixture->text, "\r\nx\r\n0\r\n\r\n");
        check_outcome(fixture, extra == 0 ? HTTP_HAS_REQUEST : HTTP_IS_BAD, 400);
    }
}

static void test_trailers_may_have_1_kib(void **state)
{
    struct fixture *fixture = *state;
    for (size_t extra = 0; extra < 2; extra++) {
        begin_chunked(fixture);
        buf_append_text(&fixture->text, "0\r\nA:");
        append_times(&fixture->text, 't', HTTP_CHUNK_LINE_BYTES_MAX - 3 - 2 - 4 + extra);
        buf_append_text(&fixture->text, "\r\n\r\n");
        check_outcome(fixture, extra == 0 ? HTTP_HAS_REQUEST : HTTP_IS_BAD, 400);
        CHECK(extra == 1 || http_parser_request(fixture->parser)->field_count == 2);
    }
}

/* Many small chunks with long extensions would make a megabyte of content cost a gigabyte of
 * reading. */
static void test_extensions_together_may_have_8_kib(void **state)
{
    struct fixture *fixture = *state;
    enum { EACH = 512 };
    static_assert(HTTP_CHUNK_EXTENSION_BYTES_MAX % EACH == 0, "whole chunks reach the limit");
    for (size_t extra = 0; extra < 2; extra++) {
        begin_chunked(fixture);
        for (size_t i = 0; i < HTTP_CHUNK_EXTENSION_BYTES_MAX / EACH; i++) {
            buf_append_text(&fixture->text, "1;");
            append_times(&fixture->text, 'e', EACH);
            buf_append_text(&fixture->text, "\r\nx\r\n");
        }
        buf_append_text(&fixture->text, extra == 0 ? "0\r\n\r\n" : "0;e\r\n\r\n");
        check_outcome(fixture, extra == 0 ? HTTP_HAS_REQUEST : HTTP_IS_BAD, 400);
    }
}

/* A small request after a large one, and many in a row: nothing of one is seen in the next. */
static void test_reset_forgets_everything(void **state)
{
    struct fixture *fixture = *state;
    begin_chunked(fixture);
    append_chunk(fixture, 100000);
    buf_append_text(&fixture->text, "0\r\n\r\n");
    check_outcome(fixture, HTTP_HAS_REQUEST, 0);
    CHECK(parse(fixture, "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
                         "Content-Length: 1\r\n\r\nx")
              ->expects_continue);
    for (int i = 0; i < 3; i++) {
        const struct http_request *request = parse(fixture, "GET / HTTP/1.0\r\n\r\n");
        CHECK(request->field_count == 0);
        CHECK(request->content.len == 0);
        CHECK(!request->has_content);
        CHECK(!request->expects_continue);
    }
}

/* Whatever allocation fails: the answer is 503, never 400. */
static void test_no_memory_is_503(void **state)
{
    struct fixture *fixture = *state;
    static const char *const texts[] = {
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    };
    enum { ALLOCATIONS = 3 }; /* head, fields, content */
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct bytes text = bytes_from_text(texts[i]);
        for (size_t failing = 0; failing < ALLOCATIONS; failing++) {
            struct http_parser *parser = NULL;
            size_t used = 0;
            CHECK(http_parser_new(&parser) == OK);
            allocation_fail(failing);
            enum http_progress progress = http_parser_feed(parser, text, &used);
            if (progress == HTTP_HAS_HEAD)
                progress = http_parser_feed(parser, bytes_skip(text, used), &used);
            CHECK(allocation_has_failed());
            CHECK(progress == HTTP_IS_BAD && http_parser_status(parser) == 503);
            http_parser_free(&parser);
        }
        CHECK_BYTES(parse(fixture, texts[i])->content, BYTES("hello"));
    }
}

static void test_a_parser_without_memory_is_none(void **state)
{
    (void)state;
    struct http_parser *parser = NULL;
    size_t index = 0;
    enum err err;
    do {
        allocation_fail(index++);
        err = http_parser_new(&parser);
        CHECK(err == (allocation_has_failed() ? ERR_MEMORY : OK));
        CHECK((parser != NULL) == (err == OK));
    } while (err != OK);
    CHECK(index == 3); /* the parser, its engine, and once nothing */
    http_parser_free(&parser);
}

static void test_free_accepts_null(void **state)
{
    (void)state;
    struct http_parser *parser = NULL;
    http_parser_free(&parser);
    CHECK(parser == NULL);
    CHECK(http_parser_new(&parser) == OK);
    http_parser_free(&parser);
    CHECK(parser == NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(request_is_taken_apart),
        TEST(query_may_be_absent_or_empty),
        TEST(absolute_target_wins_over_host),
        TEST(methods_are_told_apart_by_case),
        TEST(connection_persists_as_version_and_field_say),
        TEST(head_is_reported_once_before_content),
        TEST(expectation_needs_content_and_http_1_1),
        TEST(finished_parser_takes_nothing),
        TEST(request_begins_with_its_first_byte),
        TEST(pipelined_requests_come_one_by_one),
        TEST(method_may_have_32_bytes),
        TEST(target_may_have_8_kib),
        TEST(endless_target_is_refused_at_the_limit),
        TEST(head_may_have_100_fields),
        TEST(field_may_have_8_kib),
        TEST(endless_field_name_is_refused_at_the_limit),
        TEST(head_may_have_32_kib),
        TEST(many_long_fields_are_refused_at_the_limit),
        TEST(the_limit_that_comes_first_decides),
        TEST(endless_padding_is_refused_at_the_limit),
        TEST(content_may_have_1_mib),
        TEST(content_may_be_handed_out_piece_by_piece),
        TEST(chunked_content_may_have_1_mib),
        TEST(chunk_line_may_have_1_kib),
        TEST(trailers_may_have_1_kib),
        TEST(extensions_together_may_have_8_kib),
        TEST(reset_forgets_everything),
        TEST(no_memory_is_503),
        TEST(a_parser_without_memory_is_none),
        TEST(free_accepts_null),
    };
    return cmocka_run_group_tests_name("http/parser", tests, NULL, NULL);
}
