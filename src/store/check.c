#include "store/check.h"

#include "base/buf.h"
#include "base/log.h"
#include "base/time_text.h"
#include "store/sql.h"

/* Tells findings of one kind, the first CHECK_FINDINGS_MAX of them. */
struct kind {
    const struct check_sink *sink;
    const char *name;
    size_t count;
};

static void tell(struct kind *kind, struct bytes finding)
{
    if (kind->count++ < CHECK_FINDINGS_MAX)
        kind->sink->take(kind->sink->context, finding);
}

/* Say how many were not told. */
static enum err tell_rest(const struct kind *kind)
{
    struct buf line = {0};
    if (kind->count <= CHECK_FINDINGS_MAX)
        return OK;
    buf_printf(&line, "%s: %zu more of this kind", kind->name, kind->count - CHECK_FINDINGS_MAX);
    enum err err = buf_status(&line);
    if (err == OK)
        kind->sink->take(kind->sink->context, buf_bytes(&line));
    buf_free(&line);
    return err;
}

/* Run one of the statements whose rows are findings. *count: how many. */
static enum err check_lines(struct db *db, enum sql_id id, const char *name,
                            const struct check_sink *sink, size_t *count)
{
    struct kind kind = {.sink = sink, .name = name};
    struct sql *sql = sql_take(db, id);
    enum err err;
    while ((err = sql_next(sql)) == OK)
        tell(&kind, sql_text(sql, 0));
    sql_done(sql);
    *count = kind.count;
    return err == ERR_NOT_FOUND ? tell_rest(&kind) : err;
}

/* Rows are compared and sorted by these texts, by us and by Django: another spelling of the same
 * moment stands in the wrong place. */
static enum err check_time(struct kind *kind, struct bytes row, struct bytes column,
                           struct bytes value)
{
    struct buf line = {0};
    struct buf right = {0};
    char quote[LOG_QUOTE_BYTES];
    int64_t us = 0;
    bool is_readable = time_read_sql(value, &us) == OK;
    if (is_readable)
        time_append_sql(&right, us);
    if (!is_readable || !bytes_equal(buf_bytes(&right), value)) {
        buf_printf(&line, "%.*s: %.*s %s ", BYTES_FMT(row), BYTES_FMT(column),
                   log_quote(quote, value));
        if (is_readable)
            buf_printf(&line, "is not in Django's form; \"%.*s\" would be right",
                       BYTES_FMT(buf_bytes(&right)));
        else
            buf_append_text(&line, "is no date and time; \"2026-01-31 12:00:00.000001\" would be"
                                   " right");
        if (buf_status(&line) == OK)
            tell(kind, buf_bytes(&line));
    }
    line.failed = line.failed || right.failed;
    enum err err = buf_status(&line);
    buf_free(&line);
    buf_free(&right);
    return err;
}

static enum err check_times(struct db *db, enum sql_id id, const char *name,
                            const struct check_sink *sink)
{
    struct kind kind = {.sink = sink, .name = name};
    struct sql *sql = sql_take(db, id);
    enum err err;
    while ((err = sql_next(sql)) == OK) {
        err = check_time(&kind, sql_text(sql, 0), sql_text(sql, 1), sql_text(sql, 2));
        if (err != OK)
            break;
    }
    sql_done(sql);
    return err == ERR_NOT_FOUND ? tell_rest(&kind) : err;
}

enum err check_damage(struct db *db, const struct check_sink *sink, bool *is_damaged)
{
    size_t count = 0;
    enum err err = check_lines(db, SQL_CHECK_DAMAGE, "damages", sink, &count);
    *is_damaged = count > 0;
    /* SQLite may tell of damage and then stumble over it. */
    return *is_damaged && err == ERR_IO ? OK : err;
}

enum err check_rows(struct db *db, const struct check_sink *sink, bool *is_damaged)
{
    static const struct {
        enum sql_id id;
        const char *name;
    } lines[] =
        {
            {SQL_CHECK_REFERENCES, "rows that point nowhere"},
            {SQL_CHECK_EMPTY_CHATS, "chats without participants"},
            {SQL_CHECK_NOTES, "confab_chat rows of chats that are gone"},
            {SQL_CHECK_MEMBERS, "confab_member rows of what is gone"},
            {SQL_CHECK_EXTRAS, "confab_message rows of what is gone"},
            {SQL_CHECK_REACTIONS, "confab_reaction rows of what is gone"},
            {SQL_CHECK_REVISIONS, "confab_revision rows of what is gone"},
            {SQL_CHECK_MENTIONS, "confab_mention rows of what is gone"},
            {SQL_CHECK_EVENTS, "confab_event rows of what is gone"},
            {SQL_CHECK_TOKENS, "confab_token rows of users that are gone"},
            {SQL_CHECK_HOOKS, "confab_token rows of chats that are gone"},
            {SQL_CHECK_COUNTERS, "counters of ids"},
        },
      times[] = {
          {SQL_CHECK_TIME_USER_LOGIN, "chat_user.last_login"},
          {SQL_CHECK_TIME_USER_JOINED, "chat_user.date_joined"},
          {SQL_CHECK_TIME_CHAT, "chat_chat.created_at"},
          {SQL_CHECK_TIME_MESSAGE, "chat_message.timestamp"},
          {SQL_CHECK_TIME_SESSION, "django_session.expire_date"},
      };
    size_t count = 0;
    enum err err = check_damage(db, sink, is_damaged);
    for (size_t i = 0; i < COUNT_OF(lines) && err == OK && !*is_damaged; i++)
        err = check_lines(db, lines[i].id, lines[i].name, sink, &count);
    for (size_t i = 0; i < COUNT_OF(times) && err == OK && !*is_damaged; i++)
        err = check_times(db, times[i].id, times[i].name, sink);
    return err;
}

enum err check_repair(struct db *db, int64_t *changes)
{
    static const enum sql_id repairs[] = {
        SQL_REPAIR_PARTICIPANTS,     SQL_REPAIR_NOTES,     SQL_REPAIR_MEMBERS,
        SQL_REPAIR_EXTRAS,           SQL_REPAIR_REACTIONS, SQL_REPAIR_REVISIONS,
        SQL_REPAIR_MENTIONS,         SQL_REPAIR_EVENTS,    SQL_REPAIR_COUNTERS,
        SQL_REPAIR_MISSING_COUNTERS,
    };
    enum err err = OK;
    *changes = 0;
    for (size_t i = 0; i < COUNT_OF(repairs) && err == OK; i++) {
        int64_t changed = 0;
        err = sql_run(sql_take(db, repairs[i]), &changed);
        *changes += err == OK ? changed : 0;
    }
    return err;
}

enum err check_pointing_table(struct db *db, struct arena *arena, struct bytes *table)
{
    struct sql *sql = sql_take(db, SQL_CHECK_POINTING_TABLE);
    enum err err = sql_next(sql);
    if (err == OK) {
        *table = sql_copy(sql, 0, arena);
        err = sql_status(sql);
    }
    sql_done(sql);
    return err;
}
