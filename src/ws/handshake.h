/* handshake.h - the opening handshake's values (RFC 6455, section 4.2; RFC 7692, section 7.1).
 *
 * Does not know: how a request is parsed or who may connect.
 */
#ifndef CONFAB_WS_HANDSHAKE_H
#define CONFAB_WS_HANDSHAKE_H

#include "base/buf.h"

enum { WS_ACCEPT_BYTES = 28 };

/* The fields of a request that matter here. A field that came in several lines is joined with ",";
 * one that did not come has data NULL. key_count: how many Sec-WebSocket-Key lines there were. */
struct ws_offer {
    bool is_get;
    bool is_http_1_1; /* or later */
    size_t key_count;
    struct bytes upgrade;
    struct bytes connection;
    struct bytes key;
    struct bytes version;
    struct bytes extensions;
};

enum ws_handshake_verdict {
    WS_HANDSHAKE_OK,
    WS_HANDSHAKE_NOT_WEBSOCKET, /* 426: no "websocket" in Upgrade, or no "upgrade" in Connection */
    WS_HANDSHAKE_BAD_METHOD,    /* 405 with Allow: GET */
    WS_HANDSHAKE_BAD_HTTP,      /* 426: HTTP/1.0 */
    WS_HANDSHAKE_BAD_KEY,       /* 400: missing, several, or not base64 of 16 bytes */
    WS_HANDSHAKE_BAD_VERSION,   /* 426 with Sec-WebSocket-Version: 13 */
};

enum ws_handshake_verdict ws_handshake_check(const struct ws_offer *offer);

/* Sec-WebSocket-Accept for the key of an offer that ws_handshake_check() accepts (section 4.2.2),
 * with a NUL behind it. */
void ws_accept_value(struct bytes key, char out[WS_ACCEPT_BYTES + 1]);

/* What of permessage-deflate is used on a connection. Context is never taken over, in neither
 * direction. */
struct ws_deflate_terms {
    bool is_on;
    uint8_t server_window_bits;  /* 9 to 15 */
    bool server_bits_were_asked; /* the response names server_max_window_bits */
};

/* Take the first acceptable offer of permessage-deflate. Illegal, unknown or unacceptable offers (a
 * server window of 8, unknown or repeated parameters, bad values) are passed over; none left: is_on
 * is false and the handshake goes on. */
void ws_deflate_negotiate(struct bytes extensions, struct ws_deflate_terms *terms);

/* Append the value of the response's Sec-WebSocket-Extensions. terms->is_on. */
void ws_deflate_append_response(const struct ws_deflate_terms *terms, struct buf *out);

/* Whether a comma list of tokens has the token, in any case (RFC 9110, section 5.6.1). */
bool ws_list_has_token(struct bytes list, const char *token);

#endif
