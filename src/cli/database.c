#include "cli/database.h"

#include <errno.h>
#include <unistd.h>
#include "base/time_text.h"
#include "cli/commands.h"
#include "cli/report.h"
#include "store/schema.h"

enum { REASON_BYTES = 256 };

static enum err open_reported(const char *location, enum db_role role, struct db **db)
{
    char reason[REASON_BYTES] = "";
    enum err err = db_open(location, role, db, reason);
    if (err != OK)
        (void)report_error(STATUS_FAILED, "%s", reason[0] != '\0' ? reason : err_name(err));
    return err;
}

static enum err check_schema(const char *location, struct db *db)
{
    char reason[REASON_BYTES] = "";
    enum schema_state state = SCHEMA_EMPTY;
    enum err err = schema_inspect(db, &state, reason);
    if (err != OK) {
        (void)report_failure(location, err);
        return err;
    }
    switch (state) {
    case SCHEMA_CURRENT:
        return OK;
    case SCHEMA_EMPTY:
    case SCHEMA_OLD:
    case SCHEMA_DJANGO:
        (void)report_error(
            STATUS_FAILED,
            "the database %s has not been prepared for this version; run confab migrate "
            "--database %s first",
            location, location);
        return ERR_DENIED;
    case SCHEMA_NEWER:
    case SCHEMA_FOREIGN:
        (void)report_error(STATUS_FAILED, "%s: %s", location, reason);
        return ERR_DENIED;
    }
    return ERR_DENIED;
}

enum err database_open(const struct settings *settings, enum db_role role, struct db **db)
{
    const char *location = settings->server.database;
    /* Listing the users of a mistyped name must not leave an empty database behind. */
    if (access(location, F_OK) != 0 && errno == ENOENT) {
        (void)report_error(STATUS_FAILED,
                           "there is no database %s; confab migrate --database %s makes one",
                           location, location);
        return ERR_NOT_FOUND;
    }
    enum err err = open_reported(location, role, db);
    if (err == OK)
        err = check_schema(location, *db);
    if (err != OK)
        db_close(db);
    return err;
}

enum err database_open_migrated(const struct settings *settings, struct db **db, unsigned *steps)
{
    const char *location = settings->server.database;
    char reason[REASON_BYTES] = "";
    enum err err = open_reported(location, DB_WRITER, db);
    if (err != OK)
        goto done;
    err = schema_migrate(*db, time_now_us(), steps, reason);
    if (err == ERR_DENIED)
        (void)report_error(STATUS_FAILED, "%s: %s", location, reason);
    else if (err != OK)
        (void)report_failure(location, err);

done:
    if (err != OK)
        db_close(db);
    return err;
}
