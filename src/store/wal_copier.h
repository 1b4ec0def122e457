/* wal_copier.h - copies what the WAL holds into the database file, beside the writer.
 *
 * A thread with a connection of its own: commits go on meanwhile. What they add the writer copies
 * at the end itself (sql_checkpoint()), which is little; only when everything is copied and nobody
 * writes can the WAL begin anew. Thread: the writer's, but for on_copied().
 */
#ifndef CONFAB_STORE_WAL_COPIER_H
#define CONFAB_STORE_WAL_COPIER_H

#include "store/db.h"

struct wal_copier; /* opaque */

/* on_copied: what wal_copier_start() began is over, for good or ill; on the copier's thread.
 * location must stay where it is. ERR_MEMORY; others as for db_open(). */
CHECKED enum err wal_copier_new(const char *location, void (*on_copied)(void *context),
                                void *context, struct wal_copier **out);

/* Begin to copy. It must not be busy. */
void wal_copier_start(struct wal_copier *copier);

/* Whether it still copies. */
bool wal_copier_is_busy(const struct wal_copier *copier);

/* Wait until it does not. */
void wal_copier_wait(struct wal_copier *copier);

/* Finish, end the thread, and set *copier to NULL. *copier may be NULL. */
void wal_copier_free(struct wal_copier **copier);

#endif
