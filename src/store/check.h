/* check.h - what is wrong in the database, as lines of text, and the mending of what can be mended.
 *
 * Knows: the tables and what must hold between them. Does not know: what the texts in them mean
 * (hashes, session data, names): whoever knows checks that.
 * Thread: the connection's. ERR_BUSY, ERR_FULL, ERR_IO, ERR_MEMORY come from every function here.
 */
#ifndef CONFAB_STORE_CHECK_H
#define CONFAB_STORE_CHECK_H

#include "store/db.h"

enum { CHECK_FINDINGS_MAX = 100 }; /* that are told of one kind; of the others only the number is */

/* Takes findings one by one: a line without its ending, borrowed until it returns. */
struct check_sink {
    void (*take)(void *context, struct bytes finding);
    void *context;
};

/* Only whether the file itself is whole. */
CHECKED enum err check_damage(struct db *db, const struct check_sink *sink, bool *is_damaged);

/* Look for everything that this file knows of. A damaged file: only that is told, since nothing
 * else that is read from it can be believed; *is_damaged says so. */
CHECKED enum err check_rows(struct db *db, const struct check_sink *sink, bool *is_damaged);

/* Writers only, inside a transaction. Delete participants and what is ours (confab_*) of chats,
 * users and messages that are gone, and correct the counters of ids. *changes: the rows that this
 * changed. */
CHECKED enum err check_repair(struct db *db, int64_t *changes);

/* Inside a transaction that sql's foreign keys would not let commit: the table whose rows point at
 * nothing, in the arena. ERR_NOT_FOUND: none does. */
CHECKED enum err check_pointing_table(struct db *db, struct arena *arena, struct bytes *table);

#endif
