/* Requests of any bytes. The first byte says how the rest is cut; whole and cut must give the same
 * outcome. */
#include "../unit/http/feed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must hold of every request, however it was sent. */
static void check_request(const struct http_request *request)
{
    if (request->content.len > HTTP_CONTENT_BYTES_MAX ||
        request->target.len > HTTP_TARGET_BYTES_MAX || request->path.len == 0 ||
        (request->path.data[0] != '/' && !bytes_is(request->path, "*")) ||
        (request->minor_version == 1 && request->host.len == 0) ||
        (!request->has_content && request->content.len > 0))
        abort();
    for (size_t i = 0; i < request->field_count; i++) {
        const struct http_field *field = &request->fields[i];
        if (field->name.len == 0 || bytes_index(field->value, '\r') < field->value.len ||
            bytes_index(field->value, '\n') < field->value.len ||
            bytes_index(field->value, 0) < field->value.len)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct http_parser *parser;
    static struct buf whole;
    static struct buf cut;
    if (size < 2 || (parser == NULL && http_parser_new(&parser) != OK))
        return 0;
    struct bytes text = bytes_of(data + 1, size - 1);
    size_t piece_len = (size_t)data[0] % 64 + 1;
    size_t first = (size_t)data[0] / 64 * piece_len + 1;

    struct fed fed = feed_in_pieces(parser, text, text.len, 1);
    describe(parser, &fed, &whole);
    bool is_over = fed_is_over(&fed);
    if (fed.progress == HTTP_HAS_REQUEST)
        check_request(http_parser_request(parser));

    fed = feed_in_pieces(parser, text, first, piece_len);
    describe(parser, &fed, &cut);
    /* An unfinished request says "head" or "more" after its last piece, as the cuts fall. */
    bool is_same = is_over ? bytes_equal(buf_bytes(&whole), buf_bytes(&cut)) : !fed_is_over(&fed);
    if (!is_same)
        abort();
    return 0;
}
