#include "net/send.h"

#include <assert.h>
#include <errno.h>
#include <liburing.h>
#include <stdlib.h>
#include <sys/socket.h>

struct sender {
    bool has_ring;
    struct io_uring ring;
};

static ssize_t send_plain(int fd, struct bytes bytes)
{
    ssize_t sent;
    do {
        sent = send(fd, bytes.data, bytes.len, MSG_NOSIGNAL | MSG_DONTWAIT);
    } while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : sent;
}

/* Bind the ring to sends: what a ring does passes no seccomp filter, so whoever got in could open
 * files and connect through it (docs/security.md). Every kernel that has the flags below can. */
static bool restrict_to_sends(struct io_uring *ring)
{
    struct io_uring_restriction only_send = {
        .opcode = IORING_RESTRICTION_SQE_OP,
        .sqe_op = IORING_OP_SEND,
    };
    unsigned fd = (unsigned)ring->ring_fd;
    /* By the bare call: liburing 2.3 declares functions for these two and does not export them. */
    return io_uring_register(fd, IORING_REGISTER_RESTRICTIONS, &only_send, 1) == 0 &&
           io_uring_register(fd, IORING_REGISTER_ENABLE_RINGS, NULL, 0) == 0;
}

static bool open_ring(struct io_uring *ring)
{
    /* One thread submits and reaps in the same call, so completions need no interrupt of their
     * own. */
    unsigned flags = IORING_SETUP_SUBMIT_ALL | IORING_SETUP_COOP_TASKRUN | IORING_SETUP_R_DISABLED;
    if (io_uring_queue_init(SEND_OPS_MAX, ring, flags) != 0)
        return false;
    if (restrict_to_sends(ring))
        return true;
    io_uring_queue_exit(ring);
    return false;
}

enum err sender_new(enum send_way way, struct sender **out)
{
    struct sender *sender = calloc(1, sizeof *sender);
    if (sender == NULL)
        return ERR_MEMORY;
    if (way != SEND_PLAIN)
        sender->has_ring = open_ring(&sender->ring);
    if (way == SEND_URING && !sender->has_ring) {
        free(sender);
        return ERR_IO;
    }
    *out = sender;
    return OK;
}

void sender_free(struct sender **sender_at)
{
    struct sender *sender = *sender_at;
    *sender_at = NULL;
    if (sender == NULL)
        return;
    if (sender->has_ring)
        io_uring_queue_exit(&sender->ring);
    free(sender);
}

const char *sender_way(const struct sender *sender)
{
    return sender->has_ring ? "io_uring" : "send";
}

/* Take the completions that are there; each names its op by its index. */
static size_t reap(struct sender *sender, struct send_op *ops)
{
    struct io_uring_cqe *cqe;
    unsigned head;
    unsigned count = 0;
    io_uring_for_each_cqe(&sender->ring, head, cqe)
    {
        ops[io_uring_cqe_get_data64(cqe)].result = cqe->res;
        count++;
    }
    io_uring_cq_advance(&sender->ring, count);
    return count;
}

static void run_ring(struct sender *sender, struct send_op *ops, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct io_uring_sqe *sqe = io_uring_get_sqe(&sender->ring);
        assert(sqe != NULL); /* the ring has room for SEND_OPS_MAX and is empty between runs */
        io_uring_prep_send(sqe, ops[i].fd, ops[i].bytes.data, ops[i].bytes.len,
                           MSG_NOSIGNAL | MSG_DONTWAIT);
        io_uring_sqe_set_data64(sqe, i);
        ops[i].result = -ECANCELED;
    }
    size_t done = 0;
    while (done < count) {
        int submitted = io_uring_submit_and_wait(&sender->ring, (unsigned)(count - done));
        if (submitted < 0 && submitted != -EINTR && submitted != -EAGAIN && submitted != -EBUSY)
            abort(); /* a ring in an unknown state may still read memory that we give away */
        done += reap(sender, ops);
    }
}

void sender_run(struct sender *sender, struct send_op *ops, size_t count)
{
    assert(count <= SEND_OPS_MAX);
    /* A single send is cheaper without the ring. */
    if (sender->has_ring && count > 1) {
        run_ring(sender, ops, count);
        return;
    }
    for (size_t i = 0; i < count; i++)
        ops[i].result = send_plain(ops[i].fd, ops[i].bytes);
}
