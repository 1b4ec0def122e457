/* db.h - one connection to the database, used by one worker thread.
 *
 * Knows: which database it is, its statements, transactions. What the operations on it (users.h,
 * chats.h, messages.h, sessions.h) need of a database is in sql.h; they are the same for every kind
 * of database. Calls block. Thread: the one that opened it.
 */
#ifndef CONFAB_STORE_DB_H
#define CONFAB_STORE_DB_H

#include "base/arena.h"
#include "base/err.h"

struct db; /* opaque */

enum db_role {
    DB_READER, /* never writes */
    DB_WRITER, /* the one connection of the server that writes; a command-line tool is a writer too
                */
};

enum {
    DB_BUSY_MS_MAX = 5000, /* how long a call waits for another process's lock before ERR_BUSY */
};

/* Open the database at location: a path for SQLite. A writer creates the file (mode 0600) if it is
 * missing, and sets WAL if it is empty or ours; a database of somebody else's is only looked at
 * until schema_migrate() has adopted it. May be handed to another thread before its first use
 * there. ERR_IO, ERR_BUSY, ERR_MEMORY, ERR_SYNTAX (not a database; never changed): *reason is one
 * line that says what was wrong and what would be right. */
CHECKED enum err db_open(const char *location, enum db_role role, struct db **out,
                         char reason[256]);

void db_close(struct db **db);

/* Writers only. begin: takes the write lock at once (BEGIN IMMEDIATE); ERR_BUSY after
 * DB_BUSY_MS_MAX, or without waiting. commit: on an error (ERR_FULL, ERR_IO, ERR_BUSY,
 * ERR_CONFLICT: a deferred foreign key) everything is rolled back. */
CHECKED enum err db_begin(struct db *db);
CHECKED enum err db_begin_unless_locked(struct db *db);
CHECKED enum err db_commit(struct db *db);
void db_rollback(struct db *db);

/* Readers: what is read until db_snapshot_end() is of one moment, and SQLite looks after its locks
 * once for all of it. Short: a snapshot that is kept keeps the log from being written back. A
 * failure is harmless: each statement then has a moment of its own. */
void db_snapshot(struct db *db);
void db_snapshot_end(struct db *db);

/* A step inside a transaction that can be undone alone. */
CHECKED enum err db_savepoint(struct db *db);
CHECKED enum err db_savepoint_release(struct db *db);
void db_savepoint_rollback(struct db *db);

/* Whether another connection has committed since the last call (PRAGMA data_version); the first
 * call says true. If so, what this connection knew of chats (heads.h) is forgotten. Inside a
 * transaction it holds until the commit. */
CHECKED enum err db_others_wrote(struct db *db, bool *out);

/* The version of the database library that runs: "3.40.1". */
const char *db_library_version(void);

#endif
