/* listing.h - what `confab user list` and `confab chat list` have alike: rows in the order of their
 * ids, printed page by page as a table or as lines of JSON, in constant memory.
 */
#ifndef CONFAB_CLI_LISTING_H
#define CONFAB_CLI_LISTING_H

#include "cli/settings.h"
#include "cli/table.h"
#include "store/db.h"

enum { LISTING_PAGE = TABLE_ROWS_MAX }; /* rows read at once */

/* What is listed. A row is any structure. */
struct listing {
    size_t row_bytes;
    size_t column_count;
    const char *headings[TABLE_COLUMNS_MAX];
    const char *failure; /* what is said when it cannot be listed */

    /* Up to LISTING_PAGE rows with ids above after_id. Texts lie in the arena, here and below. */
    enum err (*read)(struct db *db, int64_t after_id, struct arena *arena, void *rows,
                     size_t *count);
    int64_t (*id_of)(const void *row);
    /* The row as JSON, without the line's end. */
    enum err (*append_json)(struct db *db, struct buf *out, const void *row);
    /* Its texts for the table, of which any may hold any character. */
    enum err (*make_cells)(struct db *db, struct arena *arena, const void *row,
                           struct bytes cells[TABLE_COLUMNS_MAX]);
};

/* Open the database and print the rows; the exit status. What is wrong has been printed. */
int listing_run(struct settings *settings, const struct listing *listing);

/* Cells that are not texts of the row. ERR_MEMORY. */
CHECKED enum err listing_number(struct arena *arena, int64_t number, struct bytes *cell);
CHECKED enum err listing_time(struct arena *arena, int64_t us, struct bytes *cell);

#endif
