/* history.h - messages with all that they have, one or a page.
 *
 * A page is found by the ids in the index on chat_id (or thread), so it costs what it holds,
 * however long the chat is. ERR_BUSY, ERR_FULL, ERR_IO, ERR_MEMORY come from every function here.
 */
#ifndef CONFAB_STORE_HISTORY_H
#define CONFAB_STORE_HISTORY_H

#include "store/db.h"
#include "store/rows.h"

enum {
    HISTORY_PAGE_MAX = 200,          /* messages of one page */
    HISTORY_PAGE_BYTES = 512 * 1024, /* of contents; a page that passes it ends there */
};

/* One message. ERR_NOT_FOUND. */
CHECKED enum err history_find(struct db *db, int64_t message_id, struct arena *arena,
                              struct message_row *out);

/* Which page. At most one of before, after and around is not 0; all 0: the newest messages. */
struct history_query {
    int64_t chat_id;
    int64_t thread; /* only this message and the answers in its thread; 0: all */
    int64_t before; /* the newest below this id */
    int64_t after;  /* the oldest above this id */
    int64_t around; /* as many on both sides of this id, and the message itself */
    size_t limit;   /* 1 to HISTORY_PAGE_MAX */
};

struct history_page {
    struct message_row rows[HISTORY_PAGE_MAX]; /* oldest first */
    size_t count;
    bool has_older; /* there are more of them before the first */
    bool has_newer; /* and behind the last */
};

/* Fill the page; its texts lie in the arena. */
CHECKED enum err history_list(struct db *db, const struct history_query *query, struct arena *arena,
                              struct history_page *out);

#endif
