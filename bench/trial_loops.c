/* trial_loops.c - event loops that belong to a core, beside loops that the scheduler places.
 *
 * Two loops in threads of their own, with a crowd of TCP connections over loopback, which each core
 * has opened a half of. Nobody but a network card with a queue for each core could have work come
 * in on a core; here the main thread stands for it: it goes to a core, and what it sends from there
 * comes in there. It sends and receives only while the loops wait, so that no loop competes with
 * it. What is compared is the processor time of the two loops.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include "bench/process.h"
#include "bench/trial.h"

enum {
    LOOPS = 2, /* as many as cores */
    CROWD = 1000,
    WINDOW = 64, /* messages that come in together for one loop */
};

enum work {
    FAN_OUT, /* a frame to each */
    RECEIVE, /* what has come */
    END,
};

struct way {
    const char *name;
    bool is_pinned;  /* each loop has a core */
    bool is_steered; /* SO_INCOMING_CPU: a loop's connections are those that come in on its core */
};

static const struct trial {
    struct way plain;
    struct way other;
    enum work work;
} trials[] = {
#define LEFT                                                                                       \
    {                                                                                              \
        "two loops", false, false                                                                  \
    }
#define PINNED                                                                                     \
    {                                                                                              \
        "two loops, each on its core", true, false                                                 \
    }
#define STEERED                                                                                    \
    {                                                                                              \
        "the same, SO_INCOMING_CPU", true, true                                                    \
    }
    {LEFT, LEFT, FAN_OUT},     {LEFT, PINNED, FAN_OUT}, {PINNED, STEERED, FAN_OUT},
    {PINNED, PINNED, RECEIVE}, {LEFT, PINNED, RECEIVE}, {PINNED, STEERED, RECEIVE},
};

/* One thread. Its connections are watched by its epoll. */
struct loop {
    struct crowd *crowd;
    pthread_t thread;
    int core;
    int listener;
    int epoll;
    int wake; /* an eventfd: there is work */
    enum work work;
    int fds[CROWD];
    size_t count;
};

/* The other end of a connection. */
struct peer {
    int fd;
    int core;          /* that opened it, and sends and receives */
    struct loop *loop; /* that has accepted it */
};

/* One way at work. */
struct crowd {
    const struct way *way;
    struct loop loops[LOOPS];
    int done; /* an eventfd that counts: a loop has done its work */
    struct peer peers[CROWD];
};

/* --- A loop --- */

static void send_frame(int fd)
{
    static const char frame[TRIAL_FRAME_BYTES];
    need(send(fd, frame, sizeof frame, MSG_NOSIGNAL) == sizeof frame, "sending");
}

static void receive(const struct loop *loop)
{
    char memory[TRIAL_CLIENT_FRAME_BYTES];
    struct epoll_event events[WINDOW];
    int ready;
    while ((ready = epoll_wait(loop->epoll, events, WINDOW, 0)) > 0) {
        for (int i = 0; i < ready; i++) {
            need(recv(events[i].data.fd, memory, sizeof memory, MSG_DONTWAIT) == sizeof memory,
                 "receiving");
        }
    }
}

static void signal_once(int fd)
{
    need(eventfd_write(fd, 1) == 0, "waking");
}

static void wait_once(int fd)
{
    eventfd_t count;
    need(eventfd_read(fd, &count) == 0, "waiting");
}

static void *serve(void *argument)
{
    struct loop *loop = argument;
    if (loop->crowd->way->is_pinned)
        pin(loop->core);
    else
        unpin();
    for (;;) {
        wait_once(loop->wake);
        if (loop->work == END)
            return NULL;
        if (loop->work == RECEIVE)
            receive(loop);
        for (size_t i = 0; loop->work == FAN_OUT && i < loop->count; i++)
            send_frame(loop->fds[i]);
        signal_once(loop->crowd->done);
    }
}

static void give_work(struct loop *loop, enum work work)
{
    loop->work = work;
    signal_once(loop->wake);
}

/* --- A crowd --- */

static void open_listener(struct loop *loop, struct sockaddr_in *address)
{
    int on = 1;
    socklen_t len = sizeof *address;
    loop->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    need(loop->listener >= 0 &&
             setsockopt(loop->listener, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0,
         "a socket");
    if (loop->crowd->way->is_steered)
        need(setsockopt(loop->listener, SOL_SOCKET, SO_INCOMING_CPU, &loop->core,
                        sizeof loop->core) == 0,
             "SO_INCOMING_CPU");
    need(bind(loop->listener, (struct sockaddr *)address, len) == 0 &&
             listen(loop->listener, 16) == 0 &&
             getsockname(loop->listener, (struct sockaddr *)address, &len) == 0,
         "listening");
}

/* Have the loop that the kernel has chosen accept the newest connection. */
static struct loop *accept_one(struct crowd *crowd)
{
    for (unsigned i = 0;; i++) {
        struct loop *loop = &crowd->loops[i % LOOPS];
        int fd = accept4(loop->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0) {
            need(errno == EAGAIN, "accepting");
            continue;
        }
        struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
        need(epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event) == 0, "watching");
        loop->fds[loop->count++] = fd;
        return loop;
    }
}

static void connect_peers(struct crowd *crowd, const struct sockaddr_in *address)
{
    for (size_t i = 0; i < CROWD; i++) {
        struct peer *peer = &crowd->peers[i];
        peer->core = i < CROWD / 2 ? 0 : 1;
        if (i == 0 || peer->core != peer[-1].core)
            pin(peer->core);
        peer->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        need(peer->fd >= 0 &&
                 connect(peer->fd, (const struct sockaddr *)address, sizeof *address) == 0,
             "connecting");
        peer->loop = accept_one(crowd);
    }
}

static void crowd_init(struct crowd *crowd, const struct way *way)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    *crowd = (struct crowd) {.way = way, .done = eventfd(0, EFD_CLOEXEC | EFD_SEMAPHORE)};
    need(crowd->done >= 0, "an eventfd");
    for (int i = 0; i < LOOPS; i++) {
        struct loop *loop = &crowd->loops[i];
        *loop = (struct loop) {.crowd = crowd,
                               .core = i,
                               .epoll = epoll_create1(EPOLL_CLOEXEC),
                               .wake = eventfd(0, EFD_CLOEXEC)};
        need(loop->epoll >= 0 && loop->wake >= 0, "a loop");
        open_listener(loop, &address);
    }
    connect_peers(crowd, &address);
    for (int i = 0; i < LOOPS; i++)
        need(pthread_create(&crowd->loops[i].thread, NULL, serve, &crowd->loops[i]) == 0,
             "a thread");
}

static void crowd_deinit(struct crowd *crowd)
{
    for (int i = 0; i < LOOPS; i++) {
        struct loop *loop = &crowd->loops[i];
        give_work(loop, END);
        (void)pthread_join(loop->thread, NULL);
        for (size_t at = 0; at < loop->count; at++)
            (void)close(loop->fds[at]);
        (void)close(loop->listener);
        (void)close(loop->epoll);
        (void)close(loop->wake);
    }
    for (size_t i = 0; i < CROWD; i++)
        (void)close(crowd->peers[i].fd);
    (void)close(crowd->done);
}

/* --- Turns --- */

static uint64_t loops_ns(const struct crowd *crowd)
{
    uint64_t sum_ns = 0;
    for (int i = 0; i < LOOPS; i++) {
        clockid_t clock;
        struct timespec t = {0};
        need(pthread_getcpuclockid(crowd->loops[i].thread, &clock) == 0 &&
                 clock_gettime(clock, &t) == 0,
             "a thread's clock");
        sum_ns += timespec_ns(t);
    }
    return sum_ns;
}

static void receive_frame(const struct peer *peer)
{
    char memory[TRIAL_FRAME_BYTES];
    need(recv(peer->fd, memory, sizeof memory, MSG_WAITALL) == sizeof memory, "receiving");
}

static void fan_out(struct crowd *crowd)
{
    for (int i = 0; i < LOOPS; i++)
        give_work(&crowd->loops[i], FAN_OUT);
    for (int i = 0; i < LOOPS; i++)
        wait_once(crowd->done);
    for (size_t i = 0; i < CROWD; i++) {
        if (i == 0 || crowd->peers[i].core != crowd->peers[i - 1].core)
            pin(crowd->peers[i].core);
        receive_frame(&crowd->peers[i]);
    }
}

/* Have a loop receive what has been sent to it. */
static void finish_window(struct loop *loop)
{
    give_work(loop, RECEIVE);
    wait_once(loop->crowd->done);
}

/* Everybody on one core sends to one loop, a window at a time: so a loop is woken equally often
 * whether it has half of a core's connections or all. */
static void send_to_loop(const struct crowd *crowd, int core, struct loop *loop)
{
    static const char frame[TRIAL_CLIENT_FRAME_BYTES];
    size_t count = 0;
    for (size_t i = 0; i < CROWD; i++) {
        const struct peer *peer = &crowd->peers[i];
        if (peer->core != core || peer->loop != loop)
            continue;
        need(send(peer->fd, frame, sizeof frame, 0) == sizeof frame, "sending");
        if (++count % WINDOW == 0)
            finish_window(loop);
    }
    if (count % WINDOW != 0)
        finish_window(loop);
}

static void send_from_cores(struct crowd *crowd)
{
    for (int core = 0; core < LOOPS; core++) {
        pin(core);
        for (int i = 0; i < LOOPS; i++)
            send_to_loop(crowd, core, &crowd->loops[i]);
    }
}

/* One turn of one way; microseconds of the loops for each connection. */
static double turn(struct crowd *crowd, enum work work)
{
    uint64_t begin_ns = loops_ns(crowd);
    for (int i = 0; i < TRIAL_REPEATS; i++) {
        if (work == FAN_OUT)
            fan_out(crowd);
        else
            send_from_cores(crowd);
    }
    return (double)(loops_ns(crowd) - begin_ns) / 1e3 / TRIAL_REPEATS / CROWD;
}

/* How many connections came in on the core of their loop. */
static size_t count_at_home(const struct crowd *crowd)
{
    size_t count = 0;
    for (size_t i = 0; i < CROWD; i++)
        count += crowd->peers[i].core == crowd->peers[i].loop->core;
    return count;
}

static void run(const struct trial *trial, size_t at_home[2])
{
    static struct crowd plain;
    static struct crowd other;
    struct trial_rounds rounds;
    crowd_init(&plain, &trial->plain);
    crowd_init(&other, &trial->other);
    for (int i = -TRIAL_ROUNDS_WARM; i < TRIAL_ROUNDS; i++) {
        double plain_us = turn(&plain, trial->work);
        trial_note(&rounds, i, plain_us, turn(&other, trial->work));
    }
    trial_print(&rounds, trial->plain.name, trial->other.name,
                trial->work == RECEIVE ? TRIAL_CLIENT_FRAME_BYTES : TRIAL_FRAME_BYTES);
    at_home[0] = count_at_home(&plain);
    at_home[1] = count_at_home(&other);
    crowd_deinit(&plain);
    crowd_deinit(&other);
}

void trial_loops(void)
{
    size_t at_home[2];
    for (size_t i = 0; i < COUNT_OF(trials); i++)
        run(&trials[i], at_home);
    unpin();
    (void)printf(
        "\nConnections that came in on their loop's core, of %d: %zu; SO_INCOMING_CPU: %zu.\n",
        CROWD, at_home[0], at_home[1]);
}
