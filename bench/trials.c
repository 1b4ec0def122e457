/* trials.c - ways of sending and receiving that a server could choose, each beside the plain one.
 *
 * Two crowds of TCP connections over loopback in one process, whose other ends belong to a second
 * thread on another core. A trial is two ways; they take turns, a few milliseconds each, so that
 * whatever else the machine does hits both. What is compared is the processor time of the thread
 * that is ours, per send or receive. Prints the median of each way and of their ratio. The trials
 * of loops and cores come first (trial_loops.c).
 */
#include <arpa/inet.h>
#include <errno.h>
#include <liburing.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include "bench/process.h"
#include "bench/trial.h"

enum {
    CROWD = 1000,        /* connections of a way */
    RING_ENTRIES = 1024, /* as net/send.h */
    FRAMES_MAX = 4,
    LONG_BYTES = 64 * 1024,
    RECEIVE_BYTES = 64 * 1024,
    PROVIDED = 1024, /* buffers that the kernel chooses from; a power of two */
    PROVIDED_BYTES = 512,
};

enum how {
    BY_SEND,
    BY_RING,
    BY_RING_DEFERRED,  /* SINGLE_ISSUER, DEFER_TASKRUN */
    BY_RING_FILES,     /* registered files */
    BY_RING_SILENT,    /* no completions for what succeeds */
    BY_RING_ZERO_COPY, /* IORING_OP_SEND_ZC */
    BY_SENDMSG,        /* each frame an iovec */
    BY_EPOLL,          /* receive: epoll_wait(), recv() */
    BY_MULTISHOT, /* receive: one request for each connection, buffers that the ring provides */
};

struct way {
    const char *name;
    enum how how;
    int level; /* of a socket option; 0: none */
    int option;
    int number;
    const char *text; /* the option's value, if it is not a number */
};

struct trial {
    struct way plain;
    struct way other;
    size_t bytes; /* of a frame */
    size_t frames;
};

static const struct trial trials[] = {
#define SEND                                                                                       \
    {                                                                                              \
        "send()", BY_SEND, 0, 0, 0, NULL                                                           \
    }
#define RING                                                                                       \
    {                                                                                              \
        "io_uring", BY_RING, 0, 0, 0, NULL                                                         \
    }
#define OPTION(name, level, option, number)                                                        \
    {                                                                                              \
        name, BY_SEND, level, option, number, NULL                                                 \
    }
    {SEND, SEND, TRIAL_FRAME_BYTES, 1}, /* what the clock can tell apart */
    {SEND, RING, TRIAL_FRAME_BYTES, 1},
    {RING, {"deferred task work", BY_RING_DEFERRED, 0, 0, 0, NULL}, TRIAL_FRAME_BYTES, 1},
    {RING, {"registered files", BY_RING_FILES, 0, 0, 0, NULL}, TRIAL_FRAME_BYTES, 1},
    {RING, {"no completions", BY_RING_SILENT, 0, 0, 0, NULL}, TRIAL_FRAME_BYTES, 1},
    {RING, {"zero copy", BY_RING_ZERO_COPY, 0, 0, 0, NULL}, TRIAL_FRAME_BYTES, 1},
    {RING, {"zero copy", BY_RING_ZERO_COPY, 0, 0, 0, NULL}, LONG_BYTES, 1},
    {SEND, {"sendmsg() of 4 iovecs", BY_SENDMSG, 0, 0, 0, NULL}, TRIAL_FRAME_BYTES, 4},
    {SEND, OPTION("TCP_NOTSENT_LOWAT 16 KiB", IPPROTO_TCP, TCP_NOTSENT_LOWAT, 16 * 1024),
     TRIAL_FRAME_BYTES, 1},
    {SEND, OPTION("without TCP_NODELAY", IPPROTO_TCP, TCP_NODELAY, 0), TRIAL_FRAME_BYTES, 1},
    {SEND, OPTION("SO_BUSY_POLL 50 us", SOL_SOCKET, SO_BUSY_POLL, 50), TRIAL_FRAME_BYTES, 1},
    {SEND, OPTION("SO_SNDBUF 16 KiB", SOL_SOCKET, SO_SNDBUF, 16 * 1024), TRIAL_FRAME_BYTES, 1},
    {SEND, {"cubic", BY_SEND, IPPROTO_TCP, TCP_CONGESTION, 0, "cubic"}, TRIAL_FRAME_BYTES, 1},
    {SEND, {"reno", BY_SEND, IPPROTO_TCP, TCP_CONGESTION, 0, "reno"}, TRIAL_FRAME_BYTES, 1},
    {{"epoll, recv()", BY_EPOLL, 0, 0, 0, NULL},
     {"multishot receive", BY_MULTISHOT, 0, 0, 0, NULL},
     TRIAL_CLIENT_FRAME_BYTES,
     1},
    {{"epoll, recv()", BY_EPOLL, 0, 0, 0, NULL},
     {"SO_BUSY_POLL 50 us", BY_EPOLL, SOL_SOCKET, SO_BUSY_POLL, 50, NULL},
     TRIAL_CLIENT_FRAME_BYTES,
     1},
};

/* One way at work: its connections, and what it needs for them. */
struct side {
    const struct way *way;
    int ours[CROWD];
    int theirs[CROWD];
    struct io_uring ring;
    bool has_ring;
    int epoll;
    struct io_uring_buf_ring *provided;
    unsigned char *memory; /* what is sent; what is provided */
};

/* The other ends. */
struct others {
    int epoll;
    atomic_ullong received; /* bytes */
    atomic_bool is_over;
};

static bool is_receiving(const struct way *way)
{
    return way->how == BY_EPOLL || way->how == BY_MULTISHOT;
}

/* --- Connections --- */

static void set_options(const struct way *way, int fd)
{
    int on = 1;
    need(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0, "TCP_NODELAY");
    if (way->level == 0)
        return;
    const void *value = way->text != NULL ? (const void *)way->text : &way->number;
    socklen_t len = way->text != NULL ? (socklen_t)strlen(way->text) : sizeof way->number;
    need(setsockopt(fd, way->level, way->option, value, len) == 0, way->name);
}

static void connect_crowd(struct side *side)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    need(listener >= 0 && bind(listener, (struct sockaddr *)&address, len) == 0 &&
             listen(listener, 16) == 0 &&
             getsockname(listener, (struct sockaddr *)&address, &len) == 0,
         "listening");
    for (size_t i = 0; i < CROWD; i++) {
        side->theirs[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        need(side->theirs[i] >= 0 &&
                 connect(side->theirs[i], (struct sockaddr *)&address, sizeof address) == 0,
             "connecting");
        side->ours[i] = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        need(side->ours[i] >= 0, "accepting");
        set_options(side->way, side->ours[i]);
    }
    (void)close(listener);
}

static void *receive_at_the_other_end(void *argument)
{
    struct others *others = argument;
    static char memory[RECEIVE_BYTES];
    struct epoll_event events[256];
    pin(1);
    while (!atomic_load(&others->is_over)) {
        int count = epoll_wait(others->epoll, events, COUNT_OF(events), 20);
        for (int i = 0; i < count; i++) {
            ssize_t n = recv(events[i].data.fd, memory, sizeof memory, MSG_DONTWAIT);
            if (n > 0)
                atomic_fetch_add(&others->received, (unsigned long long)n);
        }
    }
    return NULL;
}

/* --- Rings --- */

/* Give the ring the buffers that it receives into. */
static void provide(struct side *side)
{
    size_t len = PROVIDED * sizeof(struct io_uring_buf);
    side->provided = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
    need(side->provided != MAP_FAILED, "memory");
    struct io_uring_buf_reg reg = {
        .ring_addr = (uintptr_t)side->provided, .ring_entries = PROVIDED, .bgid = 0};
    need(io_uring_register_buf_ring(&side->ring, &reg, 0) == 0, "providing buffers");
    io_uring_buf_ring_init(side->provided);
    for (unsigned i = 0; i < PROVIDED; i++)
        io_uring_buf_ring_add(side->provided, side->memory + i * PROVIDED_BYTES, PROVIDED_BYTES,
                              (unsigned short)i, io_uring_buf_ring_mask(PROVIDED), (int)i);
    io_uring_buf_ring_advance(side->provided, PROVIDED);
}

static void ask_for_all(struct side *side)
{
    for (size_t i = 0; i < CROWD; i++) {
        struct io_uring_sqe *sqe = io_uring_get_sqe(&side->ring);
        need(sqe != NULL, "room in the ring");
        io_uring_prep_recv_multishot(sqe, side->ours[i], NULL, 0, 0);
        sqe->flags |= IOSQE_BUFFER_SELECT;
        sqe->buf_group = 0;
        io_uring_sqe_set_data64(sqe, i);
    }
    need(io_uring_submit(&side->ring) == CROWD, "multishot receive");
}

static void open_ring(struct side *side)
{
    enum how how = side->way->how;
    bool is_deferred = how == BY_RING_DEFERRED || how == BY_MULTISHOT;
    struct io_uring_params params = {
        .flags = is_deferred ? IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN
                             : IORING_SETUP_COOP_TASKRUN,
    };
    params.flags |= IORING_SETUP_CQSIZE;
    params.cq_entries = 4 * RING_ENTRIES;
    need(io_uring_queue_init_params(RING_ENTRIES, &side->ring, &params) == 0, "io_uring");
    side->has_ring = true;
    if (how == BY_RING_FILES)
        need(io_uring_register_files(&side->ring, side->ours, CROWD) == 0, "registering files");
    if (how == BY_MULTISHOT) {
        provide(side);
        ask_for_all(side);
    }
}

/* --- Sending --- */

static void send_by_calls(struct side *side, size_t bytes, size_t frames)
{
    struct iovec parts[FRAMES_MAX];
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = frames};
    for (size_t i = 0; i < frames; i++)
        parts[i] = (struct iovec) {side->memory + i * bytes, bytes};
    for (size_t i = 0; i < CROWD; i++) {
        ssize_t n = side->way->how == BY_SENDMSG
                        ? sendmsg(side->ours[i], &message, MSG_NOSIGNAL)
                        : send(side->ours[i], side->memory, bytes * frames, MSG_NOSIGNAL);
        need(n == (ssize_t)(bytes * frames), "sending");
    }
}

static void prepare_send(struct side *side, struct io_uring_sqe *sqe, size_t i, size_t bytes)
{
    enum how how = side->way->how;
    int file = how == BY_RING_FILES ? (int)i : side->ours[i];
    if (how == BY_RING_ZERO_COPY)
        io_uring_prep_send_zc(sqe, file, side->memory, bytes, MSG_NOSIGNAL, 0);
    else
        io_uring_prep_send(sqe, file, side->memory, bytes, MSG_NOSIGNAL);
    if (how == BY_RING_FILES)
        sqe->flags |= IOSQE_FIXED_FILE;
    if (how == BY_RING_SILENT)
        sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
}

/* Take completions until so many sends are done, and with zero copy the memory is free again. */
static void reap_sends(struct side *side, size_t count, size_t bytes)
{
    size_t open = 0; /* notifications that are still to come */
    while (count > 0 || open > 0) {
        struct io_uring_cqe *cqe;
        need(io_uring_wait_cqe(&side->ring, &cqe) == 0, "waiting for completions");
        if ((cqe->flags & IORING_CQE_F_NOTIF) != 0) {
            open--;
        } else {
            errno = cqe->res < 0 ? -cqe->res : EIO;
            need(cqe->res == (int)bytes, side->way->name);
            count--;
            open += (cqe->flags & IORING_CQE_F_MORE) != 0;
        }
        io_uring_cqe_seen(&side->ring, cqe);
    }
}

static void send_by_ring(struct side *side, size_t bytes)
{
    unsigned wanted = side->way->how == BY_RING_SILENT ? 0 : CROWD;
    for (size_t i = 0; i < CROWD; i++)
        prepare_send(side, io_uring_get_sqe(&side->ring), i, bytes);
    need(io_uring_submit_and_wait(&side->ring, wanted) == CROWD, "submitting");
    reap_sends(side, wanted, bytes);
}

static void send_to_all(struct side *side, size_t bytes, size_t frames)
{
    if (side->has_ring)
        send_by_ring(side, bytes * frames);
    else
        send_by_calls(side, bytes, frames);
}

/* --- Receiving --- */

static void receive_by_epoll(struct side *side, size_t count)
{
    static char memory[RECEIVE_BYTES];
    struct epoll_event events[RING_ENTRIES];
    while (count > 0) {
        int ready = epoll_wait(side->epoll, events, COUNT_OF(events), -1);
        for (int i = 0; i < ready; i++) {
            need(recv(events[i].data.fd, memory, sizeof memory, MSG_DONTWAIT) > 0, "receiving");
            count--;
        }
    }
}

static void receive_by_ring(struct side *side, size_t count)
{
    while (count > 0) {
        struct io_uring_cqe *cqe;
        unsigned head;
        unsigned seen = 0;
        need(io_uring_submit_and_wait(&side->ring, 1) >= 0, "waiting for bytes");
        io_uring_for_each_cqe(&side->ring, head, cqe)
        {
            errno = cqe->res < 0 ? -cqe->res : EIO;
            need(cqe->res > 0 && (cqe->flags & IORING_CQE_F_MORE) != 0, "multishot receive");
            unsigned id = cqe->flags >> IORING_CQE_BUFFER_SHIFT;
            io_uring_buf_ring_add(side->provided, side->memory + id * PROVIDED_BYTES,
                                  PROVIDED_BYTES, (unsigned short)id,
                                  io_uring_buf_ring_mask(PROVIDED), (int)seen);
            seen++;
        }
        io_uring_buf_ring_advance(side->provided, (int)seen);
        io_uring_cq_advance(&side->ring, seen);
        count -= seen;
    }
}

/* --- A trial --- */

static uint64_t own_thread_ns(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return timespec_ns(t);
}

static void side_init(struct side *side, const struct way *way, struct others *others)
{
    *side = (struct side) {.way = way, .epoll = epoll_create1(EPOLL_CLOEXEC)};
    side->memory = calloc(1, PROVIDED * PROVIDED_BYTES);
    need(side->epoll >= 0 && side->memory != NULL, "memory");
    connect_crowd(side);
    for (size_t i = 0; i < CROWD; i++) {
        struct epoll_event ours = {.events = EPOLLIN, .data.fd = side->ours[i]};
        struct epoll_event theirs = {.events = EPOLLIN, .data.fd = side->theirs[i]};
        need(epoll_ctl(side->epoll, EPOLL_CTL_ADD, side->ours[i], &ours) == 0 &&
                 epoll_ctl(others->epoll, EPOLL_CTL_ADD, side->theirs[i], &theirs) == 0,
             "watching");
    }
    if (way->how != BY_SEND && way->how != BY_SENDMSG && way->how != BY_EPOLL)
        open_ring(side);
}

static void side_deinit(struct side *side)
{
    if (side->has_ring)
        io_uring_queue_exit(&side->ring);
    for (size_t i = 0; i < CROWD; i++) {
        (void)close(side->ours[i]);
        (void)close(side->theirs[i]);
    }
    if (side->provided != NULL)
        (void)munmap(side->provided, PROVIDED * sizeof(struct io_uring_buf));
    (void)close(side->epoll);
    free(side->memory);
}

/* One turn of one way; microseconds of a send or a receive. */
static double turn(struct side *side, const struct trial *trial, struct others *others)
{
    uint64_t used_ns = 0;
    size_t sent = trial->bytes * trial->frames * CROWD;
    for (int i = 0; i < TRIAL_REPEATS; i++) {
        unsigned long long wanted = atomic_load(&others->received) + sent;
        if (is_receiving(side->way))
            for (size_t at = 0; at < CROWD; at++)
                need(send(side->theirs[at], side->memory, trial->bytes, 0) > 0, "sending");
        uint64_t begin_ns = own_thread_ns();
        if (side->way->how == BY_EPOLL)
            receive_by_epoll(side, CROWD);
        else if (side->way->how == BY_MULTISHOT)
            receive_by_ring(side, CROWD);
        else
            send_to_all(side, trial->bytes, trial->frames);
        used_ns += own_thread_ns() - begin_ns;
        while (!is_receiving(side->way) && atomic_load(&others->received) < wanted)
            (void)usleep(100);
    }
    return (double)used_ns / 1e3 / TRIAL_REPEATS / CROWD;
}

static void run(const struct trial *trial, struct others *others)
{
    static struct side plain;
    static struct side other;
    struct trial_rounds rounds;
    side_init(&plain, &trial->plain, others);
    side_init(&other, &trial->other, others);
    for (int i = -TRIAL_ROUNDS_WARM; i < TRIAL_ROUNDS; i++) {
        double plain_us = turn(&plain, trial, others);
        trial_note(&rounds, i, plain_us, turn(&other, trial, others));
    }
    trial_print(&rounds, trial->plain.name, trial->other.name, trial->bytes * trial->frames);
    side_deinit(&plain);
    side_deinit(&other);
}

int main(void)
{
    struct rlimit limit;
    struct others others = {.epoll = epoll_create1(EPOLL_CLOEXEC)};
    pthread_t thread;
    need(getrlimit(RLIMIT_NOFILE, &limit) == 0, "the limit of open files");
    limit.rlim_cur = limit.rlim_max;
    need(setrlimit(RLIMIT_NOFILE, &limit) == 0, "the limit of open files");
    need(pthread_create(&thread, NULL, receive_at_the_other_end, &others) == 0, "a thread");
    (void)printf("| plain | other | bytes | plain us | other us | other / plain (quartiles) |\n"
                 "|---|---|---|---|---|---|\n");
    trial_loops();
    pin(0);
    for (size_t i = 0; i < COUNT_OF(trials); i++)
        run(&trials[i], &others);
    atomic_store(&others.is_over, true);
    (void)pthread_join(thread, NULL);
    (void)close(others.epoll);
    return 0;
}
