/* worker.h - a few threads that do blocking work, one task after the other.
 *
 * Each thread has a place of its own (a database connection, say), made on that thread at start.
 * Thread: worker_post() from any; the rest from the one that made the pool.
 */
#ifndef CONFAB_LOOP_WORKER_H
#define CONFAB_LOOP_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include "base/err.h"
#include "loop/task.h"

enum { WORKERS_MAX = 64 };

struct workers; /* opaque */

struct worker_place {
    /* Make a thread's place; runs on that thread. NULL functions: the place is NULL. */
    enum err (*open)(void *context, void **place);
    void (*close)(void *place);
    void *context;
    /* How many tasks a thread takes at once when more of them wait than there are threads; 0 is 1.
     * Fewer turns of the threads for many short tasks; a long one makes those taken with it wait.
     */
    size_t tasks_max;
    /* Run on the thread before and after the tasks that it has taken at once, for what they can
     * share: a look at the database, posts that leave together. May be NULL. */
    void (*before_tasks)(void *place);
    void (*after_tasks)(void *place);
};

/* Start count threads and wait until each has its place. name: for the system's thread list, at
 * most 15 characters. The first error of open(), or ERR_MEMORY: nothing runs. */
CHECKED enum err workers_new(const char *name, size_t count, const struct worker_place *place,
                             struct workers **out);

/* Hand the task to the thread that is free next; tasks begin in the order of posting. */
void workers_post(struct workers *workers, struct task *task);

/* The same for several, linked by next, oldest first; NULL: none. */
void workers_post_all(struct workers *workers, struct task *oldest);

/* Finish what was posted, end the threads, and set *workers to NULL. *workers may be NULL. */
void workers_free(struct workers **workers);

#endif
