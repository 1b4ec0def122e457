/* client.h - one connection: first it asks in HTTP, then perhaps it becomes a WebSocket.
 *
 * Thread: its shard's. It is freed when the connection is closed and nothing works for it any more:
 * a request that a worker has, a message that the writer has. Those count as holders.
 */
#ifndef CONFAB_SERVER_CLIENT_H
#define CONFAB_SERVER_CLIENT_H

#include "net/conn.h"
#include "server/shard.h"

struct exchange;
struct socket;

/* The listener that a client came by. */
enum client_entry {
    CLIENT_MAIN,
    CLIENT_REDIRECTED, /* the one that only points at HTTPS */
    CLIENT_METRICS,    /* the one that only has /metrics and /healthz */
};

struct client {
    struct conn conn;
    struct shard *shard;
    struct list link; /* in shard->clients */
    struct deadline deadline;
    uint32_t holders;
    uint8_t deadline_kind;     /* enum deadline_kind, of the one that is armed */
    uint8_t entry;             /* enum client_entry */
    struct exchange *exchange; /* the request that is being read or answered; NULL: none */
    struct socket *socket;     /* NULL: it is still HTTP */
};

/* Take over an accepted socket. */
void client_accept(struct shard *shard, int fd, enum client_entry entry);

/* Start the time for what must happen next, instead of what was armed before. */
void client_arm(struct client *client, enum deadline_kind kind);

/* What must happen has not happened in time. */
void client_on_deadline(struct client *client);

/* One more, one less that works for the client. The last one frees it. */
void client_hold(struct client *client);
void client_release(struct client *client);

/* End the connection at once; abort: so that the peer notices that something is missing
 * (conn_abort). */
void client_close(struct client *client);
void client_abort(struct client *client);

/* Send what is left, then end it, politely (conn_finish). */
void client_finish(struct client *client);

static inline struct client *client_of_conn(struct conn *conn)
{
    return CONTAINER_OF(conn, struct client, conn);
}

#endif
