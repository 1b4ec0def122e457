#include "cli/commands.h"
#include "cli/database.h"
#include "cli/report.h"

/* `confab migrate` */
int command_migrate(struct settings *settings)
{
    struct db *db = NULL;
    struct buf out = {0};
    unsigned steps = 0;
    if (database_open_migrated(settings, &db, &steps) != OK)
        return STATUS_FAILED;
    const char *location = settings->server.database;
    if (steps == 0)
        buf_printf(&out, "%s is up to date; nothing was changed\n", location);
    else
        buf_printf(&out, "%s is now of this version (%u %s applied)\n", location, steps,
                   steps == 1 ? "migration" : "migrations");
    db_close(&db);
    int status = report_finish(&out);
    buf_free(&out);
    return status;
}
