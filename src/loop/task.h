/* task.h - a piece of work on its way to another thread.
 *
 * A task lies inside the thing it is about (CONTAINER_OF finds it), so posting allocates nothing.
 * Whoever posts it gives the thing away: from then on the receiving thread owns it.
 */
#ifndef CONFAB_LOOP_TASK_H
#define CONFAB_LOOP_TASK_H

struct task {
    struct task *next; /* the mailbox's own */
    /* Runs on the receiving thread. place is that thread's own state: its loop, its database
     * connection. */
    void (*run)(struct task *task, void *place);
};

#endif
