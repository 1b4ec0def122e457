#include "http/response.h"

#include <assert.h>
#include "base/time_text.h"
#include "http/byte_set.h"

void http_response_deinit(struct http_response *response)
{
    buf_free(&response->fields);
    buf_free(&response->content);
    *response = (struct http_response) {0};
}

void http_response_drop_sent(struct http_response *response)
{
    buf_free(&response->fields);
    buf_free(&response->content);
}

void http_response_clear(struct http_response *response)
{
    response->status = 0;
    buf_clear(&response->fields);
    buf_clear(&response->content);
    response->is_streamed = false;
    response->has_length = false;
}

void http_response_field(struct http_response *response, const char *name, struct bytes value)
{
    /* A CR or LF that reached this place would begin a field, or an answer, of somebody else's
     * making. */
    assert(byte_set_run(&BYTE_SET_TOKEN, bytes_from_text(name)) == strlen(name));
    assert(byte_set_run(&BYTE_SET_VALUE, value) == value.len);
    buf_append_text(&response->fields, name);
    buf_append(&response->fields, BYTES(": "));
    buf_append(&response->fields, value);
    buf_append(&response->fields, BYTES("\r\n"));
}

void http_response_field_text(struct http_response *response, const char *name, const char *value)
{
    http_response_field(response, name, bytes_from_text(value));
}

/* RFC 9110, section 15, and RFC 6585. In the order of the numbers. */
static const struct {
    unsigned status;
    const char *text;
} status_texts[] = {
    {100, "Continue"},
    {101, "Switching Protocols"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {203, "Non-Authoritative Information"},
    {204, "No Content"},
    {205, "Reset Content"},
    {206, "Partial Content"},
    {300, "Multiple Choices"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {407, "Proxy Authentication Required"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {426, "Upgrade Required"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

const char *http_status_text(unsigned status)
{
    for (size_t i = 0; i < COUNT_OF(status_texts); i++) {
        if (status_texts[i].status == status)
            return status_texts[i].text;
    }
    return "Unknown";
}

enum http_framing http_response_framing(const struct http_response *response,
                                        unsigned minor_version)
{
    if (response->status < 200 || response->status == 204 || response->status == 304)
        return HTTP_FRAMING_NONE;
    if (!response->is_streamed || response->has_length)
        return HTTP_FRAMING_LENGTH;
    return minor_version >= 1 ? HTTP_FRAMING_CHUNKED : HTTP_FRAMING_CLOSE;
}

static void append_framing(const struct http_response *response, enum http_framing framing,
                           struct buf *out)
{
    if (framing == HTTP_FRAMING_LENGTH) {
        buf_append(out, BYTES("Content-Length: "));
        buf_append_number(
            out, (int64_t)(response->is_streamed ? response->length : response->content.len));
        buf_append(out, BYTES("\r\n"));
    } else if (framing == HTTP_FRAMING_CHUNKED) {
        buf_append(out, BYTES("Transfer-Encoding: chunked\r\n"));
    }
}

void http_response_append_head(const struct http_response *response, unsigned minor_version,
                               bool keep_alive, int64_t now_us, struct buf *out)
{
    assert(response->status >= 100 && response->status <= 599);
    enum http_framing framing = http_response_framing(response, minor_version);
    /* The version is ours, also in an answer to HTTP/1.0 (RFC 9110, section 6.2). */
    buf_append(out, BYTES("HTTP/1.1 "));
    buf_append_number(out, response->status);
    buf_append_byte(out, ' ');
    buf_append_text(out, http_status_text(response->status));
    buf_append(out, BYTES("\r\nDate: "));
    time_append_http(out, now_us);
    buf_append(out, BYTES("\r\n"));
    append_framing(response, framing, out);
    if (response->status >= 200) {
        if (!keep_alive || framing == HTTP_FRAMING_CLOSE)
            buf_append(out, BYTES("Connection: close\r\n"));
        else if (minor_version == 0)
            buf_append(out, BYTES("Connection: keep-alive\r\n"));
    }
    buf_append(out, buf_bytes(&response->fields));
    buf_append(out, BYTES("\r\n"));
    /* What is missing from the parts is missing from the whole. */
    if (buf_status(&response->fields) != OK || buf_status(&response->content) != OK)
        out->failed = true;
}

void http_append_chunk(struct buf *out, struct bytes piece)
{
    if (piece.len == 0) /* a chunk of length 0 would end the content */
        return;
    buf_printf(out, "%zx\r\n", piece.len);
    buf_append(out, piece);
    buf_append(out, BYTES("\r\n"));
}

void http_append_last_chunk(struct buf *out)
{
    buf_append(out, BYTES("0\r\n\r\n"));
}
