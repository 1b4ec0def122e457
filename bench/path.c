/* path.c - the path of a message without the kernel: so often that its instructions can be counted.
 *
 *   path deliver COUNT   a durable message becomes a frame and goes to a room of 1,000
 *   path receive COUNT   a client's frame becomes a message for the writer, and goes to its room
 *   path store COUNT     rows of 64 chats in turn, in transactions of 400
 *   path history COUNT   messages of the list of a chat, which has 2,000 by 50 people
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
#include "api/routes.h"
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
    HISTORY_PEOPLE = 50,
    HISTORY_MESSAGES = 2000,
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

/* A database of its own, deleted when it is closed. */
struct store {
    char path[32];
    int fd;
    struct db *db;
};

static enum err store_open(struct store *store)
{
    char reason[256] = "";
    unsigned steps;
    *store = (struct store) {.path = "/tmp/confab-path-XXXXXX"};
    store->fd = mkstemp(store->path);
    if (store->fd < 0)
        return ERR_IO;
    enum err err = db_open(store->path, DB_WRITER, &store->db, reason);
    return err == OK ? schema_migrate(store->db, 0, &steps, reason) : err;
}

static void store_close(struct store *store)
{
    db_close(&store->db);
    if (store->fd < 0)
        return;
    (void)close(store->fd);
    (void)unlink(store->path);
}

/* So many users. Their ids are 1 to count. */
static enum err add_users(struct db *db, int count)
{
    enum err err = OK;
    for (int i = 0; i < count && err == OK; i++) {
        char name[24];
        int64_t id = 0;
        (void)snprintf(name, sizeof(name), "u%05d", i);
        const struct user user = {.username = bytes_from_text(name),
                                  .email = BYTES("someone@example.com"),
                                  .user_type = BYTES("student"),
                                  .password = BYTES("!"),
                                  .is_active = true};
        err = users_insert(db, &user, 0, &id);
        assert(err != OK || id == i + 1);
    }
    return err;
}

/* Users who each have a chat of their own, of the same id. */
static enum err fill_chats(struct db *db)
{
    enum err err = db_begin(db);
    if (err == OK)
        err = add_users(db, CHATS);
    for (int64_t user_id = 1; user_id <= CHATS && err == OK; user_id++) {
        int64_t id = 0;
        err = chats_insert(db, BYTES("chat"), 0, &user_id, 1, 0, &id);
        assert(err != OK || id == user_id);
    }
    return err == OK ? db_commit(db) : err;
}

static enum err store_batch(struct db *db)
{
    struct message_new messages[WRITES_TOGETHER_MAX];
    enum err err = db_begin(db);
    for (size_t row = 0; row < BATCH_ROWS && err == OK; row += WRITES_TOGETHER_MAX) {
        int64_t now_us = time_now_us();
        for (size_t i = 0; i < WRITES_TOGETHER_MAX && err == OK; i++) {
            int64_t id = 1 + (int64_t)((row + i) * 7 % CHATS);
            messages[i] = (struct message_new) {.chat_id = id,
                                                .sender_id = id,
                                                .content = bytes_of(content, CONTENT_BYTES),
                                                .timestamp_us = now_us};
            err = messages_check_sender(db, id, id, now_us);
        }
        if (err == OK)
            err = messages_insert_many(db, messages, WRITES_TOGETHER_MAX);
    }
    return err == OK ? db_commit(db) : err;
}

static enum err store(uint64_t count)
{
    struct store store;
    enum err err = store_open(&store);
    if (err == OK)
        err = fill_chats(store.db);
    for (uint64_t rows = 0; rows < count && err == OK; rows += BATCH_ROWS)
        err = store_batch(store.db);
    store_close(&store);
    return err;
}

/* One chat with messages by its people in turn. */
static enum err fill_history(struct db *db)
{
    int64_t ids[HISTORY_PEOPLE];
    int64_t chat_id = 0;
    for (int i = 0; i < HISTORY_PEOPLE; i++)
        ids[i] = i + 1;
    enum err err = db_begin(db);
    if (err == OK)
        err = add_users(db, HISTORY_PEOPLE);
    if (err == OK)
        err = chats_insert(db, BYTES("chat"), 0, ids, HISTORY_PEOPLE, 0, &chat_id);
    for (int i = 0; i < HISTORY_MESSAGES && err == OK; i++) {
        int64_t id;
        int64_t prev;
        int64_t now_us = time_now_us() | 1; /* never a whole second, which is written shorter */
        err = messages_insert(db, chat_id, ids[i * 7 % HISTORY_PEOPLE],
                              bytes_of(content, CONTENT_BYTES), now_us, &id, &prev);
    }
    return err == OK ? db_commit(db) : err;
}

/* The whole list once, as the server has it made. */
static enum err read_history(struct db *db)
{
    static const struct api_settings settings;
    static const struct http_request request = {.method = HTTP_GET};
    struct call call = {.settings = &settings,
                        .request = &request,
                        .id = 1,
                        .pieces = {.ahead = CALL_PIECES_MAX - 1}};
    struct step step = chat_messages_get(&call, db);
    while (step.place == CALL_PIECES_TO_CLIENT) {
        buf_clear(&call.response.content);
        step = step.run(&call, db);
    }
    enum err err = step.place == CALL_TO_CLIENT && call.response.status == 200 ? OK : ERR_IO;
    http_response_deinit(&call.response);
    buf_free(&call.pieces.states);
    buf_free(&call.pieces.kept);
    arena_free(&call.arena);
    return err;
}

static enum err history(uint64_t count)
{
    struct store store;
    enum err err = store_open(&store);
    if (err == OK)
        err = fill_history(store.db);
    for (uint64_t read = 0; read < count && err == OK; read += HISTORY_MESSAGES)
        err = read_history(store.db);
    store_close(&store);
    return err;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        enum err (*run)(uint64_t count);
    } stages[] = {
        {"deliver", deliver}, {"receive", receive}, {"store", store}, {"history", history}};
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
    (void)fprintf(stderr, "usage: path deliver|receive|store|history COUNT\n");
    return 2;
}
