#include "server/redirect.h"

/* A host without its port; the brackets of an IPv6 address stay. */
static struct bytes without_port(struct bytes host)
{
    size_t colon = bytes_last_index(host, ':');
    size_t bracket = bytes_last_index(host, ']');
    bool has_port = colon < host.len && (bracket == host.len || colon > bracket);
    return has_port ? bytes_first(host, colon) : host;
}

struct step redirect_begin(struct call *call, uint16_t https_port)
{
    const struct http_request *request = call->request;
    struct buf location = {0};
    buf_append_text(&location, "https://");
    buf_append(&location, without_port(request->host));
    if (https_port != 443)
        buf_printf(&location, ":%u", https_port);
    buf_append(&location, request->path);
    if (request->query.data != NULL) {
        buf_append_text(&location, "?");
        buf_append(&location, request->query);
    }
    if (buf_status(&location) != OK || request->host.len == 0) {
        /* HTTP/1.0 without Host: there is nowhere to point at. */
        api_refuse(&call->response, 400,
                   "This port only redirects to HTTPS, and the request names no host.");
    } else {
        api_refuse(&call->response, 308, "Use HTTPS.");
        http_response_field(&call->response, "Location", buf_bytes(&location));
    }
    buf_free(&location);
    return (struct step) {.place = CALL_TO_CLIENT};
}
