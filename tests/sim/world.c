#include "world.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>
#include "base/random.h"
#include "chance.h"
#include "cli/parse.h"
#include "disk.h"
#include "server/client.h"
#include "wraps.h"

enum {
    START_S = 1795372415, /* 2026-11-22 */
    SETTLE_TURNS_MAX = 100000,
    CLOSINGS_MAX = WORLD_SOCKETS_MAX,
    NESTED_TURNS_MAX = 3, /* of the loops while the disk syncs */
};

/* One handle that uv_close() was called for. */
struct closing {
    uv_handle_t *handle;
    uv_close_cb callback;
};

struct workers {
    struct mailbox mailbox;
    struct task *first; /* taken from the mailbox, not yet run */
    struct worker_place place;
    void *places[WORKERS_MAX];
    size_t count;
};

static struct {
    int64_t now_us;
    struct wire wires[WORLD_SOCKETS_MAX];
    uv_poll_t *polls[WORLD_SOCKETS_MAX]; /* of the wire with the same index; NULL: not watched */
    struct closing closings[CLOSINGS_MAX];
    size_t closing_count;
    struct loop *loops[WORLD_LOOPS_MAX];
    int64_t ticked_ms[WORLD_LOOPS_MAX];
    bool has_stopped[WORLD_LOOPS_MAX];
    bool is_busy[WORLD_LOOPS_MAX]; /* work is left over for the next turn */
    struct workers *workers[2];
    size_t workers_count;
    void *(*writer_main)(void *argument);
    void *writer_argument;
    bool writer_is_running; /* it waits for the disk right now, if a loop has its turn */
    int64_t writer_idle_since_us;
    jmp_buf writer_waits;
    bool is_dead; /* what happens now is not seen any more */
    unsigned server_count;
    struct site *site;
    struct settings settings;
} world;

bool world_is_verbose;
bool (*world_on_time)(void);

/* ---- clock and chance ---- */

int64_t world_now_us(void)
{
    return world.now_us;
}

int64_t __wrap_time_now_us(void)
{
    return world.now_us;
}

int64_t __wrap_loop_now_ms(const struct loop *loop)
{
    (void)loop;
    return world.now_us / 1000;
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *out)
{
    (void)clock;
    out->tv_sec = world.now_us / 1000000;
    out->tv_nsec = world.now_us % 1000000 * 1000;
    return 0;
}

void __wrap_random_fill(void *out, size_t len)
{
    uint8_t *at = out;
    for (size_t i = 0; i < len; i++)
        at[i] = (uint8_t)chance_next();
}

enum err __wrap_secret_key_load(const char *path, struct buf *out, char reason[256])
{
    (void)path;
    (void)reason;
    buf_append(out, BYTES("a secret of the simulator"));
    return buf_status(out);
}

static void fill_random(void *out, int len)
{
    __wrap_random_fill(out, (size_t)len);
}

/* ---- sockets ---- */

static struct wire *wire_of(int fd)
{
    assert(fd >= WORLD_FD_FIRST && fd < WORLD_FD_FIRST + WORLD_SOCKETS_MAX);
    return &world.wires[fd - WORLD_FD_FIRST];
}

static bool is_ours(int fd)
{
    return fd >= WORLD_FD_FIRST;
}

static ssize_t fail_with(int error)
{
    errno = error;
    return -1;
}

ssize_t __wrap_send(int fd, const void *bytes, size_t len, int flags)
{
    struct wire *wire = wire_of(fd);
    (void)flags;
    assert(!wire->server_has_closed);
    if (wire->peer_has_reset)
        return fail_with(ECONNRESET);
    if (wire->server_has_ended)
        return fail_with(EPIPE);
    size_t free_room = wire->room > wire->to_peer.len ? wire->room - wire->to_peer.len : 0;
    if (len > free_room)
        len = free_room;
    if (len > 1 && chance_once_in(8))
        len = 1 + chance_below((unsigned)len - 1); /* the kernel may take less than it could */
    if (len == 0)
        return fail_with(EAGAIN);
    if (!world.is_dead)
        buf_append(&wire->to_peer, bytes_of(bytes, len));
    return (ssize_t)len;
}

ssize_t __wrap_recv(int fd, void *out, size_t len, int flags)
{
    struct wire *wire = wire_of(fd);
    (void)flags;
    if (wire->peer_has_reset)
        return fail_with(ECONNRESET);
    if (wire->to_server.len == 0)
        return wire->peer_has_ended ? 0 : fail_with(EAGAIN);
    if (len > wire->to_server.len)
        len = wire->to_server.len;
    if (chance_once_in(3))
        len = 1 + chance_below((unsigned)len); /* a segment boundary anywhere */
    if (len > wire->to_server.len)
        len = wire->to_server.len;
    memcpy(out, wire->to_server.data, len);
    buf_consume(&wire->to_server, len);
    return (ssize_t)len;
}

int __wrap_shutdown(int fd, int how)
{
    (void)how;
    if (!world.is_dead)
        wire_of(fd)->server_has_ended = true;
    return 0;
}

int __wrap_close(int fd)
{
    if (!is_ours(fd))
        return __real_close(fd);
    struct wire *wire = wire_of(fd);
    assert(!wire->server_has_closed);
    wire->server_has_closed = true;
    return 0;
}

int __wrap_getpeername(int fd, struct sockaddr *address, socklen_t *len)
{
    (void)fd;
    (void)address;
    (void)len;
    return (int)fail_with(ENOTCONN);
}

int __wrap_io_uring_queue_init(unsigned entries, struct io_uring *ring, unsigned flags)
{
    (void)entries;
    (void)ring;
    (void)flags;
    return -ENOSYS;
}

/* ---- libuv ---- */

int __wrap_uv_poll_init(uv_loop_t *loop, uv_poll_t *poll, int fd)
{
    poll->loop = loop;
    poll->io_watcher.fd = fd;
    poll->io_watcher.events = 0;
    world.polls[fd - WORLD_FD_FIRST] = poll;
    return 0;
}

int __wrap_uv_poll_start(uv_poll_t *poll, int events, uv_poll_cb callback)
{
    poll->io_watcher.events = (unsigned)events;
    poll->poll_cb = callback;
    return 0;
}

int __wrap_uv_poll_stop(uv_poll_t *poll)
{
    world.polls[poll->io_watcher.fd - WORLD_FD_FIRST] = NULL;
    return 0;
}

void __wrap_uv_close(uv_handle_t *handle, uv_close_cb callback)
{
    assert(world.closing_count < CLOSINGS_MAX);
    world.closings[world.closing_count++] = (struct closing) {handle, callback};
}

static void run_closings(const struct loop *loop)
{
    size_t kept = 0;
    size_t count = world.closing_count;
    struct closing closings[CLOSINGS_MAX];
    memcpy(closings, world.closings, sizeof closings);
    world.closing_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (closings[i].handle->loop == &loop->uv)
            closings[i].callback(closings[i].handle);
        else
            world.closings[kept++] = closings[i];
    }
    world.closing_count = kept;
}

/* ---- loops ---- */

static void wake(void *context)
{
    (void)context; /* world_step() looks into every mailbox */
}

enum err __wrap_loop_new(unsigned index, struct loop **out)
{
    struct loop *loop = calloc(1, sizeof *loop);
    if (loop == NULL)
        return ERR_MEMORY;
    loop->index = index;
    mailbox_init(&loop->mailbox, wake, loop);
    world.loops[index] = loop;
    world.ticked_ms[index] = world.now_us / 1000;
    world.has_stopped[index] = false;
    world.is_busy[index] = false;
    *out = loop;
    return OK;
}

static bool run_mail(struct loop *loop)
{
    struct task *task = mailbox_take_all(&loop->mailbox);
    bool had_mail = task != NULL;
    while (task != NULL) {
        struct task *next = task->next;
        task->run(task, loop);
        task = next;
    }
    return had_mail;
}

void __wrap_loop_free(struct loop **loop_at)
{
    struct loop *loop = *loop_at;
    *loop_at = NULL;
    if (loop == NULL)
        return;
    (void)run_mail(loop);
    run_closings(loop);
    world.loops[loop->index] = NULL;
    free(loop);
}

void __wrap_loop_stop(struct loop *loop)
{
    world.has_stopped[loop->index] = true;
}

void __wrap_loop_may_wait(struct loop *loop, bool may_wait)
{
    world.is_busy[loop->index] = !may_wait;
}

/* What the kernel would say of a watched socket. */
static unsigned events_of(const struct wire *wire)
{
    unsigned events = 0;
    if (wire->to_server.len > 0 || wire->peer_has_ended || wire->peer_has_reset)
        events |= UV_READABLE;
    if (wire->to_peer.len < wire->room || wire->peer_has_reset)
        events |= UV_WRITABLE;
    return events;
}

/* Tell of the sockets of a loop; returns whether there was anything to tell. chance: only some of
 * them, as if the others' packets came later. */
static bool poll_sockets(struct loop *loop, bool by_chance)
{
    bool had_event = false;
    unsigned first = chance_below(WORLD_SOCKETS_MAX);
    for (unsigned i = 0; i < WORLD_SOCKETS_MAX; i++) {
        unsigned index = (first + i) % WORLD_SOCKETS_MAX;
        uv_poll_t *poll = world.polls[index];
        if (poll == NULL || poll->loop != &loop->uv)
            continue;
        unsigned events = events_of(&world.wires[index]) & poll->io_watcher.events;
        if (events == 0 || (by_chance && chance_once_in(2)))
            continue;
        had_event = true;
        poll->poll_cb(poll, 0, (int)events);
    }
    return had_event;
}

static bool turn_loop(unsigned index, bool by_chance)
{
    struct loop *loop = world.loops[index];
    if (loop == NULL || world.has_stopped[index])
        return false;
    bool was_busy = world.is_busy[index];
    bool had_event = poll_sockets(loop, by_chance);
    bool had_mail = run_mail(loop);
    if (loop->on_turn_end != NULL)
        loop->on_turn_end(loop->context);
    run_closings(loop);
    return had_event || had_mail || was_busy;
}

static void tick_loops(void)
{
    for (unsigned i = 0; i < WORLD_LOOPS_MAX; i++) {
        struct loop *loop = world.loops[i];
        if (loop == NULL || world.has_stopped[i])
            continue;
        if (world.now_us / 1000 - world.ticked_ms[i] < LOOP_TICK_MS)
            continue;
        world.ticked_ms[i] = world.now_us / 1000;
        if (loop->on_tick != NULL)
            loop->on_tick(loop->context);
        (void)turn_loop(i, false);
    }
}

/* ---- workers ---- */

enum err __wrap_workers_new(const char *name, size_t count, const struct worker_place *place,
                            struct workers **out)
{
    struct workers *workers = calloc(1, sizeof *workers);
    enum err err = OK;
    (void)name;
    if (workers == NULL)
        return ERR_MEMORY;
    mailbox_init(&workers->mailbox, wake, workers);
    workers->place = *place;
    while (workers->count < count && err == OK) {
        if (place->open != NULL)
            err = place->open(place->context, &workers->places[workers->count]);
        if (err == OK)
            workers->count++;
    }
    if (err != OK) {
        __wrap_workers_free(&workers);
        return err;
    }
    assert(world.workers_count < COUNT_OF(world.workers));
    world.workers[world.workers_count++] = workers;
    *out = workers;
    return OK;
}

void __wrap_workers_post(struct workers *workers, struct task *task)
{
    mailbox_post(&workers->mailbox, task);
}

static bool run_worker(struct workers *workers)
{
    if (workers->first == NULL)
        workers->first = mailbox_take_all(&workers->mailbox);
    struct task *task = workers->first;
    if (task == NULL)
        return false;
    workers->first = task->next;
    task->run(task, workers->places[chance_below((unsigned)workers->count)]);
    return true;
}

void __wrap_workers_free(struct workers **workers_at)
{
    struct workers *workers = *workers_at;
    *workers_at = NULL;
    if (workers == NULL)
        return;
    while (workers->count > 0 && run_worker(workers)) {
    }
    for (size_t i = 0; i < workers->count && workers->place.close != NULL; i++)
        workers->place.close(workers->places[i]);
    for (size_t i = 0; i < COUNT_OF(world.workers); i++) {
        if (world.workers[i] == workers)
            world.workers[i] = NULL;
    }
    free(workers);
}

/* ---- the writer's thread ---- */

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*main_function)(void *), void *argument)
{
    (void)thread;
    (void)attributes;
    world.writer_main = main_function;
    world.writer_argument = argument;
    world.writer_idle_since_us = world.now_us;
    return 0;
}

int __wrap_pthread_setname_np(pthread_t thread, const char *name)
{
    (void)thread;
    (void)name;
    return 0;
}

/* The thread waits: its turn is over. It keeps nothing on its stack from one wait to the next, so
 * its next turn begins its loop anew. */
int __wrap_sem_clockwait(sem_t *semaphore, clockid_t clock, const struct timespec *until)
{
    (void)clock;
    int64_t until_us = (int64_t)until->tv_sec * 1000000 + until->tv_nsec / 1000;
    if (sem_trywait(semaphore) == 0) {
        world.writer_idle_since_us = world.now_us;
        return 0;
    }
    if (world.now_us - world.writer_idle_since_us >= until_us - world.now_us) {
        world.writer_idle_since_us = world.now_us;
        return (int)fail_with(ETIMEDOUT);
    }
    longjmp(world.writer_waits, 1);
}

static void run_writer(void)
{
    if (world.writer_main == NULL || world.writer_is_running)
        return;
    world.writer_is_running = true;
    if (setjmp(world.writer_waits) == 0)
        (void)world.writer_main(world.writer_argument);
    world.writer_is_running = false;
}

int __wrap_pthread_join(pthread_t thread, void **out)
{
    (void)thread;
    (void)out;
    run_writer();
    world.writer_main = NULL;
    return 0;
}

/* ---- what the disk tells ---- */

static void on_sync(void)
{
    if (!world.writer_is_running || world.is_dead)
        return;
    for (unsigned i = chance_below(NESTED_TURNS_MAX + 1); i > 0 && !world.is_dead; i--)
        (void)turn_loop(chance_below(WORLD_LOOPS_MAX), true);
}

static void on_sleep(int64_t us)
{
    world.now_us += us;
    if (world.is_dead)
        return;
    tick_loops();
    (void)turn_loop(chance_below(WORLD_LOOPS_MAX), true);
    if (world_on_time != NULL)
        (void)world_on_time();
}

/* Nobody sees anything of this process any more. */
static void on_kill(void)
{
    world.is_dead = true;
    for (size_t i = 0; i < WORLD_SOCKETS_MAX; i++) {
        struct wire *wire = &world.wires[i];
        if (wire->is_used && !wire->server_has_closed)
            wire->server_has_ended = true;
    }
}

/* ---- life of the server ---- */

/* What `confab serve` would be told. It listens nowhere: peers come by world_connect(). */
static void read_settings(void)
{
    static char option[] = "--database=/sim/confab.sqlite3";
    static char *words[] = {option};
    static char *environment[] = {NULL};
    const struct sources sources = {COUNT_OF(words), words, environment};
    char reason[PARSE_REASON_BYTES];
    if (settings_parse(&world.settings, COMMAND_SERVE, &sources, reason) != OK)
        abort();
    world.settings.server.listen_count = 0;
}

void world_init(void)
{
    static const struct disk_hooks hooks = {on_sync, on_sleep, on_kill, world_now_us, fill_random};
    disk_install(&hooks);
    int fd = world_is_verbose ? STDERR_FILENO : open("/dev/null", O_WRONLY | O_CLOEXEC);
    log_configure(fd, LOG_TEXT, world_is_verbose ? LOG_DEBUG : LOG_ERROR);
    world.now_us = INT64_C(1000000) * START_S;
    read_settings();
}

void world_reset(void)
{
    for (size_t i = 0; i < WORLD_SOCKETS_MAX; i++) {
        buf_free(&world.wires[i].to_peer);
        buf_free(&world.wires[i].to_server);
        world.wires[i] = (struct wire) {0};
    }
    world.now_us = INT64_C(1000000) * START_S;
}

void world_deinit(void)
{
    settings_deinit(&world.settings);
}

const struct server_settings *world_settings(void)
{
    return &world.settings.server;
}

/* Take the server apart: everybody is let go, and whatever is under way comes to its end. */
static void dismantle(void)
{
    struct site *site = world.site;
    for (unsigned i = 0; i < site->shard_count; i++) {
        struct shard *shard = site->shards[i];
        while (shard != NULL && !list_is_empty(&shard->clients))
            client_close(CONTAINER_OF(shard->clients.next, struct client, link));
    }
    world_settle();
    for (unsigned i = 0; i < site->shard_count; i++)
        assert(site->shards[i] == NULL || site->shards[i]->client_count == 0);
    site_stop(site);
    for (unsigned i = 0; i < site->shard_count; i++)
        shard_free(&site->shards[i]);
    site_free(&world.site);
    world.workers_count = 0;
    assert(world.closing_count == 0);
}

enum err world_start(unsigned loops)
{
    char reason[256] = "";
    struct ports ports = {0};
    assert(world.site == NULL && loops <= WORLD_LOOPS_MAX);
    world.is_dead = false;
    world.workers_count = 0;
    world.writer_main = NULL;
    world.settings.server.threads = loops;
    struct site *site = NULL;
    enum err err = site_new(&world.settings.server, &site, reason);
    if (err != OK)
        return err;
    world.site = site;
    for (unsigned i = 0; i < site->shard_count && err == OK; i++)
        err = shard_new(site, i, &ports, &site->shards[i], reason);
    if (err != OK)
        dismantle();
    else
        world.server_count++;
    return err;
}

bool world_is_up(void)
{
    return world.site != NULL && !world.is_dead;
}

struct site *world_site(void)
{
    return world.site;
}

bool world_bury(void)
{
    if (world.site == NULL || !world.is_dead)
        return false;
    dismantle();
    return true;
}

void world_kill(void)
{
    disk_kill();
    on_kill();
    (void)world_bury();
}

static bool all_have_stopped(void)
{
    for (unsigned i = 0; i < world.site->shard_count; i++) {
        if (!world.has_stopped[i])
            return false;
    }
    return true;
}

void world_stop(void)
{
    for (unsigned i = 0; i < world.site->shard_count; i++)
        shard_drain(world.site->shards[i]);
    while (!all_have_stopped() && !world.is_dead)
        world_pass_ms(LOOP_TICK_MS);
    if (!world.is_dead)
        dismantle();
    else
        (void)world_bury();
}

struct wire *world_connect(void)
{
    if (!world_is_up())
        return NULL;
    for (int i = 0; i < WORLD_SOCKETS_MAX; i++) {
        struct wire *wire = &world.wires[i];
        if (wire->is_used)
            continue;
        buf_free(&wire->to_peer);
        buf_free(&wire->to_server);
        *wire = (struct wire) {.is_used = true, .room = 4096, .server_count = world.server_count};
        client_accept(world.site->shards[chance_below(world.site->shard_count)], WORLD_FD_FIRST + i,
                      CLIENT_MAIN);
        return wire;
    }
    return NULL;
}

static bool server_is_gone(const struct wire *wire)
{
    return wire->server_has_closed || world.site == NULL ||
           wire->server_count != world.server_count;
}

void world_hang_up(struct wire *wire)
{
    wire->peer_has_ended = true;
    wire->peer_has_reset = true;
    buf_clear(&wire->to_server);
    if (server_is_gone(wire))
        wire->is_used = false;
}

/* Wires that both ends have let go of. */
static void recycle_wires(void)
{
    for (size_t i = 0; i < WORLD_SOCKETS_MAX; i++) {
        struct wire *wire = &world.wires[i];
        if (wire->is_used && wire->peer_has_reset && server_is_gone(wire))
            wire->is_used = false;
    }
}

/* ---- steps ---- */

void world_step(void)
{
    unsigned who = chance_below(WORLD_LOOPS_MAX + 3);
    if (who < WORLD_LOOPS_MAX)
        (void)turn_loop(who, true);
    else if (who < WORLD_LOOPS_MAX + 2 && world.workers[who - WORLD_LOOPS_MAX] != NULL)
        (void)run_worker(world.workers[who - WORLD_LOOPS_MAX]);
    else
        run_writer();
    recycle_wires();
}

void world_settle(void)
{
    bool went_on = world.site != NULL;
    for (unsigned turn = 0; went_on; turn++) {
        went_on = false;
        if (turn > SETTLE_TURNS_MAX)
            abort(); /* somebody spins */
        for (unsigned i = 0; i < WORLD_LOOPS_MAX; i++)
            went_on |= turn_loop(i, false);
        for (size_t i = 0; i < COUNT_OF(world.workers); i++) {
            while (world.workers[i] != NULL && run_worker(world.workers[i]))
                went_on = true;
        }
        run_writer();
        for (unsigned i = 0; i < WORLD_LOOPS_MAX; i++)
            went_on |= world.loops[i] != NULL && world.loops[i]->mailbox.newest != NULL;
    }
    recycle_wires();
}

void world_pass_ms(int64_t ms)
{
    int64_t until_us = world.now_us + ms * 1000;
    while (world.now_us < until_us && world_is_up()) {
        int64_t left_us = until_us - world.now_us;
        world.now_us += left_us < LOOP_TICK_MS * 1000 ? left_us : LOOP_TICK_MS * 1000;
        tick_loops();
        do {
            world_settle();
        } while (world_on_time != NULL && world_on_time());
    }
    if (world.now_us < until_us)
        world.now_us = until_us;
}
