/* world.h - everything that the server touches beside its own memory, simulated: clock, chance,
 * event loops, sockets, worker threads, the writer's thread.
 *
 * The server's own code runs unchanged: the linker puts the functions of world.c in the place of
 * those of libuv, the kernel and the thread library (meson.build names them). There is one thread;
 * who goes next is drawn. While the writer waits for the disk, the loops go on inside that call.
 */
#ifndef CONFAB_TESTS_SIM_WORLD_H
#define CONFAB_TESTS_SIM_WORLD_H

#include "base/buf.h"
#include "server/shard.h"

enum {
    WORLD_LOOPS_MAX = 3,
    WORLD_SOCKETS_MAX = 64,
    WORLD_FD_FIRST = 1 << 20, /* descriptors from here on are ours */
};

/* The wire between a peer and the server. */
struct wire {
    struct buf to_server;
    struct buf to_peer;
    size_t room; /* bytes that to_peer takes before the server is told to wait */
    bool is_used;
    bool peer_has_ended; /* the server reads to the end, then sees it */
    bool peer_has_reset; /* the server's next call fails */
    bool server_has_ended;
    bool server_has_closed;
    unsigned server_count; /* of the life in which it was accepted */
};

/* Begin and end of the program. */
void world_init(void);
void world_deinit(void);

/* After a run: no wire is left, and the clock is put back. */
void world_reset(void);

/* Start a server on the disk with so many loops. ERR_*: as site_new(), with the reason;
 * nothing runs. */
CHECKED enum err world_start(unsigned loops, char reason[256]);

/* Say goodbye to everybody and end, as after SIGTERM. */
void world_stop(void);

/* The process is gone: nothing that it does from now on is seen by anyone. */
void world_kill(void);

bool world_is_up(void);

/* What has died while somebody else was at it (a fault of the disk) is taken apart. Returns whether
 * there was something. */
bool world_bury(void);

/* Connect to the server. NULL: no wire is free. The peer gives it back with world_hang_up(). */
struct wire *world_connect(void);
void world_hang_up(struct wire *wire);

/* One turn of one thread, by chance: a loop, a worker, or the writer. */
void world_step(void);

/* All of them until nothing is left to be done without time passing. */
void world_settle(void);

/* Called whenever time has passed: peers live too. Returns whether one of them did something. */
extern bool (*world_on_time)(void);

/* Time passes; loops tick. */
void world_pass_ms(int64_t ms);

int64_t world_now_us(void);

/* The running server. NULL: there is none. */
struct site *world_site(void);

const struct server_settings *world_settings(void);

/* How far a reader may be behind in a log, and a client in the history, on servers that start from
 * now on. */
void world_set_reach(uint64_t backlog_bytes_max, int64_t replay_events_max);

/* So that every message can be followed. */
extern bool world_is_verbose;

#endif
