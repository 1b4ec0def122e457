/* database.h - a subcommand's way to the database: opened, looked at, and a word about what is
 * wrong with it.
 *
 * Works beside a running server: a command is one more writer, and waits for the lock like any
 * other.
 */
#ifndef CONFAB_CLI_DATABASE_H
#define CONFAB_CLI_DATABASE_H

#include "cli/settings.h"
#include "store/db.h"

/* Open the database that is there and has this version's tables. On anything else, and when it is
 * missing, the reason has been printed; the process's status is then STATUS_FAILED. The caller
 * closes *db. */
CHECKED enum err database_open(const struct settings *settings, enum db_role role, struct db **db);

/* Open the database for writing, making or migrating it as needed; *steps counts the migrations.
 * Errors as above. */
CHECKED enum err database_open_migrated(const struct settings *settings, struct db **db,
                                        unsigned *steps);

#endif
