#include "world.h"

#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include "chance.h"
#include "chat/replay.h"
#include "cli/parse.h"
#include "disk.h"
#include "memory.h"
#include "server/client.h"
#include "world_parts.h"
#include "wraps.h"

enum {
    START_S = 1795372415, /* 2026-11-22 */
    SETTLE_TURNS_MAX = 100000,
    NESTED_TURNS_MAX = 3, /* of the loops while the disk syncs */
};

static struct {
    int64_t now_us;
    struct loop *loops[WORLD_LOOPS_MAX];
    int64_t ticked_ms[WORLD_LOOPS_MAX];
    bool has_stopped[WORLD_LOOPS_MAX];
    bool is_busy[WORLD_LOOPS_MAX]; /* work is left over for the next turn */
    bool is_dead;                  /* what happens now is not seen any more */
    unsigned server_count;
    struct site *site;
    struct settings settings;
    uint64_t backlog_bytes_max;
    int64_t replay_events_max;
} world = {.backlog_bytes_max = ROOM_BACKLOG_BYTES_MAX, .replay_events_max = REPLAY_EVENTS_MAX};

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
    (void)snprintf(reason, 256, "no memory");
    buf_append(out, BYTES("a secret of the simulator"));
    return buf_status(out);
}

static void fill_random(void *out, int len)
{
    __wrap_random_fill(out, (size_t)len);
}

/* ---- loops ---- */

void world_wake(void *context)
{
    (void)context; /* world_step() looks into every mailbox */
}

enum err __wrap_loop_new(unsigned index, struct loop **out)
{
    struct loop *loop = calloc(1, sizeof *loop);
    if (loop == NULL)
        return ERR_MEMORY;
    loop->index = index;
    mailbox_init(&loop->mailbox, world_wake, loop);
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

static bool turn_loop(unsigned index, bool by_chance)
{
    struct loop *loop = world.loops[index];
    if (loop == NULL || world.has_stopped[index])
        return false;
    bool was_busy = world.is_busy[index];
    bool before = memory_begin_turn(true);
    bool had_event = wires_tell(loop, by_chance);
    bool had_mail = run_mail(loop);
    if (loop->on_turn_end != NULL)
        loop->on_turn_end(loop->context);
    memory_end_turn(before);
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

/* ---- what the disk tells ---- */

static void on_sync(void)
{
    if (!writer_is_in_turn() || world.is_dead)
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
    bool before = memory_begin_turn(false);
    if (world_on_time != NULL)
        (void)world_on_time();
    memory_end_turn(before);
}

/* Nobody sees anything of this process any more. */
static void on_kill(void)
{
    world.is_dead = true;
    wires_cut();
}

/* ---- life of the server ---- */

/* What `confab serve` would be told. It listens nowhere: peers come by world_connect(). */
static void read_settings(void)
{
    static char option[] = "--database=/sim/confab.sqlite3";
    static char hasher[] = "--password-hasher=pbkdf2_sha256"; /* hashing costs nothing here */
    static char iterations[] = "--pbkdf2-iterations=1";
    static char *words[] = {option, hasher, iterations};
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
    memory_install();
    disk_install(&hooks);
    int fd = world_is_verbose ? STDERR_FILENO : open("/dev/null", O_WRONLY | O_CLOEXEC);
    log_configure(fd, LOG_TEXT, world_is_verbose ? LOG_DEBUG : LOG_ERROR);
    world.now_us = INT64_C(1000000) * START_S;
    read_settings();
}

void world_reset(void)
{
    wires_reset();
    world.now_us = INT64_C(1000000) * START_S;
}

void world_deinit(void)
{
    settings_deinit(&world.settings);
}

void world_set_reach(uint64_t backlog_bytes_max, int64_t replay_events_max)
{
    world.backlog_bytes_max = backlog_bytes_max;
    world.replay_events_max = replay_events_max;
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
}

/* As server_run() does it. */
static enum err start_parts(char reason[256])
{
    struct ports ports = {0};
    struct site *site = NULL;
    enum err err = site_new(&world.settings.server, &site, reason);
    if (err != OK)
        return err;
    world.site = site;
    for (unsigned i = 0; i < site->shard_count && err == OK; i++)
        err = shard_new(site, i, &ports, &site->shards[i], reason);
    for (unsigned i = 0; i < site->shard_count && err == OK; i++) {
        site->shards[i]->fanout.backlog_bytes_max = world.backlog_bytes_max;
        site->shards[i]->replay_events_max = world.replay_events_max;
    }
    if (err == OK)
        err = site_start(site, reason);
    return err;
}

enum err world_start(unsigned loops, char reason[256])
{
    assert(world.site == NULL && loops <= WORLD_LOOPS_MAX);
    world.is_dead = false;
    world.settings.server.threads = loops;
    bool before = memory_begin_turn(true);
    enum err err = start_parts(reason);
    memory_end_turn(before);
    if (err == OK)
        world.server_count++;
    else if (world.site != NULL)
        dismantle();
    return err;
}

bool world_is_dead(void)
{
    return world.is_dead;
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
    int fd = -1;
    struct wire *wire = world_is_up() ? wire_new(world.server_count, &fd) : NULL;
    if (wire != NULL)
        client_accept(world.site->shards[chance_below(world.site->shard_count)], fd, CLIENT_MAIN);
    return wire;
}

bool world_is_server(unsigned server_count)
{
    return world.site != NULL && server_count == world.server_count;
}

/* ---- steps ---- */

void world_step(void)
{
    unsigned who = chance_below(WORLD_LOOPS_MAX + 3);
    if (who < WORLD_LOOPS_MAX)
        (void)turn_loop(who, true);
    else if (who < WORLD_LOOPS_MAX + 2)
        (void)worker_turn(who - WORLD_LOOPS_MAX);
    else
        writer_turn();
    wires_recycle();
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
        for (unsigned i = 0; i < WORLD_POOLS_MAX; i++) {
            while (worker_turn(i))
                went_on = true;
        }
        writer_turn();
        for (unsigned i = 0; i < WORLD_LOOPS_MAX; i++)
            went_on |= world.loops[i] != NULL && world.loops[i]->mailbox.newest != NULL;
    }
    wires_recycle();
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
