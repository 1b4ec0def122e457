/* location.h - the path of a database file: what is wrong with it, in words for the person who gave
 * it. */
#ifndef CONFAB_STORE_LOCATION_H
#define CONFAB_STORE_LOCATION_H

#include "store/db.h"

/* ERR_SYNTAX: not a path of a file (empty, ":memory:", an address); *reason says what would be
 * right. */
CHECKED enum err location_check(const char *location, char reason[256]);

/* Make the file, empty and mode 0600, if there is none. What is wrong shows when it is opened. */
void location_make(const char *location);

/* Put into reason why this file cannot be opened, or, if the file system has nothing against it,
 * the given words. */
void location_explain(const char *location, enum db_role role, const char *otherwise,
                      char reason[256]);

#endif
