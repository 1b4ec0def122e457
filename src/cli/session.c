/* `confab session list|end` */
#include "base/json_write.h"
#include "base/log.h"
#include "base/time_text.h"
#include "cli/commands.h"
#include "cli/job.h"
#include "cli/report.h"
#include "cli/session_keys.h"
#include "cli/table.h"
#include "store/sessions.h"
#include "store/users.h"

enum { SESSIONS_PAGE = TABLE_ROWS_MAX }; /* sessions read at once */

/* A walk over all sessions, and what is done with those that are meant. */
struct walk {
    struct job *job;
    struct session_keys keys;
    int64_t now_us;
    int64_t user_id;         /* only this user's; 0: everybody's */
    struct bytes key_prefix; /* only keys that begin so */
    size_t count;            /* those that were meant */
    struct table *table;
    enum err (*visit)(struct db *db, struct walk *walk, const struct session_row *row,
                      struct arena *arena, int64_t user_id);
};

/* Whether the session is meant, and whose it is (0: nobody's, or not known). */
static enum err judge(const struct walk *walk, const struct session_row *row, struct arena *arena,
                      bool *is_meant, int64_t *user_id)
{
    enum err err = ERR_NOT_FOUND;
    *user_id = 0;
    if (walk->keys.are_known)
        err = session_keys_open(&walk->keys, row, arena, user_id);
    if (err != OK && err != ERR_NOT_FOUND && err != ERR_SYNTAX)
        return err;
    *is_meant = bytes_starts_with(row->key, walk->key_prefix) &&
                (walk->user_id == 0 || walk->user_id == *user_id);
    return OK;
}

/* Visit those of one page. *last: the key where the next page begins, in its own memory. */
static enum err walk_page(struct db *db, struct walk *walk, struct session_row *rows,
                          struct buf *last, size_t *count)
{
    struct arena arena = {0};
    enum err err = sessions_list(db, buf_bytes(last), SESSIONS_PAGE, &arena, rows, count);
    for (size_t i = 0; err == OK && i < *count; i++) {
        bool is_meant = false;
        int64_t user_id = 0;
        err = judge(walk, &rows[i], &arena, &is_meant, &user_id);
        if (err == OK && is_meant) {
            walk->count++;
            err = walk->visit(db, walk, &rows[i], &arena, user_id);
        }
    }
    if (err == OK && *count > 0) {
        buf_clear(last);
        buf_append(last, rows[*count - 1].key);
        err = buf_status(last);
    }
    if (err == OK && walk->table != NULL && !walk->job->settings->as_json)
        table_append(walk->table, &walk->job->said);
    if (err == OK)
        err = report_print(&walk->job->said);
    buf_clear(&walk->job->said);
    arena_free(&arena);
    return err;
}

static enum err walk_all(struct db *db, struct walk *walk)
{
    struct buf last = {0};
    size_t count = 0;
    struct session_row *rows = arena_alloc(&walk->job->arena, SESSIONS_PAGE * sizeof *rows);
    enum err err = rows != NULL ? OK : ERR_MEMORY;
    while (err == OK) {
        err = walk_page(db, walk, rows, &last, &count);
        if (count < SESSIONS_PAGE)
            break;
    }
    buf_free(&last);
    return err;
}

/* Prepare what both commands need: the key, and the user that they are about. */
static enum err begin(struct db *db, struct job *job, struct walk *walk)
{
    const struct settings *settings = job->settings;
    struct user user;
    walk->job = job;
    walk->now_us = time_now_us();
    char reason[SECRET_KEY_REASON_BYTES] = "";
    if (session_keys_load(&settings->server, &walk->keys, reason) != OK)
        return job_refuse(job, ERR_IO, "%s", reason);
    if (settings->session_user == NULL)
        return OK;
    if (!walk->keys.are_known)
        return job_refuse(job, ERR_NOT_FOUND,
                          "there is no secret key file %s, without which nobody can say whose "
                          "sessions these are; name it with --secret-key-file",
                          settings->server.secret_key_file);
    enum err err = job_find_user(db, job, settings->session_user, &user);
    if (err == OK)
        walk->user_id = user.id;
    return err;
}

/* ---- list ---- */

static enum err name_of(struct db *db, struct arena *arena, int64_t user_id, struct bytes *out)
{
    struct user user;
    enum err err = ERR_NOT_FOUND;
    *out = BYTES("");
    if (user_id != 0)
        err = users_find_id(db, user_id, arena, &user);
    if (err == OK)
        *out = user.username;
    return err == ERR_NOT_FOUND ? OK : err;
}

static void append_json(struct buf *out, struct bytes key, struct bytes name, int64_t expire_us,
                        bool is_expired)
{
    struct json json = {.out = out, .style = JSON_COMPACT};
    json_object_begin(&json);
    json_key(&json, "key");
    json_text(&json, key);
    json_key(&json, "user");
    if (name.len > 0)
        json_text(&json, name);
    else
        json_null(&json);
    json_key(&json, "expires_at");
    json_time(&json, expire_us);
    json_key(&json, "is_expired");
    json_bool(&json, is_expired);
    json_object_end(&json);
    buf_append_byte(out, '\n');
}

static enum err show(struct db *db, struct walk *walk, const struct session_row *row,
                     struct arena *arena, int64_t user_id)
{
    struct bytes name;
    struct buf expires = {0};
    struct bytes key = session_key_shown(row);
    bool is_expired = row->expire_us <= walk->now_us;
    enum err err = name_of(db, arena, user_id, &name);
    if (err != OK)
        return err;
    if (walk->job->settings->as_json) {
        append_json(&walk->job->said, key, name, row->expire_us, is_expired);
        return OK;
    }
    time_append_iso(&expires, row->expire_us);
    struct bytes cells[] = {key, name.len > 0 ? name : BYTES("?"), buf_bytes(&expires),
                            is_expired ? BYTES("expired") : BYTES("")};
    err = buf_status(&expires);
    for (size_t i = 0; i < COUNT_OF(cells) && err == OK; i++)
        err = report_copy_visible(arena, cells[i], &cells[i]);
    if (err == OK)
        table_add(walk->table, cells);
    buf_free(&expires);
    return err;
}

static enum err list_sessions(struct db *db, struct job *job)
{
    struct walk walk = {.visit = show};
    enum err err = begin(db, job, &walk);
    walk.table = arena_alloc(&job->arena, sizeof *walk.table);
    if (err == OK && walk.table == NULL)
        err = ERR_MEMORY;
    if (err == OK) {
        *walk.table =
            (struct table) {.column_count = 4, .headings = {"KEY", "USER", "EXPIRES", "STATE"}};
        err = walk_all(db, &walk);
    }
    session_keys_deinit(&walk.keys);
    return err;
}

int command_session_list(struct settings *settings)
{
    return job_run(settings, DB_READER, list_sessions, "the sessions cannot be listed");
}

/* ---- end ---- */

static enum err end(struct db *db, struct walk *walk, const struct session_row *row,
                    struct arena *arena, int64_t user_id)
{
    (void)walk;
    (void)arena;
    (void)user_id;
    return sessions_delete(db, row->key);
}

static enum err end_sessions(struct db *db, struct job *job)
{
    const struct settings *settings = job->settings;
    struct walk walk = {.visit = end};
    enum err err = begin(db, job, &walk);
    if (settings->argument_count > 0)
        walk.key_prefix = bytes_from_text(settings->arguments[0]);
    if (err == OK)
        err = walk_all(db, &walk);
    if (err == OK && walk.count == 0)
        err = job_refuse(job, ERR_NOT_FOUND, "no such session; confab session list shows all");
    /* A prefix names one session, which somebody has read off the list. */
    if (err == OK && settings->argument_count > 0 && walk.count > 1)
        err = job_refuse(job, ERR_CONFLICT,
                         "%zu sessions have a key that begins so; give more of it, and none was "
                         "ended",
                         walk.count);
    if (err == OK)
        buf_printf(&job->said, "ended %zu %s\n", walk.count,
                   walk.count == 1 ? "session" : "sessions");
    session_keys_deinit(&walk.keys);
    return err;
}

int command_session_end(struct settings *settings)
{
    int said = (settings->argument_count > 0 ? 1 : 0) + (settings->session_user != NULL ? 1 : 0) +
               (settings->has_all ? 1 : 0);
    if (said != 1)
        return report_error(STATUS_USAGE,
                            "confab session end needs one of: KEY, --user USERNAME, --all");
    if (settings->argument_count > 0 && settings->arguments[0][0] == '\0')
        return report_error(STATUS_USAGE, "KEY is empty; --all ends every session");
    return job_run(settings, DB_WRITER, end_sessions, "the sessions could not be ended");
}
