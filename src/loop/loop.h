/* loop.h - one event loop: a libuv loop, its mailbox, the end of each turn, and a slow tick.
 *
 * Knows: when things happen on one thread. Does not know: sockets, protocols.
 * Thread: everything but loop_post() and loop_stop() belongs to the thread that runs the loop.
 */
#ifndef CONFAB_LOOP_LOOP_H
#define CONFAB_LOOP_LOOP_H

#include <stdint.h>
#include <stdbool.h>
#include <uv.h>
#include "base/err.h"
#include "loop/mailbox.h"

enum {
    LOOP_TICK_MS = 250,          /* how exact deadlines are */
    LOOP_READ_BYTES = 64 * 1024, /* what one read takes at most; borrowed by whoever reads */
};

struct loop {
    uv_loop_t uv;
    unsigned index; /* 0 to the number of loops - 1 */
    struct mailbox mailbox;
    uv_async_t wake;
    uv_check_t turn;
    uv_idle_t busy; /* active while work is left over for the next turn */
    uv_timer_t tick;
    void (*on_turn_end)(void *context); /* after all events of a turn */
    void (*on_tick)(void *context);
    void *context;
    uint8_t read_buffer[LOOP_READ_BYTES];
};

/* Make a loop. ERR_MEMORY, ERR_IO (no file descriptor left). The caller ends it with loop_free()
 * after it has run. */
CHECKED enum err loop_new(unsigned index, struct loop **out);
void loop_free(struct loop **loop);

/* What is called at the end of each turn and at each tick. Before loop_run(). */
void loop_set_hooks(struct loop *loop, void (*on_turn_end)(void *context),
                    void (*on_tick)(void *context), void *context);

/* Run until loop_stop(). */
void loop_run(struct loop *loop);

/* Return from loop_run() when the turn is over. Thread: the loop's. */
void loop_stop(struct loop *loop);

/* Have task->run(task, loop) called on the loop's thread. Thread: any. */
void loop_post(struct loop *loop, struct task *task);

/* Whether the next turn may wait for events. false: there is work left over, come back at once. */
void loop_may_wait(struct loop *loop, bool may_wait);

/* Milliseconds of a clock that never jumps, as of this turn's beginning. */
int64_t loop_now_ms(const struct loop *loop);

#endif
