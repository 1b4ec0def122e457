/* users.h - the table chat_user. ERR_BUSY, ERR_FULL, ERR_IO, ERR_MEMORY come from every function
 * here. */
#ifndef CONFAB_STORE_USERS_H
#define CONFAB_STORE_USERS_H

#include "store/db.h"
#include "store/rows.h"

/* ERR_NOT_FOUND. Names are compared exactly (case-sensitive). */
CHECKED enum err users_find_id(struct db *db, int64_t id, struct arena *arena, struct user *out);
CHECKED enum err users_find_name(struct db *db, struct bytes username, struct arena *arena,
                                 struct user *out);

/* Up to max users with an id above after_id, in id order; password is not read. *count tells how
 * many. */
CHECKED enum err users_list(struct db *db, int64_t after_id, size_t max, struct arena *arena,
                            struct user *out, size_t *count);

/* Whether there is a chat that both take part in; of a user and itself: whether it is in any. */
CHECKED enum err users_share_chat(struct db *db, int64_t id, int64_t other_id, bool *out);

/* Add user (its id is not read) with date_joined = now_us. ERR_CONFLICT: the username is taken. */
CHECKED enum err users_insert(struct db *db, const struct user *user, int64_t now_us, int64_t *id);

/* ERR_NOT_FOUND: no such user. */
CHECKED enum err users_set_password(struct db *db, int64_t id, struct bytes password);
CHECKED enum err users_set_last_login(struct db *db, int64_t id, int64_t now_us);
CHECKED enum err users_set_active(struct db *db, int64_t id, bool is_active);

/* What the user may do in Django's admin. ERR_NOT_FOUND. */
CHECKED enum err users_set_power(struct db *db, int64_t id, bool is_staff, bool is_superuser);

/* ERR_NOT_FOUND: no such user; ERR_CONFLICT: the name is taken. */
CHECKED enum err users_rename(struct db *db, int64_t id, struct bytes username);

/* The messages that the user has written. */
CHECKED enum err users_count_messages(struct db *db, int64_t id, int64_t *count);

/* Delete the user with everything that Django's tables and ours hold of it, messages too. Several
 * statements: inside a transaction, and whoever sees an error rolls back. ERR_NOT_FOUND: no such
 * user; ERR_CONFLICT: a row of another program's table points at the user or at one of the
 * messages. */
CHECKED enum err users_delete(struct db *db, int64_t id);

#endif
