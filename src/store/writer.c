#include "store/writer.h"

#include <assert.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "base/list.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/time_text.h"
#include "loop/mailbox.h"
#include "store/sql.h"
#include "store/wal_copier.h"

enum {
    /* A batch that cannot get the write lock fails with ERR_BUSY after so many times
       DB_BUSY_MS_MAX: 10 seconds. */
    WRITER_BEGIN_TRIES = 2,

    POLL_MS =
        1000, /* how long another process's write may stay unnoticed when nothing is written here */

    /* Copying the WAL into the database file takes the disk from the next commit. So it is done
     * when nothing came for a moment and it is worth it, and under steady load only when the WAL
     * becomes long; when it is longer still, commits wait for it. */
    WAL_IDLE_MS = 100,
    WAL_IDLE_PAGES = 1000,  /* 4 MiB */
    WAL_LONG_PAGES = 8192,  /* 32 MiB */
    WAL_WAIT_PAGES = 16384, /* 64 MiB */

    /* What can wait is done in little pieces: so long after one comes the next if nothing else
       comes, and so long if much does. */
    SPARE_PAUSE_MS = 20,
    SPARE_LOAD_MS = 1000,
};

struct writer {
    struct mailbox mailbox;
    sem_t arrived; /* counts how often the mailbox became non-empty, and the end */
    atomic_bool is_ending;
    pthread_t thread;
    struct db *db; /* the thread's, from its start to its end */
    struct writer_hooks hooks;
    bool others_wrote;   /* the hook has to be called after this batch */
    bool has_more_to_do; /* in spare time */
    int64_t spare_us;    /* when that was done last */
    struct wal_copier *copier;
    bool is_copying;    /* the copier was started, and what it left has not been copied */
    int64_t held_pages; /* of the WAL, that could not be copied the last time */
    enum err trouble;   /* why the last batch was not stored; OK: it was */
    size_t write_count; /* of the batch */
    struct write *writes[BATCH_WRITES_MAX];
    enum err results[BATCH_WRITES_MAX];
};

static void wake(void *context)
{
    struct writer *writer = context;
    (void)sem_post(&writer->arrived);
}

/* ---- one batch ---- */

/* Take the write lock, and learn what has happened since the last time. */
static enum err begin(struct writer *writer)
{
    enum err err = ERR_BUSY;
    bool others_wrote = false;
    for (unsigned i = 0; i < WRITER_BEGIN_TRIES && err == ERR_BUSY; i++) {
        if (i > 0)
            metrics_count(COUNTER_DATABASE_BUSY_RETRIES);
        err = db_begin(writer->db);
    }
    if (err != OK)
        return err;
    /* Under the lock: from here on the caches are true until the commit. */
    err = db_others_wrote(writer->db, &others_wrote);
    if (others_wrote)
        writer->others_wrote = true;
    if (err != OK)
        db_rollback(writer->db);
    return err;
}

/* Run one write so that, if it fails, nothing of it is left in the transaction. */
static enum err run_one(struct writer *writer, struct write *write)
{
    if (write->is_one_statement)
        return write->run(write, writer->db);
    enum err err = db_savepoint(writer->db);
    if (err != OK)
        return err;
    err = write->run(write, writer->db);
    if (err == OK)
        err = db_savepoint_release(writer->db);
    if (err != OK)
        db_savepoint_rollback(writer->db);
    return err;
}

/* How many of these writes, from the first on, can run together. */
static size_t count_together(struct write *const *writes, size_t count)
{
    size_t together = 1;
    if (writes[0]->run_together == NULL)
        return 1;
    while (together < count && together < WRITES_TOGETHER_MAX &&
           writes[together]->run_together == writes[0]->run_together)
        together++;
    return together;
}

/* Run the first of these writes and those that can run with it. Returns how many have their
 * results. */
static size_t run_next(struct writer *writer, size_t first, size_t count)
{
    struct write **writes = &writer->writes[first];
    enum err *results = &writer->results[first];
    size_t together = count_together(writes, count);
    if (together > 1)
        writes[0]->run_together(writes, together, writer->db, results);
    else
        results[0] = run_one(writer, writes[0]);
    return together;
}

/* Every write that had succeeded in the transaction has failed with it. */
static void fail(struct writer *writer, size_t first, size_t count, enum err err)
{
    for (size_t i = first; i < first + count; i++) {
        if (writer->results[i] == OK)
            writer->results[i] = err;
    }
}

/* Commit these writes together. On an error none of them is stored; results[] has one for each in
 * any case. */
static enum err commit_together(struct writer *writer, size_t first, size_t count)
{
    size_t ok_count = 0;
    for (size_t i = first; i < first + count; i++)
        writer->results[i] = OK;
    enum err err = begin(writer);
    for (size_t i = first; i < first + count && err == OK;) {
        size_t end = i + run_next(writer, i, first + count - i);
        for (; i < end && err == OK; i++) {
            if (writer->results[i] == OK)
                ok_count++;
            else if (sql_transaction_is_lost(writer->db))
                err = writer->results[i];
        }
        if (err != OK)
            db_rollback(writer->db);
    }
    if (err == OK && ok_count > 0)
        err = db_commit(writer->db);
    else if (err == OK)
        db_rollback(writer->db); /* nothing to store: save the disk an empty commit */
    if (err != OK)
        fail(writer, first, count, err);
    return err;
}

/* One line when trouble begins, changes or ends, however many batches fail meanwhile. */
static void log_trouble(struct writer *writer, enum err err)
{
    if (err == writer->trouble)
        return;
    if (err != OK)
        log_error("batch not stored", 0, "error=%s writes=%zu", err_name(err), writer->write_count);
    else
        log_info("batches are stored again", 0, "error_before=%s", err_name(writer->trouble));
    writer->trouble = err;
}

/* Store the batch: each write has its result afterwards. */
static void commit_batch(struct writer *writer)
{
    enum err err = commit_together(writer, 0, writer->write_count);
    if (err == ERR_CONFLICT && writer->write_count > 1) {
        /* One of them broke a deferred foreign key, which SQLite tells only for all together: each
         * for itself. */
        log_warning("batch repeated one by one", 0, "writes=%zu", writer->write_count);
        err = OK;
        for (size_t i = 0; i < writer->write_count; i++) {
            if (err == OK || err == ERR_CONFLICT)
                err = commit_together(writer, i, 1);
            else
                writer->results[i] =
                    err; /* the database is in trouble: do not wait for it 4096 times */
        }
    }
    log_trouble(writer, err == ERR_CONFLICT ? OK : err);
}

static void tell_others_wrote(struct writer *writer)
{
    if (!writer->others_wrote)
        return;
    writer->others_wrote = false;
    if (writer->hooks.others_wrote != NULL)
        writer->hooks.others_wrote(writer->hooks.context);
}

/* Give every write back, in order. */
static void finish_batch(struct writer *writer)
{
    for (size_t i = 0; i < writer->write_count; i++)
        writer->writes[i]->done(writer->writes[i], writer->results[i]); /* it may be gone now */
    writer->write_count = 0;
    if (writer->hooks.batch_done != NULL)
        writer->hooks.batch_done(writer->hooks.context);
    tell_others_wrote(writer);
}

/* ---- the WAL ---- */

/* The copier is done: copy the rest, so that the WAL begins anew. */
static void finish_copying(struct writer *writer)
{
    if (!writer->is_copying || wal_copier_is_busy(writer->copier))
        return;
    writer->is_copying = false;
    /* A failed one costs nothing but a longer WAL; it was logged. */
    (void)!sql_checkpoint(writer->db);
    /* A reader in an old state of the database holds it up: do not try again at every batch. */
    writer->held_pages = sql_wal_pages(writer->db);
}

/* Have the WAL copied if it has at least so many pages that are not in the database file. */
static void copy_from(struct writer *writer, int64_t page_count)
{
    if (writer->is_copying || sql_wal_pages(writer->db) < page_count)
        return;
    writer->is_copying = true;
    wal_copier_start(writer->copier);
}

/* After each batch: the WAL must not fill the disk. */
static void bound_wal(struct writer *writer)
{
    copy_from(writer, writer->held_pages + WAL_LONG_PAGES);
    if (writer->is_copying && sql_wal_pages(writer->db) >= writer->held_pages + WAL_WAIT_PAGES)
        wal_copier_wait(writer->copier);
    finish_copying(writer);
}

/* Store the tasks, a batch at a time. Next station of a message: its write's done()
 * (chat/commit.c). */
static void store_all(struct writer *writer, struct task *task)
{
    while (task != NULL) {
        while (task != NULL && writer->write_count < BATCH_WRITES_MAX) {
            writer->writes[writer->write_count++] = CONTAINER_OF(task, struct write, task);
            task = task->next;
        }
        int64_t began_us = time_steady_us();
        metrics_observe(HISTOGRAM_BATCH_WRITES, writer->write_count);
        commit_batch(writer);
        metrics_observe(HISTOGRAM_BATCH_US, (uint64_t)(time_steady_us() - began_us));
        finish_batch(writer);
        bound_wal(writer);
    }
}

/* ---- the thread ---- */

/* False: nothing arrived in that time. */
static bool wait_for_arrival(struct writer *writer, int64_t timeout_ms)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += timeout_ms / 1000;
    until.tv_nsec += timeout_ms % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    return sem_clockwait(&writer->arrived, CLOCK_MONOTONIC, &until) == 0;
}

/* Do a piece of what can wait. */
static void use_spare_time(struct writer *writer)
{
    writer->has_more_to_do = false;
    writer->spare_us = time_steady_us();
    if (writer->hooks.spare_time == NULL)
        return;
    enum err err = writer->hooks.spare_time(writer->db, &writer->has_more_to_do);
    if (err != OK)
        log_debug("spare time was of no use", 0, "error=%s", err_name(err));
}

/* Nothing was posted for a while: time for what would hold up a batch. */
static void on_idle(struct writer *writer)
{
    bool others_wrote = false;
    copy_from(writer, WAL_IDLE_PAGES);
    if (db_others_wrote(writer->db, &others_wrote) == OK && others_wrote)
        writer->others_wrote = true;
    tell_others_wrote(writer);
    use_spare_time(writer);
}

/* How long nothing must come until it is time for what can wait. */
static int64_t idle_ms(const struct writer *writer)
{
    if (writer->has_more_to_do)
        return SPARE_PAUSE_MS;
    bool is_worth_copying = !writer->is_copying && sql_wal_pages(writer->db) >= WAL_IDLE_PAGES;
    return is_worth_copying ? WAL_IDLE_MS : POLL_MS;
}

static void *thread_main(void *argument)
{
    struct writer *writer = argument;
    (void)pthread_setname_np(pthread_self(), "writer");
    for (;;) {
        /* Asked before taking: what was posted before the end is stored. */
        bool is_ending = atomic_load(&writer->is_ending);
        struct task *tasks = mailbox_take_all(&writer->mailbox);
        finish_copying(writer);
        if (tasks != NULL) {
            store_all(writer, tasks);
            if (time_steady_us() - writer->spare_us >= SPARE_LOAD_MS * INT64_C(1000))
                use_spare_time(writer);
        } else if (is_ending) {
            return NULL;
        } else if (!wait_for_arrival(writer, idle_ms(writer))) {
            on_idle(writer);
        }
    }
}

enum err writer_new(const char *location, const struct writer_hooks *hooks, struct writer **out,
                    char reason[256])
{
    bool others_wrote;
    struct writer *writer = calloc(1, sizeof *writer);
    if (writer == NULL) {
        (void)snprintf(reason, 256, "no memory");
        return ERR_MEMORY;
    }
    writer->hooks = *hooks;
    writer->spare_us = time_steady_us();
    atomic_init(&writer->is_ending, false);
    mailbox_init(&writer->mailbox, wake, writer);
    /* Opened here, so that its error is the caller's; from pthread_create() on it is the thread's.
     */
    enum err err = db_open(location, DB_WRITER, &writer->db, reason);
    if (err != OK) {
        free(writer);
        return err;
    }
    /* What is read from now on must stay: a process that was killed has left commits in the WAL of
     * which nobody knows whether they are on the disk. A failure was logged, and costs no more than
     * a power cut can take. */
    (void)!sql_checkpoint(writer->db);
    /* What others wrote before now is no news: whoever starts reads it all. */
    err = db_others_wrote(writer->db, &others_wrote);
    int code = sem_init(&writer->arrived, 0, 0);
    assert(code == 0);
    if (err == OK)
        err = wal_copier_new(location, wake, writer, &writer->copier);
    if (err == OK && pthread_create(&writer->thread, NULL, thread_main, writer) != 0)
        err = ERR_MEMORY;
    if (err != OK) {
        (void)snprintf(reason, 256, "the writer cannot start: %s", err_name(err));
        wal_copier_free(&writer->copier);
        (void)sem_destroy(&writer->arrived);
        db_close(&writer->db);
        free(writer);
        return err;
    }
    (void)code;
    *out = writer;
    return OK;
}

void writer_post(struct writer *writer, struct write *write)
{
    mailbox_post(&writer->mailbox, &write->task);
}

void writes_add(struct writes *writes, struct write *write)
{
    write->task.next = writes->newest != NULL ? &writes->newest->task : NULL;
    writes->newest = write;
    if (writes->oldest == NULL)
        writes->oldest = write;
}

void writer_post_all(struct writer *writer, struct writes *writes)
{
    if (writes->newest != NULL)
        mailbox_post_all(&writer->mailbox, &writes->newest->task, &writes->oldest->task);
    *writes = (struct writes) {0};
}

void writer_free(struct writer **writer_at)
{
    struct writer *writer = *writer_at;
    *writer_at = NULL;
    if (writer == NULL)
        return;
    atomic_store(&writer->is_ending, true);
    (void)sem_post(&writer->arrived);
    (void)pthread_join(writer->thread, NULL);
    assert(writer->mailbox.newest == NULL); /* nobody posts any more */
    wal_copier_free(&writer->copier);
    db_close(&writer->db); /* the last connection to close copies the WAL */
    (void)sem_destroy(&writer->arrived);
    free(writer);
}
