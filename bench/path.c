/* path.c - the path of a message without the kernel: so often that its instructions can be counted.
 *
 *   path deliver COUNT   a durable message becomes a frame and goes to a room of 1,000
 *   path receive COUNT   a client's frame becomes a message for the writer, and goes to its room
 *   path store COUNT     rows of 64 chats in turn, in transactions of 400
 *
 * It is the server's own code on a loop that does not run. send(), which stands for io_uring too,
 * takes everything. bench/instructions runs it under valgrind.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "base/time_text.h"
#include "server/broadcast.h"
#include "server/client.h"
#include "server/presence.h"
#include "server/socket.h"
#include "store/chats.h"
#include "store/messages.h"
#include "store/schema.h"
#include "store/users.h"

enum {
    FD_FIRST = 1 << 24, /* ours begin far above what the kernel gives out */
    ROOM_CLIENTS = 1000,
    CONTENT_BYTES = 100,
    CHATS = 64,
    BATCH_ROWS = 400,
    COUNT_MAX = 1000 * 1000,
};

static const char content[] = "It is nine o'clock, and all is well in this house, as it was at "
                              "eight: the lamp is lit, the door shut";

static uint64_t send_count;

/* These take the C library's place: what is no file of the kernel's is watched by nobody and takes
 * everything. */
int epoll_ctl(int epoll_fd, int operation, int fd, struct epoll_event *event)
{
    return fd >= FD_FIRST ? 0 : (int)syscall(SYS_epoll_ctl, epoll_fd, operation, fd, event);
}

ssize_t send(int fd, const void *bytes, size_t len, int flags)
{
    (void)bytes;
    (void)flags;
    send_count++;
    return fd >= FD_FIRST ? (ssize_t)len : -1;
}

/* ---- a loop with clients ---- */

/* A loop of a site that has neither database nor listeners. */
static enum err shard_prepare(struct site *site, struct shard **out)
{
    static const struct server_settings settings = {.ping_interval_s = 20};
    static struct api_settings api;
    struct ports ports = {0};
    char reason[256];
    site->settings = &settings;
    site->shard_count = 1;
    enum err err = live_new(&settings, NULL, &api, &site->live);
    if (err == OK)
        err = layer_new(1, &site->layer);
    if (err == OK)
        err = presence_new(&site->presence);
    if (err == OK)
        err = shard_new(site, 0, &ports, out, reason);
    if (err != OK)
        return err;
    site->shards[0] = *out;
    sender_free(&(*out)->sender);
    err = sender_new(SEND_PLAIN, &(*out)->sender);
    return err == OK ? broadcast_prepare(site) : err;
}

static enum err connect_one(struct shard *shard, int number)
{
    char name[24];
    (void)snprintf(name, sizeof(name), "u%05d", number);
    const struct upgrade upgrade = {
        .chat_id = 1,
        .user = {.id = number + 1,
                 .username = bytes_from_text(name),
                 .email = BYTES("someone@example.com"),
                 .user_type = BYTES("student")},
        .session_key = BYTES("abcdefghijklmnopqrstuvwxyz012345"),
        .expire_us = INT64_MAX,
    };
    client_accept(shard, FD_FIRST + number, CLIENT_MAIN);
    return socket_start(CONTAINER_OF(shard->clients.prev, struct client, link), &upgrade);
}

static enum err connect_all(struct site *site, int count, struct shard **out)
{
    enum err err = shard_prepare(site, out);
    for (int i = 0; i < count && err == OK; i++)
        err = connect_one(*out, i);
    return err;
}

/* What one turn of the loop does with what the writer has brought. */
static void run_turn(struct site *site)
{
    struct shard *shard = site->shards[0];
    broadcast_on_batch(site);
    struct task *task = mailbox_take_all(&shard->loop->mailbox);
    while (task != NULL) {
        struct task *next = task->next;
        task->run(task, shard->loop);
        task = next;
    }
    while (fanout_has_work(&shard->fanout))
        broadcast_run(shard);
}

static enum err deliver(uint64_t count)
{
    static struct site site;
    struct shard *shard;
    const struct user sender = {.id = 1,
                                .username = BYTES("u00001"),
                                .email = BYTES("someone@example.com"),
                                .user_type = BYTES("student")};
    const struct event_texts texts = {.content = bytes_of(content, CONTENT_BYTES)};
    enum err err = connect_all(&site, ROOM_CLIENTS, &shard);
    for (uint64_t i = 0; i < count && err == OK; i++) {
        struct event *message;
        err = event_new_message(1, &sender, &texts, &message);
        if (err != OK)
            break;
        message->is_for_part_one = true;
        message->seq = (int64_t)i + 1;
        message->prev = (int64_t)i;
        message->timestamp_us = time_now_us();
        broadcast_publish(&site, message);
        run_turn(&site);
    }
    return err == OK && send_count < count * ROOM_CLIENTS ? ERR_CLOSED : err;
}

/* A client's frame, masked (RFC 6455, section 5.3). */
static size_t make_client_frame(uint8_t frame[256])
{
    static const uint8_t masking_key[] = {1, 2, 3, 4};
    char text[160];
    int len = snprintf(text, sizeof(text), "{\"content\": \"%s\"}", content);
    uint8_t *at = frame;
    *at++ = 0x81;
    if (len >= 126) {
        *at++ = 0x80 | 126;
        *at++ = (uint8_t)(len >> 8);
        *at++ = (uint8_t)len;
    } else {
        *at++ = (uint8_t)(0x80 | len);
    }
    memcpy(at, masking_key, sizeof(masking_key));
    at += sizeof(masking_key);
    for (int i = 0; i < len; i++)
        *at++ = (uint8_t)text[i] ^ masking_key[i % 4];
    return (size_t)(at - frame);
}

static enum err receive(uint64_t count)
{
    static struct site site;
    struct shard *shard;
    uint8_t frame[256];
    uint8_t copy[256]; /* it is unmasked in place */
    size_t len = make_client_frame(frame);
    enum err err = connect_all(&site, 1, &shard);
    for (uint64_t i = 0; i < count && err == OK; i++) {
        struct client *client = CONTAINER_OF(shard->clients.next, struct client, link);
        memcpy(copy, frame, len);
        if (socket_on_bytes(client, copy, len) != len || shard->writes.newest == NULL)
            return ERR_PROTOCOL;
        struct write *write = shard->writes.newest;
        shard->writes = (struct writes) {0};
        write->done(write, OK);
        run_turn(&site);
    }
    return err == OK && send_count < count ? ERR_CLOSED : err;
}

/* ---- rows ---- */

/* Users who each have a chat of their own. */
static enum err fill(struct db *db, int64_t users[CHATS], int64_t chats[CHATS])
{
    enum err err = db_begin(db);
    for (size_t i = 0; i < CHATS && err == OK; i++) {
        char name[24];
        (void)snprintf(name, sizeof(name), "u%05zu", i);
        const struct user user = {.username = bytes_from_text(name),
                                  .email = BYTES("someone@example.com"),
                                  .user_type = BYTES("student"),
                                  .password = BYTES("!"),
                                  .is_active = true};
        err = users_insert(db, &user, 0, &users[i]);
        if (err == OK)
            err = chats_insert(db, BYTES("chat"), 0, &users[i], 1, 0, &chats[i]);
    }
    return err == OK ? db_commit(db) : err;
}

static enum err store_batch(struct db *db, const int64_t users[CHATS], const int64_t chats[CHATS])
{
    struct message_new messages[WRITES_TOGETHER_MAX];
    enum err err = db_begin(db);
    for (size_t row = 0; row < BATCH_ROWS && err == OK; row += WRITES_TOGETHER_MAX) {
        int64_t now_us = time_now_us();
        for (size_t i = 0; i < WRITES_TOGETHER_MAX && err == OK; i++) {
            size_t at = (row + i) * 7 % CHATS;
            messages[i] = (struct message_new) {.chat_id = chats[at],
                                                .sender_id = users[at],
                                                .content = bytes_of(content, CONTENT_BYTES),
                                                .timestamp_us = now_us};
            err = messages_check_sender(db, chats[at], users[at], now_us);
        }
        if (err == OK)
            err = messages_insert_many(db, messages, WRITES_TOGETHER_MAX);
    }
    return err == OK ? db_commit(db) : err;
}

static enum err store(uint64_t count)
{
    char path[] = "/tmp/confab-path-XXXXXX";
    char reason[256] = "";
    int64_t users[CHATS];
    int64_t chats[CHATS];
    struct db *db = NULL;
    unsigned steps;
    int fd = mkstemp(path);
    enum err err = fd < 0 ? ERR_IO : OK;
    if (err == OK)
        err = db_open(path, DB_WRITER, &db, reason);
    if (err == OK)
        err = schema_migrate(db, 0, &steps, reason);
    if (err == OK)
        err = fill(db, users, chats);
    for (uint64_t rows = 0; rows < count && err == OK; rows += BATCH_ROWS)
        err = store_batch(db, users, chats);
    db_close(&db);
    if (fd >= 0) {
        (void)close(fd);
        (void)unlink(path);
    }
    return err;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        enum err (*run)(uint64_t count);
    } stages[] = {{"deliver", deliver}, {"receive", receive}, {"store", store}};
    uint64_t count = 0;
    static_assert(BATCH_ROWS % WRITES_TOGETHER_MAX == 0, "each statement is whole");
    for (size_t i = 0; argc == 3 && i < COUNT_OF(stages); i++) {
        if (strcmp(argv[1], stages[i].name) != 0 ||
            bytes_to_number(bytes_from_text(argv[2]), COUNT_MAX, &count) != OK)
            continue;
        enum err err = stages[i].run(count);
        if (err != OK)
            (void)fprintf(stderr, "path: %s\n", err_name(err));
        return err == OK ? 0 : 1;
    }
    (void)fprintf(stderr, "usage: path deliver|receive|store COUNT\n");
    return 2;
}
