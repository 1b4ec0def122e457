#include "loop/worker.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct workers {
    pthread_mutex_t mutex;
    pthread_cond_t changed; /* a task came, the end came, or a thread has its place */
    struct task *oldest;
    struct task **newest; /* where the next task is linked */
    size_t task_count;    /* that wait */
    bool is_ending;
    struct worker_place place;
    const char *name;
    size_t opened_count;
    enum err open_err; /* the first that open() returned */
    size_t thread_count;
    pthread_t threads[WORKERS_MAX];
};

/* How many of the waiting tasks one thread takes: its share, so that none is idle meanwhile. */
static size_t share(const struct workers *workers)
{
    size_t count = (workers->task_count + workers->thread_count - 1) / workers->thread_count;
    size_t max = workers->place.tasks_max > 0 ? workers->place.tasks_max : 1;
    return count < max ? count : max;
}

/* Wait for tasks, linked by next. NULL: the end has come and nothing is left. Called with the mutex
 * held. */
static struct task *take(struct workers *workers)
{
    while (workers->oldest == NULL && !workers->is_ending)
        pthread_cond_wait(&workers->changed, &workers->mutex);
    struct task *first = workers->oldest;
    if (first == NULL)
        return NULL;
    struct task *last = first;
    size_t count = share(workers);
    for (size_t i = 1; i < count; i++)
        last = last->next;
    workers->oldest = last->next;
    workers->task_count -= count;
    if (workers->oldest == NULL)
        workers->newest = &workers->oldest;
    last->next = NULL;
    return first;
}

static void run_all(const struct workers *workers, struct task *task, void *place)
{
    if (workers->place.before_tasks != NULL)
        workers->place.before_tasks(place);
    while (task != NULL) {
        struct task *next = task->next; /* running gives the task away */
        task->run(task, place);
        task = next;
    }
    if (workers->place.after_tasks != NULL)
        workers->place.after_tasks(place);
}

static void *thread_main(void *argument)
{
    struct workers *workers = argument;
    void *place = NULL;
    (void)pthread_setname_np(pthread_self(), workers->name);
    enum err err = OK;
    if (workers->place.open != NULL)
        err = workers->place.open(workers->place.context, &place);

    pthread_mutex_lock(&workers->mutex);
    workers->opened_count++;
    if (err != OK && workers->open_err == OK)
        workers->open_err = err;
    pthread_cond_broadcast(&workers->changed);
    struct task *task;
    while (err == OK && (task = take(workers)) != NULL) {
        pthread_mutex_unlock(&workers->mutex);
        run_all(workers, task, place);
        pthread_mutex_lock(&workers->mutex);
    }
    pthread_mutex_unlock(&workers->mutex);

    if (err == OK && workers->place.close != NULL)
        workers->place.close(place);
    return NULL;
}

enum err workers_new(const char *name, size_t count, const struct worker_place *place,
                     struct workers **out)
{
    assert(count > 0 && count <= WORKERS_MAX);
    struct workers *workers = calloc(1, sizeof *workers);
    if (workers == NULL)
        return ERR_MEMORY;
    pthread_mutex_init(&workers->mutex, NULL);
    pthread_cond_init(&workers->changed, NULL);
    workers->newest = &workers->oldest;
    workers->place = *place;
    workers->name = name;
    while (workers->thread_count < count && pthread_create(&workers->threads[workers->thread_count],
                                                           NULL, thread_main, workers) == 0)
        workers->thread_count++;
    pthread_mutex_lock(&workers->mutex);
    while (workers->opened_count < workers->thread_count)
        pthread_cond_wait(&workers->changed, &workers->mutex);
    enum err err = workers->open_err;
    if (err == OK && workers->thread_count < count)
        err = ERR_MEMORY;
    pthread_mutex_unlock(&workers->mutex);
    if (err != OK) {
        workers_free(&workers);
        return err;
    }
    *out = workers;
    return OK;
}

void workers_post(struct workers *workers, struct task *task)
{
    task->next = NULL;
    workers_post_all(workers, task);
}

void workers_post_all(struct workers *workers, struct task *oldest)
{
    if (oldest == NULL)
        return;
    size_t count = 1;
    struct task *last = oldest;
    for (; last->next != NULL; last = last->next)
        count++;
    pthread_mutex_lock(&workers->mutex);
    *workers->newest = oldest;
    workers->newest = &last->next;
    workers->task_count += count;
    if (count == 1)
        pthread_cond_signal(&workers->changed);
    else
        pthread_cond_broadcast(&workers->changed);
    pthread_mutex_unlock(&workers->mutex);
}

void workers_free(struct workers **workers_at)
{
    struct workers *workers = *workers_at;
    *workers_at = NULL;
    if (workers == NULL)
        return;
    pthread_mutex_lock(&workers->mutex);
    workers->is_ending = true;
    pthread_cond_broadcast(&workers->changed);
    pthread_mutex_unlock(&workers->mutex);
    for (size_t i = 0; i < workers->thread_count; i++)
        pthread_join(workers->threads[i], NULL);
    pthread_cond_destroy(&workers->changed);
    pthread_mutex_destroy(&workers->mutex);
    free(workers);
}
