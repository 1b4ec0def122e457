/* listener.h - a listening socket on one loop, sharing its port with the other loops'
 * (SO_REUSEPORT).
 *
 * Out of file descriptors it does not spin: it looks away until the next tick.
 */
#ifndef CONFAB_NET_LISTENER_H
#define CONFAB_NET_LISTENER_H

#include <uv.h>
#include "loop/loop.h"
#include "net/address.h"

enum {
    LISTENER_BACKLOG =
        4096, /* connections that the kernel holds for us; it caps it at net.core.somaxconn */
    LISTENER_ACCEPTS_MAX = 64, /* accepted in one turn, so that those who are in are served too */
};

/* A connection was accepted; fd is non-blocking, closed on exec, and the callee's. */
struct listener_handler {
    void (*on_accept)(void *context, int fd, const struct address *peer);
    void *context;
};

struct listener; /* opaque */

/* Whether the address is free, looked at without sharing: a second server on the same address must
 * not start in silence. ERR_IO: *reason says why it is not. */
CHECKED enum err listener_probe(const char *host, uint16_t port, char reason[128]);

/* Bind and listen. host is a name or address. *port 0: a free one is picked, and put there.
 * ERR_IO: *reason is one line, e.g. "address already in use". */
CHECKED enum err listener_new(struct loop *loop, const char *host, uint16_t *port,
                              const struct listener_handler *handler, struct listener **out,
                              char reason[128]);

/* Accept again after having run out of file descriptors. Called at each tick. */
void listener_retry(struct listener *listener);

/* Stop accepting and free; *listener becomes NULL. Thread: the loop's, or before and after it runs.
 */
void listener_free(struct listener **listener);

#endif
