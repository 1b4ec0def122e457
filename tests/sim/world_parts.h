/* world_parts.h - what world.c, wires.c and threads.c share. Nobody else looks inside. */
#ifndef CONFAB_TESTS_SIM_WORLD_PARTS_H
#define CONFAB_TESTS_SIM_WORLD_PARTS_H

#include "world.h"

enum {
    WORLD_POOLS_MAX = 4
}; /* of worker threads: readers, hashers, those for files, the WAL's copier */

/* Whether the process has been killed and only has not been taken apart yet. */
bool world_is_dead(void);

/* Whether this one, counted from the first, is the server that runs. */
bool world_is_server(unsigned server_count);

/* For mailboxes. */
void world_wake(void *context);

/* A wire to a server, and the descriptor that it has there. NULL: none is free. */
struct wire *wire_new(unsigned server_count, int *fd);

/* Tell a loop of its sockets; returns whether there was anything to tell. by_chance: only some, as
 * if the others' packets came later. */
bool wires_tell(struct loop *loop, bool by_chance);

/* Wires that both ends have let go of can be used again. */
void wires_recycle(void);

/* The server dies: its end of every wire is gone. */
void wires_cut(void);

void wires_reset(void);

/* Run one task of a pool of workers. False: there is none. */
bool worker_turn(unsigned pool);

/* Let the writer's thread run until it waits again. */
void writer_turn(void);

/* Whether it is inside its turn: then a loop's turn happens while it waits for the disk. */
bool writer_is_in_turn(void);

#endif
