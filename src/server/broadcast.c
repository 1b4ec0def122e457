#include "server/broadcast.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/metrics.h"
#include "base/time_text.h"
#include "server/chain.h"
#include "server/socket.h"
#include "server/v1.h"

/* How long the writer waits before it looks again for a delivery that has come back, when there is
 * no memory for another. */
enum { DELIVERY_WAIT_US = 1000 };

/* What one batch brings one loop. */
struct delivery {
    struct task task;
    struct shard *shard;
    size_t count;
    struct event *events[BATCH_WRITES_MAX];
};

/* --- On the writer's thread --- */

static struct site *site_of(const struct event *event)
{
    return ((struct client *)event->sender_connection)->shard->site;
}

static enum err store_message(struct write *write, struct db *db)
{
    struct event *event = CONTAINER_OF(write, struct event, write);
    return commit_message(&site_of(event)->commit, event, db, time_now_us());
}

/* The same for several that were posted one behind the other. */
static void store_messages(struct write **writes, size_t count, struct db *db, enum err *results)
{
    struct event *events[WRITES_TOGETHER_MAX];
    for (size_t i = 0; i < count; i++)
        events[i] = CONTAINER_OF(writes[i], struct event, write);
    commit_messages(&site_of(events[0])->commit, events, count, db, time_now_us(), results);
}

static void deliver(struct task *task, void *loop);

/* An empty delivery for a loop: the one that it gave back last, a new one, or, without memory, the
 * next that it gives back. A stored message that is shown to some and not to others would break the
 * order of the chat, so the writer waits: the loop that has the delivery needs nothing of the
 * writer to finish it. */
static struct delivery *take_delivery(struct site *site, unsigned index)
{
    for (;;) {
        struct delivery *delivery = atomic_exchange(&site->spare_deliveries[index], NULL);
        if (delivery == NULL)
            delivery = malloc(sizeof *delivery);
        if (delivery != NULL) {
            delivery->task.run = deliver;
            delivery->shard = site->shards[index];
            delivery->count = 0;
            return delivery;
        }
        (void)usleep(DELIVERY_WAIT_US);
    }
}

static void give_back_delivery(struct delivery *delivery)
{
    const struct shard *shard = delivery->shard;
    free(atomic_exchange(&shard->site->spare_deliveries[shard->loop->index], delivery));
}

enum err broadcast_prepare(struct site *site)
{
    for (unsigned index = 0; index < site->shard_count; index++) {
        struct delivery *spare = malloc(sizeof *spare);
        if (spare == NULL)
            return ERR_MEMORY;
        atomic_store(&site->spare_deliveries[index], spare);
    }
    return OK;
}

void broadcast_end(struct site *site)
{
    for (unsigned index = 0; index < site->shard_count; index++)
        free(atomic_exchange(&site->spare_deliveries[index], NULL));
}

/* Put an event into a loop's part of the outbox. A full part goes at once. */
static void collect(struct site *site, unsigned index, struct event *event)
{
    struct delivery *delivery = site->outbox[index];
    if (delivery != NULL && delivery->count == BATCH_WRITES_MAX) {
        loop_post(delivery->shard->loop, &delivery->task);
        delivery = NULL;
    }
    if (delivery == NULL)
        delivery = take_delivery(site, index);
    site->outbox[index] = delivery;
    delivery->events[delivery->count++] = event;
}

/* To the loops of these bits. */
static void route(struct site *site, struct event *event, uint64_t channels)
{
    atomic_store_explicit(&event->holders, (unsigned)__builtin_popcountll(channels),
                          memory_order_relaxed);
    for (unsigned index = 0; index < site->shard_count; index++) {
        if ((channels >> index & 1) != 0)
            collect(site, index, event);
    }
}

/* To every loop with readers if it is durable; to its origin in any case, which counts it back and
 * tells its sender of a failure. */
static void on_message_stored(struct write *write, enum err result)
{
    struct event *event = CONTAINER_OF(write, struct event, write);
    struct site *site = site_of(event);
    event->result = result;
    metrics_count(result == OK ? (unsigned)COUNTER_MESSAGES_FROM_WEBSOCKETS
                               : (unsigned)COUNTER_MESSAGES_REFUSED + result);
    uint64_t channels = UINT64_C(1) << event->origin;
    if (result == OK && !event->is_duplicate)
        channels |= layer_group_channels(site->layer, (uint64_t)event->chat_id);
    route(site, event, channels);
}

void broadcast_publish(struct site *site, struct event *event)
{
    uint64_t channels = layer_group_channels(site->layer, (uint64_t)event->chat_id);
    if (channels == 0)
        event_release(&event);
    else
        route(site, event, channels);
}

void broadcast_on_batch(void *context)
{
    struct site *site = context;
    for (unsigned index = 0; index < site->shard_count; index++) {
        struct delivery *delivery = site->outbox[index];
        site->outbox[index] = NULL;
        if (delivery != NULL)
            loop_post(delivery->shard->loop, &delivery->task);
    }
}

/* --- On a loop --- */

void broadcast_submit(struct shard *shard, struct event *message)
{
    bool is_simple = commit_is_simple(message);
    message->origin = shard->loop->index;
    message->write = (struct write) {
        .run = store_message,
        .done = on_message_stored,
        .run_together = is_simple ? store_messages : NULL,
        .is_one_statement = is_simple,
    };
    writes_add(&shard->writes, &message->write);
}

/* Append the message to the logs of part I's readers in a room, in each form that somebody reads.
 */
static enum err append_for_part_one(struct shard *shard, struct room *room,
                                    const struct event *message)
{
    enum err err = OK;
    serializer_take(&shard->serializer, message, message->prev);
    for (unsigned form = 0; form < FORM_V1_PLAIN && err == OK; form++) {
        struct feed *feed = room->feeds[form];
        struct bytes frame;
        if (feed == NULL)
            continue;
        err = serializer_frame(&shard->serializer, shard->codec, (enum frame_form)form, &frame);
        if (err == OK)
            err = fanout_append(&shard->fanout, feed, frame);
        if (err == OK)
            metrics_add(COUNTER_DELIVERIES, feed->reader_count);
    }
    return err;
}

/* A message that cannot be shown must not be passed over in silence: part I's readers in the room
 * are told to come again. */
static void send_readers_away(struct shard *shard, int64_t chat_id)
{
    struct list *link = shard->sockets.next;
    while (link != &shard->sockets) {
        struct socket *socket = CONTAINER_OF(link, struct socket, link);
        link = link->next; /* closing leaves the socket in the list */
        if (socket->chat_id == chat_id && socket->v1 == NULL)
            socket_close(socket, WS_CLOSE_OVERLOADED);
    }
}

static void show(struct shard *shard, struct event *event)
{
    struct room *room = rooms_find(&shard->rooms, event->chat_id);
    if (room == NULL)
        return;
    if (room->stream != NULL)
        chain_offer(shard, room, event);
    if (!event->is_for_part_one)
        return;
    enum err err = append_for_part_one(shard, room, event);
    if (err == OK)
        return;
    log_error("a message could not be shown, its readers are sent away", 0,
              "chat=%lld seq=%lld err=%s", (long long)event->chat_id, (long long)event->seq,
              err_name(err));
    send_readers_away(shard, event->chat_id);
}

/* Runs on a loop with what one batch brings it. */
static void deliver(struct task *task, void *loop)
{
    struct delivery *delivery = CONTAINER_OF(task, struct delivery, task);
    struct shard *shard = delivery->shard;
    (void)loop;
    for (size_t i = 0; i < delivery->count; i++) {
        struct event *event = delivery->events[i];
        if (event->result == OK && !event->is_duplicate) {
            show(shard, event);
            polls_wake(shard, event->chat_id);
        }
        if (event->sender_connection != NULL && event->origin == shard->loop->index)
            socket_on_stored(event->sender_connection, event);
        event_release(&delivery->events[i]);
    }
    give_back_delivery(delivery);
}

/* What the kernel took of one send. */
static void settle(struct shard *shard, const struct fanout_item *item, ssize_t result)
{
    struct socket *socket = socket_of_reader(item->reader);
    if (result < 0 && result != -EAGAIN) {
        socket_lost(socket);
        return;
    }
    size_t sent = result > 0 ? (size_t)result : 0;
    if (sent < item->bytes.len || socket->client->conn.is_blocked)
        socket_block(socket);
    if (sent > 0)
        fanout_sent(&shard->fanout, item->reader, sent);
    /* So that readers of confab.v1 always stand between two frames, wherever they go from there. */
    if (socket->v1 != NULL && sent > 0 && sent < item->bytes.len)
        socket_complete_frame(socket, item->reader);
}

/* Make records of an item's bytes, of a connection with TLS; returns how many were taken. */
static size_t seal(struct conn *conn, struct bytes bytes)
{
    size_t sent = 0;
    while (sent < bytes.len && !conn->is_blocked && conn->state == CONN_OPEN)
        sent += conn_send_sealed(conn, bytes_skip(bytes, sent));
    return sent;
}

/* A connection with many chats has many readers: their frames are put together and leave in one
 * send, at the end of the slice. */
static size_t collect_frames(struct v1 *v1, struct bytes bytes)
{
    struct conn *conn = &v1->socket->client->conn;
    if (conn->is_blocked || conn->state != CONN_OPEN)
        return 0;
    buf_append(conn_out(conn), bytes);
    v1_mark_dirty(v1);
    return bytes.len;
}

/* Count a whole slice at once: its sends are what a server does most. */
static void count_slice(const struct fanout_item *items, const ssize_t *results, size_t count)
{
    uint64_t bytes = 0;
    uint64_t refused = 0;
    for (size_t i = 0; i < count; i++) {
        bytes += results[i] > 0 ? (uint64_t)results[i] : 0;
        refused += results[i] < (ssize_t)items[i].bytes.len;
    }
    metrics_add(COUNTER_SENDS, count);
    metrics_add(COUNTER_SENDS_REFUSED, refused);
    metrics_add(COUNTER_SENT_BYTES, bytes);
}

/* Send to all of a slice: most in one go, straight from the logs; those with TLS by records made of
 * the same bytes; those with many chats by way of their connection. */
static void send_slice(struct shard *shard, const struct fanout_item *items, size_t count)
{
    struct send_op ops[SEND_OPS_MAX];
    size_t indexes[SEND_OPS_MAX];
    ssize_t results[SEND_OPS_MAX];
    size_t op_count = 0;
    for (size_t i = 0; i < count; i++) {
        struct socket *socket = socket_of_reader(items[i].reader);
        if (socket->v1 != NULL && socket->v1->is_multi) {
            results[i] = (ssize_t)collect_frames(socket->v1, items[i].bytes);
        } else if (socket->client->conn.tls != NULL) {
            results[i] = (ssize_t)seal(&socket->client->conn, items[i].bytes);
        } else {
            indexes[op_count] = i;
            ops[op_count++] = (struct send_op) {socket_fd(socket), items[i].bytes, 0};
        }
    }
    sender_run(shard->sender, ops, op_count);
    for (size_t i = 0; i < op_count; i++)
        results[indexes[i]] = ops[i].result;
    count_slice(items, results, count);
    for (size_t i = 0; i < count; i++)
        settle(shard, &items[i], results[i]);
    v1_flush_dirty(shard);
}

void broadcast_run(struct shard *shard)
{
    struct fanout_item items[SEND_OPS_MAX];
    if (fanout_has_work(&shard->fanout))
        send_slice(shard, items, fanout_take(&shard->fanout, items, SEND_OPS_MAX));
    loop_may_wait(shard->loop, !fanout_has_work(&shard->fanout));
}
