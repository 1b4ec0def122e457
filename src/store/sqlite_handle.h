/* sqlite_handle.h - what lies below a connection to an SQLite database.
 *
 * The store's own; for what only SQLite can do (backup.c).
 */
#ifndef CONFAB_STORE_SQLITE_HANDLE_H
#define CONFAB_STORE_SQLITE_HANDLE_H

#include "store/db.h"

struct sqlite3;

struct sqlite3 *sqlite_handle(struct db *db);

/* What a result code of SQLite's means here. */
enum err sqlite_err(int code);

#endif
