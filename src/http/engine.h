/* engine.h - llhttp behind names of our own: its constants (HTTP_GET and others) and those of
 * request.h are different things with the same names, so only engine.c sees its header. Private to
 * http/.
 */
#ifndef CONFAB_HTTP_ENGINE_H
#define CONFAB_HTTP_ENGINE_H

#include "base/bytes.h"

struct http_engine; /* opaque */

/* What llhttp calls back with. The spans are valid until the fed bytes go. */
struct http_engine_events {
    void (*on_field)(void *owner, struct bytes name, struct bytes value);
    void (*on_content)(void *owner, struct bytes piece);
};

/* What llhttp made of a head. */
struct http_engine_head {
    bool keep_alive;
    bool is_chunked;
    bool is_upgrade;
    uint64_t content_length; /* 0 if the fields say none */
};

/* events must outlive the engine; owner is passed to them. ERR_MEMORY: *out is unchanged. */
CHECKED enum err http_engine_new(const struct http_engine_events *events, void *owner,
                                 struct http_engine **out);
void http_engine_free(struct http_engine **engine);

/* Begin a request and read all its field lines, up to and including the blank line. The request
 * line has been read already (head_scan.h): llhttp refuses methods that are not on a list of its
 * own, which are ours to answer with 405. ERR_PROTOCOL: http_engine_reason(). */
CHECKED enum err http_engine_read_head(struct http_engine *engine, unsigned minor_version,
                                       struct bytes fields, struct http_engine_head *out);

/* Read bytes of the body, none behind its end. ERR_PROTOCOL: http_engine_reason(). */
CHECKED enum err http_engine_read_body(struct http_engine *engine, struct bytes bytes);

/* The size in the chunk's size line that was read last. */
uint64_t http_engine_chunk_length(const struct http_engine *engine);

/* Whether the request has been read to its end. */
bool http_engine_is_complete(const struct http_engine *engine);

/* Static text. */
const char *http_engine_reason(const struct http_engine *engine);

#endif
