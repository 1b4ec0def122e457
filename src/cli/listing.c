#include "cli/listing.h"

#include "base/time_text.h"
#include "cli/commands.h"
#include "cli/database.h"
#include "cli/report.h"

/* A buffer's content as a cell. */
static enum err keep(struct arena *arena, struct buf *text, struct bytes *cell)
{
    enum err err = buf_status(text);
    if (err == OK)
        err = arena_copy(arena, buf_bytes(text), cell);
    buf_free(text);
    return err;
}

enum err listing_number(struct arena *arena, int64_t number, struct bytes *cell)
{
    struct buf text = {0};
    buf_append_number(&text, number);
    return keep(arena, &text, cell);
}

enum err listing_time(struct arena *arena, int64_t us, struct bytes *cell)
{
    struct buf text = {0};
    time_append_iso(&text, us);
    return keep(arena, &text, cell);
}

static enum err add_row(const struct listing *listing, struct db *db, struct table *table,
                        struct arena *arena, const void *row)
{
    struct bytes cells[TABLE_COLUMNS_MAX];
    enum err err = listing->make_cells(db, arena, row, cells);
    for (size_t i = 0; i < listing->column_count && err == OK; i++)
        err = report_copy_visible(arena, cells[i], &cells[i]);
    if (err == OK)
        table_add(table, cells);
    return err;
}

/* One page. table NULL: as JSON. */
static enum err append_page(const struct listing *listing, struct db *db, struct table *table,
                            struct arena *arena, const uint8_t *rows, size_t count, struct buf *out)
{
    enum err err = OK;
    for (size_t i = 0; i < count && err == OK; i++) {
        const void *row = rows + i * listing->row_bytes;
        if (table != NULL) {
            err = add_row(listing, db, table, arena, row);
            continue;
        }
        err = listing->append_json(db, out, row);
        buf_append_byte(out, '\n');
    }
    if (err == OK && table != NULL)
        table_append(table, out);
    return err;
}

static enum err print_all(const struct listing *listing, struct db *db, struct table *table,
                          uint8_t *rows)
{
    int64_t last_id = 0;
    size_t count = 0;
    enum err err = OK;
    do {
        struct arena arena = {0};
        struct buf out = {0};
        err = listing->read(db, last_id, &arena, rows, &count);
        if (err == OK)
            err = append_page(listing, db, table, &arena, rows, count, &out);
        if (err == OK)
            err = report_print(&out);
        if (err == OK && count > 0)
            last_id = listing->id_of(rows + (count - 1) * listing->row_bytes);
        buf_free(&out);
        arena_free(&arena);
    } while (err == OK && count == LISTING_PAGE);
    return err;
}

int listing_run(struct settings *settings, const struct listing *listing)
{
    struct db *db = NULL;
    if (database_open(settings, DB_READER, &db) != OK)
        return STATUS_FAILED;
    enum err err = ERR_MEMORY;
    struct table *table = arena_alloc(&settings->arena, sizeof *table);
    uint8_t *rows = arena_alloc(&settings->arena, LISTING_PAGE * listing->row_bytes);
    if (table != NULL && rows != NULL) {
        table->column_count = listing->column_count;
        memcpy(table->headings, listing->headings, sizeof table->headings);
        err = print_all(listing, db, settings->as_json ? NULL : table, rows);
    }
    db_close(&db);
    return err == OK ? STATUS_OK : report_failure(listing->failure, err);
}
