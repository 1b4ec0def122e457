#include "server/client.h"

#include <assert.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/log.h"
#include "base/metrics.h"
#include "server/exchange.h"
#include "server/socket.h"

static size_t on_bytes(struct conn *conn, uint8_t *data, size_t len)
{
    struct client *client = client_of_conn(conn);
    return client->socket != NULL ? socket_on_bytes(client, data, len)
                                  : exchange_on_bytes(client, data, len);
}

/* The peer has ended its side. A client that only half-closes gets its answer all the same. */
static void on_end(struct conn *conn)
{
    struct client *client = client_of_conn(conn);
    bool is_being_answered = client->exchange != NULL &&
                             client->exchange->state != EXCHANGE_READING &&
                             client->exchange->state != EXCHANGE_RECEIVING &&
                             conn->state == CONN_OPEN && !conn->is_paused;
    if (is_being_answered) {
        client->exchange->keep_alive = false;
        conn_pause(conn);
        return;
    }
    client_close(client);
}

static void on_writable(struct conn *conn)
{
    struct client *client = client_of_conn(conn);
    if (client->socket != NULL)
        socket_on_writable(client);
    else if (client->exchange != NULL)
        exchange_on_writable(client);
}

/* Let go of what belongs to the connection. What a worker has comes back later and finds it closed.
 */
static void tear_down(struct client *client)
{
    deadline_disarm(&client->deadline);
    list_remove(&client->link);
    if (client->socket != NULL)
        socket_free(client);
    if (client->exchange != NULL && client->exchange->state != EXCHANGE_ANSWERING)
        exchange_free(client->exchange);
}

static void on_closed(struct conn *conn)
{
    struct client *client = client_of_conn(conn);
    tear_down(client);
    metrics_count(COUNTER_CONNECTIONS_CLOSED);
    log_debug("connection closed", conn->id, "%s", "");
    client_release(client);
}

static const struct conn_handler handler = {
    .on_bytes = on_bytes,
    .on_end = on_end,
    .on_writable = on_writable,
    .on_closed = on_closed,
};

void client_accept(struct shard *shard, int fd, enum client_entry entry)
{
    struct client *client = calloc(1, sizeof *client);
    if (client == NULL) {
        metrics_count(COUNTER_CONNECTIONS_REFUSED);
        (void)close(fd);
        return;
    }
    uint64_t id = atomic_fetch_add(&shard->site->connection_count, 1) + 1;
    struct tls_config *tls = entry == CLIENT_MAIN ? shard->tls : NULL;
    if (conn_open(&client->conn, shard->poller, fd, id, tls, &handler) != OK) {
        metrics_count(COUNTER_CONNECTIONS_REFUSED);
        free(client);
        return;
    }
    metrics_count(COUNTER_CONNECTIONS_ACCEPTED);
    client->shard = shard;
    client->holders = 1;
    client->entry = (uint8_t)entry;
    shard->client_count++;
    list_init(&client->link);
    list_push(&shard->clients, &client->link);
    deadline_init(&client->deadline);
    client_arm(client, DEADLINE_FIRST_REQUEST);
    log_debug("connection accepted", id, "loop=%u", shard->loop->index);
}

void client_arm(struct client *client, enum deadline_kind kind)
{
    struct shard *shard = client->shard;
    client->deadline_kind = (uint8_t)kind;
    deadline_arm(&shard->deadlines[kind], &client->deadline, loop_now_ms(shard->loop));
}

void client_on_deadline(struct client *client)
{
    switch ((enum deadline_kind)client->deadline_kind) {
    case DEADLINE_PING:
        socket_on_deadline(client);
        break;
    case DEADLINE_REQUEST:
        exchange_on_timeout(client);
        break;
    case DEADLINE_FIRST_REQUEST:
    case DEADLINE_KEEP_ALIVE:
    case DEADLINE_STALL:
    case DEADLINE_LINGER:
    case DEADLINE_CLOSE:
    case DEADLINE_SLOW_CLOSE:
    case DEADLINE_KIND_COUNT:
        client_close(client);
        break;
    }
}

void client_hold(struct client *client)
{
    client->holders++;
}

void client_release(struct client *client)
{
    assert(client->holders > 0);
    if (--client->holders > 0)
        return;
    assert(client->conn.state == CONN_CLOSED && client->socket == NULL && client->exchange == NULL);
    client->shard->client_count--;
    free(client);
}

void client_close(struct client *client)
{
    tear_down(
        client); /* also when the connection broke by itself: nothing may be sent to it any more */
    conn_close(&client->conn);
}

void client_abort(struct client *client)
{
    tear_down(client);
    conn_abort(&client->conn);
}

void client_finish(struct client *client)
{
    if (client->socket != NULL)
        socket_free(client);
    conn_finish(&client->conn);
    if (client->conn.state != CONN_CLOSED)
        client_arm(client, DEADLINE_LINGER);
}
