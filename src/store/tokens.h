/* tokens.h - the table confab_token: what programs show instead of a session.
 *
 * Knows tokens by their hashes alone (auth/token.h makes both). ERR_BUSY, ERR_FULL, ERR_IO,
 * ERR_MEMORY come from every function here.
 */
#ifndef CONFAB_STORE_TOKENS_H
#define CONFAB_STORE_TOKENS_H

#include "store/db.h"

enum {
    TOKENS_PER_USER_MAX = 100,  /* that one user has made */
    TOKEN_NAME_COUNT_MAX = 100, /* code points */
    TOKEN_CHATS_MAX = 100,      /* that one token names */
    TOKEN_TOUCH_S = 60,         /* last_used is as true as this */
};

struct token_row {
    int64_t id;
    int64_t user_id;    /* whom its holder acts as */
    int64_t creator_id; /* who made it, and may revoke it */
    struct bytes name;
    struct bytes prefix;
    bool may_read;
    bool may_write;
    const int64_t *chat_ids; /* that it is good for; chat_count 0: all of the user's */
    size_t chat_count;
    int64_t
        hook_chat_id; /* an incoming webhook of this chat, good for nothing else; 0: no webhook */
    int64_t created_us;
    int64_t expires_us;   /* 0: never */
    int64_t last_used_us; /* 0: never */
};

/* Whether the token is good for the chat: what its user may do there is another matter. */
bool token_covers(const struct token_row *token, int64_t chat_id);

/* Writers only, inside a transaction. created_us and last_used_us are not read. ERR_LIMIT: the
 * creator has TOKENS_PER_USER_MAX already; ERR_CONFLICT: the hash is there. */
CHECKED enum err tokens_insert(struct db *db, const struct token_row *token, struct bytes hash,
                               int64_t now_us, int64_t *id);

/* The token of this hash, unless it has expired or its user is not active. ERR_NOT_FOUND. */
CHECKED enum err tokens_find(struct db *db, struct bytes hash, int64_t now_us, struct arena *arena,
                             struct token_row *out);

/* The same by its id, for who has shown it before. */
CHECKED enum err tokens_find_id(struct db *db, int64_t id, int64_t now_us, struct arena *arena,
                                struct token_row *out);

/* Up to max tokens that the user has made, with an id above after_id, in id order; expired ones
 * too. */
CHECKED enum err tokens_list(struct db *db, int64_t creator_id, int64_t after_id, size_t max,
                             struct arena *arena, struct token_row *out, size_t *count);

/* The same for the webhooks of a chat. */
CHECKED enum err tokens_list_hooks(struct db *db, int64_t chat_id, int64_t after_id, size_t max,
                                   struct arena *arena, struct token_row *out, size_t *count);

/* Writers only. A token of this creator, or a webhook of this chat, is good no more. The other id
 * is 0. ERR_NOT_FOUND. */
CHECKED enum err tokens_delete(struct db *db, int64_t id, int64_t creator_id, int64_t hook_chat_id);

/* Whether the use is worth noting: the last one noted is more than TOKEN_TOUCH_S ago. */
bool token_is_to_be_touched(const struct token_row *token, int64_t now_us);

/* Writers only. Note that it was used. */
CHECKED enum err tokens_touch(struct db *db, int64_t id, int64_t now_us);

#endif
