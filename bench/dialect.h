/* dialect.h - how a connection speaks: what it asks for in its opening handshake, what must have
 * come before it is open, and how it publishes.
 *
 *   chat     the existing system's frames
 *   deflate  the same, with permessage-deflate (RFC 7692) for what the server sends
 *   v1       the subprotocol confab.v1
 *   mqtt     MQTT 3.1.1, quality of service 0, a packet in each binary frame
 */
#ifndef CONFAB_BENCH_DIALECT_H
#define CONFAB_BENCH_DIALECT_H

#include "bench/wire.h"

struct dialect {
    const char *name;
    const char *request_fields; /* further lines of the opening handshake */
    const char *response_field; /* must stand in its answer; NULL: nothing must */
    /* Appends what we send as soon as the handshake is answered. NULL: nothing. */
    void (*append_greeting)(struct buf *out, uint64_t chat_id, uint32_t masking_key);
    /* Whether a frame's payload is the one that opens the connection. NULL: the answer of the
     * handshake does. */
    bool (*is_greeting)(struct bytes payload);
    void (*append_message)(struct buf *out, uint64_t chat_id, struct message_id id,
                           size_t content_bytes, uint32_t masking_key);
    /* Whether a payload tells of no message: an answer to our own. NULL: none does. */
    bool (*is_aside)(struct bytes payload);
    bool may_deflate;
};

/* NULL: there is none of that name. */
const struct dialect *dialect_find(const char *name);

#endif
