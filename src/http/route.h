/* route.h - which path belongs to which entry of a table. */
#ifndef CONFAB_HTTP_ROUTE_H
#define CONFAB_HTTP_ROUTE_H

#include "base/arena.h"

enum { HTTP_ROUTE_SEGMENTS_MAX = 2 }; /* segments in braces of one pattern */

/* Match a path with a pattern like "/api/chats/{id}/messages/". A segment in braces takes any one
 * non-empty segment; those are left in segments, which has room for as many as the pattern has
 * (unchanged on false). Compared byte for byte, percent-encoding not resolved. */
bool http_route_matches(const char *pattern, struct bytes path, struct bytes *segments);

/* Read an id from a path: digits only, leading zeros allowed ("005" is 5), 1 to 2^63-1.
 * ERR_NOT_FOUND: anything else. */
CHECKED enum err http_route_id(struct bytes segment, int64_t *id);

/* Read a text from a path: percent-encoding is resolved, in the arena. ERR_NOT_FOUND: what comes of
 * it is not UTF-8, or has control characters or a slash in it. ERR_MEMORY. */
CHECKED enum err http_route_text(struct bytes segment, struct arena *arena, struct bytes *out);

#endif
