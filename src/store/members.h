/* members.h - the table confab_member beside chat_chat_participants: roles, read marks, who is
 * muted or banned.
 *
 * A participant without a row has read nothing and is a plain member, or the owner if it made the
 * chat. Who is banned has a row and is no participant. ERR_BUSY, ERR_FULL, ERR_IO, ERR_MEMORY come
 * from every function here.
 */
#ifndef CONFAB_STORE_MEMBERS_H
#define CONFAB_STORE_MEMBERS_H

#include "store/db.h"
#include "store/rows.h"

/* In the order of what they may do. */
enum member_role {
    ROLE_BANNED, /* no participant, and cannot become one */
    ROLE_NONE,   /* no participant */
    ROLE_READ_ONLY,
    ROLE_MEMBER,
    ROLE_MODERATOR,
    ROLE_OWNER,
    ROLE_COUNT,
};

/* The role's name, in the table and on the wire: "read_only". ROLE_NONE has none there. */
const char *member_role_name(enum member_role role);

/* The role of that name. ERR_NOT_FOUND: there is none. */
CHECKED enum err member_role_of(struct bytes name, enum member_role *out);

/* What a user is in a chat. */
struct membership {
    int64_t user_id;
    enum chat_kind kind; /* the chat's */
    enum member_role role;
    int64_t muted_until_us; /* 0: not muted */
    int64_t read_seq;
    bool is_active;
    bool is_staff; /* the site's: is_staff or is_superuser */
};

/* Whether a member may write messages, or why not. */
enum member_writing {
    WRITING_ALLOWED,
    WRITING_NOT_PARTICIPANT, /* or not active */
    WRITING_READ_ONLY,       /* the member, or the chat for plain members */
    WRITING_MUTED,
};

enum member_writing membership_writing(const struct membership *membership, int64_t now_us);

/* The role that counts: the site's staff owns every chat that it takes part in. */
enum member_role membership_role(const struct membership *membership);

/* ERR_NOT_FOUND: no such chat or no such user. */
CHECKED enum err members_find(struct db *db, int64_t chat_id, int64_t user_id,
                              struct membership *out);

/* The participant of that name, exactly. *user_id 0: there is none. */
CHECKED enum err members_find_username(struct db *db, int64_t chat_id, struct bytes username,
                                       int64_t *user_id);

struct member_row {
    struct user user; /* without password */
    enum member_role role;
    int64_t muted_until_us;
    int64_t read_seq;
};

/* Up to max participants with a user id above after_id, in id order. */
CHECKED enum err members_list(struct db *db, int64_t chat_id, int64_t after_id, size_t max,
                              struct arena *arena, struct member_row *out, size_t *count);

CHECKED enum err members_count(struct db *db, int64_t chat_id, int64_t *count);
CHECKED enum err members_count_owners(struct db *db, int64_t chat_id, int64_t *count);

/* Who would own the chat after user_id: the moderator who came first, else the member, else anybody
 * active. *heir_id 0: there is nobody. */
CHECKED enum err members_find_heir(struct db *db, int64_t chat_id, int64_t user_id,
                                   int64_t *heir_id);

/* Writers only, inside a transaction. What the writer knows of who may write in the chat is
 * forgotten where that may change. */

/* Take in a user with the role of a plain member. ERR_NOT_FOUND: no such chat or user. */
CHECKED enum err members_add(struct db *db, int64_t chat_id, int64_t user_id);

/* Take out a user; nothing is left of it in the chat. ERR_NOT_FOUND: no participant. */
CHECKED enum err members_remove(struct db *db, int64_t chat_id, int64_t user_id);

/* Keep a user out, who is no participant or no more. */
CHECKED enum err members_ban(struct db *db, int64_t chat_id, int64_t user_id);
CHECKED enum err members_unban(struct db *db, int64_t chat_id, int64_t user_id);

/* Of a participant. until_us 0: not muted. */
CHECKED enum err members_set_role(struct db *db, int64_t chat_id, int64_t user_id,
                                  enum member_role role);
CHECKED enum err members_set_muted(struct db *db, int64_t chat_id, int64_t user_id,
                                   int64_t until_us);
CHECKED enum err members_set_read(struct db *db, int64_t chat_id, int64_t user_id, int64_t seq);

#endif
