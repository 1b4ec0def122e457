#include "server/proxy.h"

static bool is_trusted(const struct server_settings *settings, const struct address *address)
{
    for (size_t i = 0; i < settings->trusted_proxy_count; i++) {
        const struct address_range *range = &settings->trusted_proxies[i];
        if (address_in_range(address, range->address, range->prefix_bits))
            return true;
    }
    return false;
}

/* Walk a field "client, proxy1, proxy2" from its end, over the proxies that we trust. */
static void follow(const struct server_settings *settings, struct bytes forwarded,
                   struct address *address)
{
    while (forwarded.len > 0 && is_trusted(settings, address)) {
        size_t comma = bytes_last_index(forwarded, ',');
        struct bytes last = comma < forwarded.len ? bytes_skip(forwarded, comma + 1) : forwarded;
        if (address_read(bytes_trim(last, " \t"), address) != OK)
            return;
        forwarded = bytes_first(forwarded, comma < forwarded.len ? comma : 0);
    }
}

void proxy_read_peer(const struct client *client, const struct http_request *request,
                     char text[ADDRESS_TEXT_BYTES], struct bytes *address, struct bytes *scheme)
{
    const struct server_settings *settings = client->shard->live->settings;
    struct address peer = conn_peer(&client->conn);
    *scheme = client->conn.tls != NULL ? BYTES("https") : BYTES("http");
    if (is_trusted(settings, &peer)) {
        if (bytes_equal_nocase(http_field_value(request, "X-Forwarded-Proto"), BYTES("https")))
            *scheme = BYTES("https");
        /* Several fields would have to be joined; the last one is the one that our own proxy wrote.
         */
        for (size_t i = request->field_count; i > 0; i--) {
            const struct http_field *field = &request->fields[i - 1];
            if (bytes_equal_nocase(field->name, BYTES("X-Forwarded-For"))) {
                follow(settings, field->value, &peer);
                break;
            }
        }
    }
    *address = bytes_from_text(address_text(&peer, text));
}
