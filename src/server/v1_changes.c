/* v1_changes.c - the commands that change something in a chat: each a change (chat/change.h) on the
 * writer, answered with an ack. */
#include "base/time_text.h"
#include "server/errand.h"
#include "server/flash.h"
#include "server/v1_commands.h"

/* What a command asks for. */
static const struct {
    enum command_kind command;
    enum change_kind change;
} changes[] = {
    {COMMAND_EDIT, CHANGE_EDIT},   {COMMAND_DELETE, CHANGE_DELETE},
    {COMMAND_REACT, CHANGE_REACT}, {COMMAND_UNREACT, CHANGE_UNREACT},
    {COMMAND_PIN, CHANGE_PIN},     {COMMAND_UNPIN, CHANGE_UNPIN},
    {COMMAND_READ, CHANGE_READ},
};

static enum change_kind change_of(enum command_kind command)
{
    for (size_t i = 0; i < COUNT_OF(changes); i++) {
        if (changes[i].command == command)
            return changes[i].change;
    }
    return CHANGE_KIND_COUNT;
}

static enum err run_change(struct errand *errand, struct db *db)
{
    const struct command *command = &errand->command;
    const struct change change = {
        .kind = change_of(command->kind),
        .actor = &errand->user,
        .chat_id = command->chat,
        .message_id = command->id,
        .content = command->content,
        .text = command->emoji,
        .revision = command->revision,
        .seq = command->seq,
    };
    return change_apply(db, &change, time_now_us(), &errand->change);
}

static void done_change(struct errand *errand, struct v1 *v1)
{
    v1_ack(v1, errand->command.ref, errand->change.chat_id, errand->command.id, errand->change.seq);
}

/* The user's other connections are told, and maybe the other members; who gave no ref does not wait
 * for an answer. */
static void done_read(struct errand *errand, struct v1 *v1)
{
    const struct client *client = v1->socket->client;
    const struct flash_mark mark = {
        .chat_id = errand->command.chat,
        .user_id = errand->user.id,
        .seq = errand->change.read_seq,
        .is_receipt = errand->change.is_receipt,
        .origin = client,
    };
    flash_read(client->shard->site, &mark);
    v1->fault_count = 0;
    if (errand->command.ref.len > 0)
        v1_ack(v1, errand->command.ref, mark.chat_id, 0, mark.seq);
}

void v1_run_change(struct v1 *v1, const struct command *command)
{
    struct errand *errand = NULL;
    if (errand_new(v1, command, &errand) != OK) {
        v1_refuse(v1, V1_UNAVAILABLE, NULL, command->ref, NO_BYTES, 0);
        return;
    }
    errand->run = run_change;
    errand->done = command->kind == COMMAND_READ ? done_read : done_change;
    errand_write(errand);
}
