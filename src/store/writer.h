/* writer.h - the one thread that writes: it takes everything that has arrived and commits it
 * together.
 *
 * Knows: batches, transactions, retries. Does not know: what is written; a struct write brings its
 * own function. Promise: done() runs only after the transaction with the write is durable, or has
 * failed; in the order of posting.
 */
#ifndef CONFAB_STORE_WRITER_H
#define CONFAB_STORE_WRITER_H

#include "loop/task.h"
#include "store/db.h"

enum {
    BATCH_WRITES_MAX = 4096,  /* writes of one transaction */
    WRITES_TOGETHER_MAX = 16, /* writes of one run_together() */
};

struct writer; /* opaque */

/* Something to be stored; lies inside the thing it is about. Whoever posts it gives it away until
 * done(). */
struct write {
    struct task task; /* the writer's own */
    /* Store it, on the writer's thread, inside the batch's transaction. What it returns is its
     * result. It runs again if the batch has to be repeated, so it must not take anything away from
     * itself. */
    enum err (*run)(struct write *write, struct db *db);
    /* Give it back, on the writer's thread. result: what run() returned, or why the transaction
     * failed. */
    void (*done)(struct write *write, enum err result);
    /* The same for up to WRITES_TOGETHER_MAX writes that were posted one behind the other and all
     * have this function; for what costs less together. Each has its result in results. NULL: only
     * alone. */
    void (*run_together)(struct write **writes, size_t count, struct db *db, enum err *results);
    bool is_one_statement; /* no savepoint is needed around run(): it changes all or nothing by
                              itself */
};

struct writer_hooks {
    void (*batch_done)(void *context);   /* after the last done() of a batch */
    void (*others_wrote)(void *context); /* another process has changed the database */
    void *context;
    /* Time for what can wait, outside of any transaction: when nothing comes, and once in a while
     * when much does. A little at a time; *has_more: it should go on soon. A failure is known to
     * whoever returns it. NULL: there is nothing. */
    enum err (*spare_time)(struct db *db, bool *has_more);
};

/* Open the writing connection and start the thread. Errors as for db_open(); reason too. */
CHECKED enum err writer_new(const char *location, const struct writer_hooks *hooks,
                            struct writer **out, char reason[256]);

/* Thread: any. */
void writer_post(struct writer *writer, struct write *write);

/* Writes that will be posted together, so that they wake the writer once. All zero: none. */
struct writes {
    struct write *newest;
    struct write *oldest;
};

void writes_add(struct writes *writes, struct write *write);

/* Post all of them, oldest first; there are none afterwards. Thread: any. */
void writer_post_all(struct writer *writer, struct writes *writes);

/* Store what was posted, end the thread, checkpoint, close, and set *writer to NULL. */
void writer_free(struct writer **writer);

#endif
