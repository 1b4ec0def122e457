/* `confab notice send|list|end` */
#include "base/json_write.h"
#include "base/log.h"
#include "base/time_text.h"
#include "cli/commands.h"
#include "cli/job.h"
#include "cli/names.h"
#include "cli/report.h"
#include "cli/table.h"
#include "store/notices.h"

/* ---- send ---- */

/* The time of --at; 0: none. The option's check has read it before. */
static int64_t at_of(const struct settings *settings)
{
    int64_t us = 0;
    if (settings->notice_at != NULL)
        (void)!time_read_sql(bytes_from_text(settings->notice_at), &us);
    return us;
}

static enum err send_notice(struct db *db, struct job *job)
{
    const struct settings *settings = job->settings;
    char why[NAME_WHY_BYTES];
    int64_t id = 0;
    struct notice_row notice = {
        .code = bytes_from_text(settings->notice_code),
        .message = bytes_from_text(settings->arguments[0]),
        .at_us = at_of(settings),
    };
    enum err err = notice_message_check(&notice.message, why);
    if (err == OK)
        err = notices_insert(db, &notice, time_now_us(), &id);
    if (err == ERR_LIMIT)
        return job_refuse(job, err,
                          "%d notices hold already, and more nobody would read; end one of confab "
                          "notice list first",
                          NOTICES_MAX);
    buf_printf(&job->said, "stored notice %lld\n", (long long)id);
    return err;
}

int command_notice_send(struct settings *settings)
{
    char why[NAME_WHY_BYTES];
    char quote[LOG_QUOTE_BYTES];
    struct bytes message = bytes_from_text(settings->arguments[0]);
    if (notice_message_check(&message, why) != OK)
        return report_error(STATUS_USAGE, "%s", why);
    if (settings->notice_at != NULL && at_of(settings) <= time_now_us())
        return report_error(STATUS_USAGE, "--at: %s is over, and the notice with it",
                            log_quote(quote, bytes_from_text(settings->notice_at)));
    return job_run(settings, DB_WRITER, send_notice, "the notice could not be stored");
}

/* ---- list ---- */

static void append_json(struct buf *out, const struct notice_row *notice)
{
    struct json json = {.out = out, .style = JSON_COMPACT};
    json_object_begin(&json);
    json_key(&json, "id");
    json_number(&json, notice->id);
    json_key(&json, "code");
    json_text(&json, notice->code);
    json_key(&json, "message");
    json_text(&json, notice->message);
    json_key(&json, "at");
    if (notice->at_us != 0)
        json_time(&json, notice->at_us);
    else
        json_null(&json);
    json_key(&json, "created_at");
    json_time(&json, notice->created_us);
    json_key(&json, "ends_at");
    json_time(&json, notice->ends_us);
    json_object_end(&json);
    buf_append_byte(out, '\n');
}

/* Make a row of the notice; its texts lie in the arena. */
static enum err add_row(struct table *table, struct arena *arena, const struct notice_row *notice)
{
    struct buf id = {0};
    struct buf ends = {0};
    buf_append_number(&id, notice->id);
    time_append_iso(&ends, notice->ends_us);
    struct bytes cells[] = {buf_bytes(&id), buf_bytes(&ends), notice->code, notice->message};
    enum err err = buf_status(&id) == OK ? buf_status(&ends) : ERR_MEMORY;
    for (size_t i = 0; i < COUNT_OF(cells) && err == OK; i++)
        err = report_copy_visible(arena, cells[i], &cells[i]);
    if (err == OK)
        table_add(table, cells);
    buf_free(&id);
    buf_free(&ends);
    return err;
}

static enum err list_notices(struct db *db, struct job *job)
{
    struct notice_row notices[NOTICES_MAX];
    size_t count = 0;
    struct table *table = arena_alloc(&job->arena, sizeof *table);
    if (table == NULL)
        return ERR_MEMORY;
    *table = (struct table) {.column_count = 4, .headings = {"ID", "ENDS", "CODE", "MESSAGE"}};
    enum err err = notices_list(db, time_now_us(), &job->arena, notices, &count);
    for (size_t i = 0; i < count && err == OK; i++) {
        if (job->settings->as_json)
            append_json(&job->said, &notices[i]);
        else
            err = add_row(table, &job->arena, &notices[i]);
    }
    if (err == OK && !job->settings->as_json)
        table_append(table, &job->said);
    return err;
}

int command_notice_list(struct settings *settings)
{
    return job_run(settings, DB_READER, list_notices, "the notices cannot be listed");
}

/* ---- end ---- */

static enum err end_notice(struct db *db, struct job *job)
{
    char quote[LOG_QUOTE_BYTES];
    uint64_t id = 0;
    struct bytes text = bytes_from_text(job->settings->arguments[0]);
    enum err err = ERR_NOT_FOUND;
    if (bytes_to_number(text, INT64_MAX, &id) == OK)
        err = notices_delete(db, (int64_t)id);
    if (err == ERR_NOT_FOUND)
        return job_refuse(job, err,
                          "there is no notice with the id %s; confab notice list shows all",
                          log_quote(quote, text));
    buf_printf(&job->said, "ended notice %llu\n", (unsigned long long)id);
    return err;
}

int command_notice_end(struct settings *settings)
{
    return job_run(settings, DB_WRITER, end_notice, "the notice could not be ended");
}
