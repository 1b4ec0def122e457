/* route.h - which path belongs to which entry of a table. */
#ifndef CONFAB_HTTP_ROUTE_H
#define CONFAB_HTTP_ROUTE_H

#include "base/bytes.h"

/* Match a path with a pattern like "/api/chats/{id}/messages/". A segment in braces takes any one
 * non-empty segment, which is left in *id (unchanged if there are no braces, or on false). Compared
 * byte for byte, percent-encoding not resolved. */
bool http_route_matches(const char *pattern, struct bytes path, struct bytes *id);

/* Read an id from a path: digits only, leading zeros allowed ("005" is 5), 1 to 2^63-1.
 * ERR_NOT_FOUND: anything else. */
CHECKED enum err http_route_id(struct bytes segment, int64_t *id);

#endif
