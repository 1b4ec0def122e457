/* chats.h - the tables chat_chat, chat_chat_participants and confab_chat. ERR_BUSY, ERR_FULL,
 * ERR_IO, ERR_MEMORY come from every function here.
 */
#ifndef CONFAB_STORE_CHATS_H
#define CONFAB_STORE_CHATS_H

#include "store/db.h"
#include "store/rows.h"

enum {
    CHAT_NAME_COUNT_MAX = 255,       /* code points of a chat's name, as in Django's model */
    CHAT_RECEIPTS_MEMBERS_MAX = 100, /* in a chat of more nobody learns how far others have read */
};

/* The kind's name, in the table and on the wire: "announcement". */
const char *chat_kind_name(enum chat_kind kind);

/* The kind of that name. ERR_NOT_FOUND: there is none. */
CHECKED enum err chat_kind_of(struct bytes name, enum chat_kind *out);

/* ERR_NOT_FOUND. */
CHECKED enum err chats_find(struct db *db, int64_t id, struct arena *arena, struct chat *out);

/* Whether the chat exists and the user is one of its participants. */
CHECKED enum err chats_has_participant(struct db *db, int64_t chat_id, int64_t user_id, bool *out);

/* Up to max chats that user takes part in, with an id above after_id, in id order. user_id 0: all
 * chats. */
CHECKED enum err chats_list(struct db *db, int64_t user_id, int64_t after_id, size_t max,
                            struct arena *arena, struct chat *out, size_t *count);

/* The ids of up to max chats that the user takes part in, in their order. */
CHECKED enum err chats_ids_of_user(struct db *db, int64_t user_id, size_t max, int64_t *out,
                                   size_t *count);

/* Up to max participants of the chat with a user id above after_id, in id order; password is not
 * read. */
CHECKED enum err chats_participants(struct db *db, int64_t chat_id, int64_t after_id, size_t max,
                                    struct arena *arena, struct user *out, size_t *count);

/* Make a chat with these participants (no id twice). creator_id 0: not known. Several statements:
 * inside a transaction, and whoever sees an error rolls back (a write of writer.h with
 * is_one_statement false does). ERR_NOT_FOUND: a participant does not exist. */
CHECKED enum err chats_insert(struct db *db, struct bytes name, int64_t creator_id,
                              const int64_t *participants, size_t count, int64_t now_us,
                              int64_t *id);

/* ERR_NOT_FOUND: no such chat. */
CHECKED enum err chats_rename(struct db *db, int64_t id, struct bytes name);

/* ERR_NOT_FOUND: no such chat. */
CHECKED enum err chats_set_kind(struct db *db, int64_t id, enum chat_kind kind);

/* Members are to learn how far others have read. ERR_NOT_FOUND: no such chat. */
CHECKED enum err chats_set_receipts(struct db *db, int64_t id, bool has_receipts);

/* Whether they do: it is on, and they are not more than CHAT_RECEIPTS_MEMBERS_MAX. False: there is
 * no such chat. */
CHECKED enum err chats_shows_receipts(struct db *db, int64_t id, bool *out);

/* Delete the chat with its messages, participants and all that is ours of them. Several statements,
 * as chats_insert(). ERR_NOT_FOUND: no such chat; ERR_CONFLICT: a row of another program's table
 * points at it. */
CHECKED enum err chats_delete(struct db *db, int64_t id);

/* ERR_NOT_FOUND: no such chat or user (add); not a participant (remove). Adding twice changes
 * nothing. */
CHECKED enum err chats_add_participant(struct db *db, int64_t chat_id, int64_t user_id);
CHECKED enum err chats_remove_participant(struct db *db, int64_t chat_id, int64_t user_id);

#endif
