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

struct chat {
    int64_t id;
    struct bytes name;
    int64_t created_at_us;
    int64_t creator_id; /* 0: not known (the chat was adopted) */
};

struct message_row {
    int64_t id;
    int64_t chat_id;
    struct user sender; /* id, username, email, user_type */
    struct bytes content;
    int64_t timestamp_us;
};

struct session_row {
    struct bytes key;
    struct bytes data;
    int64_t expire_us;
};

#endif
