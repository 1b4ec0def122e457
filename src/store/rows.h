/* rows.h - what the tables hold, as values. Texts lie in the arena that the reading function was
 * given. */
#ifndef CONFAB_STORE_ROWS_H
#define CONFAB_STORE_ROWS_H

#include "base/bytes.h"

struct user {
    int64_t id;
    struct bytes username;
    struct bytes email;
    struct bytes user_type;
    struct bytes first_name;
    struct bytes last_name;
    struct bytes password; /* the encoded hash; only set by users_find_*() */
    bool is_active;
    bool is_staff;
    bool is_superuser;
};

/* What a chat is for; what the kinds mean for rights is in chat/rights.c. */
enum chat_kind {
    CHAT_GROUP,        /* what every chat is that nobody made something else */
    CHAT_DIRECT,       /* of two */
    CHAT_PUBLIC,       /* anybody may join */
    CHAT_ANNOUNCEMENT, /* only its owners and moderators write */
    CHAT_KIND_COUNT,
};

struct chat {
    int64_t id;
    struct bytes name;
    int64_t created_at_us;
    int64_t creator_id; /* 0: not known (the chat was adopted) */
    enum chat_kind kind;
    bool has_receipts; /* members learn how far others have read, if they are few */
};

/* What a message may have beside its row in chat_message; all zero for a plain one, and wherever
 * only part I's columns were read. */
struct message_extra {
    int64_t reply_to;
    int64_t thread;
    int64_t edited_at_us;
    int64_t revision; /* 0 and 1: never edited */
    bool is_deleted;
    bool is_pinned;
    bool mentions_all;
    struct bytes mentions;    /* JSON array of user ids; empty: none */
    struct bytes attachments; /* JSON array of objects; empty: none */
    struct bytes reactions;   /* JSON array of {"emoji","count","users"}; empty: none */
};

struct message_row {
    int64_t id;
    int64_t chat_id;
    struct user sender; /* id, username, email, user_type */
    struct bytes content;
    int64_t timestamp_us;
    struct message_extra extra;
};

struct session_row {
    struct bytes key;
    struct bytes data;
    int64_t expire_us;
};

#endif
