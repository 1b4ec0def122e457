/* nonces.h - the table confab_nonce: which messages were sent under which name of the sender's own
 * choice, so that one that is sent again is stored once.
 *
 * ERR_BUSY, ERR_FULL, ERR_IO, ERR_MEMORY come from every function here.
 */
#ifndef CONFAB_STORE_NONCES_H
#define CONFAB_STORE_NONCES_H

#include "store/db.h"

enum {
    NONCE_CHARACTERS_MAX = 64,
    NONCE_KEPT_S = 7 * 24 * 3600, /* how long a nonce is known at least */
    NONCE_DELETED_AT_ONCE = 1000, /* old rows that one nonces_delete_old() looks at */
};

struct nonce_key {
    int64_t sender_id;
    int64_t chat_id;
    struct bytes nonce;
};

/* What was stored under it; ERR_NOT_FOUND: nothing. timestamp_us 0: the message is gone. */
CHECKED enum err nonces_find(struct db *db, const struct nonce_key *key, int64_t *message_id,
                             int64_t *hash, int64_t *timestamp_us);

/* Writers only, inside a transaction. ERR_CONFLICT: it is there already. */
CHECKED enum err nonces_insert(struct db *db, const struct nonce_key *key, int64_t message_id,
                               int64_t hash, int64_t now_us);

/* Writers only. Delete some of those that are older than before_us, oldest first. */
CHECKED enum err nonces_delete_old(struct db *db, int64_t before_us);

#endif
