#include "http/head_rules.h"

#include "http/byte_set.h"
#include "http/target.h"

static bool check_host(struct http_request *request, struct refusal *refusal)
{
    size_t count = http_field_count(request, "Host");
    if (count > 1)
        return refuse(refusal, 400, "Two Host fields");
    if (count == 0 && request->minor_version == 0)
        return true;
    if (count == 0)
        return refuse(refusal, 400, "No Host field");
    struct bytes host = http_field_value(request, "Host");
    if (!host_is_valid(host))
        return refuse(refusal, 400, "Bad Host field");
    if (request->host.data == NULL) /* an absolute target wins (RFC 9112, section 3.2.2) */
        request->host = host;
    return true;
}

/* The last of the transfer codings. */
static struct bytes last_coding(struct bytes value)
{
    size_t at = bytes_last_index(value, ',');
    return at < value.len ? bytes_trim(bytes_skip(value, at + 1), " \t") : value;
}

static bool check_transfer_encoding(const struct http_request *request, struct http_length *length,
                                    struct refusal *refusal)
{
    size_t count = http_field_count(request, "Transfer-Encoding");
    if (count == 0)
        return true;
    struct bytes value = http_field_value(request, "Transfer-Encoding");
    if (request->minor_version ==
        0) /* RFC 9112, section 6.1: whoever sent this is confused about framing */
        return refuse(refusal, 400, "Transfer-Encoding in HTTP/1.0");
    if (http_field_count(request, "Content-Length") > 0)
        return refuse(refusal, 400, "Transfer-Encoding beside Content-Length");
    if (count > 1)
        return refuse(refusal, 400, "Two Transfer-Encoding fields");
    if (!bytes_equal_nocase(value, BYTES("chunked"))) {
        bool is_delimited = bytes_equal_nocase(last_coding(value), BYTES("chunked"));
        return refuse(refusal, is_delimited ? 501 : 400, "Transfer coding other than chunked");
    }
    length->is_chunked = true;
    return true;
}

static bool check_content_length(const struct http_request *request, uint64_t content_bytes_max,
                                 struct http_length *length, struct refusal *refusal)
{
    size_t count = http_field_count(request, "Content-Length");
    if (count == 0)
        return true;
    if (count > 1) /* also when they agree: nothing honest sends two */
        return refuse(refusal, 400, "Two Content-Length fields");
    struct bytes value = http_field_value(request, "Content-Length");
    if (value.len == 0 || byte_set_run(&BYTE_SET_DIGIT, value) != value.len)
        return refuse(refusal, 400, "Bad Content-Length");
    if (bytes_to_number(value, content_bytes_max, &length->content_length) != OK)
        return refuse(refusal, 413, "Content too long");
    return true;
}

static bool check_expect(struct http_request *request, struct refusal *refusal)
{
    size_t count = http_field_count(request, "Expect");
    if (count == 0)
        return true;
    struct bytes value = http_field_value(request, "Expect");
    if (count > 1 || !bytes_equal_nocase(value, BYTES("100-continue")))
        return refuse(refusal, 417, "Expect other than 100-continue");
    request->expects_continue = request->has_content && request->minor_version > 0;
    return true;
}

bool head_rules_check(struct http_request *request, uint64_t content_bytes_max,
                      struct http_length *length, struct refusal *refusal)
{
    *length = (struct http_length) {0};
    if (!check_host(request, refusal) || !check_transfer_encoding(request, length, refusal) ||
        !check_content_length(request, content_bytes_max, length, refusal))
        return false;
    request->has_content = length->is_chunked || length->content_length > 0;
    return check_expect(request, refusal);
}
