/* codec.h - what all WebSockets of one event loop share: compressors, inflaters, scratch memory.
 *
 * No connection keeps compression state between messages: confab always answers an offer with
 * server_no_context_takeover and client_no_context_takeover (RFC 7692, section 7.1.1), so one
 * deflated frame serves every subscriber and an idle connection holds nothing. Thread: its loop's.
 */
#ifndef CONFAB_WS_CODEC_H
#define CONFAB_WS_CODEC_H

#include "base/buf.h"

struct ws_codec; /* opaque */

CHECKED enum err ws_codec_new(struct ws_codec **out);
void ws_codec_free(struct ws_codec **codec);

/* Append the payload, deflated as one message (RFC 7692, section 7.2.1: without the final 00 00 ff
 * ff), readable with a window of window_bits (9 to 15). ERR_MEMORY: out is as before. */
CHECKED enum err ws_deflate(struct ws_codec *codec, unsigned window_bits, struct bytes payload,
                            struct buf *out);

#endif
