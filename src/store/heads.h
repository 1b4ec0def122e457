/* heads.h - what the writer knows of chats without asking the database: each one's last seq, and
 * who may write.
 *
 * A cache of what this connection has read or written inside the truth of the database: whoever may
 * have made it untrue (another process, a rollback, a removed participant) clears it. It knows only
 * what is allowed, never what is not. Limits: when HEADS_CHATS_MAX chats or HEADS_SENDERS_MAX
 * senders are known, everything is forgotten and learnt anew.
 */
#ifndef CONFAB_STORE_HEADS_H
#define CONFAB_STORE_HEADS_H

#include "base/map.h"

enum {
    HEADS_CHATS_MAX = 16 * 1024,
    HEADS_SENDERS_MAX = 128 * 1024, /* over all chats; a sender in two chats counts twice */
};

/* One chat. */
struct head {
    int64_t seq;        /* of its last event; 0: it has none */
    struct map senders; /* user id to a mark: may write */
};

/* All zero is an empty cache. */
struct heads {
    struct map chats; /* chat id to struct head */
    size_t sender_count;
};

/* Forget everything. The cache is usable again. */
void heads_clear(struct heads *heads);

/* The chat, if the sender is known to be allowed to write there; else NULL. Valid until the cache
 * changes. */
struct head *heads_find(const struct heads *heads, int64_t chat_id, int64_t sender_id);

/* The chat, whoever writes. NULL: it is not known. Valid until the cache changes. */
struct head *heads_find_chat(const struct heads *heads, int64_t chat_id);

/* Forget who may write in the chat: somebody's rights have changed. */
void heads_forget_senders(struct heads *heads, int64_t chat_id);

/* Remember that the sender may write in the chat, whose last event is seq. May forget others.
 * ERR_MEMORY: nothing new is known. */
CHECKED enum err heads_put(struct heads *heads, int64_t chat_id, int64_t sender_id, int64_t seq,
                           struct head **out);

#endif
