/* send.h - many sends in one go.
 *
 * One interface, two ways: io_uring, where filling, submitting and reaping a whole batch is one
 * system call, or send(2) one after the other where the kernel refuses io_uring. Both never wait.
 * Thread: a sender belongs to one loop.
 */
#ifndef CONFAB_NET_SEND_H
#define CONFAB_NET_SEND_H

#include <sys/types.h>
#include "base/bytes.h"

enum { SEND_OPS_MAX = 1024 }; /* sends of one batch: two to five milliseconds */

enum send_way {
    SEND_BEST, /* io_uring if the kernel has it, else plain */
    SEND_PLAIN,
    SEND_URING,
};

struct send_op {
    int fd;
    struct bytes bytes; /* must stay where they are until sender_run() returns */
    ssize_t result; /* bytes that the kernel took, or -errno: -EAGAIN when the socket's buffer is
                       full */
};

struct sender; /* opaque */

/* ERR_MEMORY; ERR_IO: SEND_URING and the kernel refuses it. */
CHECKED enum err sender_new(enum send_way way, struct sender **out);
void sender_free(struct sender **sender);

/* Which way was chosen: "io_uring" or "send". */
const char *sender_way(const struct sender *sender);

/* Do all of them, at most SEND_OPS_MAX; each op's result is set. */
void sender_run(struct sender *sender, struct send_op *ops, size_t count);

#endif
