/* A connection over a socket pair, its loop turned by hand. */
#include "check.h"

#include <sys/socket.h>
#include <unistd.h>
#include "net/conn.h"

struct fixture {
    struct conn conn;
    struct loop *loop;
    struct poller *poller;
    int peer;
    struct buf got;
    size_t take_max; /* bytes that on_bytes takes at a time */
    bool has_ended;
    bool is_closed;
    int writable_count;
};

static struct fixture *fixture_of(struct conn *conn)
{
    return CONTAINER_OF(conn, struct fixture, conn);
}

static size_t on_bytes(struct conn *conn, uint8_t *data, size_t len)
{
    struct fixture *fixture = fixture_of(conn);
    size_t n = len < fixture->take_max ? len : fixture->take_max;
    buf_append(&fixture->got, bytes_of(data, n));
    return n;
}

static void on_end(struct conn *conn)
{
    fixture_of(conn)->has_ended = true;
    conn_close(conn);
}

static void on_writable(struct conn *conn)
{
    fixture_of(conn)->writable_count++;
}

static void on_closed(struct conn *conn)
{
    fixture_of(conn)->is_closed = true;
}

static const struct conn_handler handler = {on_bytes, on_end, on_writable, on_closed};

static void begin(struct fixture *fixture)
{
    int pair[2];
    *fixture = (struct fixture) {.take_max = SIZE_MAX};
    CHECK(loop_new(0, &fixture->loop) == OK);
    CHECK(poller_new(fixture->loop, conn_on_ready, &fixture->poller) == OK);
    CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == 0);
    fixture->peer = pair[1];
    CHECK(conn_open(&fixture->conn, fixture->poller, pair[0], 1, NULL, &handler) == OK);
}

static void turn(struct fixture *fixture)
{
    for (int i = 0; i < 20; i++)
        (void)uv_run(&fixture->loop->uv, UV_RUN_NOWAIT);
}

static void end(struct fixture *fixture)
{
    conn_close(&fixture->conn);
    turn(fixture);
    CHECK(fixture->is_closed);
    (void)close(fixture->peer);
    buf_free(&fixture->got);
    poller_free(&fixture->poller);
    loop_free(&fixture->loop);
}

static void test_bytes_come_and_go(void **state)
{
    (void)state;
    struct fixture fixture;
    char got[16] = "";
    begin(&fixture);
    CHECK(send(fixture.peer, "hello", 5, 0) == 5);
    turn(&fixture);
    CHECK_BYTES(buf_bytes(&fixture.got), BYTES("hello"));
    conn_write(&fixture.conn, BYTES("answer"));
    CHECK(recv(fixture.peer, got, sizeof got, 0) == 6);
    /* An idle connection holds no buffer. */
    CHECK(fixture.conn.out.data == NULL && fixture.conn.in.data == NULL);
    end(&fixture);
}

/* What the protocol does not take is kept, and nothing more is read until it asks. */
static void test_untaken_bytes_are_kept(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    fixture.take_max = 0;
    CHECK(send(fixture.peer, "first", 5, 0) == 5);
    turn(&fixture);
    CHECK(fixture.conn.is_paused && fixture.got.len == 0);
    CHECK(send(fixture.peer, "second", 6, 0) == 6);
    turn(&fixture);
    CHECK(fixture.conn.in.len == 5);
    fixture.take_max = 2;
    conn_resume(&fixture.conn);
    turn(&fixture);
    CHECK_BYTES(buf_bytes(&fixture.got), BYTES("firstsecond"));
    end(&fixture);
}

/* A peer that does not read cannot make us keep more and more: from a limit on nothing more is read
 * from it. */
static void test_full_peer_is_waited_for(void **state)
{
    (void)state;
    struct fixture fixture;
    struct buf big = {0};
    begin(&fixture);
    while (big.len < 2 * 1024 * 1024)
        buf_append(&big, BYTES("0123456789abcdef"));
    conn_write(&fixture.conn, buf_bytes(&big));
    CHECK(fixture.conn.is_blocked && fixture.conn.out.len > CONN_OUT_BYTES_PAUSE);
    CHECK(send(fixture.peer, "more", 4, 0) == 4);
    turn(&fixture);
    CHECK(fixture.got.len == 0 && fixture.writable_count == 0);

    struct buf got = {0};
    while (got.len < big.len) {
        uint8_t piece[65536];
        ssize_t n = recv(fixture.peer, piece, sizeof piece, 0);
        if (n > 0)
            buf_append(&got, bytes_of(piece, (size_t)n));
        turn(&fixture);
    }
    CHECK(bytes_equal(buf_bytes(&got), buf_bytes(&big)));
    CHECK(fixture.writable_count == 1 && !fixture.conn.is_blocked && fixture.conn.out.data == NULL);
    CHECK_BYTES(buf_bytes(&fixture.got), BYTES("more"));
    buf_free(&got);
    buf_free(&big);
    end(&fixture);
}

/* What the kernel does not take is left to the caller. */
static void test_nothing_is_kept_of_what_is_only_sent(void **state)
{
    (void)state;
    struct fixture fixture;
    struct buf big = {0};
    begin(&fixture);
    CHECK(conn_send(&fixture.conn, BYTES("all")) == 3 && !fixture.conn.is_blocked);
    while (big.len < 2 * 1024 * 1024)
        buf_append(&big, BYTES("0123456789abcdef"));
    size_t taken = conn_send(&fixture.conn, buf_bytes(&big));
    CHECK(taken > 0 && taken < big.len);
    CHECK(fixture.conn.is_blocked && fixture.conn.out.len == 0);
    CHECK(conn_send(&fixture.conn, BYTES("none")) == 0);

    size_t received = 0;
    uint8_t piece[65536];
    for (ssize_t n; (n = recv(fixture.peer, piece, sizeof piece, 0)) > 0;)
        received += (size_t)n;
    CHECK(received == 3 + taken);
    turn(&fixture);
    CHECK(fixture.writable_count == 1 && !fixture.conn.is_blocked);

    (void)shutdown(fixture.conn.fd, SHUT_WR);
    CHECK(conn_send(&fixture.conn, BYTES("none")) == 0 && fixture.conn.state == CONN_CLOSED);
    buf_free(&big);
    end(&fixture);
}

/* Bytes were kept while too much waited for the peer. When it has taken some of that, but not all,
 * more may be read: what was kept still comes first. */
static void test_kept_bytes_come_before_new_ones(void **state)
{
    (void)state;
    struct fixture fixture;
    struct buf big = {0};
    begin(&fixture);
    while (big.len < 2 * 1024 * 1024)
        buf_append(&big, BYTES("0123456789abcdef"));
    conn_write(&fixture.conn, buf_bytes(&big));
    CHECK(fixture.conn.is_blocked && fixture.conn.out.len > CONN_OUT_BYTES_PAUSE);
    buf_append(&fixture.conn.in, BYTES("kept, "));
    buf_consume(&fixture.conn.out, fixture.conn.out.len - 100);
    CHECK(send(fixture.peer, "new", 3, 0) == 3);
    conn_on_ready(&fixture.conn, POLLER_READABLE);
    CHECK_BYTES(buf_bytes(&fixture.got), BYTES("kept, new"));
    buf_free(&big);
    end(&fixture);
}

/* The last words reach the peer before the end does, and what it still says is thrown away. */
static void test_finish_sends_what_is_left(void **state)
{
    (void)state;
    struct fixture fixture;
    char got[32] = "";
    begin(&fixture);
    buf_append(&fixture.conn.out, BYTES("goodbye"));
    conn_finish(&fixture.conn);
    CHECK(send(fixture.peer, "ignored", 7, 0) == 7);
    turn(&fixture);
    CHECK(recv(fixture.peer, got, sizeof got, 0) == 7);
    CHECK(recv(fixture.peer, got, sizeof got, 0) == 0);
    CHECK(fixture.got.len == 0 && fixture.conn.state == CONN_LINGERING && !fixture.has_ended);
    CHECK(shutdown(fixture.peer, SHUT_WR) == 0);
    turn(&fixture);
    CHECK(fixture.has_ended && fixture.is_closed);
    end(&fixture);
}

static void test_peer_s_end_is_told_once(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    CHECK(send(fixture.peer, "x", 1, 0) == 1);
    (void)shutdown(fixture.peer, SHUT_RDWR);
    turn(&fixture);
    CHECK_BYTES(buf_bytes(&fixture.got), BYTES("x"));
    CHECK(fixture.has_ended && fixture.is_closed);
    end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_come_and_go),
        cmocka_unit_test(test_untaken_bytes_are_kept),
        cmocka_unit_test(test_full_peer_is_waited_for),
        cmocka_unit_test(test_nothing_is_kept_of_what_is_only_sent),
        cmocka_unit_test(test_kept_bytes_come_before_new_ones),
        cmocka_unit_test(test_finish_sends_what_is_left),
        cmocka_unit_test(test_peer_s_end_is_told_once),
    };
    return cmocka_run_group_tests_name("net/conn", tests, NULL, NULL);
}
