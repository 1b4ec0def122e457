#include "world_parts.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include "bounds.h"
#include "chance.h"
#include "memory.h"
#include "net/poller.h"
#include "wraps.h"

enum { ROOM_BYTES = 4096 }; /* what a new wire takes before the server has to wait */

/* What the server wants to be told of a wire. */
struct watch {
    struct poller *poller; /* NULL: nothing */
    void *thing;
    unsigned events;
};

static struct wire wires[WORLD_SOCKETS_MAX];
static struct watch watches[WORLD_SOCKETS_MAX]; /* of the wire with the same index */

/* ---- what the server calls ---- */

static struct wire *wire_of(int fd)
{
    assert(fd >= WORLD_FD_FIRST && fd < WORLD_FD_FIRST + WORLD_SOCKETS_MAX);
    return &wires[fd - WORLD_FD_FIRST];
}

static bool is_ours(int fd)
{
    return fd >= WORLD_FD_FIRST;
}

static ssize_t fail_with(int error)
{
    errno = error;
    return -1;
}

ssize_t __wrap_send(int fd, const void *bytes, size_t len, int flags)
{
    struct wire *wire = wire_of(fd);
    (void)flags;
    assert(!wire->server_has_closed);
    if (bytes_starts_with(bytes_of(bytes, len), BYTES("HTTP/1.1 101")))
        bounds_check_accepted(fd);
    if (wire->peer_has_reset)
        return fail_with(ECONNRESET);
    if (wire->server_has_ended)
        return fail_with(EPIPE);
    size_t free_room = wire->room > wire->to_peer.len ? wire->room - wire->to_peer.len : 0;
    if (len > free_room)
        len = free_room;
    if (len > 1 && chance_once_in(8))
        len = 1 + chance_below((unsigned)len - 1); /* the kernel may take less than it could */
    if (len == 0)
        return fail_with(EAGAIN);
    bool before = memory_begin_turn(false);
    if (!world_is_dead())
        buf_append(&wire->to_peer, bytes_of(bytes, len));
    memory_end_turn(before);
    return (ssize_t)len;
}

ssize_t __wrap_recv(int fd, void *out, size_t len, int flags)
{
    struct wire *wire = wire_of(fd);
    (void)flags;
    if (wire->peer_has_reset)
        return fail_with(ECONNRESET);
    if (wire->to_server.len == 0)
        return wire->peer_has_ended ? 0 : fail_with(EAGAIN);
    if (len > wire->to_server.len)
        len = wire->to_server.len;
    if (chance_once_in(3))
        len = 1 + chance_below((unsigned)len); /* a segment boundary anywhere */
    if (len > wire->to_server.len)
        len = wire->to_server.len;
    memcpy(out, wire->to_server.data, len);
    buf_consume(&wire->to_server, len);
    return (ssize_t)len;
}

int __wrap_shutdown(int fd, int how)
{
    (void)how;
    if (!world_is_dead())
        wire_of(fd)->server_has_ended = true;
    return 0;
}

int __wrap_close(int fd)
{
    if (!is_ours(fd))
        return __real_close(fd);
    struct wire *wire = wire_of(fd);
    assert(!wire->server_has_closed);
    wire->server_has_closed = true;
    watches[fd - WORLD_FD_FIRST] = (struct watch) {0};
    return 0;
}

int __wrap_getpeername(int fd, struct sockaddr *address, socklen_t *len)
{
    (void)fd;
    (void)address;
    (void)len;
    return (int)fail_with(ENOTCONN);
}

int __wrap_poll(struct pollfd *questions, nfds_t count, int timeout)
{
    int ready = 0;
    if (count == 0 || !is_ours(questions[0].fd))
        return __real_poll(questions, count, timeout);
    for (nfds_t i = 0; i < count; i++) {
        const struct wire *wire = wire_of(questions[i].fd);
        bool has_room = wire->to_peer.len < wire->room - wire->room / 3 || wire->peer_has_reset;
        questions[i].revents = has_room ? (short)(questions[i].events & POLLOUT) : 0;
        ready += questions[i].revents != 0;
    }
    return ready;
}

int __wrap_io_uring_queue_init(unsigned entries, struct io_uring *ring, unsigned flags)
{
    (void)entries;
    (void)ring;
    (void)flags;
    return -ENOSYS;
}

/* ---- the poller ---- */

enum err __wrap_poller_new(struct loop *loop, void (*on_ready)(void *thing, unsigned events),
                           struct poller **out)
{
    struct poller *poller = calloc(1, sizeof *poller);
    if (poller == NULL)
        return ERR_MEMORY;
    poller->loop = loop;
    poller->on_ready = on_ready;
    *out = poller;
    return OK;
}

void __wrap_poller_free(struct poller **poller)
{
    free(*poller);
    *poller = NULL;
}

enum err __wrap_poller_add(struct poller *poller, int fd, void *thing, unsigned events)
{
    watches[fd - WORLD_FD_FIRST] = (struct watch) {poller, thing, events};
    return OK;
}

void __wrap_poller_change(struct poller *poller, int fd, void *thing, unsigned events)
{
    watches[fd - WORLD_FD_FIRST] = (struct watch) {poller, thing, events};
}

/* What the kernel would say of a watched socket. */
static unsigned events_of(const struct wire *wire)
{
    unsigned events = 0;
    if (wire->to_server.len > 0 || wire->peer_has_ended || wire->peer_has_reset)
        events |= POLLER_READABLE;
    if (wire->to_peer.len < wire->room - wire->room / 3 || wire->peer_has_reset)
        events |= POLLER_WRITABLE;
    return events;
}

bool wires_tell(struct loop *loop, bool by_chance)
{
    bool had_event = false;
    unsigned first = chance_below(WORLD_SOCKETS_MAX);
    for (unsigned i = 0; i < WORLD_SOCKETS_MAX; i++) {
        unsigned index = (first + i) % WORLD_SOCKETS_MAX;
        const struct watch watch = watches[index];
        if (watch.poller == NULL || watch.poller->loop != loop)
            continue;
        unsigned events = events_of(&wires[index]) & watch.events;
        if (events == 0 || (by_chance && chance_once_in(2)))
            continue;
        had_event = true;
        watch.poller->on_ready(watch.thing, events);
    }
    return had_event;
}

/* ---- wires as a whole ---- */

struct wire *wire_new(unsigned server_count, int *fd)
{
    for (int i = 0; i < WORLD_SOCKETS_MAX; i++) {
        struct wire *wire = &wires[i];
        if (wire->is_used)
            continue;
        buf_free(&wire->to_peer);
        buf_free(&wire->to_server);
        *wire = (struct wire) {.is_used = true, .room = ROOM_BYTES, .server_count = server_count};
        *fd = WORLD_FD_FIRST + i;
        return wire;
    }
    return NULL;
}

static bool server_is_gone(const struct wire *wire)
{
    return wire->server_has_closed || !world_is_server(wire->server_count);
}

void world_hang_up(struct wire *wire)
{
    wire->peer_has_ended = true;
    wire->peer_has_reset = true;
    buf_clear(&wire->to_server);
    if (server_is_gone(wire))
        wire->is_used = false;
}

void wires_recycle(void)
{
    for (size_t i = 0; i < WORLD_SOCKETS_MAX; i++) {
        struct wire *wire = &wires[i];
        if (wire->is_used && wire->peer_has_reset && server_is_gone(wire))
            wire->is_used = false;
    }
}

void wires_cut(void)
{
    for (size_t i = 0; i < WORLD_SOCKETS_MAX; i++) {
        struct wire *wire = &wires[i];
        if (wire->is_used && !wire->server_has_closed)
            wire->server_has_ended = true;
    }
}

void wires_reset(void)
{
    for (size_t i = 0; i < WORLD_SOCKETS_MAX; i++) {
        buf_free(&wires[i].to_peer);
        buf_free(&wires[i].to_server);
        wires[i] = (struct wire) {0};
    }
}
