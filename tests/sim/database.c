#include "database.h"

#include <sqlite3.h>
#include "base/bytes.h"
#include "memory.h"

/* How a call fails. SQLite may end the transaction by itself with some errors, or leave it open. */
static const struct kind {
    int code;
    bool ends_transaction;
} kinds[] = {
    {SQLITE_BUSY, false}, {SQLITE_FULL, false}, {SQLITE_IOERR, false},   {SQLITE_NOMEM, false},
    {SQLITE_FULL, true},  {SQLITE_IOERR, true}, {SQLITE_CORRUPT, false}, {SQLITE_NOMEM, true},
};

static struct {
    uint64_t countdown;
    uint64_t asked;
    const struct kind *kind;
    bool has_failed;
} database;

/* The names are ld's. */
/* NOLINTBEGIN(bugprone-reserved-identifier) */
int __wrap_sqlite3_open_v2(const char *path, sqlite3 **out, int flags, const char *vfs);
int __real_sqlite3_open_v2(const char *path, sqlite3 **out, int flags, const char *vfs);
int __wrap_sqlite3_exec(sqlite3 *db, const char *text, int (*on_row)(void *, int, char **, char **),
                        void *context, char **error);
int __real_sqlite3_exec(sqlite3 *db, const char *text, int (*on_row)(void *, int, char **, char **),
                        void *context, char **error);
int __wrap_sqlite3_prepare_v2(sqlite3 *db, const char *text, int len, sqlite3_stmt **out,
                              const char **rest);
int __real_sqlite3_prepare_v2(sqlite3 *db, const char *text, int len, sqlite3_stmt **out,
                              const char **rest);
int __wrap_sqlite3_prepare_v3(sqlite3 *db, const char *text, int len, unsigned flags,
                              sqlite3_stmt **out, const char **rest);
int __real_sqlite3_prepare_v3(sqlite3 *db, const char *text, int len, unsigned flags,
                              sqlite3_stmt **out, const char **rest);
int __wrap_sqlite3_bind_int64(sqlite3_stmt *statement, int index, sqlite3_int64 number);
int __real_sqlite3_bind_int64(sqlite3_stmt *statement, int index, sqlite3_int64 number);
int __wrap_sqlite3_bind_text64(sqlite3_stmt *statement, int index, const char *text,
                               sqlite3_uint64 len, void (*release)(void *), unsigned char encoding);
int __real_sqlite3_bind_text64(sqlite3_stmt *statement, int index, const char *text,
                               sqlite3_uint64 len, void (*release)(void *), unsigned char encoding);
int __wrap_sqlite3_step(sqlite3_stmt *statement);
int __real_sqlite3_step(sqlite3_stmt *statement);
const unsigned char *__wrap_sqlite3_column_text(sqlite3_stmt *statement, int column);
const unsigned char *__real_sqlite3_column_text(sqlite3_stmt *statement, int column);
int __wrap_sqlite3_wal_checkpoint_v2(sqlite3 *db, const char *schema, int mode, int *pages,
                                     int *pages_copied);
int __real_sqlite3_wal_checkpoint_v2(sqlite3 *db, const char *schema, int mode, int *pages,
                                     int *pages_copied);
/* NOLINTEND(bugprone-reserved-identifier) */

void database_arm(uint64_t countdown, uint64_t kind)
{
    database.countdown = countdown;
    database.asked = 0;
    database.kind = &kinds[kind % COUNT_OF(kinds)];
    database.has_failed = false;
}

uint64_t database_asked(void)
{
    return database.asked;
}

bool database_has_failed(void)
{
    return database.has_failed;
}

static bool must_fail(void)
{
    if (!memory_is_servers_turn())
        return false;
    database.asked++;
    if (database.asked != database.countdown)
        return false;
    database.has_failed = true;
    return true;
}

int __wrap_sqlite3_open_v2(const char *path, sqlite3 **out, int flags, const char *vfs)
{
    if (!must_fail())
        return __real_sqlite3_open_v2(path, out, flags, vfs);
    *out = NULL;
    return database.kind->code;
}

int __wrap_sqlite3_exec(sqlite3 *db, const char *text, int (*on_row)(void *, int, char **, char **),
                        void *context, char **error)
{
    return must_fail() ? database.kind->code
                       : __real_sqlite3_exec(db, text, on_row, context, error);
}

int __wrap_sqlite3_prepare_v2(sqlite3 *db, const char *text, int len, sqlite3_stmt **out,
                              const char **rest)
{
    return must_fail() ? database.kind->code : __real_sqlite3_prepare_v2(db, text, len, out, rest);
}

int __wrap_sqlite3_prepare_v3(sqlite3 *db, const char *text, int len, unsigned flags,
                              sqlite3_stmt **out, const char **rest)
{
    return must_fail() ? database.kind->code
                       : __real_sqlite3_prepare_v3(db, text, len, flags, out, rest);
}

int __wrap_sqlite3_bind_int64(sqlite3_stmt *statement, int index, sqlite3_int64 number)
{
    return must_fail() ? database.kind->code : __real_sqlite3_bind_int64(statement, index, number);
}

int __wrap_sqlite3_bind_text64(sqlite3_stmt *statement, int index, const char *text,
                               sqlite3_uint64 len, void (*release)(void *), unsigned char encoding)
{
    return must_fail() ? database.kind->code
                       : __real_sqlite3_bind_text64(statement, index, text, len, release, encoding);
}

int __wrap_sqlite3_step(sqlite3_stmt *statement)
{
    if (!must_fail())
        return __real_sqlite3_step(statement);
    sqlite3 *db = sqlite3_db_handle(statement);
    if (database.kind->ends_transaction && sqlite3_get_autocommit(db) == 0) {
        (void)sqlite3_reset(statement);
        (void)__real_sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    }
    return database.kind->code;
}

/* Without memory for the text. */
const unsigned char *__wrap_sqlite3_column_text(sqlite3_stmt *statement, int column)
{
    return must_fail() ? NULL : __real_sqlite3_column_text(statement, column);
}

int __wrap_sqlite3_wal_checkpoint_v2(sqlite3 *db, const char *schema, int mode, int *pages,
                                     int *pages_copied)
{
    return must_fail() ? database.kind->code
                       : __real_sqlite3_wal_checkpoint_v2(db, schema, mode, pages, pages_copied);
}
