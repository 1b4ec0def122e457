#include "http/parser.h"

#include <assert.h>
#include <stdlib.h>
#include "http/chunk_scan.h"
#include "http/engine.h"
#include "http/head_rules.h"
#include "http/head_scan.h"
#include "http/target.h"

/*   HEAD --> CONTENT or CHUNKS --> COMPLETE
 *     |              |
 *     +--------------+--> BAD
 */
enum parser_state {
    PARSER_HEAD,
    PARSER_CONTENT, /* content_left bytes are to come */
    PARSER_CHUNKS,
    PARSER_COMPLETE,
    PARSER_BAD,
    PARSER_STATE_COUNT,
};

static const unsigned parser_next_states[PARSER_STATE_COUNT] = {
    [PARSER_HEAD] =
        BIT(PARSER_CONTENT) | BIT(PARSER_CHUNKS) | BIT(PARSER_COMPLETE) | BIT(PARSER_BAD),
    [PARSER_CONTENT] = BIT(PARSER_COMPLETE) | BIT(PARSER_BAD),
    [PARSER_CHUNKS] = BIT(PARSER_COMPLETE) | BIT(PARSER_BAD),
    [PARSER_COMPLETE] = 0,
    [PARSER_BAD] = 0,
};

struct http_parser {
    enum parser_state state;
    struct refusal refusal;
    struct head_scan head_scan;
    struct chunk_scan chunk_scan;
    struct http_engine *engine;
    struct buf head; /* the spans of the request lie in it */
    struct buf content;
    uint64_t content_left;
    uint64_t content_max;
    uint64_t content_total; /* that has come */
    const struct http_streaming *streaming;
    bool is_streaming;
    struct http_field *fields; /* of the request; the scan has counted them */
    struct http_request request;
};

/* The only place where the state changes; reset apart. */
static void parser_move(struct http_parser *parser, enum parser_state next)
{
    assert(parser_next_states[parser->state] & BIT(next));
    parser->state = next;
}

static enum http_progress parser_refuse(struct http_parser *parser, unsigned status,
                                        const char *reason)
{
    (void)refuse(&parser->refusal, status, reason);
    parser_move(parser, PARSER_BAD);
    return HTTP_IS_BAD;
}

static enum http_progress parser_complete(struct http_parser *parser)
{
    if (!parser->is_streaming)
        parser->request.content = buf_bytes(&parser->content);
    parser_move(parser, PARSER_COMPLETE);
    return HTTP_HAS_REQUEST;
}

static void on_field(void *owner, struct bytes name, struct bytes value)
{
    struct http_parser *parser = owner;
    assert(parser->request.field_count < parser->head_scan.field_count);
    parser->fields[parser->request.field_count++] =
        (struct http_field) {name, bytes_trim(value, " \t")};
}

/* The buffer grows with what has come, never with what was announced. */
static void on_content(void *owner, struct bytes piece)
{
    struct http_parser *parser = owner;
    parser->content_total += piece.len;
    assert(parser->content_total <= parser->content_max);
    buf_append(&parser->content, piece);
}

static const struct http_engine_events events = {on_field, on_content};

enum err http_parser_new(struct http_parser **out)
{
    struct http_parser *parser = calloc(1, sizeof *parser);
    if (parser == NULL)
        return ERR_MEMORY;
    enum err err = http_engine_new(&events, parser, &parser->engine);
    if (err != OK)
        free(parser);
    else
        *out = parser;
    return err;
}

void http_parser_free(struct http_parser **parser)
{
    if (*parser == NULL)
        return;
    http_engine_free(&(*parser)->engine);
    buf_free(&(*parser)->head);
    buf_free(&(*parser)->content);
    free((*parser)->fields);
    free(*parser);
    *parser = NULL;
}

static void forget(struct buf *buf)
{
    if (buf->cap > HTTP_PARSER_KEPT_BYTES_MAX)
        buf_free(buf);
    else
        buf_clear(buf);
}

void http_parser_reset(struct http_parser *parser)
{
    parser->state = PARSER_HEAD;
    parser->refusal = (struct refusal) {0};
    parser->head_scan = (struct head_scan) {0};
    parser->chunk_scan = (struct chunk_scan) {0};
    forget(&parser->head);
    forget(&parser->content);
    parser->content_left = 0;
    parser->content_total = 0;
    parser->is_streaming = false;
    free(parser->fields);
    parser->fields = NULL;
    parser->request.field_count = 0; /* the rest is set when the head is read */
}

static enum http_method method_of(struct bytes name)
{
    for (enum http_method method = HTTP_GET; method < HTTP_OTHER; method++) {
        if (bytes_is(name, http_method_name(method)))
            return method;
    }
    return HTTP_OTHER;
}

/* Set what the request line says; the scan has found where its parts are. The result is what
 * follows the line. */
static struct bytes read_request_line(struct http_parser *parser)
{
    const struct head_scan *scan = &parser->head_scan;
    struct http_request *request = &parser->request;
    struct bytes head = buf_bytes(&parser->head);
    request->method_name = bytes_first(head, scan->method_len);
    request->method = method_of(request->method_name);
    head = bytes_skip(head, scan->method_len + 1);
    request->target = bytes_first(head, scan->target_len);
    request->host = NO_BYTES;
    request->minor_version = head_scan_minor_version(scan);
    request->expects_continue = false;
    request->has_content = false;
    request->content = NO_BYTES;
    return bytes_skip(head, scan->target_len + 1 + HEAD_VERSION_BYTES + 2);
}

/* How much content the request may have, now that its target is known. */
static void choose_content_max(struct http_parser *parser)
{
    const struct http_streaming *streaming = parser->streaming;
    parser->is_streaming = streaming != NULL && streaming->is_wanted(&parser->request);
    parser->content_max =
        parser->is_streaming ? streaming->content_bytes_max : (uint64_t)HTTP_CONTENT_BYTES_MAX;
}

/* Room for exactly the fields that came: most requests have few. */
static bool make_room_for_fields(struct http_parser *parser)
{
    size_t count = parser->head_scan.field_count;
    if (count == 0)
        return true;
    parser->fields = calloc(count, sizeof *parser->fields);
    parser->request.fields = parser->fields;
    return parser->fields != NULL;
}

/* The head is complete: read it, and decide how the content comes. */
static enum http_progress on_head(struct http_parser *parser)
{
    struct http_request *request = &parser->request;
    struct http_engine_head engine_head = {0};
    struct http_length length = {0};
    struct bytes fields = read_request_line(parser);
    if (!target_read(request, &parser->refusal))
        return parser_refuse(parser, parser->refusal.status, parser->refusal.reason);
    if (!make_room_for_fields(parser))
        return parser_refuse(parser, 503, "No memory");
    if (http_engine_read_head(parser->engine, request->minor_version, fields, &engine_head) != OK)
        return parser_refuse(parser, 400, http_engine_reason(parser->engine));
    choose_content_max(parser);
    if (!head_rules_check(request, parser->content_max, &length, &parser->refusal))
        return parser_refuse(parser, parser->refusal.status, parser->refusal.reason);
    /* We and llhttp have each read the length. Where two readers differ, a request can be smuggled.
     */
    if (engine_head.is_chunked != length.is_chunked ||
        engine_head.content_length != length.content_length)
        return parser_refuse(parser, 400, "Ambiguous length");
    request->keep_alive = engine_head.keep_alive;
    if (!request->has_content)
        return parser_complete(parser);
    parser->content_left = length.content_length;
    parser_move(parser, length.is_chunked ? PARSER_CHUNKS : PARSER_CONTENT);
    return HTTP_HAS_HEAD;
}

static enum http_progress feed_head(struct http_parser *parser, struct bytes bytes, size_t *used)
{
    struct head_scan *scan = &parser->head_scan;
    size_t len_before = scan->len;
    *used = head_scan_feed(scan, bytes);
    size_t len = scan->len - len_before; /* blank lines before the head are left out */
    if (scan->refusal.status != 0)
        return parser_refuse(parser, scan->refusal.status, scan->refusal.reason);
    buf_append(&parser->head, bytes_of(bytes.data + *used - len, len));
    if (buf_status(&parser->head) != OK)
        return parser_refuse(parser, 503, "No memory");
    return head_scan_is_done(scan) ? on_head(parser) : HTTP_NEEDS_MORE;
}

/* Let llhttp read bytes of the body, which were found to be well-formed. */
static enum http_progress read_body(struct http_parser *parser, struct bytes bytes)
{
    if (http_engine_read_body(parser->engine, bytes) != OK)
        return parser_refuse(parser, 400, http_engine_reason(parser->engine));
    if (buf_status(&parser->content) != OK)
        return parser_refuse(parser, 503, "No memory");
    return HTTP_NEEDS_MORE;
}

static enum http_progress feed_content(struct http_parser *parser, struct bytes bytes, size_t *used)
{
    *used = bytes.len < parser->content_left ? bytes.len : (size_t)parser->content_left;
    parser->content_left -= *used;
    enum http_progress progress = read_body(parser, bytes_first(bytes, *used));
    if (progress == HTTP_IS_BAD || parser->content_left > 0)
        return progress;
    if (!http_engine_is_complete(parser->engine))
        return parser_refuse(parser, 400, "Ambiguous end of the content");
    return parser_complete(parser);
}

/* A size line has been read: take the number from llhttp, and refuse before the bytes come. */
static enum http_progress on_chunk_size(struct http_parser *parser)
{
    uint64_t len = http_engine_chunk_length(parser->engine);
    if (len > parser->content_max - parser->content_total)
        return parser_refuse(parser, 413, "Content too long");
    chunk_scan_begin_data(&parser->chunk_scan, len);
    return HTTP_NEEDS_MORE;
}

/* Take the lines up to the next chunk's data, or data. */
static enum http_progress feed_chunk(struct http_parser *parser, struct bytes bytes, size_t *used)
{
    struct chunk_scan *scan = &parser->chunk_scan;
    bool is_in_lines = scan->place != CHUNK_DATA;
    *used = chunk_scan_feed(scan, bytes);
    if (scan->refusal.status != 0)
        return parser_refuse(parser, scan->refusal.status, scan->refusal.reason);
    enum http_progress progress = read_body(parser, bytes_first(bytes, *used));
    if (progress == HTTP_IS_BAD)
        return progress;
    if (is_in_lines && scan->place == CHUNK_DATA)
        return on_chunk_size(parser);
    if (!chunk_scan_is_done(scan))
        return HTTP_NEEDS_MORE;
    if (!http_engine_is_complete(parser->engine))
        return parser_refuse(parser, 400, "Ambiguous end of the content");
    return parser_complete(parser);
}

static enum http_progress feed_chunks(struct http_parser *parser, struct bytes bytes, size_t *used)
{
    enum http_progress progress = HTTP_NEEDS_MORE;
    *used = 0;
    while (progress == HTTP_NEEDS_MORE && *used < bytes.len) {
        size_t n = 0;
        progress = feed_chunk(parser, bytes_skip(bytes, *used), &n);
        *used += n;
    }
    return progress;
}

/* The states in which bytes are taken. */
static enum http_progress (*const feed[PARSER_STATE_COUNT])(struct http_parser *parser,
                                                            struct bytes bytes, size_t *used) = {
    [PARSER_HEAD] = feed_head,
    [PARSER_CONTENT] = feed_content,
    [PARSER_CHUNKS] = feed_chunks,
};

enum http_progress http_parser_feed(struct http_parser *parser, struct bytes bytes, size_t *used)
{
    *used = 0;
    if (parser->state == PARSER_COMPLETE)
        return HTTP_HAS_REQUEST;
    if (parser->state == PARSER_BAD)
        return HTTP_IS_BAD;
    if (bytes.len == 0)
        return HTTP_NEEDS_MORE;
    return feed[parser->state](parser, bytes, used);
}

bool http_parser_has_begun(const struct http_parser *parser)
{
    return parser->head_scan.len > 0 || parser->state != PARSER_HEAD;
}

size_t http_parser_held_bytes(const struct http_parser *parser)
{
    return parser->head.len + parser->content.len;
}

void http_parser_set_streaming(struct http_parser *parser, const struct http_streaming *streaming)
{
    parser->streaming = streaming;
}

bool http_parser_is_streaming(const struct http_parser *parser)
{
    return parser->is_streaming;
}

struct bytes http_parser_piece(const struct http_parser *parser)
{
    return buf_bytes(&parser->content);
}

void http_parser_drop_piece(struct http_parser *parser)
{
    buf_clear(&parser->content);
}

const struct http_request *http_parser_request(const struct http_parser *parser)
{
    return &parser->request;
}

unsigned http_parser_status(const struct http_parser *parser)
{
    assert(parser->state == PARSER_BAD);
    return parser->refusal.status;
}

const char *http_parser_reason(const struct http_parser *parser)
{
    assert(parser->state == PARSER_BAD);
    return parser->refusal.reason;
}
