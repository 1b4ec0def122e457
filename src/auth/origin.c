#include "auth/origin.h"

enum { PORT_MAX = 65535, PORT_HTTP = 80, PORT_HTTPS = 443 };

/* scheme://host:port (RFC 6454, section 4). Two origins are the same if these three are. */
struct origin_parts {
    bool is_https;
    bool any_subdomain; /* "*." stood before the host; only in the allowed list */
    struct bytes host;  /* with the brackets of an IPv6 address */
    uint64_t port;      /* the scheme's own if none is written */
};

static bool is_host_character(uint8_t c, bool in_brackets)
{
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.')
        return true;
    return in_brackets ? c == ':' : c == '-' || c == '_';
}

static bool host_is_wellformed(struct bytes host)
{
    bool in_brackets = host.len > 2 && host.data[0] == '[' && host.data[host.len - 1] == ']';
    if (in_brackets)
        host = bytes_of(host.data + 1, host.len - 2);
    for (size_t i = 0; i < host.len; i++) {
        if (!is_host_character(host.data[i], in_brackets))
            return false;
    }
    return host.len > 0;
}

/* host[:port] */
static bool split_authority(struct bytes authority, struct origin_parts *parts)
{
    size_t colon = bytes_last_index(authority, ':');
    size_t bracket = bytes_last_index(authority, ']');
    parts->port = parts->is_https ? PORT_HTTPS : PORT_HTTP;
    parts->host = authority;
    /* A colon before the bracket is one of the IPv6 address. */
    bool has_port = colon < authority.len && (bracket == authority.len || colon > bracket);
    if (has_port) {
        parts->host = bytes_first(authority, colon);
        if (bytes_to_number(bytes_skip(authority, colon + 1), PORT_MAX, &parts->port) != OK ||
            parts->port == 0)
            return false;
    }
    return host_is_wellformed(parts->host);
}

static bool split_scheme(struct bytes *text, struct origin_parts *parts)
{
    if (bytes_starts_with(*text, BYTES("https://"))) {
        parts->is_https = true;
        *text = bytes_skip(*text, sizeof "https://" - 1);
        return true;
    }
    if (bytes_starts_with(*text, BYTES("http://"))) {
        parts->is_https = false;
        *text = bytes_skip(*text, sizeof "http://" - 1);
        return true;
    }
    return false;
}

/* False for everything that is no origin of a web page, "null" too. */
static bool split_origin(struct bytes origin, struct origin_parts *parts)
{
    *parts = (struct origin_parts) {0};
    return split_scheme(&origin, parts) && split_authority(origin, parts);
}

static bool split_allowed(struct bytes allowed, struct origin_parts *parts)
{
    *parts = (struct origin_parts) {0};
    if (!split_scheme(&allowed, parts))
        return false;
    parts->any_subdomain = bytes_starts_with(allowed, BYTES("*."));
    if (parts->any_subdomain)
        allowed = bytes_skip(allowed, 2);
    return split_authority(allowed, parts);
}

/* The origin of a whole URL: what stands before its path, query or fragment. */
static struct bytes origin_of_url(struct bytes url)
{
    size_t slashes = 0;
    for (size_t i = 0; i < url.len; i++) {
        slashes += url.data[i] == '/';
        if (slashes == 3 || url.data[i] == '?' || url.data[i] == '#')
            return bytes_first(url, i);
    }
    return url;
}

/* Whether the host is the domain or ends with a dot and the domain. */
static bool is_within(struct bytes host, struct bytes domain)
{
    if (host.len <= domain.len)
        return bytes_equal_nocase(host, domain);
    size_t extra = host.len - domain.len;
    return host.data[extra - 1] == '.' && bytes_equal_nocase(bytes_skip(host, extra), domain);
}

bool origin_is_allowed(const struct origins *origins, struct bytes origin)
{
    struct origin_parts asking;
    if (!split_origin(origin, &asking))
        return false;
    for (size_t i = 0; i < origins->count; i++) {
        struct origin_parts allowed;
        if (split_allowed(origins->allowed[i], &allowed) && allowed.is_https == asking.is_https &&
            allowed.port == asking.port &&
            (allowed.any_subdomain ? is_within(asking.host, allowed.host)
                                   : bytes_equal_nocase(asking.host, allowed.host)))
            return true;
    }
    return false;
}

/* Whether the origin is the one that the request was sent to. */
static bool is_own(const struct origin_evidence *evidence, struct bytes origin)
{
    struct origin_parts asking;
    struct origin_parts own = {.is_https = bytes_is(evidence->scheme, "https")};
    return split_origin(origin, &asking) && split_authority(evidence->host, &own) &&
           own.is_https == asking.is_https && own.port == asking.port &&
           bytes_equal_nocase(own.host, asking.host);
}

bool origin_passes(const struct origins *origins, const struct origin_evidence *evidence,
                   struct bytes *culprit)
{
    *culprit = evidence->origin.data != NULL    ? evidence->origin
               : evidence->referer.data != NULL ? evidence->referer
                                                : BYTES("null");
    if (evidence->sec_fetch_site.data != NULL) {
        /* "none": the user's own doing, such as a bookmark. "same-site" is not enough: another
         * host of the same domain need not be ours. */
        return bytes_is(evidence->sec_fetch_site, "same-origin") ||
               bytes_is(evidence->sec_fetch_site, "none") ||
               origin_is_allowed(origins, evidence->origin);
    }
    if (evidence->origin.data != NULL)
        return is_own(evidence, evidence->origin) || origin_is_allowed(origins, evidence->origin);
    if (evidence->referer.data != NULL) {
        struct bytes origin = origin_of_url(evidence->referer);
        return is_own(evidence, origin) || origin_is_allowed(origins, origin);
    }
    return true; /* no browser: nobody else's cookies can be misused */
}

bool origin_is_wellformed(struct bytes origin)
{
    struct origin_parts parts;
    return split_allowed(origin, &parts);
}
