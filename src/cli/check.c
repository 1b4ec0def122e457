/* `confab check` */
#include "store/check.h"

#include "auth/password_form.h"
#include "base/time_text.h"
#include "cli/commands.h"
#include "cli/job.h"
#include "cli/names.h"
#include "cli/report.h"
#include "cli/session_keys.h"
#include "store/sessions.h"
#include "store/users.h"

enum { CHECK_PAGE = 200 }; /* rows read at once */

struct check {
    struct job *job;
    struct check_sink sink;
    struct session_keys keys;
    int64_t now_us;
    size_t finding_count;
    size_t opened_count;   /* sessions that the key opens */
    size_t unopened_count; /* live ones that it does not */
    enum err err;          /* the first that a sink met */
};

/* Findings are printed at once: a long check shows that it lives. */
static void print_finding(void *context, struct bytes finding)
{
    struct check *check = context;
    struct buf line = {0};
    report_append_visible(&line, finding);
    buf_append_byte(&line, '\n');
    if (check->err == OK)
        check->err = report_print(&line);
    check->finding_count++;
    buf_free(&line);
}

static enum err take(struct check *check, struct buf *line)
{
    enum err err = buf_status(line);
    if (err == OK)
        print_finding(check, buf_bytes(line));
    buf_clear(line);
    return err == OK ? check->err : err;
}

/* ---- users ---- */

/* What is said of a hash of each form, behind "password hash "; NULL: nothing. */
static const char *const form_words[] = {
    [PASSWORD_FORM_GOOD] = NULL,
    [PASSWORD_FORM_UNUSABLE] = NULL,
    [PASSWORD_FORM_UNKNOWN] = "is of an unknown algorithm",
    [PASSWORD_FORM_MALFORMED] = "is malformed",
};

static enum err check_user(struct db *db, struct check *check, int64_t id, struct arena *arena)
{
    struct user user;
    struct buf line = {0};
    char why[NAME_WHY_BYTES];
    enum err err = users_find_id(db, id, arena, &user);
    if (err != OK)
        return err == ERR_NOT_FOUND ? OK : err; /* deleted meanwhile */
    const char *words = form_words[password_form(user.password)];
    if (words != NULL) {
        buf_printf(&line,
                   "chat_user row %lld: the password hash of %.*s %s; nobody can log in "
                   "with it: set a new password (confab user passwd)",
                   (long long)id, BYTES_FMT(user.username), words);
        err = take(check, &line);
    }
    if (err == OK && username_check(user.username, why) != OK) {
        buf_printf(&line, "chat_user row %lld: %s; give another name (confab user rename)",
                   (long long)id, why);
        err = take(check, &line);
    }
    buf_free(&line);
    return err;
}

static enum err check_users(struct db *db, struct check *check)
{
    struct user users[CHECK_PAGE];
    int64_t last_id = 0;
    size_t count = 0;
    enum err err = OK;
    do {
        struct arena arena = {0};
        err = users_list(db, last_id, CHECK_PAGE, &arena, users, &count);
        for (size_t i = 0; i < count && err == OK; i++) {
            last_id = users[i].id;
            err = check_user(db, check, last_id, &arena);
        }
        arena_free(&arena);
    } while (err == OK && count == CHECK_PAGE);
    return err;
}

/* ---- sessions ---- */

static enum err check_session(struct check *check, const struct session_row *row,
                              struct arena *arena, bool *is_unopened)
{
    int64_t user_id = 0;
    *is_unopened = false;
    if (row->expire_us <= check->now_us)
        return OK; /* Django leaves them lying too; --repair takes them away */
    enum err err = session_keys_open(&check->keys, row, arena, &user_id);
    if (err == OK || err == ERR_NOT_FOUND) {
        check->opened_count++;
        return OK;
    }
    *is_unopened = err == ERR_SYNTAX;
    check->unopened_count += *is_unopened;
    return err == ERR_SYNTAX ? OK : err;
}

/* Walk over all sessions and do something with those that the key does not open. */
static enum err walk_sessions(struct db *db, struct check *check,
                              enum err (*with_unopened)(struct db *db, struct check *check,
                                                        const struct session_row *row))
{
    struct session_row rows[CHECK_PAGE];
    struct buf last = {0};
    size_t count = 0;
    enum err err = OK;
    do {
        struct arena arena = {0};
        err = sessions_list(db, buf_bytes(&last), CHECK_PAGE, &arena, rows, &count);
        for (size_t i = 0; i < count && err == OK; i++) {
            bool is_unopened = false;
            err = check_session(check, &rows[i], &arena, &is_unopened);
            if (err == OK && is_unopened)
                err = with_unopened(db, check, &rows[i]);
        }
        buf_clear(&last);
        if (count > 0)
            buf_append(&last, rows[count - 1].key);
        if (err == OK)
            err = buf_status(&last);
        arena_free(&arena);
    } while (err == OK && count == CHECK_PAGE);
    buf_free(&last);
    return err;
}

static enum err leave(struct db *db, struct check *check, const struct session_row *row)
{
    (void)db;
    (void)check;
    (void)row;
    return OK;
}

/* How many the key opens, and how many it does not. */
static enum err count_sessions(struct db *db, struct check *check)
{
    check->opened_count = 0;
    check->unopened_count = 0;
    return walk_sessions(db, check, leave);
}

static enum err tell_unopened(struct db *db, struct check *check, const struct session_row *row)
{
    struct buf line = {0};
    (void)db;
    buf_printf(&line,
               "django_session row %.*s...: the secret key does not open it; --repair "
               "deletes it",
               BYTES_FMT(session_key_shown(row)));
    enum err err = take(check, &line);
    buf_free(&line);
    return err;
}

static enum err delete_unopened(struct db *db, struct check *check, const struct session_row *row)
{
    (void)check;
    return sessions_delete(db, row->key);
}

/* A key that opens none of many sessions is the wrong key: that is one finding, and nothing that
 * --repair may mend, since it would end everybody's login. */
static bool key_seems_wrong(const struct check *check)
{
    return check->opened_count == 0 && check->unopened_count > 1;
}

static enum err check_sessions(struct db *db, struct check *check)
{
    const char *path = check->job->settings->server.secret_key_file;
    struct buf line = {0};
    enum err err = OK;
    if (!check->keys.are_known) {
        buf_printf(&check->job->said,
                   "sessions were not looked at: there is no secret key file %s; name it with "
                   "--secret-key-file\n",
                   path);
        return OK;
    }
    err = count_sessions(db, check);
    if (err == OK && key_seems_wrong(check)) {
        buf_printf(&line,
                   "django_session: none of %zu sessions is opened by the key in %s; name "
                   "the site's key with --secret-key-file",
                   check->unopened_count, path);
        err = take(check, &line);
    } else if (err == OK && check->unopened_count > 0) {
        err = walk_sessions(db, check, tell_unopened);
    }
    buf_free(&line);
    return err;
}

/* ---- the whole ---- */

static enum err repair_sessions(struct db *db, struct check *check)
{
    enum err err = sessions_delete_expired(db, check->now_us);
    if (err != OK || !check->keys.are_known)
        return err;
    err = count_sessions(db, check);
    if (err == OK && !key_seems_wrong(check))
        err = walk_sessions(db, check, delete_unopened);
    return err;
}

/* Mend what can be mended, so that what is found afterwards is what is left. */
static enum err repair(struct db *db, struct check *check)
{
    int64_t changes = 0;
    bool is_damaged = false;
    struct check_sink silent = {.take = print_finding, .context = check};
    enum err err = check_damage(db, &silent, &is_damaged);
    if (err == OK && is_damaged)
        return job_refuse(check->job, ERR_DENIED,
                          "the file is damaged, and nothing in it was changed; restore a backup");
    if (err == OK)
        err = check_repair(db, &changes);
    if (err == OK)
        err = repair_sessions(db, check);
    return err;
}

static enum err look(struct db *db, struct check *check)
{
    bool is_damaged = false;
    enum err err = check_rows(db, &check->sink, &is_damaged);
    if (err == OK)
        err = check->err;
    if (err == OK && !is_damaged)
        err = check_users(db, check);
    if (err == OK && !is_damaged)
        err = check_sessions(db, check);
    return err;
}

static enum err run_check(struct db *db, struct job *job)
{
    struct check check = {.job = job, .now_us = time_now_us()};
    check.sink = (struct check_sink) {.take = print_finding, .context = &check};
    char reason[SECRET_KEY_REASON_BYTES] = "";
    if (session_keys_load(&job->settings->server, &check.keys, reason) != OK)
        return job_refuse(job, ERR_IO, "%s", reason);
    enum err err = job->settings->has_repair ? repair(db, &check) : OK;
    if (err == OK)
        err = look(db, &check);
    session_keys_deinit(&check.keys);
    if (err != OK)
        return err;
    job->has_failed = check.finding_count > 0;
    if (check.finding_count == 0)
        buf_printf(&job->said, "%s: nothing is wrong\n", job->settings->server.database);
    else
        buf_printf(&job->said, "%s: %zu %s\n", job->settings->server.database, check.finding_count,
                   check.finding_count == 1 ? "finding" : "findings");
    return OK;
}

int command_check(struct settings *settings)
{
    return job_run(settings, settings->has_repair ? DB_WRITER : DB_READER, run_check,
                   "the check could not be finished");
}
