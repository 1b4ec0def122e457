/* mentions.h - who is meant by a message: "@username" of a participant, and "@all".
 *
 * Thread: the writer's, inside its transaction.
 */
#ifndef CONFAB_CHAT_MENTIONS_H
#define CONFAB_CHAT_MENTIONS_H

#include "base/buf.h"
#include "store/members.h"

enum {
    MENTION_LOOKUPS_MAX = 50
}; /* names of one message that are looked up; later ones are text */

/* All zero: nobody is meant. */
struct mentions {
    int64_t user_ids[MENTION_LOOKUPS_MAX];
    size_t count;
    bool all;
};

/* Whether it is worth looking. */
static inline bool mentions_are_possible(struct bytes content)
{
    return bytes_index(content, '@') < content.len;
}

/* Find whom the content means, which sender writes in the chat: its other participants, each once,
 * and everybody if sender may call them. */
CHECKED enum err mentions_find(struct db *db, int64_t chat_id, const struct membership *sender,
                               struct bytes content, int64_t now_us, struct mentions *out);

/* Append their ids as a JSON array; nothing if there are none. */
void mentions_append(const struct mentions *mentions, struct buf *out);

/* Note them for the message, so that they can be counted. */
CHECKED enum err mentions_store(struct db *db, int64_t chat_id, int64_t message_id,
                                const struct mentions *mentions);

#endif
