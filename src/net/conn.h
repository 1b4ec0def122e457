/* conn.h - one accepted TCP connection on its loop: reading, answering, ending.
 *
 * Knows: when bytes may be read and written, what has not been taken yet in either direction.
 * Does not know: what the bytes mean. The protocol above is a table of functions.
 * An idle connection has no buffer: reads go through the loop's, answers that the kernel takes at
 * once are not kept. Thread: its loop's.
 *
 *   OPEN --conn_finish()--> FINISHING --all sent--> LINGERING --peer's end, or conn_close()-->
 * CLOSED | ^
 *     +------------------------------------ conn_close() -----------------------------------------+
 */
#ifndef CONFAB_NET_CONN_H
#define CONFAB_NET_CONN_H

#include "base/buf.h"
#include "base/list.h"
#include "loop/loop.h"
#include "net/address.h"
#include "net/poller.h"
#include "net/tls.h"

enum {
    /* Answers that wait for a peer which does not read: from here on nothing more is read from it
     * either, so that what it asks for cannot grow what waits. */
    CONN_OUT_BYTES_PAUSE = 64 * 1024,
};

struct conn;

struct conn_handler {
    /* Bytes came. Returns how many were taken; if not all, the rest is kept and reading stops until
     * conn_resume(). */
    size_t (*on_bytes)(struct conn *conn, uint8_t *data, size_t len);
    /* The peer has ended its side, or the connection broke. The handler ends the connection. */
    void (*on_end)(struct conn *conn);
    /* The kernel takes bytes again after it had refused some, and everything in conn->out is gone.
     */
    void (*on_writable)(struct conn *conn);
    /* The last call: the memory around conn may be freed. */
    void (*on_closed)(struct conn *conn);
};

enum conn_state {
    CONN_OPEN,
    CONN_FINISHING, /* the rest of out is being sent; what comes in is thrown away */
    CONN_LINGERING, /* our side is shut; waiting for the peer's end, so that it can read our last
                       words */
    CONN_CLOSED,
};

/* Lives inside the thing that it is the connection of. */
struct conn {
    struct poller *poller;
    const struct conn_handler *handler;
    uint64_t id; /* for log lines; counts from 1 over all loops */
    int fd;
    uint8_t state;       /* enum conn_state */
    uint8_t watched;     /* events that the poller watches for */
    bool is_paused;      /* nothing is read until conn_resume() */
    bool is_blocked;     /* the kernel refused bytes; waiting for it to take more */
    bool is_in_callback; /* inside on_bytes(): conn_resume() must not call it again */
    struct task closing; /* CONN_CLOSED: on its way to on_closed() */
    struct buf in;       /* what on_bytes() has not taken */
    struct buf out;      /* what the kernel has not taken, as it goes over the wire */
    struct tls *tls;     /* NULL: in the clear */
};

/* Begin to read from an accepted, non-blocking socket, which conn then owns. config NULL: in the
 * clear. ERR_IO, ERR_MEMORY: fd is closed. */
CHECKED enum err conn_open(struct conn *conn, struct poller *poller, int fd, uint64_t id,
                           struct tls_config *config, const struct conn_handler *handler);

/* What a poller for connections calls: poller_new(loop, conn_on_ready, …). */
void conn_on_ready(void *conn, unsigned events);

/* Send bytes, or keep what the kernel does not take. Nothing happens if the connection is not OPEN.
 */
void conn_write(struct conn *conn, struct bytes bytes);

/* The same in two parts: append to conn_out() yourself, then flush. */
struct buf *conn_out(struct conn *conn);
void conn_flush(struct conn *conn);

/* Bytes that wait for the kernel. */
size_t conn_waiting(const struct conn *conn);

/* Send what the kernel takes at once, and keep nothing; how many bytes it took. Fewer than all: the
 * connection is blocked, or no longer OPEN. Nothing may wait before. With TLS everything is taken:
 * what is sealed cannot be taken back. */
size_t conn_send(struct conn *conn, struct bytes bytes);

/* Whether the kernel has little room for more; on_writable() then follows when it has. (It says
 * that it has when a third of its buffer is free.) Asked before bytes are made that would lie here
 * while the peer does not read. */
bool conn_wait_for_room(struct conn *conn);

/* Send bytes that lie in a room's log, on a connection with TLS: made into records on the way.
 * Nothing may wait before. Returns how many were taken; if some of them wait now, conn->is_blocked
 * says so. */
size_t conn_send_sealed(struct conn *conn, struct bytes bytes);

/* Somebody else's send of this connection's bytes was refused: watch for the kernel taking more. */
void conn_block(struct conn *conn);

/* Take no more bytes until conn_resume(), which offers again what is left in conn->in. */
void conn_pause(struct conn *conn);
void conn_resume(struct conn *conn);

/* Send what is left, shut our side, and wait for the peer's end. The owner sets the deadline and
 * calls conn_close(). */
void conn_finish(struct conn *conn);

/* The address at the other end; all zero if it cannot be told. */
struct address conn_peer(const struct conn *conn);

/* End now with a reset (RFC 9293, 3.10.5), so that the peer cannot take what it has for the whole.
 */
void conn_abort(struct conn *conn);

/* End now. on_closed() follows in a later turn. May be called more than once. */
void conn_close(struct conn *conn);

#endif
