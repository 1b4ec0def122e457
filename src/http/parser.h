/* parser.h - bytes in, requests out (RFC 9112), on llhttp in its strict mode.
 *
 * Refuses what llhttp lets through: two Host fields or none in HTTP/1.1, a Host that is none, two
 * blanks or "#" in the request line, Transfer-Encoding beside Content-Length, lengths over the
 * limits before their bytes come. A parser reads one request at a time and is then reused or freed;
 * an idle connection has none. Does not know: sockets, what requests mean.
 */
#ifndef CONFAB_HTTP_PARSER_H
#define CONFAB_HTTP_PARSER_H

#include "http/request.h"

enum {
    HTTP_PARSER_KEPT_BYTES_MAX = 8 * 1024
}; /* of each of its two buffers, from one request to the next */

struct http_parser; /* opaque */

CHECKED enum err http_parser_new(struct http_parser **out);
void http_parser_free(struct http_parser **parser);

/* Which requests' content is handed out piece by piece, instead of being held until it is whole. */
struct http_streaming {
    bool (*is_wanted)(const struct http_request *request); /* of one whose target is known */
    uint64_t content_bytes_max;                            /* longer: 413 */
};

/* streaming must outlive the parser. */
void http_parser_set_streaming(struct http_parser *parser, const struct http_streaming *streaming);

/* Ready for the next request. Memory is kept up to a small bound. */
void http_parser_reset(struct http_parser *parser);

enum http_progress {
    HTTP_NEEDS_MORE, /* everything was taken; the request is not complete */
    HTTP_HAS_HEAD, /* reported once, when content will follow: the caller may answer "100 Continue"
                    * or refuse; then it feeds the rest */
    HTTP_HAS_REQUEST, /* complete; bytes behind it were not taken (pipelining) */
    HTTP_IS_BAD,      /* answer http_parser_status() and close */
};

/* Feed bytes; *used of them were taken. Blank lines before a request line are skipped (RFC
 * 9112, 2.2). After HTTP_HAS_HEAD and HTTP_HAS_REQUEST http_parser_request() is valid until the
 * parser is fed or reset. */
enum http_progress http_parser_feed(struct http_parser *parser, struct bytes bytes, size_t *used);

/* Whether any byte of a request, blank lines before it apart, has come (a deadline then runs). */
bool http_parser_has_begun(const struct http_parser *parser);

/* Bytes of the request that the parser holds: head and content. */
size_t http_parser_held_bytes(const struct http_parser *parser);

/* After HTTP_HAS_HEAD: whether the content is handed out piece by piece: then what is held of it is
 * a piece, valid until it is dropped or the parser is fed. */
bool http_parser_is_streaming(const struct http_parser *parser);
struct bytes http_parser_piece(const struct http_parser *parser);
void http_parser_drop_piece(struct http_parser *parser);

/* The request read so far. Valid after HTTP_HAS_HEAD (without content) and HTTP_HAS_REQUEST
 * (without content if it was handed out). */
const struct http_request *http_parser_request(const struct http_parser *parser);

/* After HTTP_IS_BAD: 400, 413, 414, 417, 431, 501 or 505, or 503 when there was no memory; and a
 * short English reason for the log and the answer, e.g. "Two Host fields". */
unsigned http_parser_status(const struct http_parser *parser);
const char *http_parser_reason(const struct http_parser *parser);

#endif
