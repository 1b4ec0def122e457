#include "http/engine.h"

#include <assert.h>
#include <llhttp.h>
#include <stdlib.h>

struct http_engine {
    llhttp_t llhttp;
    const struct http_engine_events *events;
    void *owner;
    struct bytes name; /* of the field being read */
    struct bytes value;
    struct http_engine_head head;
    bool has_head;
    bool is_complete;
    uint64_t chunk_length;
};

static struct http_engine *engine_of(llhttp_t *llhttp)
{
    return llhttp->data;
}

/* llhttp reports a folded value in pieces; they lie together in memory. */
static void span_extend(struct bytes *span, const char *at, size_t length)
{
    if (span->data == NULL)
        span->data = (const uint8_t *)at;
    span->len = (size_t)((const uint8_t *)at + length - span->data);
}

static int on_header_field(llhttp_t *llhttp, const char *at, size_t length)
{
    struct http_engine *engine = engine_of(llhttp);
    if (!engine->has_head) /* trailers are dropped: nothing here may mean anything so late */
        span_extend(&engine->name, at, length);
    return 0;
}

static int on_header_value(llhttp_t *llhttp, const char *at, size_t length)
{
    struct http_engine *engine = engine_of(llhttp);
    if (!engine->has_head)
        span_extend(&engine->value, at, length);
    return 0;
}

static int on_header_value_complete(llhttp_t *llhttp)
{
    struct http_engine *engine = engine_of(llhttp);
    if (engine->has_head)
        return 0;
    bool is_reported = engine->value.data != NULL; /* an empty value is, too */
    engine->events->on_field(engine->owner, engine->name, engine->value);
    engine->name = NO_BYTES;
    engine->value = NO_BYTES;
    return is_reported - 1; /* below 0: the request is refused */
}

static int on_headers_complete(llhttp_t *llhttp)
{
    struct http_engine *engine = engine_of(llhttp);
    engine->has_head = true;
    engine->head = (struct http_engine_head) {
        .keep_alive = llhttp_should_keep_alive(llhttp) != 0,
        .is_chunked = (llhttp->flags & F_CHUNKED) != 0,
        .is_upgrade = llhttp_get_upgrade(llhttp) != 0,
        .content_length = llhttp->content_length,
    };
    return 0;
}

static int on_body(llhttp_t *llhttp, const char *at, size_t length)
{
    struct http_engine *engine = engine_of(llhttp);
    engine->events->on_content(engine->owner, bytes_of(at, length));
    return 0;
}

static int on_chunk_header(llhttp_t *llhttp)
{
    engine_of(llhttp)->chunk_length = llhttp->content_length;
    return 0;
}

static int on_message_complete(llhttp_t *llhttp)
{
    engine_of(llhttp)->is_complete = true;
    return 0;
}

static const llhttp_settings_t settings = {
    .on_header_field = on_header_field,
    .on_header_value = on_header_value,
    .on_header_value_complete = on_header_value_complete,
    .on_headers_complete = on_headers_complete,
    .on_body = on_body,
    .on_chunk_header = on_chunk_header,
    .on_message_complete = on_message_complete,
};

enum err http_engine_new(const struct http_engine_events *events, void *owner,
                         struct http_engine **out)
{
    struct http_engine *engine = calloc(1, sizeof *engine);
    if (engine == NULL)
        return ERR_MEMORY;
    engine->events = events;
    engine->owner = owner;
    *out = engine;
    return OK;
}

void http_engine_free(struct http_engine **engine)
{
    free(*engine);
    *engine = NULL;
}

static enum err engine_execute(struct http_engine *engine, struct bytes bytes)
{
    assert(!engine->is_complete);
    llhttp_errno_t err = llhttp_execute(&engine->llhttp, (const char *)bytes.data, bytes.len);
    /* llhttp stops behind a request that asks for another protocol; so do we, behind every request.
     * Should a later llhttp stop elsewhere, what a peer sent is refused and ends nothing else. */
    bool is_at_end = (err == HPE_PAUSED_UPGRADE) & engine->is_complete;
    return err == HPE_OK || is_at_end ? OK : ERR_PROTOCOL;
}

static void engine_reset(struct http_engine *engine)
{
    llhttp_init(&engine->llhttp, HTTP_REQUEST, &settings);
    engine->llhttp.data = engine;
    engine->name = NO_BYTES;
    engine->value = NO_BYTES;
    engine->has_head = false;
    engine->is_complete = false;
    engine->chunk_length = 0;
}

enum err http_engine_read_head(struct http_engine *engine, unsigned minor_version,
                               struct bytes fields, struct http_engine_head *out)
{
    engine_reset(engine);
    enum err err = engine_execute(engine, minor_version == 0 ? BYTES("GET / HTTP/1.0\r\n")
                                                             : BYTES("GET / HTTP/1.1\r\n"));
    assert(err == OK); /* llhttp knows these lines */
    err = engine_execute(engine, fields);
    if (err == OK && !engine->has_head)
        err = ERR_PROTOCOL;
    if (err == OK)
        *out = engine->head;
    return err;
}

enum err http_engine_read_body(struct http_engine *engine, struct bytes bytes)
{
    return engine_execute(engine, bytes);
}

uint64_t http_engine_chunk_length(const struct http_engine *engine)
{
    return engine->chunk_length;
}

bool http_engine_is_complete(const struct http_engine *engine)
{
    return engine->is_complete;
}

const char *http_engine_reason(const struct http_engine *engine)
{
    const char *reason = llhttp_get_error_reason(&engine->llhttp);
    return reason != NULL ? reason : "The fields never end";
}
