/* bare_sqlite.c - the least that a stored message can cost: a loop around SQLite, with no server at
 * all.
 *
 * The rows are those of the scenario that it stands beside, in the same tables with the same
 * indexes, on a connection set as the server's is. Nothing is received, checked or told to anybody.
 * The WAL is copied back within the commits, as SQLite does it when it is left alone.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/bytes.h"
#include "bench/figures.h"
#include "bench/process.h"

enum {
    CONTENT_BYTES = 100,
    SEATS_MAX = 1000, /* rows take chat and sender from as many participants in turn */
    WARMUP_ROWS = 10000,
    TIMESTAMP_BYTES = 32,
};

struct bare {
    sqlite3 *handle;
    sqlite3_stmt *begin;
    sqlite3_stmt *insert;
    sqlite3_stmt *commit;
    int64_t chats[SEATS_MAX];
    int64_t senders[SEATS_MAX];
    size_t seat_count;
    uint64_t row_count;
    char content[CONTENT_BYTES + 1];
};

static const char settings[] = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                               "PRAGMA mmap_size = 0; PRAGMA cache_size = -8192;";

static int prepare(struct bare *bare, const char *text, sqlite3_stmt **out)
{
    return sqlite3_prepare_v3(bare->handle, text, -1, SQLITE_PREPARE_PERSISTENT, out, NULL);
}

static int read_seats(struct bare *bare)
{
    sqlite3_stmt *statement = NULL;
    int code = prepare(bare, "SELECT chat_id, user_id FROM chat_chat_participants ORDER BY id",
                       &statement);
    while (code == SQLITE_OK && bare->seat_count < SEATS_MAX &&
           sqlite3_step(statement) == SQLITE_ROW) {
        bare->chats[bare->seat_count] = sqlite3_column_int64(statement, 0);
        bare->senders[bare->seat_count] = sqlite3_column_int64(statement, 1);
        bare->seat_count++;
    }
    (void)sqlite3_finalize(statement);
    return bare->seat_count > 0 ? code : SQLITE_NOTFOUND;
}

static int bare_open(struct bare *bare, const char *path, bool foreign_keys)
{
    int code =
        sqlite3_open_v2(path, &bare->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_exec(bare->handle, settings, NULL, NULL, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_exec(bare->handle,
                            foreign_keys ? "PRAGMA foreign_keys = ON" : "PRAGMA foreign_keys = OFF",
                            NULL, NULL, NULL);
    if (code == SQLITE_OK)
        code = read_seats(bare);
    if (code == SQLITE_OK)
        code = prepare(bare, "BEGIN IMMEDIATE", &bare->begin);
    if (code == SQLITE_OK)
        code = prepare(bare,
                       "INSERT INTO chat_message (content, timestamp, chat_id, sender_id)"
                       " VALUES (?1, ?2, ?3, ?4)",
                       &bare->insert);
    if (code == SQLITE_OK)
        code = prepare(bare, "COMMIT", &bare->commit);
    memset(bare->content, 'x', CONTENT_BYTES);
    return code;
}

static int run(sqlite3_stmt *statement)
{
    int code = sqlite3_step(statement);
    (void)sqlite3_reset(statement); /* its error is the step's */
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

static int insert_row(struct bare *bare)
{
    char timestamp[TIMESTAMP_BYTES];
    size_t seat = (size_t)(bare->row_count % bare->seat_count);
    int len =
        snprintf(timestamp, sizeof(timestamp), "2026-11-22 18:%02u:%02u.%06u",
                 (unsigned)(bare->row_count / 60000000 % 60),
                 (unsigned)(bare->row_count / 1000000 % 60), (unsigned)(bare->row_count % 1000000));
    sqlite3_stmt *insert = bare->insert;
    bare->row_count++;
    if (sqlite3_bind_text(insert, 1, bare->content, CONTENT_BYTES, SQLITE_STATIC) != SQLITE_OK ||
        sqlite3_bind_text(insert, 2, timestamp, len, SQLITE_STATIC) != SQLITE_OK ||
        sqlite3_bind_int64(insert, 3, bare->chats[seat]) != SQLITE_OK ||
        sqlite3_bind_int64(insert, 4, bare->senders[seat]) != SQLITE_OK)
        return SQLITE_NOMEM;
    return run(insert);
}

static int store(struct bare *bare, uint64_t rows, uint64_t batch)
{
    int code = SQLITE_OK;
    for (uint64_t row = 0; row < rows && code == SQLITE_OK; row++) {
        if (row % batch == 0)
            code = run(bare->begin);
        if (code == SQLITE_OK)
            code = insert_row(bare);
        if (code == SQLITE_OK && (row % batch == batch - 1 || row == rows - 1))
            code = run(bare->commit);
    }
    return code;
}

static int bare_run(struct bare *bare, uint64_t rows, uint64_t batch)
{
    struct figures figures = {0};
    int code = store(bare, WARMUP_ROWS, batch);
    uint64_t begin_ns = own_cpu_ns();
    if (code == SQLITE_OK)
        code = store(bare, rows, batch);
    double cpu_us = (double)(own_cpu_ns() - begin_ns) / 1e3;
    if (code != SQLITE_OK)
        return code;
    figures_add_count(&figures, "messages", rows);
    figures_add_count(&figures, "batch_messages", batch);
    figures_add(&figures, "server_cpu_us_per_message", cpu_us / (double)rows, 3);
    figures_add(&figures, "messages_per_server_cpu_s", (double)rows * 1e6 / cpu_us, 0);
    return figures_print(&figures, true) == OK ? SQLITE_OK : SQLITE_NOMEM;
}

static void bare_close(struct bare *bare)
{
    (void)sqlite3_finalize(bare->begin);
    (void)sqlite3_finalize(bare->insert);
    (void)sqlite3_finalize(bare->commit);
    (void)sqlite3_close(bare->handle);
}

int main(int argc, char **argv)
{
    static struct bare bare; /* zero, and large */
    uint64_t batch = 0;
    uint64_t rows = 0;
    bool foreign_keys = argc == 5 && strcmp(argv[4], "on") == 0;
    if (argc != 5 || bytes_to_number(bytes_from_text(argv[2]), UINT32_MAX, &batch) != OK ||
        bytes_to_number(bytes_from_text(argv[3]), UINT32_MAX, &rows) != OK || batch == 0 ||
        rows == 0 || (!foreign_keys && strcmp(argv[4], "off") != 0)) {
        (void)fprintf(stderr, "usage: bare_sqlite DATABASE BATCH ROWS on|off (foreign keys)\n");
        return 2;
    }
    int code = bare_open(&bare, argv[1], foreign_keys);
    if (code == SQLITE_OK)
        code = bare_run(&bare, rows, batch);
    if (code != SQLITE_OK)
        (void)fprintf(stderr, "bare_sqlite: %s\n", sqlite3_errstr(code));
    bare_close(&bare);
    return code == SQLITE_OK ? 0 : 1;
}
