/* uploads.h - the table confab_upload: files that belong to messages.
 *
 * Knows what is told of a file; its bytes are somebody else's. ERR_BUSY, ERR_FULL, ERR_IO,
 * ERR_MEMORY come from every function here.
 */
#ifndef CONFAB_STORE_UPLOADS_H
#define CONFAB_STORE_UPLOADS_H

#include "store/db.h"

enum {
    UPLOAD_NAME_BYTES_MAX = 255,
    UPLOAD_TYPE_BYTES_MAX = 127,
    UPLOADS_PER_MESSAGE_MAX = 10,
};

struct upload_row {
    int64_t id;
    int64_t owner_id;
    int64_t chat_id;
    struct bytes name;   /* as the owner's client told it */
    struct bytes type;   /* the same: never believed */
    int64_t size;        /* bytes */
    struct bytes sha256; /* hexadecimal digits */
    struct bytes path;   /* of the bytes */
    int64_t created_us;
    int64_t message_id; /* that shows it; 0: none */
};

/* Writers only, inside a transaction. id, created_us and message_id are not read. */
CHECKED enum err uploads_insert(struct db *db, const struct upload_row *upload, int64_t now_us,
                                int64_t *id);

/* ERR_NOT_FOUND. Whether the asker may have it is the caller's to judge: those who are in its chat
 * may, once a message shows it, and its owner. */
CHECKED enum err uploads_find(struct db *db, int64_t id, struct arena *arena,
                              struct upload_row *out);

/* The bytes of all that the owner has. */
CHECKED enum err uploads_total(struct db *db, int64_t owner_id, int64_t *bytes);

/* Writers only, inside a transaction. Let a message of the owner in the upload's chat show it.
 * ERR_NOT_FOUND: there is no such upload, or a message shows it already. */
CHECKED enum err uploads_use(struct db *db, int64_t id, int64_t owner_id, int64_t chat_id,
                             int64_t message_id);

/* Up to max uploads that no message shows, made before that moment, in id order from after_id on:
 * their bytes may go, and then their rows. What a message that is gone showed counts too. */
CHECKED enum err uploads_list_unused(struct db *db, int64_t before_us, int64_t after_id, size_t max,
                                     struct arena *arena, struct upload_row *out, size_t *count);

/* Writers only. ERR_NOT_FOUND. */
CHECKED enum err uploads_delete(struct db *db, int64_t id);

#endif
