/* table.h - rows of text in aligned columns, for a terminal.
 *
 * Rows are collected and measured before they are printed; a long list is printed in blocks, so
 * that memory stays bounded. Columns only grow from block to block.
 */
#ifndef CONFAB_CLI_TABLE_H
#define CONFAB_CLI_TABLE_H

#include "base/arena.h"
#include "base/buf.h"

enum { TABLE_COLUMNS_MAX = 8, TABLE_ROWS_MAX = 500 };

struct table {
    size_t column_count;
    const char *headings[TABLE_COLUMNS_MAX];
    /* The rest is the table's own. */
    size_t widths[TABLE_COLUMNS_MAX]; /* in code points */
    struct bytes cells[TABLE_ROWS_MAX][TABLE_COLUMNS_MAX];
    size_t row_count;
    bool has_printed_headings;
};

/* Whether another row must wait until the block is printed. */
static inline bool table_is_full(const struct table *table)
{
    return table->row_count == TABLE_ROWS_MAX;
}

/* Add a row of column_count texts, which must live until the block is printed. The table is not
 * full. */
void table_add(struct table *table, const struct bytes *cells);

/* Append the rows, with the headings above the first block, and forget them. */
void table_append(struct table *table, struct buf *out);

#endif
