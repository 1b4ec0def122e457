#include "net/poller.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

static void on_event(uv_poll_t *poll, int status, int events)
{
    struct poller *poller = poll->data;
    struct epoll_event ready[POLLER_EVENTS_MAX];
    (void)status;
    (void)events;
    int count = epoll_wait(poller->fd, ready, POLLER_EVENTS_MAX, 0);
    for (int i = 0; i < count; i++) {
        unsigned told = 0;
        if ((ready[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0)
            told |= POLLER_READABLE;
        if ((ready[i].events & EPOLLOUT) != 0)
            told |= POLLER_WRITABLE;
        poller->on_ready(ready[i].data.ptr, told);
    }
}

enum err poller_new(struct loop *loop, void (*on_ready)(void *thing, unsigned events),
                    struct poller **out)
{
    struct poller *poller = calloc(1, sizeof *poller);
    if (poller == NULL)
        return ERR_MEMORY;
    poller->loop = loop;
    poller->on_ready = on_ready;
    poller->fd = epoll_create1(EPOLL_CLOEXEC);
    if (poller->fd < 0 || uv_poll_init(&loop->uv, &poller->poll, poller->fd) != 0) {
        if (poller->fd >= 0)
            (void)close(poller->fd);
        free(poller);
        return ERR_IO;
    }
    poller->poll.data = poller;
    (void)uv_poll_start(&poller->poll, UV_READABLE, on_event);
    *out = poller;
    return OK;
}

static void on_handle_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void poller_free(struct poller **poller_at)
{
    struct poller *poller = *poller_at;
    *poller_at = NULL;
    if (poller == NULL)
        return;
    (void)uv_poll_stop(&poller->poll);
    (void)close(poller->fd);
    uv_close((uv_handle_t *)&poller->poll, on_handle_closed);
}

static int control(struct poller *poller, int operation, int fd, void *thing, unsigned events)
{
    struct epoll_event event = {.data.ptr = thing};
    if ((events & POLLER_READABLE) != 0)
        event.events |= EPOLLIN;
    if ((events & POLLER_WRITABLE) != 0)
        event.events |= EPOLLOUT;
    return epoll_ctl(poller->fd, operation, fd, &event);
}

enum err poller_add(struct poller *poller, int fd, void *thing, unsigned events)
{
    if (control(poller, EPOLL_CTL_ADD, fd, thing, events) == 0)
        return OK;
    return errno == ENOMEM ? ERR_MEMORY : ERR_IO;
}

void poller_change(struct poller *poller, int fd, void *thing, unsigned events)
{
    (void)control(poller, EPOLL_CTL_MOD, fd, thing, events); /* cannot fail for what was added */
}
