/* session_count.h - how many live sessions a site's keys vouch for: told when a database is
 * adopted, because with a wrong key nobody would be logged in any more.
 */
#ifndef CONFAB_CLI_SESSION_COUNT_H
#define CONFAB_CLI_SESSION_COUNT_H

#include "cli/settings.h"
#include "store/db.h"

struct session_count {
    size_t live;  /* not expired */
    size_t known; /* of those, signed with one of the site's keys */
};

/* Count the sessions. A secret key file that is missing knows none; it is not made. What is wrong
 * has been printed. */
CHECKED enum err session_count(struct db *db, const struct server_settings *settings,
                               struct session_count *out);

#endif
