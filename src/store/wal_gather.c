#include "store/wal_gather.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

const char wal_gather_name[] = "confab";

/* A log that is open. The system's own file lies behind it. */
struct wal {
    sqlite3_file base; /* SQLite's view of it, so it comes first */
    uint8_t *gathered; /* WAL_GATHER_BYTES; NULL: nothing was written yet */
    int gathered_len;
    sqlite3_int64 gathered_at; /* where in the file they belong */
    sqlite3_file file[];
};

static sqlite3_vfs *below; /* SQLite's default */
static sqlite3_vfs vfs;

static struct wal *wal_of(sqlite3_file *base)
{
    return (struct wal *)(void *)base;
}

/* Write what was gathered. On an error it is given up: SQLite then gives the transaction up, and
 * writes the same place again with the next one. */
static int flush(struct wal *wal)
{
    if (wal->gathered_len == 0)
        return SQLITE_OK;
    int len = wal->gathered_len;
    wal->gathered_len = 0;
    return wal->file->pMethods->xWrite(wal->file, wal->gathered, len, wal->gathered_at);
}

/* Whether bytes can be put behind what was gathered; memory is there then. */
static bool fits(struct wal *wal, int len, sqlite3_int64 at)
{
    if (wal->gathered == NULL)
        wal->gathered = sqlite3_malloc(WAL_GATHER_BYTES);
    return wal->gathered != NULL && wal->gathered_len + len <= WAL_GATHER_BYTES &&
           (wal->gathered_len == 0 || at == wal->gathered_at + wal->gathered_len);
}

static int wal_write(sqlite3_file *base, const void *data, int len, sqlite3_int64 at)
{
    struct wal *wal = wal_of(base);
    if (!fits(wal, len, at)) {
        int code = flush(wal);
        if (code != SQLITE_OK)
            return code;
        if (!fits(wal, len, at)) /* it is large, or there is no memory */
            return wal->file->pMethods->xWrite(wal->file, data, len, at);
    }
    if (wal->gathered_len == 0)
        wal->gathered_at = at;
    memcpy(wal->gathered + wal->gathered_len, data, (size_t)len);
    wal->gathered_len += len;
    return SQLITE_OK;
}

static int wal_close(sqlite3_file *base)
{
    struct wal *wal = wal_of(base);
    int code = flush(wal);
    int closed = wal->file->pMethods->xClose(wal->file);
    sqlite3_free(wal->gathered);
    return code != SQLITE_OK ? code : closed;
}

static int wal_read(sqlite3_file *base, void *data, int len, sqlite3_int64 at)
{
    struct wal *wal = wal_of(base);
    int code = flush(wal);
    return code != SQLITE_OK ? code : wal->file->pMethods->xRead(wal->file, data, len, at);
}

static int wal_truncate(sqlite3_file *base, sqlite3_int64 size)
{
    struct wal *wal = wal_of(base);
    int code = flush(wal);
    return code != SQLITE_OK ? code : wal->file->pMethods->xTruncate(wal->file, size);
}

static int wal_sync(sqlite3_file *base, int flags)
{
    struct wal *wal = wal_of(base);
    int code = flush(wal);
    return code != SQLITE_OK ? code : wal->file->pMethods->xSync(wal->file, flags);
}

static int wal_size(sqlite3_file *base, sqlite3_int64 *size)
{
    struct wal *wal = wal_of(base);
    int code = flush(wal);
    return code != SQLITE_OK ? code : wal->file->pMethods->xFileSize(wal->file, size);
}

static int wal_control(sqlite3_file *base, int operation, void *argument)
{
    struct wal *wal = wal_of(base);
    return wal->file->pMethods->xFileControl(wal->file, operation, argument);
}

static int wal_sector_size(sqlite3_file *base)
{
    struct wal *wal = wal_of(base);
    return wal->file->pMethods->xSectorSize(wal->file);
}

static int wal_characteristics(sqlite3_file *base)
{
    struct wal *wal = wal_of(base);
    return wal->file->pMethods->xDeviceCharacteristics(wal->file);
}

/* A log is neither locked nor mapped: the database file's locks and shared memory stand for it. */
static int wal_lock(sqlite3_file *base, int level)
{
    (void)base;
    (void)level;
    return SQLITE_OK;
}

static int wal_is_locked(sqlite3_file *base, int *out)
{
    (void)base;
    *out = 0;
    return SQLITE_OK;
}

static const sqlite3_io_methods wal_methods = {
    .iVersion = 1,
    .xClose = wal_close,
    .xRead = wal_read,
    .xWrite = wal_write,
    .xTruncate = wal_truncate,
    .xSync = wal_sync,
    .xFileSize = wal_size,
    .xLock = wal_lock,
    .xUnlock = wal_lock,
    .xCheckReservedLock = wal_is_locked,
    .xFileControl = wal_control,
    .xSectorSize = wal_sector_size,
    .xDeviceCharacteristics = wal_characteristics,
};

static int open_file(sqlite3_vfs *ours, const char *name, sqlite3_file *base, int flags, int *out)
{
    struct wal *wal = wal_of(base);
    (void)ours;
    if ((flags & SQLITE_OPEN_WAL) == 0)
        return below->xOpen(below, name, base, flags, out);
    *wal = (struct wal) {0};
    int code = below->xOpen(below, name, wal->file, flags, out);
    if (code == SQLITE_OK)
        wal->base.pMethods = &wal_methods;
    return code;
}

int wal_gather_register(void)
{
    below = sqlite3_vfs_find(NULL);
    if (below == NULL) /* the library could not be initialized */
        return SQLITE_NOMEM;
    vfs = *below;
    vfs.pNext = NULL;
    vfs.zName = wal_gather_name;
    vfs.szOsFile += (int)offsetof(struct wal, file);
    vfs.xOpen = open_file;
    return sqlite3_vfs_register(&vfs, 0);
}
