/* `confab backup`, `confab restore` */
#include "base/time_text.h"
#include "cli/commands.h"
#include "cli/job.h"
#include "cli/report.h"
#include "store/backup.h"

static enum err back_up(struct db *db, struct job *job)
{
    char reason[BACKUP_REASON_BYTES] = "";
    int64_t bytes = 0;
    const char *path = job->settings->arguments[0];
    enum err err = backup_make(db, path, &bytes, reason);
    if (err != OK)
        return job_refuse(job, err, "%s", reason);
    buf_printf(&job->said, "backed up %s to %s (%lld bytes)\n", job->settings->server.database,
               path, (long long)bytes);
    return OK;
}

int command_backup(struct settings *settings)
{
    return job_run(settings, DB_READER, back_up, "the backup could not be made");
}

/* The database itself is not opened: it may be missing, or damaged, which is why one restores. */
int command_restore(struct settings *settings)
{
    char reason[BACKUP_REASON_BYTES] = "";
    char kept[BACKUP_PATH_BYTES_MAX];
    struct buf out = {0};
    const char *path = settings->arguments[0];
    const char *location = settings->server.database;
    if (backup_restore(path, location, time_now_us(), kept, reason) != OK)
        return report_error(STATUS_FAILED, "%s", reason);
    buf_printf(&out, "restored %s from %s\n", location, path);
    if (kept[0] != '\0')
        buf_printf(&out, "the database that was there is kept as %s\n", kept);
    int status = report_finish(&out);
    buf_free(&out);
    return status;
}
