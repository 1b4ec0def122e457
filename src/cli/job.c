#include "cli/job.h"

#include <stdarg.h>
#include <stdio.h>
#include "base/log.h"
#include "cli/commands.h"
#include "cli/database.h"
#include "cli/report.h"
#include "store/chats.h"
#include "store/check.h"
#include "store/users.h"

enum err job_refuse(struct job *job, enum err err, const char *format, ...)
{
    char words[REPORT_LINE_BYTES_MAX];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(words, sizeof words, format, args);
    va_end(args);
    buf_clear(&job->refusal);
    buf_append_text(&job->refusal, words);
    return err;
}

enum err job_find_user(struct db *db, struct job *job, const char *username, struct user *out)
{
    char quote[LOG_QUOTE_BYTES];
    struct bytes name = bytes_from_text(username);
    enum err err = users_find_name(db, name, &job->arena, out);
    if (err == ERR_NOT_FOUND)
        return job_refuse(job, err, "there is no user %s; confab user list shows all",
                          log_quote(quote, name));
    return err;
}

enum err job_find_chat(struct db *db, struct job *job, const char *id, struct chat *out)
{
    char quote[LOG_QUOTE_BYTES];
    uint64_t number = 0;
    struct bytes text = bytes_from_text(id);
    enum err err = ERR_NOT_FOUND;
    if (bytes_to_number(text, INT64_MAX, &number) == OK)
        err = chats_find(db, (int64_t)number, &job->arena, out);
    if (err == ERR_NOT_FOUND)
        return job_refuse(job, err, "there is no chat with the id %s; confab chat list shows all",
                          log_quote(quote, text));
    return err;
}

enum err job_refuse_pointed_at(struct db *db, struct job *job, const char *what)
{
    char quote[LOG_QUOTE_BYTES];
    struct bytes table = NO_BYTES;
    enum err err = check_pointing_table(db, &job->arena, &table);
    if (err != OK)
        return err == ERR_NOT_FOUND ? ERR_CONFLICT : err;
    return job_refuse(job, ERR_CONFLICT,
                      "rows of the table %s, which confab does not know, point at the %s; delete "
                      "them first, with the program that made them",
                      log_quote(quote, table), what);
}

static enum err do_work(struct db *db, struct job *job, enum db_role role,
                        enum err (*work)(struct db *db, struct job *job))
{
    enum err err = role == DB_WRITER ? db_begin(db) : OK;
    if (err != OK)
        return err;
    err = work(db, job);
    if (err == OK && buf_status(&job->said) != OK)
        err = ERR_MEMORY;
    if (role == DB_READER)
        return err;
    if (err == OK)
        return db_commit(db);
    db_rollback(db);
    return err;
}

int job_run(struct settings *settings, enum db_role role,
            enum err (*work)(struct db *db, struct job *job), const char *failure)
{
    struct job job = {.settings = settings};
    struct db *db = NULL;
    int status = STATUS_FAILED;
    if (database_open(settings, role, &db) != OK)
        return STATUS_FAILED;
    enum err err = do_work(db, &job, role, work);
    if (err == OK)
        status = report_finish(&job.said);
    else if (job.refusal.len > 0)
        status = report_error(STATUS_FAILED, "%.*s", BYTES_FMT(buf_bytes(&job.refusal)));
    else
        status = report_failure(failure, err);
    if (status == STATUS_OK && job.has_failed)
        status = STATUS_FAILED;
    db_close(&db);
    buf_free(&job.said);
    buf_free(&job.refusal);
    arena_free(&job.arena);
    return status;
}
