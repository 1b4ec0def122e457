/* message.h - one message between the socket that it came from and the rooms that it goes to.
 *
 * One allocation: the structure, the content, and what others are shown of the sender. It belongs
 * to one side at a time: the loop that made it, then the writer, then (durable and never changed
 * again) all loops that it was delivered to, which count each other out.
 */
#ifndef CONFAB_CHAT_MESSAGE_H
#define CONFAB_CHAT_MESSAGE_H

#include <stdatomic.h>
#include "store/rows.h"
#include "store/writer.h"

struct message {
    struct write write;
    _Atomic unsigned holders; /* loops that still read it */
    enum err result;          /* OK once it is durable */
    unsigned origin;          /* index of the loop that it came from */
    void *sender_connection;  /* the origin loop's own; nobody else looks */
    int64_t chat_id;
    int64_t id;   /* its seq, given by the database */
    int64_t prev; /* the seq before it in the chat */
    int64_t timestamp_us;
    struct user sender; /* id, username, email, user_type */
    struct bytes content;
};

/* A message of the sender to the chat. content is valid UTF-8. ERR_MEMORY. */
CHECKED enum err message_new(int64_t chat_id, const struct user *sender, struct bytes content,
                             struct message **out);

/* One holder less; the last one frees. *message becomes NULL. */
void message_release(struct message **message);

#endif
