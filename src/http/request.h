/* request.h - one request of RFC 9110/9112 as values. */
#ifndef CONFAB_HTTP_REQUEST_H
#define CONFAB_HTTP_REQUEST_H

#include "base/arena.h"
#include "base/buf.h"

enum {
    HTTP_METHOD_BYTES_MAX = 32,       /* longer: 501 (RFC 9112, section 3) */
    HTTP_TARGET_BYTES_MAX = 8 * 1024, /* longer: 414 */
    HTTP_FIELD_COUNT_MAX = 100,       /* more: 431 */
    HTTP_FIELD_BYTES_MAX = 8 * 1024, /* name and value of one field, without colon and blanks before
                                      * the value; longer: 431 */
    HTTP_HEAD_BYTES_MAX = 32 * 1024, /* request line and all fields; longer: 431 */
    HTTP_CONTENT_BYTES_MAX =
        1024 * 1024, /* longer: 413, before its bytes come if its length was said */
    HTTP_CHUNK_LINE_BYTES_MAX =
        1024, /* chunk sizes, extensions and trailers between two chunks: 400 */
    HTTP_CHUNK_EXTENSION_BYTES_MAX = 8192, /* extensions of all chunks of a request together: 400 */
    HTTP_BLANK_LINE_COUNT_MAX = 8,         /* skipped before a request line; more: 400 */
};

enum http_method {
    HTTP_GET,
    HTTP_HEAD,
    HTTP_POST,
    HTTP_PUT,
    HTTP_PATCH,
    HTTP_DELETE,
    HTTP_OPTIONS,
    HTTP_OTHER, /* valid, but none of ours: 405 */
    HTTP_METHOD_COUNT,
};

struct http_field {
    struct bytes name;
    struct bytes value; /* without white space around it */
};

/* Borrowed from the parser that read it. */
struct http_request {
    enum http_method method;
    struct bytes method_name; /* as it was sent */
    struct bytes target; /* as it was sent: origin form "/a?b"; absolute form is taken apart (RFC
                            9112, 3.2.2) */
    struct bytes
        path; /* still percent-encoded, without query; "*" for the whole server (OPTIONS) */
    struct bytes query;     /* without "?"; data NULL: there was none */
    struct bytes host;      /* of the Host field, or of an absolute target */
    unsigned minor_version; /* HTTP/1.minor */
    bool keep_alive;
    bool expects_continue; /* Expect: 100-continue, and content will come */
    bool has_content;      /* Content-Length above 0, or chunked */
    size_t field_count;
    const struct http_field *fields;
    struct bytes content;
};

/* The name as it is written: "GET". */
const char *http_method_name(enum http_method method);

/* The value of the first field of that name. data NULL: there is none. */
struct bytes http_field_value(const struct http_request *request, const char *name);

/* How many fields have that name. */
size_t http_field_count(const struct http_request *request, const char *name);

/* All values of that name joined with "," (RFC 9110, section 5.3), in the arena if there are
 * several. */
CHECKED enum err http_field_joined(const struct http_request *request, const char *name,
                                   struct arena *arena, struct bytes *out);

/* The value of the last cookie of that name, as Django reads Cookie fields (split at ";", white
 * space trimmed; no percent-decoding; a pair without "=" has an empty name; surrounding double
 * quotes are taken off). data NULL: there is none. */
struct bytes http_cookie(const struct http_request *request, const char *name);

#endif
