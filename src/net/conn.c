#include "net/conn.h"

#include <assert.h>
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

static void on_event(uv_poll_t *poll, int status, int events);

static struct conn *conn_of(uv_poll_t *poll)
{
    return CONTAINER_OF(poll, struct conn, poll);
}

static bool wants_bytes(const struct conn *conn)
{
    return !conn->is_paused && conn->out.len < CONN_OUT_BYTES_PAUSE;
}

/* Watch for exactly what can be done now. */
static void watch(struct conn *conn)
{
    if (conn->state == CONN_CLOSED)
        return;
    int events = conn->is_blocked ? UV_WRITABLE : 0;
    if (conn->state != CONN_OPEN || wants_bytes(conn))
        events |= UV_READABLE;
    if (events == conn->watched)
        return;
    conn->watched = (uint8_t)events;
    (void)uv_poll_start(&conn->poll, events, on_event);
}

enum err conn_open(struct conn *conn, struct loop *loop, int fd, uint64_t id,
                   const struct conn_handler *handler)
{
    *conn = (struct conn) {.loop = loop, .handler = handler, .id = id, .fd = fd};
    if (uv_poll_init(&loop->uv, &conn->poll, fd) != 0) {
        (void)close(fd);
        return ERR_IO;
    }
    watch(conn);
    return OK;
}

/* A buffer that has become empty is given back, so that an idle connection has none. */
static void release_if_empty(struct buf *buf)
{
    if (buf->len == 0)
        buf_free(buf);
}

static void shut_our_side(struct conn *conn)
{
    assert(conn->state == CONN_FINISHING && conn->out.len == 0);
    conn->state = CONN_LINGERING;
    (void)shutdown(conn->fd, SHUT_WR);
    buf_free(&conn->in);
}

void conn_flush(struct conn *conn)
{
    if (conn->state == CONN_CLOSED || conn->state == CONN_LINGERING)
        return;
    if (conn->out.failed) { /* bytes are missing: whatever followed them would be nonsense */
        conn_close(conn);
        return;
    }
    size_t sent = 0;
    while (sent < conn->out.len) {
        ssize_t n = send(conn->fd, conn->out.data + sent, conn->out.len - sent,
                         MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            /* A broken connection shows when it is read; until then its bytes have nowhere to go.
             */
            conn->is_blocked = errno == EAGAIN;
            if (!conn->is_blocked)
                sent = conn->out.len;
            break;
        }
        sent += (size_t)n;
    }
    buf_consume(&conn->out, sent);
    release_if_empty(&conn->out);
    if (conn->out.len == 0 && conn->state == CONN_FINISHING)
        shut_our_side(conn);
    watch(conn);
}

void conn_write(struct conn *conn, struct bytes bytes)
{
    if (conn->state != CONN_OPEN)
        return;
    buf_append(&conn->out, bytes);
    if (!conn->is_blocked)
        conn_flush(conn);
}

void conn_block(struct conn *conn)
{
    conn->is_blocked = true;
    watch(conn);
}

void conn_pause(struct conn *conn)
{
    conn->is_paused = true;
    watch(conn);
}

/* Offer bytes to the protocol; the number it took. */
static size_t offer(struct conn *conn, uint8_t *data, size_t len)
{
    conn->is_in_callback = true;
    size_t taken = conn->handler->on_bytes(conn, data, len);
    conn->is_in_callback = false;
    assert(taken <= len);
    return taken;
}

/* Offer what was kept, until it is used up or nothing more is taken. */
static void offer_kept(struct conn *conn)
{
    while (conn->state == CONN_OPEN && wants_bytes(conn) && conn->in.len > 0) {
        size_t taken = offer(conn, conn->in.data, conn->in.len);
        if (conn->state != CONN_OPEN)
            return;
        buf_consume(&conn->in, taken);
        if (taken == 0)
            conn->is_paused = true;
    }
    if (conn->state == CONN_OPEN)
        release_if_empty(&conn->in);
}

void conn_resume(struct conn *conn)
{
    conn->is_paused = false;
    if (conn->is_in_callback || conn->state != CONN_OPEN)
        return;
    offer_kept(conn);
    watch(conn);
}

/* One read, so that no connection keeps the loop from the others. */
static void read_once(struct conn *conn)
{
    uint8_t *buffer = conn->loop->read_buffer;
    ssize_t n = recv(conn->fd, buffer, LOOP_READ_BYTES, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        conn->handler->on_end(conn);
        return;
    }
    if (conn->state != CONN_OPEN)
        return; /* thrown away */
    size_t len = (size_t)n;
    size_t taken = 0;
    while (taken < len && conn->state == CONN_OPEN && wants_bytes(conn)) {
        size_t more = offer(conn, buffer + taken, len - taken);
        taken += more;
        if (more == 0)
            conn->is_paused = true;
    }
    if (conn->state != CONN_OPEN || taken == len)
        return;
    buf_append(&conn->in, bytes_of(buffer + taken, len - taken));
    if (conn->in.failed)
        conn_close(conn);
}

static void on_event(uv_poll_t *poll, int status, int events)
{
    struct conn *conn = conn_of(poll);
    if (status < 0) {
        conn->handler->on_end(conn);
        return;
    }
    if ((events & UV_WRITABLE) != 0 && conn->is_blocked) {
        conn->is_blocked = false;
        conn_flush(conn);
        if (conn->state == CONN_OPEN && !conn->is_blocked) {
            conn->handler->on_writable(conn);
            if (conn->state == CONN_OPEN && wants_bytes(conn))
                offer_kept(conn);
        }
    }
    if ((events & UV_READABLE) != 0 && conn->state != CONN_CLOSED &&
        (conn->state != CONN_OPEN || wants_bytes(conn)))
        read_once(conn);
    watch(conn);
}

void conn_finish(struct conn *conn)
{
    if (conn->state != CONN_OPEN)
        return;
    conn->state = CONN_FINISHING;
    conn->is_paused = false;
    if (!conn->is_blocked)
        conn_flush(conn);
    if (conn->state == CONN_FINISHING && conn->out.len == 0)
        shut_our_side(conn);
    watch(conn);
}

struct address conn_peer(const struct conn *conn)
{
    struct sockaddr_storage storage = {0};
    socklen_t len = sizeof storage;
    if (getpeername(conn->fd, (struct sockaddr *)&storage, &len) != 0)
        storage.ss_family = AF_UNSPEC;
    return address_of(&storage);
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct conn *conn = conn_of((uv_poll_t *)handle);
    buf_free(&conn->in);
    buf_free(&conn->out);
    conn->handler->on_closed(conn);
}

void conn_close(struct conn *conn)
{
    if (conn->state == CONN_CLOSED)
        return;
    conn->state = CONN_CLOSED;
    (void)uv_poll_stop(&conn->poll);
    (void)close(conn->fd);
    conn->fd = -1;
    uv_close((uv_handle_t *)&conn->poll, on_handle_closed);
}
