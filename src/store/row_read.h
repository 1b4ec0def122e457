/* row_read.h - from columns to the values of rows.h, for statements that name them in the same
 * order.
 *
 * The store's own, like sql.h.
 */
#ifndef CONFAB_STORE_ROW_READ_H
#define CONFAB_STORE_ROW_READ_H

#include "store/rows.h"
#include "store/sql.h"

enum {
    USER_COLUMN_COUNT = 9
}; /* what a statement has behind USER_COLUMNS (statements.c) begins here */

/* The user in the row. What goes wrong is in sql_status(). */
struct user read_user(struct sql *sql, struct arena *arena);

enum {
    MESSAGE_COLUMN_COUNT = 8 /* the same for MESSAGE_COLUMNS */
};

/* The message in the row, without and with EXTRA_COLUMNS. */
struct message_row read_message(struct sql *sql, struct arena *arena);
struct message_row read_whole_message(struct sql *sql, struct arena *arena);

/* A kind of chat in a column. NULL, and what a later version has stored, is a group. */
enum chat_kind read_chat_kind(struct sql *sql, int column);

enum {
    CHAT_COLUMN_COUNT = 6 /* the same for CHAT_COLUMNS */
};

/* The chat in the row. */
struct chat read_chat(struct sql *sql, struct arena *arena);

/* The end of reading rows, n of them, of which the last step said err: gives the statement back,
 * and *count is n, or 0 after an error. */
CHECKED enum err end_rows(struct sql *sql, enum err err, size_t n, size_t *count);

/* The number in the statement's first row; 0: it has none. Gives the statement back. */
CHECKED enum err read_one_number(struct sql *sql, int64_t *out);

/* Read up to max rows of users, and give the statement back. */
CHECKED enum err read_users(struct sql *sql, size_t max, struct arena *arena, struct user *out,
                            size_t *count);

#endif
