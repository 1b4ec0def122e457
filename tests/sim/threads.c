#include "world_parts.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdlib.h>
#include "chance.h"
#include "memory.h"
#include "wraps.h"

struct workers {
    struct mailbox mailbox;
    struct task *first; /* taken from the mailbox, not yet run */
    struct worker_place place;
    void *places[WORKERS_MAX];
    size_t count;
};

static struct workers *pools[WORLD_POOLS_MAX];

static struct {
    void *(*main)(void *argument); /* NULL: there is no thread */
    void *argument;
    bool is_in_turn;
    bool is_waiting; /* since when: */
    int64_t idle_since_us;
    jmp_buf waits;
} writer;

/* ---- workers ---- */

enum err __wrap_workers_new(const char *name, size_t count, const struct worker_place *place,
                            struct workers **out)
{
    struct workers *workers = calloc(1, sizeof *workers);
    enum err err = OK;
    (void)name;
    if (workers == NULL)
        return ERR_MEMORY;
    mailbox_init(&workers->mailbox, world_wake, workers);
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
    size_t free_pool = 0;
    while (pools[free_pool] != NULL) {
        free_pool++;
        assert(free_pool < WORLD_POOLS_MAX);
    }
    pools[free_pool] = workers;
    *out = workers;
    return OK;
}

void __wrap_workers_post(struct workers *workers, struct task *task)
{
    mailbox_post(&workers->mailbox, task);
}

void __wrap_workers_post_all(struct workers *workers, struct task *oldest)
{
    while (oldest != NULL) {
        struct task *next = oldest->next; /* posting gives the task away */
        mailbox_post(&workers->mailbox, oldest);
        oldest = next;
    }
}

static bool run_one(struct workers *workers)
{
    if (workers->first == NULL)
        workers->first = mailbox_take_all(&workers->mailbox);
    struct task *task = workers->first;
    if (task == NULL)
        return false;
    workers->first = task->next;
    void *place = workers->places[chance_below((unsigned)workers->count)];
    if (workers->place.before_tasks != NULL)
        workers->place.before_tasks(place);
    task->run(task, place);
    if (workers->place.after_tasks != NULL)
        workers->place.after_tasks(place);
    return true;
}

void __wrap_workers_free(struct workers **workers_at)
{
    struct workers *workers = *workers_at;
    *workers_at = NULL;
    if (workers == NULL)
        return;
    while (workers->count > 0 && run_one(workers)) {
    }
    for (size_t i = 0; i < workers->count && workers->place.close != NULL; i++)
        workers->place.close(workers->places[i]);
    for (size_t i = 0; i < COUNT_OF(pools); i++) {
        if (pools[i] == workers)
            pools[i] = NULL;
    }
    free(workers);
}

bool worker_turn(unsigned pool)
{
    bool before = memory_begin_turn(true);
    bool had_task = pools[pool] != NULL && run_one(pools[pool]);
    memory_end_turn(before);
    return had_task;
}

/* ---- the writer's thread ---- */

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*main_function)(void *), void *argument)
{
    (void)thread;
    (void)attributes;
    writer.main = main_function;
    writer.argument = argument;
    writer.is_waiting = false;
    return 0;
}

int __wrap_pthread_setname_np(pthread_t thread, const char *name)
{
    (void)thread;
    (void)name;
    return 0;
}

/* The thread waits: its turn is over. It keeps nothing on its stack from one wait to the next, so
 * its next turn begins its loop anew, and comes here to wait on. */
int __wrap_sem_clockwait(sem_t *semaphore, clockid_t clock, const struct timespec *until)
{
    (void)clock;
    int64_t until_us = (int64_t)until->tv_sec * 1000000 + until->tv_nsec / 1000;
    int64_t now_us = world_now_us();
    if (!writer.is_waiting)
        writer.idle_since_us = now_us;
    writer.is_waiting = false;
    if (sem_trywait(semaphore) == 0)
        return 0;
    if (now_us - writer.idle_since_us >= until_us - now_us) {
        errno = ETIMEDOUT;
        return -1;
    }
    writer.is_waiting = true;
    longjmp(writer.waits, 1);
}

void writer_turn(void)
{
    if (writer.main == NULL || writer.is_in_turn)
        return;
    writer.is_in_turn = true;
    (void)memory_begin_turn(true);
    if (setjmp(writer.waits) == 0)
        (void)writer.main(writer.argument);
    memory_end_turn(false);
    writer.is_in_turn = false;
}

bool writer_is_in_turn(void)
{
    return writer.is_in_turn;
}

int __wrap_pthread_join(pthread_t thread, void **out)
{
    (void)thread;
    (void)out;
    writer_turn();
    writer.main = NULL;
    return 0;
}
