/* sessions.h - the table django_session: keys, signed data, expiry. What the data say is auth/'s
 * business. ERR_BUSY, ERR_FULL, ERR_IO, ERR_MEMORY come from every function here.
 */
#ifndef CONFAB_STORE_SESSIONS_H
#define CONFAB_STORE_SESSIONS_H

#include "store/db.h"
#include "store/rows.h"

/* ERR_NOT_FOUND. An expired row is found too; its expire_us tells. A row whose expire_date cannot
 * be read has expire_us 0. */
CHECKED enum err sessions_find(struct db *db, struct bytes key, struct arena *arena,
                               struct session_row *out);

/* Up to max sessions with a key behind after_key, in the order of their keys; expired ones too. */
CHECKED enum err sessions_list(struct db *db, struct bytes after_key, size_t max,
                               struct arena *arena, struct session_row *out, size_t *count);

/* ERR_CONFLICT: the key is taken. */
CHECKED enum err sessions_insert(struct db *db, const struct session_row *row);

/* Deleting what is not there is OK. */
CHECKED enum err sessions_delete(struct db *db, struct bytes key);

/* Delete rows that expired before now. */
CHECKED enum err sessions_delete_expired(struct db *db, int64_t now_us);

#endif
