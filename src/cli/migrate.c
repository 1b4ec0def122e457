#include "cli/commands.h"
#include "cli/database.h"
#include "cli/report.h"
#include "cli/session_count.h"

/* Append what becomes of those who are logged in. With a key that did not sign their sessions they
 * would all have to log in again: that is told before it happens. */
static enum err append_sessions(struct db *db, const struct settings *settings, struct buf *out)
{
    const struct server_settings *server = &settings->server;
    struct session_count count;
    enum err err = session_count(db, server, &count);
    if (err != OK || count.live == 0)
        return err;
    buf_printf(out, "the secret key vouches for %zu of %zu live sessions\n", count.known,
               count.live);
    if (count.known == 0)
        (void)report_error(STATUS_OK,
                           "warning: whoever is logged in will have to log in again, unless %s "
                           "holds the site's SECRET_KEY",
                           server->secret_key_file);
    return OK;
}

/* `confab migrate` */
int command_migrate(struct settings *settings)
{
    struct db *db = NULL;
    struct buf out = {0};
    unsigned steps = 0;
    int status = STATUS_FAILED;
    if (database_open_migrated(settings, &db, &steps) != OK)
        return STATUS_FAILED;
    const char *location = settings->server.database;
    if (steps == 0)
        buf_printf(&out, "%s is up to date; nothing was changed\n", location);
    else
        buf_printf(&out, "%s is now of this version (%u %s applied)\n", location, steps,
                   steps == 1 ? "migration" : "migrations");
    enum err err = steps > 0 ? append_sessions(db, settings, &out) : OK;
    db_close(&db);
    int printed = report_finish(&out);
    if (err == OK)
        status = printed;
    buf_free(&out);
    return status;
}
