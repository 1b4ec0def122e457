#include "net/listener.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/log.h"
#include "base/metrics.h"

struct listener {
    uv_poll_t poll;
    int fd;
    bool is_looking_away; /* no file descriptor was left */
    bool is_in_trouble;   /* the same, until nobody waits any more: one line of log, however long */
    struct listener_handler handler;
};

/* Accept one. false: there is nobody, or no file descriptor left. */
static bool accept_one(struct listener *listener)
{
    struct sockaddr_storage storage;
    socklen_t len = sizeof storage;
    int fd = accept4(listener->fd, (struct sockaddr *)&storage, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
        int on = 1;
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        struct address peer = address_of(&storage);
        listener->handler.on_accept(listener->handler.context, fd, &peer);
        return true;
    }
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        if (!listener->is_in_trouble)
            log_warning("no more connections can be accepted for now", 0, "reason=\"%s\"",
                        strerror(errno));
        listener->is_in_trouble = true;
        metrics_count(COUNTER_ACCEPT_PAUSES);
        listener->is_looking_away = true;
        (void)uv_poll_stop(&listener->poll);
        return false;
    }
    /* A connection that broke while it waited (ECONNABORTED and the network's errors, accept(2)) is
     * passed over. */
    if (errno != EAGAIN)
        return true;
    if (listener->is_in_trouble)
        log_info("connections are accepted again", 0, "%s", "");
    listener->is_in_trouble = false;
    return false;
}

static void on_event(uv_poll_t *poll, int status, int events)
{
    struct listener *listener = poll->data;
    (void)status;
    (void)events;
    for (int i = 0; i < LISTENER_ACCEPTS_MAX; i++) {
        if (!accept_one(listener))
            return;
    }
}

static int bind_and_listen(const struct addrinfo *info, bool is_shared)
{
    int fd = socket(info->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    int on = 1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (info->ai_family == AF_INET6)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (is_shared)
        (void)setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    if (bind(fd, info->ai_addr, info->ai_addrlen) == 0 && listen(fd, LISTENER_BACKLOG) == 0)
        return fd;
    int reason = errno;
    (void)close(fd);
    errno = reason;
    return -1;
}

static uint16_t bound_port(int fd)
{
    struct sockaddr_storage storage = {0};
    socklen_t len = sizeof storage;
    if (getsockname(fd, (struct sockaddr *)&storage, &len) != 0)
        return 0;
    in_port_t port;
    size_t at = storage.ss_family == AF_INET6 ? offsetof(struct sockaddr_in6, sin6_port)
                                              : offsetof(struct sockaddr_in, sin_port);
    memcpy(&port, (const char *)&storage + at, sizeof port);
    return ntohs(port);
}

/* A socket that listens at the first address of the host that can be bound. -1: *reason says why
 * not. */
static int open_socket(const char *host, uint16_t port, bool is_shared, char reason[128])
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *list = NULL;
    char service[8];
    (void)snprintf(service, sizeof service, "%u", port);
    int failure = getaddrinfo(host, service, &hints, &list);
    if (failure != 0) {
        (void)snprintf(reason, 128, "%s", gai_strerror(failure));
        return -1;
    }
    int fd = -1;
    for (struct addrinfo *info = list; info != NULL && fd < 0; info = info->ai_next)
        fd = bind_and_listen(info, is_shared);
    if (fd < 0)
        (void)snprintf(reason, 128, "%s", strerror(errno));
    freeaddrinfo(list);
    return fd;
}

enum err listener_probe(const char *host, uint16_t port, char reason[128])
{
    int fd = open_socket(host, port, false, reason);
    if (fd < 0)
        return ERR_IO;
    (void)close(fd);
    return OK;
}

enum err listener_new(struct loop *loop, const char *host, uint16_t *port,
                      const struct listener_handler *handler, struct listener **out,
                      char reason[128])
{
    struct listener *listener = calloc(1, sizeof *listener);
    if (listener == NULL)
        return ERR_MEMORY;
    listener->handler = *handler;
    listener->fd = open_socket(host, *port, true, reason);
    if (listener->fd < 0 || uv_poll_init(&loop->uv, &listener->poll, listener->fd) != 0) {
        if (listener->fd >= 0)
            (void)close(listener->fd);
        free(listener);
        return ERR_IO;
    }
    *port = bound_port(listener->fd);
    listener->poll.data = listener;
    (void)uv_poll_start(&listener->poll, UV_READABLE, on_event);
    *out = listener;
    return OK;
}

void listener_retry(struct listener *listener)
{
    if (!listener->is_looking_away)
        return;
    listener->is_looking_away = false;
    (void)uv_poll_start(&listener->poll, UV_READABLE, on_event);
}

static void on_handle_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void listener_free(struct listener **listener_at)
{
    struct listener *listener = *listener_at;
    *listener_at = NULL;
    if (listener == NULL)
        return;
    (void)uv_poll_stop(&listener->poll);
    (void)close(listener->fd);
    uv_close((uv_handle_t *)&listener->poll, on_handle_closed);
}
