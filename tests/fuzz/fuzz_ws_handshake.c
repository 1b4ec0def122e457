/* fuzz_ws_handshake.c - any bytes as the fields of an opening handshake. */
#include <stdlib.h>
#include "ws/handshake.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct bytes text = bytes_of(data, len);
    struct ws_deflate_terms terms;
    ws_deflate_negotiate(text, &terms);
    if (terms.is_on && (terms.server_window_bits < 9 || terms.server_window_bits > 15))
        abort();
    struct ws_offer offer = {
        .is_get = true,
        .is_http_1_1 = true,
        .key_count = 1,
        .upgrade = BYTES("websocket"),
        .connection = text,
        .key = text,
        .version = text,
    };
    (void)ws_handshake_check(&offer);
    offer.connection = BYTES("upgrade");
    offer.version = BYTES("13");
    char accept[WS_ACCEPT_BYTES + 1];
    if (ws_handshake_check(&offer) == WS_HANDSHAKE_OK)
        ws_accept_value(text, accept);
    return 0;
}
