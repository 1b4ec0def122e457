/* raw.c - the raw baseline: the same bytes to as many sockets, with no server at all.
 *
 * Accepts connections, and for each message that comes in on one of them sends one ready-made frame
 * to all: by send() in a loop, or through io_uring (fill, submit, reap). Nothing is parsed, stored,
 * checked or looked up. The other ends are bench/load --bare, the same reader that a server is
 * measured with, so that receiving costs the same.
 */
#include <arpa/inet.h>
#include <liburing.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/buf.h"
#include "bench/order.h"
#include "bench/process.h"

enum {
    CONNECTIONS_MAX = 100 * 1000,
    CONTENT_BYTES = 100,
    URING_ENTRIES = 256, /* sends that are submitted together */
    LISTEN_BACKLOG = 4096,
    RECEIVE_BYTES = 64 * 1024,
    CLIENT_HEADER_BYTES =
        2 + 4, /* of a masked frame whose length fits the first byte (RFC 6455, section 5.2) */
};

struct raw {
    int *fds;
    size_t count;
    bool uses_uring;
    struct io_uring ring;
    struct buf frame;
    size_t id_at; /* where in the frame the message's number stands */
    uint32_t next_number;
    uint64_t sends;
};

/* One frame as confab sends it to a client of the existing system: 126 in the first length byte,
 * then two bytes. */
static enum err frame_make(struct raw *raw)
{
    char content[CONTENT_BYTES + 1];
    memset(content, 'x', CONTENT_BYTES);
    content[CONTENT_BYTES] = '\0';
    memcpy(content, "#00000000.00000000.", 19);
    struct buf json = {0};
    buf_printf(
        &json,
        "{\"type\": \"message\", \"message\": {\"id\": 10001, \"chat\": 1, \"sender\": {\"id\": 1, "
        "\"username\": \"u00001\", \"email\": \"u00001@example.com\", \"user_type\": "
        "\"student\"}, \"content\": \"%s\", \"timestamp\": \"2026-01-01T00:00:00.000000Z\"}}",
        content);
    const uint8_t header[] = {0x81, 126, (uint8_t)(json.len >> 8), (uint8_t)json.len};
    buf_append(&raw->frame, bytes_of(header, sizeof(header)));
    buf_append(&raw->frame, buf_bytes(&json));
    raw->id_at = bytes_index(buf_bytes(&raw->frame), '#') + 10;
    enum err err = buf_status(&json);
    buf_free(&json);
    return err == OK ? buf_status(&raw->frame) : err;
}

/* Give the frame the next message's number, in place. */
static void frame_number(struct raw *raw)
{
    char digits[9];
    (void)snprintf(digits, sizeof(digits), "%08x", raw->next_number++);
    memcpy(raw->frame.data + raw->id_at, digits, 8);
}

/* The loop that everything is compared with. */
static enum err send_to_all_plain(struct raw *raw)
{
    for (size_t i = 0; i < raw->count; i++) {
        ssize_t sent = send(raw->fds[i], raw->frame.data, raw->frame.len, MSG_NOSIGNAL);
        if (sent != (ssize_t)raw->frame.len)
            return ERR_CLOSED;
    }
    return OK;
}

/* Submit what is queued and wait for all of it. */
static enum err uring_finish(struct raw *raw, unsigned queued)
{
    if (io_uring_submit_and_wait(&raw->ring, queued) < 0)
        return ERR_IO;
    struct io_uring_cqe *cqe;
    unsigned head;
    unsigned seen = 0;
    enum err err = OK;
    io_uring_for_each_cqe(&raw->ring, head, cqe)
    {
        seen++;
        if (cqe->res != (int)raw->frame.len)
            err = ERR_CLOSED;
    }
    io_uring_cq_advance(&raw->ring, seen);
    return seen == queued ? err : ERR_IO;
}

static enum err send_to_all_uring(struct raw *raw)
{
    unsigned queued = 0;
    for (size_t i = 0; i < raw->count; i++) {
        struct io_uring_sqe *sqe = io_uring_get_sqe(&raw->ring);
        io_uring_prep_send(sqe, raw->fds[i], raw->frame.data, raw->frame.len, MSG_NOSIGNAL);
        if (++queued < URING_ENTRIES && i + 1 < raw->count)
            continue;
        enum err err = uring_finish(raw, queued);
        if (err != OK)
            return err;
        queued = 0;
    }
    return OK;
}

static enum err send_to_all(struct raw *raw)
{
    frame_number(raw);
    raw->sends += raw->count;
    return raw->uses_uring ? send_to_all_uring(raw) : send_to_all_plain(raw);
}

/* How many whole client frames the bytes hold; *used is their length. */
static size_t client_frames(struct bytes received, size_t *used)
{
    size_t count = 0;
    *used = 0;
    while (received.len - *used >= CLIENT_HEADER_BYTES + 2) {
        const uint8_t *at = received.data + *used;
        size_t len = at[1] & 0x7F;
        size_t whole = CLIENT_HEADER_BYTES + len;
        if (len >= 126)
            whole = CLIENT_HEADER_BYTES + 2 + ((size_t)at[2] << 8 | at[3]);
        if (received.len - *used < whole)
            break;
        *used += whole;
        count++;
    }
    return count;
}

/* Send one frame to all for each message that the publisher sends, until it goes away. */
static enum err serve(struct raw *raw, int publisher)
{
    struct buf received = {0};
    enum err err = OK;
    while (err == OK) {
        if (!buf_reserve(&received, RECEIVE_BYTES)) {
            err = ERR_MEMORY;
            break;
        }
        ssize_t got = recv(publisher, received.data + received.len, RECEIVE_BYTES, 0);
        if (got <= 0)
            break; /* the run is over */
        received.len += (size_t)got;
        size_t used = 0;
        size_t frames = client_frames(buf_bytes(&received), &used);
        buf_consume(&received, used);
        for (size_t i = 0; i < frames && err == OK; i++)
            err = send_to_all(raw);
    }
    buf_free(&received);
    return err;
}

/* The first connection on which something comes is the publisher. */
static int publisher_find(const struct raw *raw)
{
    struct pollfd *polls = calloc(raw->count, sizeof(*polls));
    if (polls == NULL)
        return -1;
    for (size_t i = 0; i < raw->count; i++)
        polls[i] = (struct pollfd) {.fd = raw->fds[i], .events = POLLIN};
    int found = -1;
    if (poll(polls, raw->count, -1) > 0) {
        for (size_t i = 0; i < raw->count && found < 0; i++) {
            if (polls[i].revents != 0)
                found = polls[i].fd;
        }
    }
    free(polls);
    return found;
}

/* Listen on a free port, say which, and accept all. */
static enum err accept_all(struct raw *raw)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    enum err err = ERR_IO;
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof(address)) != 0 ||
        listen(listener, LISTEN_BACKLOG) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &len) != 0)
        goto done;
    (void)printf("raw: listening on 127.0.0.1:%u\n", ntohs(address.sin_port));
    (void)fflush(stdout);
    for (size_t i = 0; i < raw->count; i++) {
        int on = 1;
        raw->fds[i] = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (raw->fds[i] < 0 ||
            setsockopt(raw->fds[i], IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0)
            goto done;
    }
    err = OK;
done:
    if (listener >= 0)
        (void)close(listener);
    return err;
}

static enum err raw_prepare(struct raw *raw)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit); /* if it fails, accept4() will */
    }
    raw->fds = calloc(raw->count, sizeof(*raw->fds));
    if (raw->fds == NULL)
        return ERR_MEMORY;
    unsigned flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN;
    if (raw->uses_uring && io_uring_queue_init(URING_ENTRIES, &raw->ring, flags) != 0)
        return ERR_IO;
    return frame_make(raw);
}

static void raw_free(struct raw *raw)
{
    for (size_t i = 0; raw->fds != NULL && i < raw->count; i++) {
        if (raw->fds[i] > 0)
            (void)close(raw->fds[i]);
    }
    free(raw->fds);
    buf_free(&raw->frame);
    if (raw->ring.ring_fd > 0)
        io_uring_queue_exit(&raw->ring);
}

static enum err raw_run(struct raw *raw)
{
    enum err err = raw_prepare(raw);
    if (err == OK)
        err = accept_all(raw);
    if (err != OK)
        return err;
    int publisher = publisher_find(raw);
    uint64_t begin_ns = own_cpu_ns();
    err = publisher < 0 ? ERR_IO : serve(raw, publisher);
    double cpu_us = (double)(own_cpu_ns() - begin_ns) / 1e3;
    double sends = raw->sends > 0 ? (double)raw->sends : 1;
    (void)printf("raw: sends=%llu frame_bytes=%zu cpu_us_per_send=%.4f\n",
                 (unsigned long long)raw->sends, raw->frame.len, cpu_us / sends);
    return err;
}

int main(int argc, char **argv)
{
    struct raw raw = {0};
    uint64_t count = 0;
    if (argc < 2 || argc > 3 ||
        bytes_to_number(bytes_from_text(argv[1]), CONNECTIONS_MAX, &count) != OK || count == 0 ||
        (argc == 3 && strcmp(argv[2], "--uring") != 0)) {
        (void)fprintf(stderr, "usage: raw CONNECTIONS [--uring]\n");
        return 2;
    }
    raw.count = count;
    raw.uses_uring = argc == 3;
    enum err err = raw_run(&raw);
    raw_free(&raw);
    if (err != OK)
        (void)fprintf(stderr, "raw: %s\n", err_name(err));
    return err == OK ? 0 : 1;
}
