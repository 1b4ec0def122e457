#include "http/target.h"

#include "http/byte_set.h"

enum { PORT_MAX = 65535 };

static bool consists_of(struct bytes text, const struct byte_set *set)
{
    return byte_set_run(set, text) == text.len;
}

/* What stands behind the host: nothing, ":" or ":80" (RFC 3986, section 3.2.3 allows an empty
 * port). */
static bool port_is_valid(struct bytes port)
{
    if (port.len == 0)
        return true;
    uint64_t number = 0;
    return port.data[0] == ':' &&
           (port.len == 1 || bytes_to_number(bytes_skip(port, 1), PORT_MAX, &number) == OK);
}

bool host_is_valid(struct bytes host)
{
    if (host.len == 0)
        return false;
    if (host.data[0] == '[') {
        size_t end = bytes_index(host, ']');
        if (end == host.len)
            return false;
        struct bytes address = bytes_of(host.data + 1, end - 1);
        return address.len >= 2 && bytes_index(address, ':') < address.len &&
               consists_of(address, &BYTE_SET_IPV6) && port_is_valid(bytes_skip(host, end + 1));
    }
    size_t end = bytes_index(host, ':');
    return end > 0 && consists_of(bytes_first(host, end), &BYTE_SET_HOST) &&
           port_is_valid(bytes_skip(host, end));
}

static void split_query(struct http_request *request, struct bytes path_and_query)
{
    size_t at = bytes_index(path_and_query, '?');
    request->path = bytes_first(path_and_query, at);
    request->query = NO_BYTES;
    if (at < path_and_query.len)
        request->query = bytes_skip(path_and_query, at + 1);
    if (request->path.len == 0) /* "http://host?a=b" (RFC 9110, section 4.2.3) */
        request->path = BYTES("/");
}

static bool skip_scheme(struct bytes *target)
{
    static const char *const schemes[] = {"http://", "https://"};
    for (size_t i = 0; i < COUNT_OF(schemes); i++) {
        struct bytes scheme = bytes_from_text(schemes[i]);
        if (target->len >= scheme.len &&
            bytes_equal_nocase(bytes_first(*target, scheme.len), scheme)) {
            *target = bytes_skip(*target, scheme.len);
            return true;
        }
    }
    return false;
}

static size_t authority_len(struct bytes rest)
{
    size_t n = 0;
    while (n < rest.len && rest.data[n] != '/' && rest.data[n] != '?')
        n++;
    return n;
}

bool target_read(struct http_request *request, struct refusal *refusal)
{
    struct bytes target = request->target;
    if (bytes_is(request->method_name, "CONNECT"))
        return refuse(refusal, 501, "CONNECT: this is no proxy");
    if (target.data[0] == '/') {
        split_query(request, target);
        return true;
    }
    if (bytes_is(target, "*")) {
        if (request->method != HTTP_OPTIONS)
            return refuse(refusal, 400, "Request target * without OPTIONS");
        request->path = target;
        request->query = NO_BYTES;
        return true;
    }
    if (!skip_scheme(&target))
        return refuse(refusal, 400, "Bad request target");
    size_t len = authority_len(target);
    request->host = bytes_first(target, len);
    if (!host_is_valid(request->host))
        return refuse(refusal, 400, "Bad host in the request target");
    split_query(request, bytes_skip(target, len));
    return true;
}
