#include "http/response.h"

#include "check.h"

enum { MINUTE_US = 60 * 1000 * 1000 };

#define DATE "Date: Thu, 01 Jan 1970 00:01:00 GMT\r\n"

/* Each way in which an answer's content is delimited, and what Connection says. */
static void test_head_has_the_fields_that_framing_needs(void **state)
{
    (void)state;
    static const struct {
        unsigned status;
        bool is_streamed;
        unsigned minor_version;
        bool keep_alive;
        enum http_framing framing;
        const char *head;
    } rows[] = {
        {200, false, 1, true, HTTP_FRAMING_LENGTH,
         "HTTP/1.1 200 OK\r\n" DATE "Content-Length: 5\r\nA: b\r\n\r\n"},
        {404, false, 1, false, HTTP_FRAMING_LENGTH,
         "HTTP/1.1 404 Not Found\r\n" DATE
         "Content-Length: 5\r\nConnection: close\r\nA: b\r\n\r\n"},
        {200, false, 0, true, HTTP_FRAMING_LENGTH,
         "HTTP/1.1 200 OK\r\n" DATE "Content-Length: 5\r\nConnection: keep-alive\r\nA: b\r\n\r\n"},
        {200, false, 0, false, HTTP_FRAMING_LENGTH,
         "HTTP/1.1 200 OK\r\n" DATE "Content-Length: 5\r\nConnection: close\r\nA: b\r\n\r\n"},
        {200, true, 1, true, HTTP_FRAMING_CHUNKED,
         "HTTP/1.1 200 OK\r\n" DATE "Transfer-Encoding: chunked\r\nA: b\r\n\r\n"},
        /* HTTP/1.0 knows no chunks: only the end of the connection can end the content. */
        {200, true, 0, true, HTTP_FRAMING_CLOSE,
         "HTTP/1.1 200 OK\r\n" DATE "Connection: close\r\nA: b\r\n\r\n"},
        /* RFC 9110, section 8.6: no length where there can be no content. */
        {204, false, 1, true, HTTP_FRAMING_NONE, "HTTP/1.1 204 No Content\r\n" DATE "A: b\r\n\r\n"},
        {304, false, 1, false, HTTP_FRAMING_NONE,
         "HTTP/1.1 304 Not Modified\r\n" DATE "Connection: close\r\nA: b\r\n\r\n"},
        {101, false, 1, false, HTTP_FRAMING_NONE,
         "HTTP/1.1 101 Switching Protocols\r\n" DATE "A: b\r\n\r\n"},
        {299, false, 1, true, HTTP_FRAMING_LENGTH,
         "HTTP/1.1 299 Unknown\r\n" DATE "Content-Length: 5\r\nA: b\r\n\r\n"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct http_response response = {.status = rows[i].status,
                                         .is_streamed = rows[i].is_streamed};
        struct buf out = {0};
        http_response_field_text(&response, "A", "b");
        buf_append_text(&response.content, "hello");
        CHECK(http_response_framing(&response, rows[i].minor_version) == rows[i].framing);
        http_response_append_head(&response, rows[i].minor_version, rows[i].keep_alive, MINUTE_US,
                                  &out);
        CHECK_BYTES(buf_bytes(&out), bytes_from_text(rows[i].head));
        http_response_deinit(&response);
        buf_free(&out);
    }
}

/* A file is sent in pieces, but how long it is is known: HTTP/1.0 need not be cut off then. */
static void test_streamed_content_of_known_length_says_it(void **state)
{
    (void)state;
    for (unsigned minor_version = 0; minor_version < 2; minor_version++) {
        struct http_response response = {
            .status = 200, .is_streamed = true, .has_length = true, .length = 5000000000};
        struct buf out = {0};
        buf_append_text(&response.content, "the first piece");
        CHECK(http_response_framing(&response, minor_version) == HTTP_FRAMING_LENGTH);
        http_response_append_head(&response, minor_version, false, MINUTE_US, &out);
        CHECK_BYTES(buf_bytes(&out),
                    BYTES("HTTP/1.1 200 OK\r\n" DATE "Content-Length: 5000000000\r\n"
                          "Connection: close\r\n\r\n"));
        http_response_deinit(&response);
        buf_free(&out);
    }
}

/* An empty answer says so: without a length the client would wait. */
static void test_empty_content_has_length_0(void **state)
{
    (void)state;
    struct http_response response = {.status = 200};
    struct buf out = {0};
    http_response_append_head(&response, 1, true, MINUTE_US, &out);
    CHECK_BYTES(buf_bytes(&out), BYTES("HTTP/1.1 200 OK\r\n" DATE "Content-Length: 0\r\n\r\n"));
    buf_free(&out);
}

/* A response that lost a field to a full memory must not be sent as if it were whole. */
static void test_failed_parts_fail_the_whole(void **state)
{
    (void)state;
    struct http_response response = {.status = 200};
    struct buf out = {0};
    response.fields.failed = true;
    http_response_append_head(&response, 1, true, MINUTE_US, &out);
    CHECK(buf_status(&out) == ERR_MEMORY);
    buf_clear(&out);
    response.fields.failed = false;
    response.content.failed = true;
    http_response_append_head(&response, 1, true, MINUTE_US, &out);
    CHECK(buf_status(&out) == ERR_MEMORY);
    buf_free(&out);
}

static void test_clear_forgets_and_deinit_frees(void **state)
{
    (void)state;
    struct http_response response = {.status = 200, .is_streamed = true};
    http_response_field(&response, "A", BYTES("b\tc \xff"));
    CHECK_BYTES(buf_bytes(&response.fields), BYTES("A: b\tc \xff\r\n"));
    buf_append_text(&response.content, "x");
    http_response_clear(&response);
    CHECK(response.status == 0 && !response.is_streamed);
    CHECK(response.fields.len == 0 && response.content.len == 0);
    CHECK(response.fields.cap > 0);
    http_response_deinit(&response);
    CHECK(response.fields.data == NULL && response.content.data == NULL);
}

static void test_chunks_and_their_end(void **state)
{
    (void)state;
    struct buf out = {0};
    http_append_chunk(&out, BYTES("hello, world, 16"));
    http_append_chunk(&out, BYTES("")); /* would end the content */
    http_append_last_chunk(&out);
    CHECK_BYTES(buf_bytes(&out), BYTES("10\r\nhello, world, 16\r\n0\r\n\r\n"));
    buf_free(&out);
}

static void test_status_texts(void **state)
{
    (void)state;
    CHECK(strcmp(http_status_text(100), "Continue") == 0);
    CHECK(strcmp(http_status_text(426), "Upgrade Required") == 0);
    CHECK(strcmp(http_status_text(505), "HTTP Version Not Supported") == 0);
    CHECK(strcmp(http_status_text(299), "Unknown") == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_head_has_the_fields_that_framing_needs),
        cmocka_unit_test(test_streamed_content_of_known_length_says_it),
        cmocka_unit_test(test_empty_content_has_length_0),
        cmocka_unit_test(test_failed_parts_fail_the_whole),
        cmocka_unit_test(test_clear_forgets_and_deinit_frees),
        cmocka_unit_test(test_chunks_and_their_end),
        cmocka_unit_test(test_status_texts),
    };
    return cmocka_run_group_tests_name("http/response", tests, NULL, NULL);
}
