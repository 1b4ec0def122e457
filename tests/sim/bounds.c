#include "bounds.h"

#include "server/client.h"
#include "server/socket.h"
#include "truth.h"
#include "world.h"

enum {
    /* The largest frame of a message: each byte of its content may become six. */
    FRAME_BYTES_MAX = 6 * CONTENT_BYTES_MAX + 1024,
    /* What one turn may add to what waits for a peer: the rest of a frame, and direct answers. */
    OUT_BYTES_MAX = CONN_OUT_BYTES_PAUSE + FRAME_BYTES_MAX,
    /* What may come between two ticks, at which the server looks after the slow ones. */
    TICK_BYTES_MAX = 1024 * 1024,
    IN_BYTES_MAX = 2 * LOOP_READ_BYTES,
};

static void check_clients(struct shard *shard)
{
    for (struct list *link = shard->clients.next; link != &shard->clients; link = link->next) {
        const struct client *client = CONTAINER_OF(link, struct client, link);
        if (client->conn.out.len > OUT_BYTES_MAX)
            truth_fail("%zu bytes wait for one peer", client->conn.out.len);
        if (client->conn.in.len > IN_BYTES_MAX)
            truth_fail("%zu bytes of one peer wait", client->conn.in.len);
        if (client->socket != NULL && client->socket->outstanding > SOCKET_OUTSTANDING_MAX)
            truth_fail("%u messages of one peer are at the writer", client->socket->outstanding);
    }
}

static uint64_t backlog_max(struct feed *feed)
{
    uint64_t max = 0;
    struct list *lists[] = {&feed->at_tail, &feed->behind, &feed->blocked};
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        for (struct list *link = lists[i]->next; link != lists[i]; link = link->next) {
            const struct reader *reader = CONTAINER_OF(link, struct reader, link);
            uint64_t backlog = frame_log_backlog(&feed->log, &reader->cursor);
            if (backlog > max)
                max = backlog;
        }
    }
    return max;
}

/* A log is as long as its slowest reader is behind, and a few chunks. */
static void check_feed(struct feed *feed)
{
    uint64_t max = 2 * backlog_max(feed) + 4 * (uint64_t)FRAME_LOG_CHUNK_BYTES_MAX +
                   2 * (uint64_t)FRAME_BYTES_MAX;
    if (frame_log_memory(&feed->log) > max)
        truth_fail("a log of %zu bytes, with readers at most %llu behind",
                   frame_log_memory(&feed->log), (unsigned long long)backlog_max(feed));
}

void bounds_check_accepted(int fd)
{
    const struct site *site = world_site();
    for (unsigned i = 0; i < site->shard_count; i++) {
        struct list *clients = &site->shards[i]->clients;
        for (struct list *link = clients->next; link != clients; link = link->next) {
            const struct client *client = CONTAINER_OF(link, struct client, link);
            if (client->conn.fd == fd && client->socket == NULL)
                truth_fail("connection %llu is told that it is connected, and is in no room",
                           (unsigned long long)client->conn.id);
        }
    }
}

void bounds_check(void)
{
    if (!world_is_up())
        return;
    const struct site *site = world_site();
    for (unsigned i = 0; i < site->shard_count; i++) {
        size_t at = 0;
        uint64_t key;
        void *room;
        check_clients(site->shards[i]);
        while (map_next(&site->shards[i]->rooms.by_chat, &at, &key, &room)) {
            for (size_t form = 0; form < FORM_COUNT; form++) {
                if (((struct room *)room)->feeds[form] != NULL)
                    check_feed(((struct room *)room)->feeds[form]);
            }
        }
    }
}

void bounds_check_readers(void)
{
    if (!world_is_up())
        return;
    const struct site *site = world_site();
    for (unsigned i = 0; i < site->shard_count; i++) {
        struct list *sockets = &site->shards[i]->sockets;
        for (struct list *link = sockets->next; link != sockets; link = link->next) {
            const struct socket *socket = CONTAINER_OF(link, struct socket, link);
            const struct reader *reader = &socket->reader;
            int64_t now_ms = world_now_us() / 1000;
            if (reader->feed == NULL || reader->blocked_since_ms == 0)
                continue;
            if (now_ms - reader->blocked_since_ms > READER_STALL_MS_MAX + LOOP_TICK_MS)
                truth_fail("a reader has stood still for %lld ms",
                           (long long)(now_ms - reader->blocked_since_ms));
            if (frame_log_backlog(&reader->feed->log, &reader->cursor) >
                site->shards[i]->fanout.backlog_bytes_max + TICK_BYTES_MAX)
                truth_fail("a reader is farther behind than it may be");
        }
    }
}
