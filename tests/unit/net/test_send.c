/* Both ways of sending, under the same tests. */
#include "check.h"

#include <errno.h>
#include <liburing.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "base/buf.h"
#include "net/send.h"

enum { PAIRS = 100 };

static const enum send_way ways[] = {SEND_PLAIN, SEND_URING};

/* A sender, or NULL where this kernel refuses io_uring. */
static struct sender *make(enum send_way way)
{
    struct sender *sender = NULL;
    enum err err = sender_new(way, &sender);
    CHECK(err == OK || (way == SEND_URING && err == ERR_IO));
    return sender;
}

static void make_pairs(int pairs[PAIRS][2])
{
    for (int i = 0; i < PAIRS; i++)
        CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pairs[i]) == 0);
}

static void close_pairs(int pairs[PAIRS][2])
{
    for (int i = 0; i < PAIRS; i++) {
        (void)close(pairs[i][0]);
        (void)close(pairs[i][1]);
    }
}

static void test_each_gets_its_bytes(void **state)
{
    (void)state;
    for (size_t w = 0; w < COUNT_OF(ways); w++) {
        struct sender *sender = make(ways[w]);
        if (sender == NULL)
            continue;
        int pairs[PAIRS][2];
        struct send_op ops[PAIRS];
        char texts[PAIRS][8];
        make_pairs(pairs);
        for (int round = 0; round < 5; round++) {
            for (int i = 0; i < PAIRS; i++) {
                (void)snprintf(texts[i], sizeof texts[i], "%03d:%d", i, round);
                ops[i] = (struct send_op) {pairs[i][0], bytes_from_text(texts[i]), 0};
            }
            sender_run(sender, ops, PAIRS);
            for (int i = 0; i < PAIRS; i++) {
                char got[8] = "";
                CHECK(ops[i].result == 5);
                CHECK(recv(pairs[i][1], got, sizeof got, 0) == 5);
                CHECK(strcmp(got, texts[i]) == 0);
            }
        }
        close_pairs(pairs);
        sender_free(&sender);
    }
}

/* A full buffer is reported and never waited for; a part that was taken is counted. */
static void test_full_socket_takes_a_part_then_nothing(void **state)
{
    (void)state;
    for (size_t w = 0; w < COUNT_OF(ways); w++) {
        struct sender *sender = make(ways[w]);
        if (sender == NULL)
            continue;
        int pairs[PAIRS][2];
        struct buf big = {0};
        make_pairs(pairs);
        while (big.len < 4 * 1024 * 1024)
            buf_append(&big, BYTES("0123456789abcdef"));
        struct send_op ops[2];
        for (int round = 0; round < 2; round++) {
            ops[0] = (struct send_op) {pairs[0][0], buf_bytes(&big), 0};
            ops[1] = (struct send_op) {pairs[1][0], BYTES("x"), 0};
            sender_run(sender, ops, 2);
            CHECK(ops[1].result == 1);
            if (round == 0)
                CHECK(ops[0].result > 0 && (size_t)ops[0].result < big.len);
            else
                CHECK(ops[0].result == -EAGAIN);
        }
        buf_free(&big);
        close_pairs(pairs);
        sender_free(&sender);
    }
}

/* One peer that is gone is its own trouble only, and no signal. */
static void test_closed_peer_is_reported(void **state)
{
    (void)state;
    for (size_t w = 0; w < COUNT_OF(ways); w++) {
        struct sender *sender = make(ways[w]);
        if (sender == NULL)
            continue;
        int pairs[PAIRS][2];
        make_pairs(pairs);
        (void)close(pairs[1][1]);
        struct send_op ops[3] = {
            {pairs[0][0], BYTES("a"), 0},
            {pairs[1][0], BYTES("b"), 0},
            {pairs[2][0], BYTES("c"), 0},
        };
        sender_run(sender, ops, 3);
        CHECK(ops[0].result == 1 && ops[1].result == -EPIPE && ops[2].result == 1);
        pairs[1][1] = dup(pairs[1][0]);
        close_pairs(pairs);
        sender_free(&sender);
    }
}

/* The descriptor of the ring that this process has. -1: none. */
static int find_ring_fd(void)
{
    for (int fd = 0; fd < 1024; fd++) {
        char path[64];
        char target[64] = "";
        (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        if (readlink(path, target, sizeof target - 1) > 0 && strstr(target, "[io_uring]") != NULL)
            return fd;
    }
    return -1;
}

static bool may_be_changed(int ring_fd)
{
    char probe[sizeof(struct io_uring_probe)] = {0};
    return syscall(SYS_io_uring_register, ring_fd, IORING_REGISTER_PROBE, probe, 0) == 0;
}

/* No seccomp filter sees what a ring does: it must be bound to sends from the beginning. A ring
 * with restrictions refuses every registration, which others do not. */
static void test_ring_is_restricted(void **state)
{
    (void)state;
    struct sender *sender = make(SEND_URING);
    if (sender == NULL)
        skip();
    CHECK(find_ring_fd() >= 0);
    CHECK(!may_be_changed(find_ring_fd()));
    CHECK(errno == EACCES);
    sender_free(&sender);

    struct io_uring ordinary;
    CHECK(io_uring_queue_init(1, &ordinary, 0) == 0);
    CHECK(may_be_changed(find_ring_fd()));
    io_uring_queue_exit(&ordinary);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_gets_its_bytes),
        cmocka_unit_test(test_full_socket_takes_a_part_then_nothing),
        cmocka_unit_test(test_closed_peer_is_reported),
        cmocka_unit_test(test_ring_is_restricted),
    };
    return cmocka_run_group_tests_name("net/send", tests, NULL, NULL);
}
