/* proxy.h - who asks, and how, when a trusted proxy stands between: X-Forwarded-For and
 * X-Forwarded-Proto.
 *
 * What a peer says that is no trusted proxy is not believed.
 */
#ifndef CONFAB_SERVER_PROXY_H
#define CONFAB_SERVER_PROXY_H

#include "http/request.h"
#include "server/client.h"

/* The client's address as text (in text) and the scheme, "http" or "https". From the right, the
 * first forwarded address that is no trusted proxy is the client's. */
void proxy_read_peer(const struct client *client, const struct http_request *request,
                     char text[ADDRESS_TEXT_BYTES], struct bytes *address, struct bytes *scheme);

#endif
