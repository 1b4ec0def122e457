/* frames.h - a client's side of WebSocket framing: masked frames out, the server's frames in.
 *
 * Knows: RFC 6455, permessage-deflate. Does not know: what the messages say.
 */
#ifndef CONFAB_TESTS_SIM_FRAMES_H
#define CONFAB_TESTS_SIM_FRAMES_H

#include "base/buf.h"

/* A field of the handshake that offers permessage-deflate, or nothing; by chance. */
const char *frames_offer(void);

/* A masked frame. */
void frames_write(struct buf *out, unsigned first_byte, struct bytes payload);

/* A text message: whole, deflated (if that may be), or in fragments with a ping between. */
void frames_write_text(struct buf *out, bool may_deflate, struct bytes text);

/* The first frame that has come, borrowed; returns its length, header and all. 0: it is not whole.
 */
size_t frames_take(struct bytes in, uint8_t *first_byte, struct bytes *payload);

/* What a deflated payload says; valid until the next call. */
struct bytes frames_inflate(struct bytes payload);

/* Free what the module keeps. */
void frames_deinit(void);

#endif
