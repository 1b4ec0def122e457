/* poller.h - which of many file descriptors are ready, on one loop.
 *
 * An epoll set of its own inside the loop's: the loop watches one file descriptor, and a connection
 * costs no handle of the loop's library (uv_poll_t: 160 bytes each). Does not know: what the file
 * descriptors are. Thread: its loop's.
 */
#ifndef CONFAB_NET_POLLER_H
#define CONFAB_NET_POLLER_H

#include "loop/loop.h"

enum { POLLER_EVENTS_MAX = 256 }; /* taken in one go; the rest comes with the next turn */

enum poller_event {
    POLLER_READABLE = 1, /* or ended, or broken: reading tells */
    POLLER_WRITABLE = 2,
};

struct poller {
    struct loop *loop;
    int fd;
    uv_poll_t poll;
    /* thing is ready for some of the events that it is watched for. It may stop being watched, and
     * so may others; the memory of none of them may be freed before the call returns. */
    void (*on_ready)(void *thing, unsigned events);
};

/* ERR_MEMORY, ERR_IO: no file descriptor left. */
CHECKED enum err poller_new(struct loop *loop, void (*on_ready)(void *thing, unsigned events),
                            struct poller **out);

/* Before loop_free(), which ends what this begins. */
void poller_free(struct poller **poller);

/* Begin to watch fd for events (none: nothing is told). Closing fd ends it. ERR_IO: the system's
 * limit of watches (fs.epoll.max_user_watches) is reached. */
CHECKED enum err poller_add(struct poller *poller, int fd, void *thing, unsigned events);

/* Watch for other events. */
void poller_change(struct poller *poller, int fd, void *thing, unsigned events);

#endif
