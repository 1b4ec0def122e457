/* `confab chat rename|delete|add-participant|remove-participant` */
#include "base/log.h"
#include "cli/commands.h"
#include "cli/job.h"
#include "cli/names.h"
#include "cli/report.h"
#include "store/chats.h"

static const char failure[] = "the chat could not be changed";

static enum err rename_chat(struct db *db, struct job *job)
{
    struct chat chat;
    char why[NAME_WHY_BYTES];
    struct bytes name = bytes_from_text(job->settings->arguments[1]);
    enum err err = chat_name_check(&name, why); /* has been called before: it is right */
    if (err == OK)
        err = job_find_chat(db, job, job->settings->arguments[0], &chat);
    if (err != OK)
        return err;
    buf_printf(&job->said, "renamed chat %lld\n", (long long)chat.id);
    return chats_rename(db, chat.id, name);
}

int command_chat_rename(struct settings *settings)
{
    char why[NAME_WHY_BYTES];
    struct bytes name = bytes_from_text(settings->arguments[1]);
    if (chat_name_check(&name, why) != OK)
        return report_error(STATUS_USAGE, "%s", why);
    return job_run(settings, DB_WRITER, rename_chat, failure);
}

static enum err delete_chat(struct db *db, struct job *job)
{
    struct chat chat;
    enum err err = job_find_chat(db, job, job->settings->arguments[0], &chat);
    if (err != OK)
        return err;
    err = chats_delete(db, chat.id);
    if (err == ERR_CONFLICT)
        return job_refuse_pointed_at(db, job, "chat or its messages");
    buf_printf(&job->said, "deleted chat %lld\n", (long long)chat.id);
    return err;
}

int command_chat_delete(struct settings *settings)
{
    return job_run(settings, DB_WRITER, delete_chat, "the chat could not be deleted");
}

/* The chat and the user that the command names. */
static enum err find_both(struct db *db, struct job *job, struct chat *chat, struct user *user)
{
    enum err err = job_find_chat(db, job, job->settings->arguments[0], chat);
    return err == OK ? job_find_user(db, job, job->settings->arguments[1], user) : err;
}

static enum err add_participant(struct db *db, struct job *job)
{
    struct chat chat;
    struct user user;
    bool is_there = false;
    const char *username = job->settings->arguments[1];
    enum err err = find_both(db, job, &chat, &user);
    if (err == OK)
        err = chats_has_participant(db, chat.id, user.id, &is_there);
    if (err != OK)
        return err;
    if (is_there)
        return job_refuse(job, ERR_CONFLICT, "%s takes part in chat %lld already", username,
                          (long long)chat.id);
    buf_printf(&job->said, "added %s to chat %lld\n", username, (long long)chat.id);
    return chats_add_participant(db, chat.id, user.id);
}

int command_chat_add_participant(struct settings *settings)
{
    return job_run(settings, DB_WRITER, add_participant, failure);
}

static enum err remove_participant(struct db *db, struct job *job)
{
    struct chat chat;
    struct user user;
    const char *username = job->settings->arguments[1];
    enum err err = find_both(db, job, &chat, &user);
    if (err != OK)
        return err;
    err = chats_remove_participant(db, chat.id, user.id);
    if (err == ERR_NOT_FOUND)
        return job_refuse(job, err,
                          "%s takes no part in chat %lld; confab chat show %lld names "
                          "who does",
                          username, (long long)chat.id, (long long)chat.id);
    buf_printf(&job->said, "removed %s from chat %lld\n", username, (long long)chat.id);
    return err;
}

int command_chat_remove_participant(struct settings *settings)
{
    return job_run(settings, DB_WRITER, remove_participant, failure);
}
