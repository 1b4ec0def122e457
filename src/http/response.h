/* response.h - the answer to a request, and its bytes (RFC 9112, section 4). */
#ifndef CONFAB_HTTP_RESPONSE_H
#define CONFAB_HTTP_RESPONSE_H

#include "base/buf.h"
#include "http/request.h"

/* All zero is an empty answer; http_response_deinit() frees it. */
struct http_response {
    unsigned status;
    struct buf fields;  /* whole lines, each ended by CRLF: http_response_field() */
    struct buf content; /* of a streamed answer: the piece to be sent next */
    bool is_streamed;   /* it goes out in pieces, made one after the other */
    bool has_length;    /* of a streamed answer: its length is known when the head is sent */
    uint64_t length;
};

void http_response_deinit(struct http_response *response);

/* Give back the memory of what is sent; a streamed answer goes on. */
void http_response_drop_sent(struct http_response *response);

/* Forget fields, content and status; memory is kept. */
void http_response_clear(struct http_response *response);

/* Add a field. Bytes that may not stand in a value (CR, LF, NUL) make the response fail: assert. */
void http_response_field(struct http_response *response, const char *name, struct bytes value);
void http_response_field_text(struct http_response *response, const char *name, const char *value);

/* "Not Found" for 404; "Unknown" for a number that has none. */
const char *http_status_text(unsigned status);

/* How the content of one answer is delimited on the wire. */
enum http_framing {
    HTTP_FRAMING_LENGTH,  /* Content-Length */
    HTTP_FRAMING_CHUNKED, /* streamed without a known length, HTTP/1.1 */
    HTTP_FRAMING_CLOSE,   /* the same, HTTP/1.0: the end of the connection */
    HTTP_FRAMING_NONE,    /* 1xx, 204, 304: no content and no length */
};

/* Append status line, Date, Content-Length or Transfer-Encoding, Connection (close; or keep-alive
 * for HTTP/1.0), the response's fields and the blank line. The same for HEAD: the length is said,
 * and the caller sends no content. Connection is left to the fields of a 1xx answer (101 says
 * "Upgrade" there). No memory, now or when the response was written: out has failed. */
void http_response_append_head(const struct http_response *response, unsigned minor_version,
                               bool keep_alive, int64_t now_us, struct buf *out);

/* How a response's content is framed for a client of HTTP/1.minor_version. */
enum http_framing http_response_framing(const struct http_response *response,
                                        unsigned minor_version);

/* Append one chunk (RFC 9112, section 7.1); an empty piece appends nothing. */
void http_append_chunk(struct buf *out, struct bytes piece);

/* Append the last chunk, without trailers. */
void http_append_last_chunk(struct buf *out);

#endif
