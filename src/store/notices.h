/* notices.h - the table confab_notice: what an operator says to everybody who is connected.
 *
 * A notice holds until the time that it names, or, if it names none, for NOTICE_KEPT_S. ERR_BUSY,
 * ERR_FULL, ERR_IO, ERR_MEMORY come from every function here.
 */
#ifndef CONFAB_STORE_NOTICES_H
#define CONFAB_STORE_NOTICES_H

#include "store/db.h"

enum {
    NOTICE_MESSAGE_COUNT_MAX = 500, /* code points; a longer one is refused */
    NOTICE_CODE_BYTES_MAX = 32,     /* the same */
    NOTICES_MAX = 8,                /* that hold at once; another one is refused */
    NOTICE_KEPT_S = 24 * 60 * 60,   /* how long one without a time holds */
};

struct notice_row {
    int64_t id;
    struct bytes code;    /* for programs */
    struct bytes message; /* for people */
    int64_t at_us;        /* when that is of which it tells; 0: at no certain time */
    int64_t created_us;
    int64_t ends_us; /* it does not hold any more */
};

/* Writers only, inside a transaction. Store one that holds from now on; those that have ended go.
 * Of the row code, message and at_us are read, which must be as they should be. ERR_LIMIT:
 * NOTICES_MAX hold already. */
CHECKED enum err notices_insert(struct db *db, const struct notice_row *notice, int64_t now_us,
                                int64_t *id);

/* Those that hold, in id order; out has room for NOTICES_MAX, and of more the newest come. What
 * another program has stored that is too long is cut. */
CHECKED enum err notices_list(struct db *db, int64_t now_us, struct arena *arena,
                              struct notice_row *out, size_t *count);

/* Writers only. ERR_NOT_FOUND. */
CHECKED enum err notices_delete(struct db *db, int64_t id);

#endif
