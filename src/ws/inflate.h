/* inflate.h - the compressed payload of one message, piece by piece (RFC 7692, section 7.2.2).
 *
 * Inside ws/ only. An inflater reads one message after the other and remembers nothing between
 * them, because context is never taken over; so any free one serves any connection.
 */
#ifndef CONFAB_WS_INFLATE_H
#define CONFAB_WS_INFLATE_H

#include "base/buf.h"

struct ws_inflater; /* opaque */

/* An inflater with the largest window: it reads what any smaller one of the client wrote.
 * ERR_MEMORY. */
CHECKED enum err ws_inflater_new(struct ws_inflater **out);
void ws_inflater_free(struct ws_inflater **inflater);

/* Ready for the next message, whatever came before. */
void ws_inflater_reset(struct ws_inflater *inflater);

/* Append all that the piece gives. out may come to hold bytes_max.
 * ERR_LIMIT: it would be more, out holds the first bytes_max; ERR_SYNTAX: damaged data; ERR_MEMORY.
 */
CHECKED enum err ws_inflate_piece(struct ws_inflater *inflater, struct bytes piece,
                                  size_t bytes_max, struct buf *out);

/* The message ends here. ERR_SYNTAX: it is cut off in the middle of a block; ERR_MEMORY. */
CHECKED enum err ws_inflate_end(struct ws_inflater *inflater, size_t bytes_max, struct buf *out);

#endif
