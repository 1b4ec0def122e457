/* `confab chat rename|delete|add-participant|remove-participant|role|kind`
 *
 * What is stored here has its event, as if a member had done it: who reads the chat through
 * confab.v1 learns of it.
 */
#include "base/log.h"
#include "base/time_text.h"
#include "chat/change.h"
#include "cli/commands.h"
#include "cli/job.h"
#include "cli/names.h"
#include "cli/report.h"
#include "store/chats.h"
#include "store/members.h"

static const char failure[] = "the chat could not be changed";

/* Change a chat that was found in this transaction. ERR_DENIED: its kind does not allow it; the
 * refusal says why. */
static enum err make_change(struct db *db, struct job *job, const struct change *change)
{
    struct change_result result;
    enum err err = change_apply(db, change, time_now_us(), &result);
    if (err != OK)
        return err;
    event_release_list(&result.event);
    if (result.code == V1_OK)
        return OK;
    if (result.code == V1_FORBIDDEN && result.message == NULL)
        return job_refuse(job, ERR_DENIED, "chat %lld is a direct one: its two members stay",
                          (long long)change->chat_id);
    return job_refuse(job, ERR_DENIED, "chat %lld: %s", (long long)change->chat_id,
                      result.message != NULL ? result.message : v1_code_message(result.code));
}

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
    const struct change change = {.kind = CHANGE_UPDATE_CHAT, .chat_id = chat.id, .text = name};
    return make_change(db, job, &change);
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

/* The same, and whether the one takes part in the other. */
static enum err find_participation(struct db *db, struct job *job, struct chat *chat,
                                   struct user *user, bool *is_there)
{
    enum err err = find_both(db, job, chat, user);
    return err == OK ? chats_has_participant(db, chat->id, user->id, is_there) : err;
}

static enum err add_participant(struct db *db, struct job *job)
{
    struct chat chat;
    struct user user;
    bool is_there = false;
    const char *username = job->settings->arguments[1];
    enum err err = find_participation(db, job, &chat, &user, &is_there);
    if (err != OK)
        return err;
    if (is_there)
        return job_refuse(job, ERR_CONFLICT, "%s takes part in chat %lld already", username,
                          (long long)chat.id);
    buf_printf(&job->said, "added %s to chat %lld\n", username, (long long)chat.id);
    const struct change change = {
        .kind = CHANGE_ADD_MEMBER,
        .chat_id = chat.id,
        .user_id = user.id,
    };
    return make_change(db, job, &change);
}

int command_chat_add_participant(struct settings *settings)
{
    return job_run(settings, DB_WRITER, add_participant, failure);
}

static enum err remove_participant(struct db *db, struct job *job)
{
    struct chat chat;
    struct user user;
    bool is_there = false;
    const char *username = job->settings->arguments[1];
    enum err err = find_participation(db, job, &chat, &user, &is_there);
    if (err != OK)
        return err;
    if (!is_there)
        return job_refuse(job, ERR_NOT_FOUND,
                          "%s takes no part in chat %lld; confab chat show %lld names "
                          "who does",
                          username, (long long)chat.id, (long long)chat.id);
    buf_printf(&job->said, "removed %s from chat %lld\n", username, (long long)chat.id);
    const struct change change = {
        .kind = CHANGE_REMOVE_MEMBER,
        .chat_id = chat.id,
        .user_id = user.id,
    };
    return make_change(db, job, &change);
}

int command_chat_remove_participant(struct settings *settings)
{
    return job_run(settings, DB_WRITER, remove_participant, failure);
}

static enum err set_role(struct db *db, struct job *job)
{
    struct chat chat;
    struct user user;
    const char *role = job->settings->arguments[2];
    enum err err = find_both(db, job, &chat, &user);
    if (err != OK)
        return err;
    buf_printf(&job->said, "%s is %s of chat %lld\n", job->settings->arguments[1], role,
               (long long)chat.id);
    const struct change change = {
        .kind = CHANGE_SET_ROLE,
        .chat_id = chat.id,
        .user_id = user.id,
        .text = bytes_from_text(role),
    };
    return make_change(db, job, &change);
}

int command_chat_role(struct settings *settings)
{
    char quote[LOG_QUOTE_BYTES];
    enum member_role role = ROLE_NONE;
    struct bytes name = bytes_from_text(settings->arguments[2]);
    if (member_role_of(name, &role) != OK || role < ROLE_READ_ONLY)
        return report_error(STATUS_USAGE,
                            "ROLE: %s is none of: owner, moderator, member, read_only",
                            log_quote(quote, name));
    return job_run(settings, DB_WRITER, set_role, failure);
}

static enum err set_kind(struct db *db, struct job *job)
{
    struct chat chat;
    const char *kind = job->settings->arguments[1];
    enum err err = job_find_chat(db, job, job->settings->arguments[0], &chat);
    if (err != OK)
        return err;
    buf_printf(&job->said, "the kind of chat %lld is %s\n", (long long)chat.id, kind);
    const struct change change = {
        .kind = CHANGE_UPDATE_CHAT,
        .chat_id = chat.id,
        .chat_kind = bytes_from_text(kind),
    };
    return make_change(db, job, &change);
}

int command_chat_kind(struct settings *settings)
{
    char quote[LOG_QUOTE_BYTES];
    enum chat_kind kind = CHAT_GROUP;
    struct bytes name = bytes_from_text(settings->arguments[1]);
    if (chat_kind_of(name, &kind) != OK)
        return report_error(STATUS_USAGE,
                            "KIND: %s is none of: group, public, announcement, direct",
                            log_quote(quote, name));
    return job_run(settings, DB_WRITER, set_kind, failure);
}

static enum err set_receipts(struct db *db, struct job *job)
{
    struct chat chat;
    bool has_receipts = strcmp(job->settings->arguments[1], "on") == 0;
    enum err err = job_find_chat(db, job, job->settings->arguments[0], &chat);
    if (err != OK)
        return err;
    buf_printf(&job->said, "members of chat %lld %s how far others have read\n", (long long)chat.id,
               has_receipts ? "learn" : "do not learn");
    const struct change change = {
        .kind = CHANGE_UPDATE_CHAT,
        .chat_id = chat.id,
        .receipts = &has_receipts,
    };
    return make_change(db, job, &change);
}

int command_chat_receipts(struct settings *settings)
{
    char quote[LOG_QUOTE_BYTES];
    const char *word = settings->arguments[1];
    if (strcmp(word, "on") != 0 && strcmp(word, "off") != 0)
        return report_error(STATUS_USAGE, "%s is none of: on, off",
                            log_quote(quote, bytes_from_text(word)));
    return job_run(settings, DB_WRITER, set_receipts, failure);
}
