/* objects.c - what a connection and a room take where no socket can be had for each: this machine
 * lets a process open 20,000 files.
 *
 *   objects connections COUNT         WebSockets, as the server makes them once their handshake is
 *                                     checked, in rooms of 1,000: bytes of memory each
 *   objects rooms COUNT MEMBERS       rooms as a loop keeps them: bytes of memory each, and what a
 *                                     delivery costs beside one in a room of 1,000
 *
 * It is the server's own code (client_accept(), socket_start(), rooms_join(), fanout_take()) on one
 * loop that does not run. File descriptors are numbers of our own that epoll is not told of.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "base/time_text.h"
#include "bench/figures.h"
#include "bench/process.h"
#include "server/client.h"
#include "server/presence.h"
#include "server/socket.h"

enum {
    FD_FIRST = 1 << 24, /* ours begin far above what the kernel gives out */
    ROOM_CLIENTS = 1000,
    COUNT_MAX = 100 * 1000 * 1000,
    FRAME_BYTES = 315, /* of a message of 100 bytes */
    DELIVERIES = 10 * 1000 * 1000,
    SESSION_SECONDS = 14 * 24 * 60 * 60,
    SLICE = SEND_OPS_MAX,
};

/* Takes the C library's place: what is no file of the kernel's is watched by nobody. */
int epoll_ctl(int epoll_fd, int operation, int fd, struct epoll_event *event)
{
    return fd >= FD_FIRST ? 0 : (int)syscall(SYS_epoll_ctl, epoll_fd, operation, fd, event);
}

static uint64_t memory_bytes(void)
{
    const struct process_set self = {.pids = {getpid()}, .count = 1};
    struct process_memory memory = {0};
    if (process_memory(&self, &memory) != OK)
        abort(); /* /proc is needed for everything here */
    return memory.pss_bytes;
}

/* ---- connections ---- */

/* A loop of a site that has neither database nor listeners. */
static enum err shard_prepare(struct site *site, struct shard **out)
{
    static const struct server_settings settings = {.ping_interval_s = 20};
    static struct api_settings api;
    struct ports ports = {0};
    char reason[256];
    site->settings = &settings;
    enum err err = live_new(&settings, NULL, &api, &site->live);
    if (err == OK)
        err = layer_new(1, &site->layer);
    if (err == OK)
        err = presence_new(&site->presence);
    if (err == OK)
        err = shard_new(site, 0, &ports, out, reason);
    return err;
}

static struct client *newest_client(struct shard *shard)
{
    return CONTAINER_OF(shard->clients.prev, struct client, link);
}

/* One connection, from accept() to the first ping's deadline. */
static enum err connect_one(struct shard *shard, uint64_t number)
{
    char name[24];
    char email[40];
    (void)snprintf(name, sizeof(name), "u%07llu", (unsigned long long)number);
    (void)snprintf(email, sizeof(email), "%s@example.com", name);
    struct upgrade upgrade = {
        .chat_id = (int64_t)(number / ROOM_CLIENTS + 1),
        .user = {.id = (int64_t)number + 1,
                 .username = bytes_from_text(name),
                 .email = bytes_from_text(email),
                 .user_type = BYTES("student")},
        .session_key = BYTES("abcdefghijklmnopqrstuvwxyz012345"),
        .expire_us = time_now_us() + (int64_t)SESSION_SECONDS * 1000000,
    };
    size_t count = shard->client_count;
    client_accept(shard, FD_FIRST + (int)number, CLIENT_MAIN);
    return shard->client_count > count ? socket_start(newest_client(shard), &upgrade) : ERR_MEMORY;
}

static enum err measure_connections(uint64_t count)
{
    static struct site site;
    struct shard *shard = NULL;
    struct figures figures = {0};
    enum err err = shard_prepare(&site, &shard);
    uint64_t before = memory_bytes();
    uint64_t cpu_ns = own_cpu_ns();
    for (uint64_t i = 0; i < count && err == OK; i++)
        err = connect_one(shard, i);
    cpu_ns = own_cpu_ns() - cpu_ns;
    if (err != OK)
        return err;
    double bytes = (double)(memory_bytes() - before);
    figures_add_count(&figures, "objects", count);
    figures_add(&figures, "object_bytes_per_connection", bytes / (double)count, 1);
    figures_add(&figures, "object_cpu_us_per_connection", (double)cpu_ns / 1e3 / (double)count, 3);
    return figures_print(&figures, true);
}

/* ---- rooms ---- */

/* What a loop has of its rooms, and the sockets in them. */
struct crowd {
    struct rooms rooms;
    struct fanout fanout;
    uint64_t room_count;
    struct socket **sockets;
    uint64_t socket_count;
};

/* Sockets first, each where the heap puts it, so that what rooms take is seen alone. */
static enum err crowd_make_sockets(struct crowd *crowd, uint64_t count)
{
    enum { TEXTS_BYTES = 40 }; /* name, address and type of a user */
    crowd->sockets = calloc(count, sizeof(struct socket *));
    if (crowd->sockets == NULL)
        return ERR_MEMORY;
    for (; crowd->socket_count < count; crowd->socket_count++) {
        struct socket *socket = calloc(1, sizeof *socket + TEXTS_BYTES);
        if (socket == NULL)
            return ERR_MEMORY;
        crowd->sockets[crowd->socket_count] = socket;
    }
    return OK;
}

static enum err crowd_join(struct crowd *crowd, uint64_t room_count)
{
    enum err err = OK;
    bool is_new;
    crowd->room_count = room_count;
    for (uint64_t i = 0; i < crowd->socket_count && err == OK; i++)
        err = rooms_join(&crowd->rooms, (int64_t)(i % room_count + 1), FORM_PLAIN,
                         &crowd->sockets[i]->reader, &is_new);
    return err;
}

static void crowd_free(struct crowd *crowd)
{
    bool is_gone;
    for (uint64_t i = 0; i < crowd->socket_count; i++) {
        if (crowd->sockets[i]->reader.feed != NULL)
            rooms_leave(&crowd->rooms, &crowd->sockets[i]->reader, &is_gone);
        free(crowd->sockets[i]);
    }
    free(crowd->sockets);
    rooms_deinit(&crowd->rooms);
}

/* Hand out all that is behind; the kernel takes everything. */
static uint64_t deliver_all(struct crowd *crowd)
{
    struct fanout_item items[SLICE];
    uint64_t deliveries = 0;
    while (fanout_has_work(&crowd->fanout)) {
        size_t count = fanout_take(&crowd->fanout, items, SLICE);
        for (size_t i = 0; i < count; i++)
            fanout_sent(&crowd->fanout, items[i].reader, items[i].bytes.len);
        deliveries += count;
    }
    return deliveries;
}

/* One message into each room. */
static enum err append_everywhere(struct crowd *crowd, struct bytes frame)
{
    enum err err = OK;
    for (uint64_t i = 0; i < crowd->room_count && err == OK; i++)
        err = fanout_append(&crowd->fanout,
                            rooms_find(&crowd->rooms, (int64_t)i + 1)->feeds[FORM_PLAIN], frame);
    return err;
}

/* Nanoseconds of one delivery: the room found, the frame appended, the reader taken and moved on.
 */
static enum err time_deliveries(struct crowd *crowd, double *ns)
{
    uint8_t frame[FRAME_BYTES] = {0x81, 126, (FRAME_BYTES - 4) >> 8, (FRAME_BYTES - 4) & 0xff};
    enum err err = append_everywhere(crowd, bytes_of(frame, sizeof(frame))); /* warms up */
    (void)deliver_all(crowd);
    uint64_t deliveries = 0;
    uint64_t begin_ns = own_cpu_ns();
    while (deliveries < DELIVERIES && err == OK) {
        err = append_everywhere(crowd, bytes_of(frame, sizeof(frame)));
        deliveries += deliver_all(crowd);
    }
    *ns = (double)(own_cpu_ns() - begin_ns) / (double)deliveries;
    return err;
}

static uint64_t frame_memory(const struct crowd *crowd)
{
    uint64_t bytes = 0;
    for (uint64_t i = 0; i < crowd->room_count; i++)
        bytes +=
            frame_log_memory(&rooms_find(&crowd->rooms, (int64_t)i + 1)->feeds[FORM_PLAIN]->log);
    return bytes;
}

static enum err crowd_prepare(struct crowd *crowd, uint64_t room_count, uint64_t members,
                              uint64_t *bytes)
{
    fanout_init(&crowd->fanout);
    enum err err = crowd_make_sockets(crowd, room_count * members);
    uint64_t before = memory_bytes();
    if (err == OK)
        err = crowd_join(crowd, room_count);
    *bytes = memory_bytes() - before;
    return err;
}

static enum err measure_rooms(uint64_t room_count, uint64_t members)
{
    struct crowd many = {0};
    struct crowd one = {0};
    struct figures figures = {0};
    uint64_t bytes = 0;
    uint64_t one_bytes = 0;
    double many_ns = 0;
    double one_ns = 0;
    enum err err = crowd_prepare(&many, room_count, members, &bytes);
    uint64_t frame_bytes = err == OK ? frame_memory(&many) : 0;
    if (err == OK)
        err = time_deliveries(&many, &many_ns);
    if (err == OK)
        err = crowd_prepare(&one, 1, ROOM_CLIENTS, &one_bytes);
    if (err == OK)
        err = time_deliveries(&one, &one_ns);
    if (err == OK) {
        double rooms = (double)room_count;
        figures_add_count(&figures, "rooms", room_count);
        figures_add_count(&figures, "members", members);
        figures_add(&figures, "room_frame_bytes", (double)frame_bytes / rooms, 1);
        figures_add(&figures, "room_other_bytes", ((double)bytes - (double)frame_bytes) / rooms, 1);
        figures_add(&figures, "small_rooms_ns_per_delivery", many_ns, 2);
        figures_add(&figures, "large_room_ns_per_delivery", one_ns, 2);
        err = figures_print(&figures, true);
    }
    crowd_free(&many);
    crowd_free(&one);
    return err;
}

/* A number from 1 to COUNT_MAX. */
static bool read_count(const char *text, uint64_t *out)
{
    return bytes_to_number(bytes_from_text(text), COUNT_MAX, out) == OK && *out > 0;
}

int main(int argc, char **argv)
{
    uint64_t count = 0;
    uint64_t members = 0;
    enum err err = ERR_SYNTAX;
    if (argc == 3 && strcmp(argv[1], "connections") == 0 && read_count(argv[2], &count))
        err = measure_connections(count);
    else if (argc == 4 && strcmp(argv[1], "rooms") == 0 && read_count(argv[2], &count) &&
             read_count(argv[3], &members))
        err = measure_rooms(count, members);
    else
        (void)fprintf(stderr, "usage: objects connections COUNT | objects rooms COUNT MEMBERS\n");
    if (err != OK && err != ERR_SYNTAX)
        (void)fprintf(stderr, "objects: %s\n", err_name(err));
    return err == OK ? 0 : err == ERR_SYNTAX ? 2 : 1;
}
