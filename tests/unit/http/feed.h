/* feed.h - feed a request to a parser, whole or in pieces, and put what came of it into words that
 * can be compared.
 *
 * Every piece is fed from memory of its own that is freed at once, so that a sanitizer finds a span
 * kept by mistake.
 */
#ifndef CONFAB_TESTS_HTTP_FEED_H
#define CONFAB_TESTS_HTTP_FEED_H

#include <stdlib.h>
#include "base/buf.h"
#include "http/parser.h"

/* What came of feeding one request. */
struct fed {
    enum http_progress progress;
    size_t used;       /* bytes taken in all */
    size_t head_count; /* how often HTTP_HAS_HEAD was reported */
};

/* Feed one piece until it is used up or the request is complete or bad. */
static inline void feed_piece(struct http_parser *parser, struct bytes piece, struct fed *fed)
{
    uint8_t *copy = malloc(piece.len > 0 ? piece.len : 1);
    if (copy == NULL)
        abort();
    if (piece.len > 0)
        memcpy(copy, piece.data, piece.len);
    size_t at = 0;
    do {
        size_t used = 0;
        fed->progress = http_parser_feed(parser, bytes_of(copy + at, piece.len - at), &used);
        at += used;
        if (fed->progress == HTTP_HAS_HEAD)
            fed->head_count++;
    } while (at < piece.len &&
             (fed->progress == HTTP_NEEDS_MORE || fed->progress == HTTP_HAS_HEAD));
    fed->used += at;
    free(copy);
}

static inline bool fed_is_over(const struct fed *fed)
{
    return fed->progress == HTTP_HAS_REQUEST || fed->progress == HTTP_IS_BAD;
}

/* Feed pieces of the given length (the last one is shorter) after a first one of another length. */
static inline struct fed feed_in_pieces(struct http_parser *parser, struct bytes bytes,
                                        size_t first, size_t piece_len)
{
    struct fed fed = {.progress = HTTP_NEEDS_MORE};
    http_parser_reset(parser);
    size_t len = first;
    for (size_t at = 0; at < bytes.len && !fed_is_over(&fed); at += len, len = piece_len) {
        if (len > bytes.len - at)
            len = bytes.len - at;
        feed_piece(parser, bytes_of(bytes.data + at, len), &fed);
    }
    return fed;
}

static inline void describe_span(struct buf *out, const char *name, struct bytes span)
{
    if (span.data == NULL)
        buf_printf(out, " %s=none", name);
    else
        buf_printf(out, " %s=\"%.*s\"(%zu)", name, BYTES_FMT(span), span.len);
}

/* Everything a caller can see of the outcome but the reason of a refusal: in a line that is wrong
 * twice, the cuts decide whether our scan or llhttp comes to its mistake first. */
static inline void describe(const struct http_parser *parser, const struct fed *fed,
                            struct buf *out)
{
    buf_clear(out);
    if (fed->progress == HTTP_IS_BAD) {
        buf_printf(out, "%u", http_parser_status(parser));
        return;
    }
    buf_printf(out, "progress=%d heads=%zu begun=%d", (int)fed->progress, fed->head_count,
               http_parser_has_begun(parser));
    if (fed->progress != HTTP_HAS_REQUEST)
        return;
    const struct http_request *request = http_parser_request(parser);
    buf_printf(out, " used=%zu method=%d minor=%u keep=%d expects=%d has_content=%d", fed->used,
               (int)request->method, request->minor_version, request->keep_alive,
               request->expects_continue, request->has_content);
    describe_span(out, "method", request->method_name);
    describe_span(out, "target", request->target);
    describe_span(out, "path", request->path);
    describe_span(out, "query", request->query);
    describe_span(out, "host", request->host);
    for (size_t i = 0; i < request->field_count; i++) {
        describe_span(out, "name", request->fields[i].name);
        describe_span(out, "value", request->fields[i].value);
    }
    describe_span(out, "content", request->content);
}

#endif
