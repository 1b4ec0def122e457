#include "net/conn.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

struct buf *conn_out(struct conn *conn)
{
    return conn->tls != NULL ? tls_plain(conn->tls) : &conn->out;
}

size_t conn_waiting(const struct conn *conn)
{
    return conn->out.len + (conn->tls != NULL ? tls_plain(conn->tls)->len : 0);
}

static bool wants_bytes(const struct conn *conn)
{
    return !conn->is_paused && conn_waiting(conn) < CONN_OUT_BYTES_PAUSE;
}

/* What can be done now. */
static unsigned wanted_events(const struct conn *conn)
{
    unsigned events = conn->is_blocked ? POLLER_WRITABLE : 0;
    if (conn->state != CONN_OPEN || wants_bytes(conn))
        events |= POLLER_READABLE;
    return events;
}

/* Watch for exactly that. */
static void watch(struct conn *conn)
{
    if (conn->state == CONN_CLOSED)
        return;
    unsigned events = wanted_events(conn);
    if (events == conn->watched)
        return;
    conn->watched = (uint8_t)events;
    poller_change(conn->poller, conn->fd, conn, events);
}

enum err conn_open(struct conn *conn, struct poller *poller, int fd, uint64_t id,
                   struct tls_config *config, const struct conn_handler *handler)
{
    *conn = (struct conn) {.poller = poller, .handler = handler, .id = id, .fd = fd};
    enum err err = config != NULL ? tls_new(config, fd, &conn->out, &conn->tls) : OK;
    conn->watched = POLLER_READABLE;
    if (err == OK)
        err = poller_add(poller, fd, conn, conn->watched);
    if (err != OK) {
        tls_free(&conn->tls);
        (void)close(fd);
    }
    return err;
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

/* How many bytes the kernel took. Fewer than all: the connection is blocked; or closed, for the
 * peer is gone: whoever works for it learns it by the state. */
static size_t send_now(struct conn *conn, struct bytes bytes)
{
    size_t sent = 0;
    while (sent < bytes.len) {
        ssize_t n =
            send(conn->fd, bytes.data + sent, bytes.len - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            conn->is_blocked = errno == EAGAIN;
            if (!conn->is_blocked)
                conn_close(conn);
            break;
        }
        sent += (size_t)n;
    }
    return sent;
}

void conn_flush(struct conn *conn)
{
    if (conn->state == CONN_CLOSED || conn->state == CONN_LINGERING)
        return;
    if (conn->tls != NULL)
        tls_seal(conn->tls);
    if (conn->out.failed) { /* bytes are missing: whatever followed them would be nonsense */
        conn_close(conn);
        return;
    }
    size_t sent = send_now(conn, buf_bytes(&conn->out));
    if (conn->state == CONN_CLOSED)
        return;
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
    buf_append(conn_out(conn), bytes);
    if (!conn->is_blocked)
        conn_flush(conn);
}

size_t conn_send(struct conn *conn, struct bytes bytes)
{
    if (conn->state != CONN_OPEN || conn->is_blocked)
        return 0;
    if (conn->tls != NULL) {
        conn_write(conn, bytes);
        return bytes.len;
    }
    assert(conn->out.len == 0);
    size_t sent = send_now(conn, bytes);
    watch(conn);
    return sent;
}

size_t conn_send_sealed(struct conn *conn, struct bytes bytes)
{
    size_t taken = tls_seal_from(conn->tls, bytes);
    conn_flush(conn);
    return taken;
}

void conn_block(struct conn *conn)
{
    conn->is_blocked = true;
    watch(conn);
}

bool conn_wait_for_room(struct conn *conn)
{
    struct pollfd question = {.fd = conn->fd, .events = POLLOUT};
    if (!conn->is_blocked && poll(&question, 1, 0) == 0)
        conn_block(conn);
    return conn->is_blocked;
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

/* Read what there is, in the clear. -EAGAIN: nothing for now; 0 or another error: the peer has
 * ended. */
static ssize_t receive(struct conn *conn, uint8_t *data, size_t len)
{
    /* What comes after our end is thrown away: it need not be opened. */
    if (conn->tls != NULL && conn->state == CONN_OPEN)
        return tls_read(conn->tls, data, len);
    ssize_t n = recv(conn->fd, data, len, MSG_DONTWAIT);
    if (n < 0)
        return errno == EINTR ? -EAGAIN : -errno;
    return n;
}

/* Offer what was read to the protocol; keep what it does not take. */
static void hand_over(struct conn *conn, uint8_t *data, size_t len)
{
    size_t taken = 0;
    while (taken < len && conn->state == CONN_OPEN && wants_bytes(conn)) {
        size_t more = offer(conn, data + taken, len - taken);
        taken += more;
        if (more == 0)
            conn->is_paused = true;
    }
    if (conn->state != CONN_OPEN || taken == len)
        return;
    buf_append(&conn->in, bytes_of(data + taken, len - taken));
    if (conn->in.failed)
        conn_close(conn);
}

/* Somebody speaks HTTP to a port that speaks TLS: tell them in the words that they understand. */
static void answer_in_the_clear(struct conn *conn)
{
    tls_free(&conn->tls);
    buf_clear(&conn->out); /* an alert that the peer would not understand */
    conn_write(conn, BYTES("HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\n"
                           "X-Frame-Options: DENY\r\nX-Content-Type-Options: nosniff\r\n"
                           "Referrer-Policy: same-origin\r\n"
                           "Content-Length: 55\r\nConnection: close\r\n\r\n"
                           "{\"detail\":\"This port speaks HTTPS: use https:// here.\"}"));
    conn_finish(conn);
}

/* One read, so that no connection keeps the loop from the others. */
static void read_once(struct conn *conn)
{
    uint8_t *buffer = conn->poller->loop->read_buffer;
    ssize_t n = receive(conn, buffer, LOOP_READ_BYTES);
    if (conn->tls != NULL && conn->out.len > 0 && !conn->is_blocked)
        conn_flush(conn); /* the TLS handshake's answers */
    if (n == -EAGAIN)
        return;
    if (n == -EPROTO && conn->tls != NULL && tls_peer_speaks_http(conn->tls)) {
        answer_in_the_clear(conn);
        return;
    }
    if (n <= 0)
        conn->handler->on_end(conn);
    else if (conn->state == CONN_OPEN)
        hand_over(conn, buffer, (size_t)n);
}

void conn_on_ready(void *thing, unsigned events)
{
    struct conn *conn = thing;
    if (conn->state == CONN_CLOSED)
        return; /* by what another connection said in the same turn */
    if ((events & POLLER_WRITABLE) != 0 && conn->is_blocked) {
        conn->is_blocked = false;
        conn_flush(conn);
        if (conn->state == CONN_OPEN && !conn->is_blocked) {
            conn->handler->on_writable(conn);
            if (conn->state == CONN_OPEN && wants_bytes(conn))
                offer_kept(conn);
        }
    }
    /* What was kept came before what can be read now; both may wait for the peer to take more. */
    if (conn->state == CONN_OPEN && conn->in.len > 0)
        offer_kept(conn);
    if ((events & POLLER_READABLE) != 0 && conn->state != CONN_CLOSED &&
        (conn->state != CONN_OPEN || (wants_bytes(conn) && conn->in.len == 0)))
        read_once(conn);
    watch(conn);
}

void conn_finish(struct conn *conn)
{
    if (conn->state != CONN_OPEN)
        return;
    conn->state = CONN_FINISHING;
    conn->is_paused = false;
    if (conn->tls != NULL) {
        tls_seal(conn->tls);
        tls_end(conn->tls);
    }
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

static void on_closing(struct task *task, void *loop)
{
    struct conn *conn = CONTAINER_OF(task, struct conn, closing);
    (void)loop;
    /* Not before now: whoever closed the connection may still read what it had kept. */
    tls_free(&conn->tls);
    buf_free(&conn->in);
    buf_free(&conn->out);
    conn->handler->on_closed(conn);
}

void conn_abort(struct conn *conn)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    if (conn->state != CONN_CLOSED)
        (void)setsockopt(conn->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    conn_close(conn);
}

void conn_close(struct conn *conn)
{
    if (conn->state == CONN_CLOSED)
        return;
    conn->state = CONN_CLOSED;
    (void)close(conn->fd); /* the poller forgets it by that */
    conn->fd = -1;
    conn->closing = (struct task) {.run = on_closing};
    loop_post(conn->poller->loop, &conn->closing);
}
