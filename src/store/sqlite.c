/* db.h and sql.h on SQLite. Only backup.c, wal_gather.c and search_snippet.c know
 * sqlite3.h besides.
 *
 * What a connection is set to, and why, is in the table settings[]. A statement is prepared at its
 * first use and kept for the connection's life; SQLite prepares it anew by itself when another
 * process changes the schema.
 */
#include "store/sql.h"

#include <assert.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/log.h"
#include "base/metrics.h"
#include "base/text.h"
#include "base/time_text.h"
#include "store/location.h"
#include "store/search_snippet.h"
#include "store/sqlite_handle.h"
#include "store/wal_gather.h"

struct sql {
    struct db *db;
    sqlite3_stmt *handle; /* NULL: not used yet */
    enum err err;         /* the first since it was taken */
    bool is_taken;
};

struct db {
    sqlite3 *handle;
    struct sql statements[SQL_COUNT];
    struct heads heads;
    struct buf text;     /* for a moment being bound, or a text being repaired */
    bool in_transaction; /* begun by us; SQLite may have ended it by itself */
    bool is_spoilt;      /* what could not be undone is in the transaction: it must not be stored */
    bool has_data_version;
    int64_t data_version;     /* what SQLite said last */
    int64_t wal_pages;        /* in the WAL at the last commit */
    int64_t wal_pages_copied; /* of these, how many are in the database file too */
    int busy_ms_max;
    bool is_lock_optional; /* being refused it is no failure */
    int logged_code;       /* of the last failure; the same one is not logged again and again */
};

/* What SQLite's result codes mean here; all others are ERR_IO (SQLITE_IOERR, _CORRUPT, _NOTADB,
 * _READONLY, _CANTOPEN, _PERM, _PROTOCOL, and SQLITE_ERROR: a table or column is not there any
 * more). */
static const struct {
    int code;
    enum err err;
} result_codes[] = {
    {SQLITE_OK, OK},
    {SQLITE_ROW, OK},
    {SQLITE_DONE, OK},
    {SQLITE_BUSY, ERR_BUSY},
    {SQLITE_LOCKED, ERR_BUSY},
    {SQLITE_FULL, ERR_FULL},
    {SQLITE_CONSTRAINT, ERR_CONFLICT},
    {SQLITE_NOMEM, ERR_MEMORY},
    {SQLITE_TOOBIG, ERR_LIMIT},
    {SQLITE_INTERRUPT, ERR_LIMIT}, /* by sql_limit_steps() alone */
};

enum err sqlite_err(int code)
{
    for (size_t i = 0; i < COUNT_OF(result_codes); i++) {
        if (result_codes[i].code == (code & 0xff)) /* the rest tells the extended code */
            return result_codes[i].err;
    }
    return ERR_IO;
}

struct sqlite3 *sqlite_handle(struct db *db)
{
    return db->handle;
}

static bool sqlite_is_in_transaction(const struct db *db)
{
    return sqlite3_get_autocommit(db->handle) == 0;
}

bool sql_transaction_is_lost(const struct db *db)
{
    return db->in_transaction && (db->is_spoilt || !sqlite_is_in_transaction(db));
}

/* Every failed call of SQLite passes here: what it means, and what follows from it. */
static enum err failed(struct db *db, int code)
{
    enum err err = sqlite_err(code);
    if (code == SQLITE_INTERRUPT || (err == ERR_BUSY && db->is_lock_optional))
        return err; /* nothing failed: the caller wanted no more than this */
    metrics_count(COUNTER_DATABASE_ERRORS + err);
    if (sql_transaction_is_lost(db))
        heads_clear(&db->heads);
    if (err != ERR_CONFLICT && code != db->logged_code) {
        char quoted[LOG_QUOTE_BYTES];
        db->logged_code = code;
        log_warning("database call failed", 0, "error=%s sqlite_code=%d sqlite_says=%s",
                    err_name(err), sqlite3_extended_errcode(db->handle),
                    log_quote(quoted, bytes_from_text(sqlite3_errmsg(db->handle))));
    }
    return err;
}

/* ---- opening and closing ---- */

/* In this order: the first ones must hold when a later one waits for a lock or reads the file. */
static const struct {
    const char *text;
    bool for_writer;
    bool for_reader;
} settings[] = {
    {"PRAGMA foreign_keys = ON", true, true},
    {"PRAGMA synchronous = FULL", true, true},  /* a commit is on the disk when it returns */
    {"PRAGMA mmap_size = 0", true, true},       /* an I/O error is an error, not a SIGBUS */
    {"PRAGMA cache_size = -8192", true, false}, /* KiB */
    {"PRAGMA cache_size = -1024", false, true}, /* the system's own cache is behind it */
    {"PRAGMA journal_size_limit = 67108864", true, false}, /* the WAL shrinks again after a burst */
    /* The WAL is copied by sql_checkpoint() when nobody waits, never within a commit. */
    {"PRAGMA wal_autocheckpoint = 0", true, false},
    /* Not SQLITE_OPEN_READONLY: the first reader after a crash has to repair the WAL's index. */
    {"PRAGMA query_only = ON", false, true},
};

static int after_commit(void *context, sqlite3 *handle, const char *schema, int page_count)
{
    struct db *db = context;
    (void)handle;
    (void)schema;
    /* Shorter than what was copied: the WAL was begun anew. If it has grown past that at once, some
     * pages are taken for copied until the next checkpoint looks. */
    if (page_count < db->wal_pages_copied)
        db->wal_pages_copied = 0;
    db->wal_pages = page_count;
    return SQLITE_OK;
}

/* Ask for one number, once. */
static int ask_number(struct db *db, const char *text, int64_t *out)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(db->handle, text, -1, &statement, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    if (code == SQLITE_ROW) {
        *out = sqlite3_column_int64(statement, 0);
        code = SQLITE_OK;
    }
    (void)sqlite3_finalize(statement);
    return code;
}

static int use_wal(struct db *db)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(db->handle, "PRAGMA journal_mode = WAL", -1, &statement, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    if (code == SQLITE_ROW) {
        /* The answer is the mode that the file now has: the old one where shared memory does not
         * work. */
        const char *mode = (const char *)sqlite3_column_text(statement, 0);
        code = mode != NULL && strcmp(mode, "wal") == 0 ? SQLITE_OK : SQLITE_CANTOPEN;
    }
    (void)sqlite3_finalize(statement);
    return code;
}

static int set_up(struct db *db, enum db_role role)
{
    db->busy_ms_max = DB_BUSY_MS_MAX;
    int code = sqlite3_busy_timeout(db->handle, db->busy_ms_max);
    for (size_t i = 0; i < COUNT_OF(settings) && code == SQLITE_OK; i++) {
        if (role == DB_WRITER ? settings[i].for_writer : settings[i].for_reader)
            code = sqlite3_exec(db->handle, settings[i].text, NULL, NULL, NULL);
    }
    return code;
}

/* The first look into the file. A database that is neither empty nor ours is not even made a WAL
 * database here: schema_migrate() decides whether to adopt it. */
static int look_inside(struct db *db, enum db_role role)
{
    static const char is_ours[] =
        "SELECT NOT EXISTS (SELECT 1 FROM sqlite_schema)"
        " OR EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'confab_meta')";
    int64_t answer = 0;
    int code = ask_number(db, is_ours, &answer);
    if (code != SQLITE_OK || role == DB_READER)
        return code;
    if (sqlite3_db_readonly(db->handle, "main") != 0)
        return SQLITE_READONLY;
    (void)sqlite3_wal_hook(db->handle, after_commit, db);
    return answer == 1 ? use_wal(db) : SQLITE_OK;
}

static enum err open_error(const char *location, enum db_role role, int code, char reason[256])
{
    switch (code & 0xff) {
    case SQLITE_NOTADB:
        (void)snprintf(reason, 256, "%.140s: not an SQLite database (it was not changed)",
                       location);
        return ERR_SYNTAX;
    case SQLITE_CORRUPT:
        (void)snprintf(reason, 256, "%.140s: the database is damaged (it was not changed)",
                       location);
        return ERR_IO;
    case SQLITE_BUSY:
        (void)snprintf(reason, 256, "%.140s: another process has locked the database", location);
        return ERR_BUSY;
    default:
        location_explain(location, role, sqlite3_errstr(code), reason);
        return sqlite_err(code);
    }
}

static int library_code; /* what preparing it gave */

/* Before the first connection of the process. */
static void prepare_library(void)
{
    /* Counting every allocation takes a lock for each, and nobody asks. Refused when somebody has
     * used the library before us: then it goes on counting. */
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    library_code = wal_gather_register();
}

static int open_handle(const char *location, enum db_role role, sqlite3 **out)
{
    static pthread_once_t prepared = PTHREAD_ONCE_INIT;
    (void)pthread_once(&prepared, prepare_library);
    if (library_code != SQLITE_OK)
        return library_code;
    return sqlite3_open_v2(location, out, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
                           role == DB_WRITER ? wal_gather_name : NULL);
}

enum err db_open(const char *location, enum db_role role, struct db **out, char reason[256])
{
    enum err err = location_check(location, reason);
    if (err != OK)
        return err;
    struct db *db = calloc(1, sizeof *db);
    if (db == NULL) {
        (void)snprintf(reason, 256, "no memory");
        return ERR_MEMORY;
    }
    if (role == DB_WRITER)
        location_make(location);
    int code = open_handle(location, role, &db->handle);
    if (code == SQLITE_OK)
        code = set_up(db, role);
    if (code == SQLITE_OK)
        code = look_inside(db, role);
    if (code == SQLITE_OK)
        code = search_snippet_register(db->handle);
    if (code != SQLITE_OK) {
        err = open_error(location, role, code, reason);
        db_close(&db);
        return err;
    }
    *out = db;
    return OK;
}

void db_close(struct db **db_at)
{
    struct db *db = *db_at;
    *db_at = NULL;
    if (db == NULL)
        return;
    for (size_t i = 0; i < SQL_COUNT; i++) {
        assert(!db->statements[i].is_taken);
        (void)sqlite3_finalize(db->statements[i].handle);
    }
    int code = sqlite3_close(db->handle); /* the last one to close copies the WAL */
    assert(code == SQLITE_OK);
    (void)code;
    heads_clear(&db->heads);
    buf_free(&db->text);
    free(db);
}

enum err sql_use_wal(struct db *db)
{
    int code = use_wal(db);
    return code == SQLITE_OK ? OK : failed(db, code);
}

void sql_set_page_count_max(struct db *db, unsigned page_count)
{
    char text[64];
    (void)snprintf(text, sizeof text, "PRAGMA max_page_count = %u", page_count);
    (void)sqlite3_exec(db->handle, text, NULL, NULL, NULL);
}

void sql_set_busy_ms_max(struct db *db, int busy_ms)
{
    db->busy_ms_max = busy_ms;
    (void)sqlite3_busy_timeout(db->handle, busy_ms);
}

/* ---- statements ---- */

/* Called by SQLite in the midst of a statement. Not 0: it ends with SQLITE_INTERRUPT. */
static int take_steps(void *steps_at)
{
    int64_t *steps = steps_at;
    *steps -= SQL_STEPS_AT_ONCE;
    return *steps < 0;
}

void sql_limit_steps(struct db *db, int64_t *steps)
{
    sqlite3_progress_handler(db->handle, SQL_STEPS_AT_ONCE, steps != NULL ? take_steps : NULL,
                             steps);
}

static void remember(struct sql *sql, int code)
{
    if (code != SQLITE_OK && sql->err == OK)
        sql->err = failed(sql->db, code);
}

struct sql *sql_take(struct db *db, enum sql_id id)
{
    assert(id < SQL_COUNT);
    struct sql *sql = &db->statements[id];
    assert(!sql->is_taken);
    sql->is_taken = true;
    sql->db = db;
    sql->err = OK;
    if (sql->handle == NULL)
        remember(sql, sqlite3_prepare_v3(db->handle, sql_statement(id), -1,
                                         SQLITE_PREPARE_PERSISTENT, &sql->handle, NULL));
    return sql;
}

void sql_bind_number(struct sql *sql, int index, int64_t number)
{
    if (sql->err == OK)
        remember(sql, sqlite3_bind_int64(sql->handle, index, number));
}

void sql_bind_bool(struct sql *sql, int index, bool value)
{
    sql_bind_number(sql, index, value ? 1 : 0);
}

void sql_bind_text(struct sql *sql, int index, struct bytes text)
{
    if (sql->err != OK)
        return;
    const char *data = text.len > 0 ? (const char *)text.data : ""; /* NULL would bind NULL */
    remember(sql,
             sqlite3_bind_text64(sql->handle, index, data, text.len, SQLITE_STATIC, SQLITE_UTF8));
}

void sql_bind_time(struct sql *sql, int index, int64_t us)
{
    struct buf *text = &sql->db->text;
    buf_clear(text);
    time_append_sql(text, us);
    if (sql->err == OK)
        sql->err = buf_status(text);
    if (sql->err == OK)
        remember(sql, sqlite3_bind_text64(sql->handle, index, (const char *)text->data, text->len,
                                          SQLITE_TRANSIENT, SQLITE_UTF8));
}

enum err sql_next(struct sql *sql)
{
    assert(sql->is_taken);
    if (sql->err != OK)
        return sql->err;
    int code = sqlite3_step(sql->handle);
    if (code == SQLITE_ROW)
        return OK;
    if (code == SQLITE_DONE)
        return ERR_NOT_FOUND;
    remember(sql, code);
    return sql->err;
}

enum err sql_status(const struct sql *sql)
{
    return sql->err;
}

int64_t sql_number(struct sql *sql, int column)
{
    return sqlite3_column_int64(sql->handle, column);
}

bool sql_bool(struct sql *sql, int column)
{
    return sqlite3_column_type(sql->handle, column) == SQLITE_INTEGER &&
           sql_number(sql, column) == 1;
}

struct bytes sql_text(struct sql *sql, int column)
{
    const unsigned char *text = sqlite3_column_text(sql->handle, column);
    if (text == NULL) {
        if (sqlite3_column_type(sql->handle, column) != SQLITE_NULL)
            remember(sql, SQLITE_NOMEM);
        return NO_BYTES;
    }
    return bytes_of(text, (size_t)sqlite3_column_bytes(sql->handle, column));
}

int64_t sql_time(struct sql *sql, int column)
{
    int64_t us = 0;
    return time_read_sql(sql_text(sql, column), &us) == OK ? us : 0;
}

/* Append the text with U+FFFD for each byte that belongs to no UTF-8 sequence. */
static void append_repaired(struct buf *out, struct bytes text)
{
    while (text.len > 0) {
        size_t len = 1;
        while (len < 4 && len < text.len && !utf8_is_valid(bytes_first(text, len)))
            len++;
        if (utf8_is_valid(bytes_first(text, len))) {
            buf_append(out, bytes_first(text, len));
        } else {
            utf8_append(out, 0xfffd);
            len = 1;
        }
        text = bytes_skip(text, len);
    }
}

/* A copy of the text, or of what repairing makes of it. */
static struct bytes copy_valid(struct sql *sql, struct bytes text, bool is_valid,
                               struct arena *arena)
{
    struct bytes copy = NO_BYTES;
    struct buf *repaired = &sql->db->text;
    enum err err = OK;
    if (!is_valid) {
        buf_clear(repaired);
        append_repaired(repaired, text);
        text = buf_bytes(repaired);
        err = buf_status(repaired);
    }
    if (err == OK)
        err = arena_copy(arena, text, &copy);
    if (sql->err == OK)
        sql->err = err;
    return copy;
}

struct bytes sql_valid_text(struct sql *sql, int column, struct arena *arena)
{
    struct bytes text = sql_text(sql, column);
    return utf8_is_valid(text) ? text : copy_valid(sql, text, false, arena);
}

struct bytes sql_copy(struct sql *sql, int column, struct arena *arena)
{
    struct bytes text = sql_text(sql, column);
    return copy_valid(sql, text, utf8_is_valid(text), arena);
}

void sql_done(struct sql *sql)
{
    assert(sql->is_taken);
    /* Both work on NULL; the error of the last step comes again and is known. */
    (void)sqlite3_reset(sql->handle);
    if (sql->handle != NULL)
        (void)sqlite3_clear_bindings(sql->handle);
    sql->is_taken = false;
}

enum err sql_run(struct sql *sql, int64_t *changes)
{
    enum err err = sql_next(sql);
    assert(err != OK); /* it gives no rows */
    if (err == ERR_NOT_FOUND)
        err = OK;
    if (err == OK && changes != NULL)
        *changes = sqlite3_changes64(sql->db->handle);
    sql_done(sql);
    return err;
}

enum err sql_change_one(struct sql *sql)
{
    int64_t changes = 0;
    enum err err = sql_run(sql, &changes);
    if (err == OK && changes == 0)
        return ERR_NOT_FOUND;
    return err;
}

enum err sql_insert(struct sql *sql, int64_t *id)
{
    enum err err = sql_run(sql, NULL);
    if (err == OK)
        *id = sqlite3_last_insert_rowid(sql->db->handle);
    return err;
}

enum err sql_run_text(struct db *db, const char *text)
{
    int code = sqlite3_exec(db->handle, text, NULL, NULL, NULL);
    return code == SQLITE_OK ? OK : failed(db, code);
}

enum err sql_check_references(struct db *db)
{
    int broken = 0;
    int high_water = 0;
    (void)sqlite3_db_status(db->handle, SQLITE_DBSTATUS_DEFERRED_FKS, &broken, &high_water, 0);
    return broken == 0 ? OK : ERR_CONFLICT;
}

void sql_spoil_transaction(struct db *db)
{
    db->is_spoilt = true;
    heads_clear(&db->heads);
}

struct heads *sql_heads(struct db *db)
{
    return &db->heads;
}

/* ---- transactions ---- */

/* Undo what SQLite still has under way, if anything. One whose I/O fails leaves the file as it was;
 * when the statement itself fails, as without memory, SQLite stays inside: then the next
 * transaction tries again before it begins, so that nobody goes on reading an old state or holding
 * the lock. */
static void leave_transaction(struct db *db)
{
    enum { TRIES = 2 };
    for (int i = 0; i < TRIES && sqlite_is_in_transaction(db); i++)
        (void)!sql_run(sql_take(db, SQL_ROLLBACK), NULL);
    db->in_transaction = false;
    db->is_spoilt = false;
}

enum err db_begin(struct db *db)
{
    assert(!db->in_transaction);
    leave_transaction(db);
    enum err err = sql_run(sql_take(db, SQL_BEGIN), NULL);
    db->in_transaction = err == OK;
    return err;
}

enum err db_begin_unless_locked(struct db *db)
{
    db->is_lock_optional = true;
    (void)sqlite3_busy_timeout(db->handle, 0);
    enum err err = db_begin(db);
    (void)sqlite3_busy_timeout(db->handle, db->busy_ms_max);
    db->is_lock_optional = false;
    return err;
}

void db_snapshot(struct db *db)
{
    assert(!db->in_transaction);
    leave_transaction(db);
    db->in_transaction = sql_run(sql_take(db, SQL_SNAPSHOT), NULL) == OK;
}

void db_snapshot_end(struct db *db)
{
    if (!db->in_transaction)
        return;
    enum err err = sql_run(sql_take(db, SQL_COMMIT), NULL);
    if (err != OK)
        log_debug("a snapshot did not end by itself", 0, "err=%s", err_name(err));
    leave_transaction(db);
}

enum err db_commit(struct db *db)
{
    assert(db->in_transaction);
    enum err err = sql_run(sql_take(db, SQL_COMMIT), NULL);
    if (err != OK) {
        db_rollback(db);
        return err;
    }
    db->in_transaction = false;
    db->logged_code = SQLITE_OK;
    return OK;
}

void db_rollback(struct db *db)
{
    assert(db->in_transaction);
    leave_transaction(db);
    heads_clear(&db->heads);
}

enum err db_savepoint(struct db *db)
{
    assert(db->in_transaction);
    return sql_run(sql_take(db, SQL_SAVEPOINT), NULL);
}

enum err db_savepoint_release(struct db *db)
{
    return sql_run(sql_take(db, SQL_SAVEPOINT_RELEASE), NULL);
}

void db_savepoint_rollback(struct db *db)
{
    heads_clear(&db->heads);
    if (sql_transaction_is_lost(db))
        return; /* the savepoint went with it */
    if (sql_run(sql_take(db, SQL_SAVEPOINT_ROLLBACK), NULL) == OK)
        (void)!sql_run(sql_take(db, SQL_SAVEPOINT_RELEASE), NULL);
    else
        db->is_spoilt = true; /* what should be undone would be committed with the rest */
}

const char *db_library_version(void)
{
    return sqlite3_libversion();
}

enum err db_others_wrote(struct db *db, bool *out)
{
    struct sql *sql = sql_take(db, SQL_DATA_VERSION);
    enum err err = sql_next(sql);
    if (err == OK) {
        int64_t version = sql_number(sql, 0);
        *out = !db->has_data_version || version != db->data_version;
        db->has_data_version = true;
        db->data_version = version;
        if (*out)
            heads_clear(&db->heads);
    }
    sql_done(sql);
    return err;
}

/* ---- the WAL ---- */

int64_t sql_wal_pages(const struct db *db)
{
    return db->wal_pages - db->wal_pages_copied;
}

enum err sql_checkpoint(struct db *db)
{
    int pages = 0;
    int pages_copied = 0;
    int code = sqlite3_wal_checkpoint_v2(db->handle, NULL, SQLITE_CHECKPOINT_PASSIVE, &pages,
                                         &pages_copied);
    if (code != SQLITE_OK)
        return failed(db, code);
    db->wal_pages = pages;
    db->wal_pages_copied = pages_copied;
    return OK;
}
