#include "server/v1_command.h"

#include "chat/v1_json.h"
#include "server/broadcast.h"
#include "server/flash.h"
#include "server/v1_commands.h"
#include "server/v1_watch.h"
#include "store/uploads.h"

/* --- What needs nobody else --- */

static void run_ping(struct v1 *v1, const struct command *command)
{
    struct buf text = {0};
    struct json json = {.out = &text, .style = JSON_COMPACT};
    json_object_begin(&json);
    json_key(&json, "type");
    json_text_z(&json, "pong");
    v1_write_ref(&json, command->ref);
    json_object_end(&json);
    v1_send(v1, &text);
}

static void refuse(struct v1 *v1, const struct command *command, enum v1_code code,
                   const char *message)
{
    v1_refuse(v1, code, message, command->ref, command->nonce, 0);
}

/* --- Sending --- */

/* The uploads that the message shows. False: the list is wrong; NULL is an empty one. */
static bool read_attachments(const struct json_doc *doc, const struct json_node *list,
                             int64_t ids[UPLOADS_PER_MESSAGE_MAX], size_t *count)
{
    const struct json_node *node = list != NULL ? json_first(doc, list) : NULL;
    for (*count = 0; node != NULL; node = json_next(doc, list, node)) {
        if (*count == UPLOADS_PER_MESSAGE_MAX || !command_read_id(doc, node, &ids[*count]))
            return false;
        (*count)++;
    }
    return true;
}

static void run_send(struct v1 *v1, const struct command *command)
{
    struct socket *socket = v1->socket;
    const struct json_doc *doc = &socket->client->shard->consumer.doc;
    const struct user sender = socket_user(socket);
    int64_t ids[UPLOADS_PER_MESSAGE_MAX];
    size_t count;
    struct event *message = NULL;
    if (!read_attachments(doc, command->attachments, ids, &count)) {
        refuse(v1, command, V1_INVALID_FRAME, "attachments must be ids, at most 10 of them");
        return;
    }
    const struct event_texts texts = {
        .content = command->content,
        .nonce = command->nonce,
        .ref = command->ref,
        .uploads = bytes_of(ids, count * sizeof ids[0]),
    };
    if (event_new_message(command->chat, &sender, &texts, &message) != OK) {
        refuse(v1, command, V1_UNAVAILABLE, NULL);
        return;
    }
    message->sender_connection = socket->client;
    message->is_for_part_one = true;
    message->extra.reply_to = command->reply_to;
    message->extra.thread = command->thread;
    client_hold(socket->client);
    socket_goes(socket->client);
    broadcast_submit(socket->client->shard, message);
}

/* --- Fleeting --- */

/* It has no answer. */
static void run_typing(struct v1 *v1, const struct command *command)
{
    const struct user user = socket_user(v1->socket);
    if (subscription_find(v1, command->chat) == NULL)
        refuse(v1, command, V1_NOT_FOUND, NULL);
    else
        flash_typing(v1->socket->client->shard->site, command->chat, &user);
}

/* Of the connection it comes by: what is told of the user follows from all of them. */
static void run_presence(struct v1 *v1, const struct command *command)
{
    bool is_away = bytes_is(command->status, "away");
    if (!is_away && !bytes_is(command->status, "online")) {
        refuse(v1, command, V1_INVALID_FRAME, "status must be \"online\" or \"away\"");
        return;
    }
    socket_set_away(v1->socket, is_away);
    v1_ack(v1, command->ref, 0, 0, 0);
}

/* --- The table --- */

/* What a command does is for whom? */
enum reach {
    READS,
    WRITES,          /* not with a token for reading alone */
    READS_ALL_CHATS, /* not with a token for some chats */
};

static const struct {
    void (*run)(struct v1 *v1, const struct command *command);
    enum reach reach;
} commands[COMMAND_KIND_COUNT] = {
    [COMMAND_PING] = {run_ping, READS},
    [COMMAND_SEND] = {run_send, WRITES},
    [COMMAND_SUBSCRIBE] = {v1_run_subscribe, READS_ALL_CHATS},
    [COMMAND_UNSUBSCRIBE] = {v1_run_unsubscribe, READS},
    [COMMAND_HISTORY] = {v1_run_history, READS},
    [COMMAND_EDIT] = {v1_run_change, WRITES},
    [COMMAND_DELETE] = {v1_run_change, WRITES},
    [COMMAND_REACT] = {v1_run_change, WRITES},
    [COMMAND_UNREACT] = {v1_run_change, WRITES},
    [COMMAND_PIN] = {v1_run_change, WRITES},
    [COMMAND_UNPIN] = {v1_run_change, WRITES},
    [COMMAND_READ] = {v1_run_change, WRITES},
    [COMMAND_TYPING] = {run_typing, WRITES},
    [COMMAND_PRESENCE] = {run_presence, READS},
    [COMMAND_WATCH] = {v1_run_watch, READS_ALL_CHATS},
    [COMMAND_CHATS] = {v1_run_chats, READS_ALL_CHATS},
};

/* Whether the token that the connection came with, if it did with one, is good for the command. */
static bool token_allows(const struct socket *socket, const struct command *command)
{
    enum reach reach = commands[command->kind].reach;
    bool is_elsewhere = command->chat != 0 && command->chat != socket->chat_id;
    if (socket->is_read_only && reach == WRITES)
        return false;
    return !socket->is_narrow || (reach != READS_ALL_CHATS && !is_elsewhere);
}

void v1_command_run(struct v1 *v1, const struct command *command)
{
    if (commands[command->kind].run == NULL)
        refuse(v1, command, V1_UNKNOWN_TYPE, NULL);
    else if (!token_allows(v1->socket, command))
        refuse(v1, command, V1_FORBIDDEN, "This token is not good for that");
    else
        commands[command->kind].run(v1, command);
}
