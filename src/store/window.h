/* window.h - a user's chats as a list that one looks at through a window: the most lively first,
 * each with what is new in it.
 *
 * The order is by the number of the last event. To find it costs two steps down an index for each
 * chat of the user, and nothing for the messages in them; all else is read for the chats in the
 * window alone. Counting stops at WINDOW_COUNT_MAX. ERR_BUSY, ERR_FULL, ERR_IO, ERR_MEMORY come
 * from every function here.
 */
#ifndef CONFAB_STORE_WINDOW_H
#define CONFAB_STORE_WINDOW_H

#include "store/db.h"
#include "store/rows.h"

enum {
    WINDOW_CHATS_MAX = 100,  /* of one window */
    WINDOW_COUNT_MAX = 1000, /* messages looked at for unread, mentions counted; so many: or more */
};

struct window_row {
    struct chat chat;
    int64_t seq;      /* of the last event; 0: none */
    int64_t read_seq; /* the user's mark */
    /* Of others, behind the mark, among the WINDOW_COUNT_MAX newest there. */
    int64_t unread;
    int64_t mentions; /* messages behind the mark that mean the user, or all */
    bool has_last_message;
    struct message_row last_message;
};

/* The chats from offset on, at most max (WINDOW_CHATS_MAX). *total: how many there are in all. */
CHECKED enum err window_list(struct db *db, int64_t user_id, int64_t offset, size_t max,
                             struct arena *arena, struct window_row *out, size_t *count,
                             int64_t *total);

/* One chat of the user. ERR_NOT_FOUND: the user is not in it. */
CHECKED enum err window_find(struct db *db, int64_t user_id, int64_t chat_id, struct arena *arena,
                             struct window_row *out);

#endif
