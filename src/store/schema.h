/* schema.h - the tables: making them, adopting Django's, numbered migrations of our own.
 *
 * A new database gets the existing system's tables (as Django 3.2 to 5.2 make them, with the rows
 * of django_migrations, so that Django can take it over) and ours (confab_*). A Django database
 * gets only ours; no table of Django's is ever altered. Two triggers hang on chat_message.
 */
#ifndef CONFAB_STORE_SCHEMA_H
#define CONFAB_STORE_SCHEMA_H

#include "store/db.h"

enum {
    SCHEMA_MIGRATIONS_OF_OURS = 7, /* that a database which Django made needs */
};

enum schema_state {
    SCHEMA_EMPTY,   /* no table at all */
    SCHEMA_CURRENT, /* ours, nothing to do */
    SCHEMA_OLD,     /* ours, of an earlier version */
    SCHEMA_NEWER,   /* ours, of a version that this program does not know: refuse */
    SCHEMA_DJANGO,  /* the existing system's, not yet adopted */
    SCHEMA_FOREIGN, /* neither: refuse and leave untouched */
};

/* Look at what is there. For SCHEMA_FOREIGN and SCHEMA_NEWER *reason says in one line what was
 * found (e.g. which column is missing). */
CHECKED enum err schema_inspect(struct db *db, enum schema_state *state, char reason[256]);

/* Bring the database to the current version, in one transaction. *steps counts the migrations
 * applied. ERR_DENIED: SCHEMA_FOREIGN or SCHEMA_NEWER; *reason says why. */
CHECKED enum err schema_migrate(struct db *db, int64_t now_us, unsigned *steps, char reason[256]);

/* The numbering of messages and events cannot go on where clients have seen it: give it another
 * name (epoch). Of a database of ours (SCHEMA_CURRENT, SCHEMA_OLD). */
CHECKED enum err schema_renew_epoch(struct db *db);

#endif
