/* codec_parts.h - what codec.c lends to receiver.c: inflaters, and a place for what was handed out.
 *
 * Inside ws/ only. Thread: the codec's.
 */
#ifndef CONFAB_WS_CODEC_PARTS_H
#define CONFAB_WS_CODEC_PARTS_H

#include "ws/codec.h"
#include "ws/inflate.h"

enum { WS_INFLATERS_IDLE_MAX = 8 }; /* about 40 KiB each; more are freed when they come back */

/* Take an inflater, reset, for one message. ERR_MEMORY. */
CHECKED enum err ws_codec_lend_inflater(struct ws_codec *codec, struct ws_inflater **out);

/* Give it back. *inflater becomes NULL and may be NULL. */
void ws_codec_return_inflater(struct ws_codec *codec, struct ws_inflater **inflater);

/* Keep what a receiver hands out until the codec is used by a receiver again, so that the receiver
 * itself need not: a connection without a message in the making holds no memory. The content moves;
 * *content is then empty. */
struct bytes ws_codec_hold(struct ws_codec *codec, struct buf *content);

/* Let go of what was held. */
void ws_codec_release(struct ws_codec *codec);

#endif
