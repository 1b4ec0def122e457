/* head_rules.h - what the fields of a head must say together: Host, and how long the content is
 * (RFC 9112, sections 3.2 and 6; RFC 9110, section 10.1.1). Stricter than llhttp wherever two
 * parsers could read two things. Private to http/.
 */
#ifndef CONFAB_HTTP_HEAD_RULES_H
#define CONFAB_HTTP_HEAD_RULES_H

#include "http/refusal.h"
#include "http/request.h"

/* How the content of a request is delimited. */
struct http_length {
    bool is_chunked;
    uint64_t content_length; /* 0 if chunked */
};

/* Check the fields of a request whose target has been read, and set host, has_content and
 * expects_continue. More content than content_bytes_max is too much. False: refused. */
bool head_rules_check(struct http_request *request, uint64_t content_bytes_max,
                      struct http_length *length, struct refusal *refusal);

#endif
