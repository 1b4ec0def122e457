/* `confab user rename|activate|deactivate|staff|delete` */
#include "base/log.h"
#include "cli/commands.h"
#include "cli/job.h"
#include "cli/names.h"
#include "cli/report.h"
#include "store/users.h"

static const char failure[] = "the user could not be changed";

static enum err rename_user(struct db *db, struct job *job)
{
    struct user user;
    const char *const *words = job->settings->arguments;
    enum err err = job_find_user(db, job, words[0], &user);
    if (err == OK)
        err = users_rename(db, user.id, bytes_from_text(words[1]));
    if (err == ERR_CONFLICT)
        return job_refuse(job, err, "there is a user %s already; choose another name", words[1]);
    buf_printf(&job->said, "renamed %s to %s\n", words[0], words[1]);
    return err;
}

int command_user_rename(struct settings *settings)
{
    char why[NAME_WHY_BYTES];
    if (username_check_new(bytes_from_text(settings->arguments[1]), why) != OK)
        return report_error(STATUS_USAGE, "%s", why);
    return job_run(settings, DB_WRITER, rename_user, failure);
}

static enum err set_active(struct db *db, struct job *job, bool is_active, const char *done)
{
    struct user user;
    const char *username = job->settings->arguments[0];
    enum err err = job_find_user(db, job, username, &user);
    if (err == OK)
        err = users_set_active(db, user.id, is_active);
    buf_printf(&job->said, "%s %s\n", done, username);
    return err;
}

static enum err activate(struct db *db, struct job *job)
{
    return set_active(db, job, true, "activated");
}

static enum err deactivate(struct db *db, struct job *job)
{
    return set_active(db, job, false, "deactivated");
}

int command_user_activate(struct settings *settings)
{
    return job_run(settings, DB_WRITER, activate, failure);
}

int command_user_deactivate(struct settings *settings)
{
    return job_run(settings, DB_WRITER, deactivate, failure);
}

/* What may stand for POWER. A superuser who is no staff could not enter the admin. */
static const struct {
    const char *word;
    bool is_staff;
    bool is_superuser;
} powers[] = {{"none", false, false}, {"staff", true, false}, {"superuser", true, true}};

/* The index of the word in powers; their count if it is none. */
static size_t power_index(const char *word)
{
    size_t i = 0;
    while (i < COUNT_OF(powers) && strcmp(powers[i].word, word) != 0)
        i++;
    return i;
}

static enum err set_power(struct db *db, struct job *job)
{
    struct user user;
    const char *const *words = job->settings->arguments;
    size_t power = power_index(words[1]);
    enum err err = job_find_user(db, job, words[0], &user);
    if (err == OK)
        err = users_set_power(db, user.id, powers[power].is_staff, powers[power].is_superuser);
    buf_printf(&job->said, "the power of %s is now: %s\n", words[0], words[1]);
    return err;
}

int command_user_staff(struct settings *settings)
{
    char quote[LOG_QUOTE_BYTES];
    const char *word = settings->arguments[1];
    if (power_index(word) == COUNT_OF(powers))
        return report_error(STATUS_USAGE, "POWER: %s is none of: none, staff, superuser",
                            log_quote(quote, bytes_from_text(word)));
    return job_run(settings, DB_WRITER, set_power, failure);
}

static enum err delete_user(struct db *db, struct job *job)
{
    struct user user;
    int64_t message_count = 0;
    const char *username = job->settings->arguments[0];
    enum err err = job_find_user(db, job, username, &user);
    if (err == OK)
        err = users_count_messages(db, user.id, &message_count);
    if (err == OK && message_count > 0 && !job->settings->with_messages)
        return job_refuse(job, ERR_DENIED,
                          "%s has written %lld messages; confab user deactivate keeps them, "
                          "--with-messages deletes them too",
                          username, (long long)message_count);
    if (err == OK)
        err = users_delete(db, user.id);
    if (err == ERR_CONFLICT)
        return job_refuse_pointed_at(db, job, "user or the messages");
    buf_printf(&job->said, "deleted %s", username);
    if (message_count > 0)
        buf_printf(&job->said, " and %lld %s", (long long)message_count,
                   message_count == 1 ? "message" : "messages");
    buf_append_byte(&job->said, '\n');
    return err;
}

int command_user_delete(struct settings *settings)
{
    return job_run(settings, DB_WRITER, delete_user, "the user could not be deleted");
}
