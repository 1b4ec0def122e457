#include "cli/table.h"

#include <assert.h>
#include "base/text.h"

static void widen(struct table *table, size_t column, struct bytes text)
{
    size_t width = utf8_count(text);
    if (width > table->widths[column])
        table->widths[column] = width;
}

void table_add(struct table *table, const struct bytes *cells)
{
    assert(!table_is_full(table));
    assert(table->column_count <= TABLE_COLUMNS_MAX);
    for (size_t i = 0; i < table->column_count; i++) {
        table->cells[table->row_count][i] = cells[i];
        widen(table, i, cells[i]);
    }
    table->row_count++;
}

static void append_row(const struct table *table, struct buf *out, const struct bytes *cells)
{
    size_t owed = 0; /* blanks are written before the next text, so that no line ends with them */
    for (size_t i = 0; i < table->column_count; i++) {
        if (cells[i].len > 0) {
            for (; owed > 0; owed--)
                buf_append_byte(out, ' ');
            buf_append(out, cells[i]);
        }
        owed += table->widths[i] - utf8_count(cells[i]) + 2;
    }
    buf_append_byte(out, '\n');
}

void table_append(struct table *table, struct buf *out)
{
    if (!table->has_printed_headings) {
        struct bytes headings[TABLE_COLUMNS_MAX];
        for (size_t i = 0; i < table->column_count; i++) {
            headings[i] = bytes_from_text(table->headings[i]);
            widen(table, i, headings[i]);
        }
        append_row(table, out, headings);
        table->has_printed_headings = true;
    }
    for (size_t i = 0; i < table->row_count; i++)
        append_row(table, out, table->cells[i]);
    table->row_count = 0;
}
