/* search.h - messages by the words in them (SQLite's FTS5, tables confab_search*).
 *
 * A message is stored without looking at the index; the writer puts it there when it has time, and
 * before somebody searches. Letters are compared without case and accents. What Django changes or
 * deletes is noticed by triggers. ERR_BUSY, ERR_FULL, ERR_IO, ERR_MEMORY come from every function
 * here.
 */
#ifndef CONFAB_STORE_SEARCH_H
#define CONFAB_STORE_SEARCH_H

#include "store/db.h"
#include "store/rows.h"

enum {
    SEARCH_TEXT_BYTES_MAX = 512,    /* of what is looked for */
    SEARCH_WORDS_MAX = 16,          /* of it that count */
    SEARCH_PAGE_MAX = 50,           /* messages of one page */
    SEARCH_PAGE_BYTES = 128 * 1024, /* a page whose contents have grown past this ends early */
    SEARCH_SNIPPET_WORDS = 16,
    /* Of a message for which the best snippet is looked for, which costs their square; of one with
     * more it is the first hit and what follows. */
    SEARCH_SNIPPET_HITS_MAX = 64,
    SEARCH_CHATS_MAX =
        64, /* a user in more chats is answered by looking at messages of others too */
    SEARCH_SCANNED_MAX = 20000, /* messages looked at for one page; the next one goes on there */

    /* What one page may cost, in SQLite's steps: a tenth of a second, whatever the words are. */
    SEARCH_STEPS_MAX = 20000,
    SEARCH_STEPS_PER_MESSAGE = 40, /* more for each message that was looked at */

    SEARCH_INDEX_MESSAGES = 1000,     /* put into the index at once */
    SEARCH_INDEX_BYTES = 512 * 1024,  /* and of their contents */
    SEARCH_INDEX_LAZY_MESSAGES = 500, /* so many may be missing while nobody searches */
};

/* In a snippet, before and behind a word that was looked for. */
#define SEARCH_HIT_BEGIN "\x02"
#define SEARCH_HIT_END   "\x03"

/* How many messages the index does not know as they are: at most. 0: it is up to date. */
CHECKED enum err search_pending(struct db *db, int64_t *count);

/* Writers only, inside a transaction. Bring some of them into the index: SEARCH_INDEX_MESSAGES or
 * SEARCH_INDEX_BYTES, changed ones first. */
CHECKED enum err search_index(struct db *db);

/* The same in a transaction of its own, if SEARCH_INDEX_LAZY_MESSAGES or more are pending.
 * *has_more: they still are. Does not wait for another process's lock: ERR_BUSY, for a message that
 * comes meanwhile would wait behind it. */
CHECKED enum err search_index_lazily(struct db *db, bool *has_more);

struct search_query {
    int64_t user_id;   /* who asks: only chats that the user takes part in */
    struct bytes text; /* valid UTF-8 */
    int64_t chat_id;   /* 0: all of them */
    int64_t sender_id; /* 0: anybody's */
    int64_t since_us;  /* 0: from the beginning */
    int64_t until_us;  /* not this moment and later ones; 0: to the end */
    int64_t before;    /* messages below this id; 0: the newest */
    size_t limit;      /* 1 to SEARCH_PAGE_MAX */
    int64_t steps_max; /* SEARCH_STEPS_MAX, or what a test wants */
};

struct search_row {
    struct message_row message;
    struct bytes snippet; /* with SEARCH_HIT_BEGIN and _END in it */
};

struct search_page {
    struct search_row rows[SEARCH_PAGE_MAX]; /* newest first */
    size_t count;
    int64_t next_before; /* the next page's before; 0: there is none */
};

/* Fill the page; its texts lie in the arena. What is pending is not found, or, if it was changed,
 * passed over. A page that gets too dear ends early, and the next one goes on there. ERR_SYNTAX:
 * there is no word in the text; ERR_LIMIT: it is too long; ERR_DENIED: steps_max were used up
 * before anything was found to go on from; ERR_NOT_FOUND: the user is not in chat_id. */
CHECKED enum err search_list(struct db *db, const struct search_query *query, struct arena *arena,
                             struct search_page *out);

#endif
