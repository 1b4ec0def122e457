#include "store/backup.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/time_text.h"
#include "store/file_swap.h"
#include "store/schema.h"
#include "store/sqlite_handle.h"

enum { DB_REASON_BYTES = 256 };

static enum err say(char reason[BACKUP_REASON_BYTES], enum err err, const char *path,
                    const char *what)
{
    (void)snprintf(reason, BACKUP_REASON_BYTES, "%.140s: %.300s", path, what);
    return err;
}

/* The same for what a call on files did. */
static enum err say_errno(char reason[BACKUP_REASON_BYTES], enum err err, const char *path)
{
    return say(reason, err, path, err == ERR_MEMORY ? "no memory" : strerror(errno));
}

/* ---- making one ---- */

/* Copy page by page. The source's snapshot is held by a read transaction; without it, each commit
 * of another connection would make SQLite begin the copy anew, and under load it would never end.
 */
static int copy_pages(sqlite3 *to, sqlite3 *from)
{
    int code = sqlite3_exec(from, "BEGIN; SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL);
    if (code != SQLITE_OK)
        return code;
    sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
    if (backup == NULL) {
        code = sqlite3_errcode(to);
    } else {
        do
            code = sqlite3_backup_step(backup, BACKUP_STEP_PAGES);
        while (code == SQLITE_OK);
        int end = sqlite3_backup_finish(backup);
        code = code == SQLITE_DONE ? end : code;
    }
    (void)sqlite3_exec(from, "ROLLBACK", NULL, NULL, NULL);
    return code;
}

/* Ask a question whose answer is one text. */
static int ask_is(sqlite3 *handle, const char *question, const char *expected)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(handle, question, -1, &statement, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    if (code == SQLITE_ROW) {
        const char *answer = (const char *)sqlite3_column_text(statement, 0);
        code = answer != NULL && strcmp(answer, expected) == 0 ? SQLITE_OK : SQLITE_CORRUPT;
    }
    (void)sqlite3_finalize(statement);
    return code;
}

/* Fill the new file and leave it as one file, which needs no WAL beside it. Crashes do not matter
 * before it has its name, so nothing waits for the disk until the end. */
static int fill(const char *path, sqlite3 *from)
{
    sqlite3 *to = NULL;
    int code = sqlite3_open_v2(path, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_exec(to, "PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF", NULL, NULL,
                            NULL);
    if (code == SQLITE_OK)
        code = copy_pages(to, from);
    if (code == SQLITE_OK)
        code = ask_is(to, "PRAGMA journal_mode = DELETE", "delete");
    if (code == SQLITE_OK) /* a copy of something damaged is no backup */
        code = ask_is(to, "PRAGMA integrity_check(1)", "ok");
    (void)sqlite3_close(to);
    return code;
}

static void remove_with_helpers(const char *path)
{
    static const char *const endings[] = {"-wal", "-shm", "-journal", ""};
    char name[BACKUP_PATH_BYTES_MAX];
    for (size_t i = 0; i < COUNT_OF(endings); i++) {
        if (file_name(path, endings[i], name, sizeof name) == OK)
            (void)unlink(name);
    }
}

enum err backup_make(struct db *db, const char *path, int64_t *bytes,
                     char reason[BACKUP_REASON_BYTES])
{
    static const char exists[] = "is there already and is not overwritten; choose another name";
    char part[BACKUP_PATH_BYTES_MAX] = "";
    struct stat file = {0};
    if (lstat(path, &file) == 0)
        return say(reason, ERR_CONFLICT, path, exists);
    enum err err = file_make_beside(path, part, sizeof part);
    if (err != OK) {
        part[0] = '\0';
        err = say_errno(reason, err == ERR_NOT_FOUND ? ERR_IO : err, path);
        goto done;
    }
    int code = fill(part, sqlite_handle(db));
    if (code != SQLITE_OK) {
        err = say(reason, sqlite_err(code), path,
                  (code & 0xff) == SQLITE_CORRUPT ? "the database is damaged; see confab check"
                                                  : sqlite3_errstr(code));
        goto done;
    }
    err = file_sync(part);
    if (err == OK)
        err = file_publish(part, path);
    if (err == ERR_CONFLICT)
        err = say(reason, err, path, exists);
    else if (err != OK || stat(path, &file) != 0)
        err = say_errno(reason, err != OK ? err : ERR_IO, path);
    *bytes = file.st_size;

done:
    if (part[0] != '\0')
        remove_with_helpers(part); /* there is none if it has got its name */
    return err;
}

/* ---- putting one back ---- */

/* Whether the copy of the backup is a whole database that this program can serve. Its numbering
 * gets another name: messages stored since the backup have numbers that will be given again. */
static enum err inspect(const char *part, const char *path, char reason[BACKUP_REASON_BYTES])
{
    char why[DB_REASON_BYTES] = "";
    struct db *db = NULL;
    enum schema_state state = SCHEMA_FOREIGN;
    enum err err = db_open(part, DB_WRITER, &db, why);
    if (err == ERR_SYNTAX)
        return say(reason, err, path, "is not an SQLite database");
    if (err != OK)
        return say(reason, err, path, why);
    if (ask_is(sqlite_handle(db), "PRAGMA integrity_check(1)", "ok") != SQLITE_OK) {
        err = say(reason, ERR_DENIED, path, "is damaged; choose another backup");
    } else {
        err = schema_inspect(db, &state, why);
        if (err != OK)
            err = say(reason, err, path, err_name(err));
        else if (state == SCHEMA_EMPTY)
            err = say(reason, ERR_DENIED, path, "is an empty database, not a backup");
        else if (state == SCHEMA_FOREIGN || state == SCHEMA_NEWER)
            err = say(reason, ERR_DENIED, path, why);
        else if (state != SCHEMA_DJANGO && schema_renew_epoch(db) != OK)
            err = say(reason, ERR_IO, path, "the copy of it cannot be changed");
    }
    db_close(&db);
    return err;
}

/* Make a checked copy of the backup beside the database. part is empty if there is none. */
static enum err stage(const char *path, const char *location, char part[BACKUP_PATH_BYTES_MAX],
                      char reason[BACKUP_REASON_BYTES])
{
    char wal[BACKUP_PATH_BYTES_MAX];
    enum err err = file_name(path, "-wal", wal, sizeof wal);
    if (err != OK)
        return say_errno(reason, err, path);
    if (access(wal, F_OK) == 0)
        return say(reason, ERR_DENIED, path,
                   "has a WAL beside it, so it is a database in use; make a backup of it first");
    err = file_make_beside(location, part, BACKUP_PATH_BYTES_MAX);
    if (err != OK) {
        part[0] = '\0';
        return say_errno(reason, err == ERR_NOT_FOUND ? ERR_IO : err, location);
    }
    err = file_copy(path, part);
    if (err != OK)
        return say_errno(reason, err, path);
    err = inspect(part, path, reason);
    if (err == OK && file_sync(part) != OK)
        return say_errno(reason, ERR_IO, location);
    return err;
}

/* Give the file of this name the second name too. That there is none is well. */
static enum err link_if_there(const char *path, const char *ending, const char *kept)
{
    char from[BACKUP_PATH_BYTES_MAX];
    char to[BACKUP_PATH_BYTES_MAX];
    enum err err = file_name(path, ending, from, sizeof from);
    if (err == OK)
        err = file_name(kept, ending, to, sizeof to);
    if (err != OK || link(from, to) == 0 || errno == ENOENT)
        return err;
    return errno == EEXIST ? ERR_CONFLICT : ERR_IO;
}

/* Swap, so that at no moment anything is lost: first the old files get second names, then the WAL,
 * which would be taken for the new file's, loses its first one, then the new file takes the old
 * one's. */
static enum err swap(const char *part, const char *location, const char *kept)
{
    char name[BACKUP_PATH_BYTES_MAX];
    static const char *const helpers[] = {"-wal", "-shm", "-journal"};
    enum err err = OK;
    if (kept[0] != '\0')
        err = link_if_there(location, "", kept);
    if (err == OK && kept[0] != '\0')
        err = link_if_there(location, "-wal", kept);
    if (err == OK)
        err = file_sync_directory(location);
    for (size_t i = 0; i < COUNT_OF(helpers) && err == OK; i++) {
        err = file_name(location, helpers[i], name, sizeof name);
        if (err == OK)
            (void)unlink(name);
    }
    if (err == OK && rename(part, location) != 0)
        err = ERR_IO;
    return err == OK ? file_sync_directory(location) : err;
}

/* "confab.sqlite3.replaced-2026-11-22T18:33:35Z" */
static enum err name_kept(const char *location, int64_t now_us, char kept[BACKUP_PATH_BYTES_MAX])
{
    struct buf ending = {0};
    buf_append_text(&ending, ".replaced-");
    time_append_iso(&ending, now_us - now_us % 1000000);
    buf_append_byte(&ending, 0);
    enum err err = buf_status(&ending);
    if (err == OK)
        err = file_name(location, (const char *)ending.data, kept, BACKUP_PATH_BYTES_MAX);
    buf_free(&ending);
    return err;
}

enum err backup_restore(const char *path, const char *location, int64_t now_us,
                        char kept[BACKUP_PATH_BYTES_MAX], char reason[BACKUP_REASON_BYTES])
{
    char part[BACKUP_PATH_BYTES_MAX] = "";
    struct stat old;
    int lock = -1;
    kept[0] = '\0';
    enum err err = stage(path, location, part, reason);
    if (err != OK)
        goto done;
    err = file_lock_database(location, &lock);
    if (err == ERR_BUSY) {
        err = say(reason, err, location,
                  "a server or another program has the database open; stop it first");
        goto done;
    }
    if (err == OK) {
        err = name_kept(location, now_us, kept);
        /* The file keeps its owner and its mode: whoever served the old one serves the new one. */
        if (err == OK && (fstat(lock, &old) != 0 || chown(part, old.st_uid, old.st_gid) != 0 ||
                          chmod(part, old.st_mode & 07777) != 0))
            err = ERR_IO;
    } else if (err == ERR_NOT_FOUND) {
        err = OK; /* nothing to keep */
    }
    if (err == OK)
        err = swap(part, location, kept);
    if (err != OK)
        err = say_errno(reason, err, location);

done:
    if (part[0] != '\0')
        remove_with_helpers(part);
    if (lock >= 0)
        (void)close(lock);
    return err;
}
