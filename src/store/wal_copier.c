#include "store/wal_copier.h"

#include <assert.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include "base/list.h"
#include "base/log.h"
#include "loop/worker.h"
#include "store/sql.h"

/* Each copies what was committed until it began: the first most of it, the next what came while the
 * one before was at work. */
enum { PASSES = 2 };

struct wal_copier {
    struct workers *worker; /* one */
    struct task task;
    const char *location;
    void (*on_copied)(void *context);
    void *context;
    atomic_bool is_busy;
    sem_t over; /* once for each start */
};

static enum err open_place(void *context, void **place)
{
    const struct wal_copier *copier = context;
    struct db *db = NULL;
    char reason[256] = "";
    enum err err = db_open(copier->location, DB_READER, &db, reason);
    if (err != OK)
        log_error("the WAL's connection could not be opened", 0, "reason=\"%s\"", reason);
    *place = db;
    return err;
}

static void close_place(void *place)
{
    struct db *db = place;
    db_close(&db);
}

static void copy(struct task *task, void *place)
{
    struct wal_copier *copier = CONTAINER_OF(task, struct wal_copier, task);
    enum err err = OK;
    for (int i = 0; i < PASSES && err == OK; i++)
        err = sql_checkpoint(place); /* a failed one was logged, and costs but a longer WAL */
    atomic_store(&copier->is_busy, false);
    (void)sem_post(&copier->over);
    copier->on_copied(copier->context);
}

enum err wal_copier_new(const char *location, void (*on_copied)(void *context), void *context,
                        struct wal_copier **out)
{
    struct wal_copier *copier = calloc(1, sizeof *copier);
    if (copier == NULL)
        return ERR_MEMORY;
    const struct worker_place place = {.open = open_place, .close = close_place, .context = copier};
    copier->location = location;
    copier->on_copied = on_copied;
    copier->context = context;
    copier->task.run = copy;
    atomic_init(&copier->is_busy, false);
    int code = sem_init(&copier->over, 0, 0);
    assert(code == 0);
    (void)code;
    enum err err = workers_new("wal-copier", 1, &place, &copier->worker);
    if (err != OK) {
        (void)sem_destroy(&copier->over);
        free(copier);
        return err;
    }
    *out = copier;
    return OK;
}

void wal_copier_start(struct wal_copier *copier)
{
    assert(!atomic_load(&copier->is_busy));
    while (sem_trywait(&copier->over) == 0)
        continue; /* nobody waited for the ones before */
    atomic_store(&copier->is_busy, true);
    workers_post(copier->worker, &copier->task);
}

bool wal_copier_is_busy(const struct wal_copier *copier)
{
    return atomic_load(&copier->is_busy);
}

void wal_copier_wait(struct wal_copier *copier)
{
    while (atomic_load(&copier->is_busy))
        (void)sem_wait(&copier->over);
}

void wal_copier_free(struct wal_copier **copier_at)
{
    struct wal_copier *copier = *copier_at;
    *copier_at = NULL;
    if (copier == NULL)
        return;
    workers_free(&copier->worker);
    (void)sem_destroy(&copier->over);
    free(copier);
}
