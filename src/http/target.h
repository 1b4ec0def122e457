/* target.h - the request target's four forms, and what may stand in Host (RFC 9112, section 3.2).
 * Private to http/. */
#ifndef CONFAB_HTTP_TARGET_H
#define CONFAB_HTTP_TARGET_H

#include "http/refusal.h"
#include "http/request.h"

/* Take request->target apart into path, query and, in absolute form, host. Method and target are
 * set. False: refused. */
bool target_read(struct http_request *request, struct refusal *refusal);

/* Whether this is "name", "name:80", "1.2.3.4:80" or "[::1]:80". Names are those that DNS has, and
 * "_": RFC 3986 allows more, which no server is called and which proxies read differently. */
bool host_is_valid(struct bytes host);

#endif
