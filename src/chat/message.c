#include "chat/message.h"

#include <stdlib.h>

/* Copy into the message's own memory and step behind it. */
static struct bytes place(uint8_t **at, struct bytes bytes)
{
    struct bytes copy = bytes_of(*at, bytes.len);
    if (bytes.len > 0)
        memcpy(*at, bytes.data, bytes.len);
    *at += bytes.len;
    return copy;
}

enum err message_new(int64_t chat_id, const struct user *sender, struct bytes content,
                     struct message **out)
{
    size_t texts_len = sender->username.len + sender->email.len + sender->user_type.len;
    struct message *message = malloc(sizeof *message + texts_len + content.len);
    if (message == NULL)
        return ERR_MEMORY;
    *message = (struct message) {.chat_id = chat_id, .sender = {.id = sender->id}};
    atomic_init(&message->holders, 1);
    uint8_t *at = (uint8_t *)(message + 1);
    message->sender.username = place(&at, sender->username);
    message->sender.email = place(&at, sender->email);
    message->sender.user_type = place(&at, sender->user_type);
    message->content = place(&at, content);
    *out = message;
    return OK;
}

void message_release(struct message **message_at)
{
    struct message *message = *message_at;
    *message_at = NULL;
    if (atomic_fetch_sub_explicit(&message->holders, 1, memory_order_acq_rel) == 1)
        free(message);
}
