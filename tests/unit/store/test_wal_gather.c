#include "store/wal_gather.h"

#include <sqlite3.h>
#include <stdlib.h>
#include "check.h"

enum { FILE_BYTES_MAX = 4 * WAL_GATHER_BYTES, WRITES_MAX = 64, FRAME_BYTES = 24 + 4096 };

/* The system below: one file in memory, and the order in which it was written. */
static struct {
    uint8_t data[FILE_BYTES_MAX];
    sqlite3_int64 size;
    int write_lens[WRITES_MAX];
    size_t write_count;
    size_t sync_count;
    size_t close_count;
    int code; /* what the next write returns */
} disk;

static int disk_close(sqlite3_file *file)
{
    (void)file;
    disk.close_count++;
    return SQLITE_OK;
}

static int disk_read(sqlite3_file *file, void *data, int len, sqlite3_int64 at)
{
    (void)file;
    CHECK(at + len <= disk.size);
    memcpy(data, disk.data + at, (size_t)len);
    return SQLITE_OK;
}

static int disk_write(sqlite3_file *file, const void *data, int len, sqlite3_int64 at)
{
    int code = disk.code;
    (void)file;
    CHECK(at + len <= FILE_BYTES_MAX && disk.write_count < WRITES_MAX);
    disk.code = SQLITE_OK;
    if (code != SQLITE_OK)
        return code;
    memcpy(disk.data + at, data, (size_t)len);
    disk.size = at + len > disk.size ? at + len : disk.size;
    disk.write_lens[disk.write_count++] = len;
    return SQLITE_OK;
}

static int disk_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    (void)file;
    disk.size = size;
    return SQLITE_OK;
}

static int disk_sync(sqlite3_file *file, int flags)
{
    (void)file;
    (void)flags;
    disk.sync_count++;
    return SQLITE_OK;
}

static int disk_size(sqlite3_file *file, sqlite3_int64 *size)
{
    (void)file;
    *size = disk.size;
    return SQLITE_OK;
}

static int disk_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
    static const sqlite3_io_methods methods = {
        .iVersion = 1,
        .xClose = disk_close,
        .xRead = disk_read,
        .xWrite = disk_write,
        .xTruncate = disk_truncate,
        .xSync = disk_sync,
        .xFileSize = disk_size,
    };
    (void)vfs;
    (void)name;
    (void)out;
    if ((flags & SQLITE_OPEN_CREATE) == 0)
        return SQLITE_CANTOPEN;
    file->pMethods = &methods;
    return SQLITE_OK;
}

/* A file of that kind, through the VFS under test, on an empty disk. */
static sqlite3_file *open_file(int kind)
{
    sqlite3_vfs *vfs = sqlite3_vfs_find(wal_gather_name);
    sqlite3_file *file = calloc(1, (size_t)vfs->szOsFile);
    CHECK(file != NULL);
    memset(&disk, 0, sizeof disk);
    CHECK(vfs->xOpen(vfs, NULL, file, kind | SQLITE_OPEN_CREATE, NULL) == SQLITE_OK);
    return file;
}

static void close_file(sqlite3_file *file)
{
    CHECK(file->pMethods->xClose(file) == SQLITE_OK);
    CHECK(disk.close_count == 1);
    free(file);
}

static int register_vfs(void **state)
{
    static sqlite3_vfs vfs = {
        .iVersion = 1, .szOsFile = sizeof(sqlite3_file), .zName = "disk", .xOpen = disk_open};
    (void)state;
    return sqlite3_vfs_register(&vfs, 1) == SQLITE_OK && wal_gather_register() == SQLITE_OK ? 0
                                                                                            : -1;
}

/* Append a frame of SQLite's, in two calls; its bytes are all number. */
static void append_frame(sqlite3_file *file, size_t number)
{
    uint8_t bytes[FRAME_BYTES];
    sqlite3_int64 at = (sqlite3_int64)number * FRAME_BYTES;
    memset(bytes, (int)number, sizeof bytes);
    CHECK(file->pMethods->xWrite(file, bytes, 24, at) == SQLITE_OK);
    CHECK(file->pMethods->xWrite(file, bytes + 24, 4096, at + 24) == SQLITE_OK);
}

static void check_frames(size_t count)
{
    CHECK(disk.size == (sqlite3_int64)(count * FRAME_BYTES));
    for (size_t i = 0; i < count * FRAME_BYTES; i++)
        CHECK(disk.data[i] == (uint8_t)(i / FRAME_BYTES));
}

static void test_what_is_appended_is_written_by_the_sync_at_once(void **state)
{
    (void)state;
    sqlite3_file *file = open_file(SQLITE_OPEN_WAL);
    for (size_t i = 0; i < 10; i++)
        append_frame(file, i);
    CHECK(disk.write_count == 0);
    CHECK(file->pMethods->xSync(file, SQLITE_SYNC_FULL) == SQLITE_OK);
    CHECK(disk.write_count == 1 && disk.sync_count == 1);
    check_frames(10);
    close_file(file);
    CHECK(disk.write_count == 1);
}

/* No write is larger than what SQLite's own VFS takes. */
static void test_a_long_transaction_is_written_in_pieces(void **state)
{
    enum { FRAMES = 3 * WAL_GATHER_BYTES / FRAME_BYTES };
    (void)state;
    sqlite3_file *file = open_file(SQLITE_OPEN_WAL);
    for (size_t i = 0; i < FRAMES; i++)
        append_frame(file, i);
    CHECK(file->pMethods->xSync(file, SQLITE_SYNC_FULL) == SQLITE_OK);
    CHECK(disk.write_count >= 3 && disk.write_count <= 4);
    for (size_t i = 0; i < disk.write_count; i++)
        CHECK(disk.write_lens[i] <= WAL_GATHER_BYTES);
    check_frames(FRAMES);
    close_file(file);
}

/* A page that the transaction has changed once more replaces its frame. */
static void test_a_write_elsewhere_comes_after_what_was_gathered(void **state)
{
    (void)state;
    sqlite3_file *file = open_file(SQLITE_OPEN_WAL);
    append_frame(file, 0);
    append_frame(file, 1);
    CHECK(file->pMethods->xWrite(file, "again", 5, 0) == SQLITE_OK);
    CHECK(disk.write_count == 1 && disk.write_lens[0] == 2 * FRAME_BYTES);
    CHECK(file->pMethods->xSync(file, SQLITE_SYNC_FULL) == SQLITE_OK);
    CHECK(disk.write_count == 2 && memcmp(disk.data, "again", 5) == 0);
    CHECK(disk.data[5] == 0 && disk.size == 2 * FRAME_BYTES);
    close_file(file);
}

static void test_reading_sees_what_was_gathered(void **state)
{
    uint8_t bytes[FRAME_BYTES];
    sqlite3_int64 size;
    (void)state;
    sqlite3_file *file = open_file(SQLITE_OPEN_WAL);
    append_frame(file, 0);
    append_frame(file, 1);
    CHECK(file->pMethods->xRead(file, bytes, sizeof bytes, FRAME_BYTES) == SQLITE_OK);
    CHECK(bytes[0] == 1 && bytes[FRAME_BYTES - 1] == 1);
    append_frame(file, 2);
    CHECK(file->pMethods->xFileSize(file, &size) == SQLITE_OK && size == 3 * FRAME_BYTES);
    append_frame(file, 3);
    CHECK(file->pMethods->xTruncate(file, FRAME_BYTES) == SQLITE_OK);
    check_frames(1);
    append_frame(file, 1);
    close_file(file);
    check_frames(2);
}

static void test_a_refused_write_is_told_by_the_sync(void **state)
{
    (void)state;
    sqlite3_file *file = open_file(SQLITE_OPEN_WAL);
    append_frame(file, 0);
    disk.code = SQLITE_FULL;
    CHECK(file->pMethods->xSync(file, SQLITE_SYNC_FULL) == SQLITE_FULL);
    CHECK(disk.sync_count == 0);
    /* The next transaction begins at the same place. */
    append_frame(file, 0);
    CHECK(file->pMethods->xSync(file, SQLITE_SYNC_FULL) == SQLITE_OK);
    check_frames(1);
    close_file(file);
}

static void test_without_memory_every_write_goes_to_the_file(void **state)
{
    (void)state;
    sqlite3_file *file = open_file(SQLITE_OPEN_WAL);
    (void)sqlite3_hard_heap_limit64(1);
    append_frame(file, 0);
    CHECK(disk.write_count == 2);
    (void)sqlite3_hard_heap_limit64(0);
    append_frame(file, 1);
    CHECK(disk.write_count == 2);
    CHECK(file->pMethods->xSync(file, SQLITE_SYNC_FULL) == SQLITE_OK);
    check_frames(2);
    close_file(file);
}

static void test_other_files_are_written_at_once(void **state)
{
    (void)state;
    sqlite3_file *file = open_file(SQLITE_OPEN_MAIN_DB);
    append_frame(file, 0);
    CHECK(disk.write_count == 2);
    check_frames(1);
    close_file(file);
}

static void test_a_file_that_cannot_be_opened_has_no_methods(void **state)
{
    (void)state;
    sqlite3_vfs *vfs = sqlite3_vfs_find(wal_gather_name);
    sqlite3_file *file = calloc(1, (size_t)vfs->szOsFile);
    CHECK(file != NULL);
    CHECK(vfs->xOpen(vfs, NULL, file, SQLITE_OPEN_WAL, NULL) == SQLITE_CANTOPEN);
    CHECK(file->pMethods == NULL);
    free(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_appended_is_written_by_the_sync_at_once),
        cmocka_unit_test(test_a_long_transaction_is_written_in_pieces),
        cmocka_unit_test(test_a_write_elsewhere_comes_after_what_was_gathered),
        cmocka_unit_test(test_reading_sees_what_was_gathered),
        cmocka_unit_test(test_a_refused_write_is_told_by_the_sync),
        cmocka_unit_test(test_without_memory_every_write_goes_to_the_file),
        cmocka_unit_test(test_other_files_are_written_at_once),
        cmocka_unit_test(test_a_file_that_cannot_be_opened_has_no_methods),
    };
    return cmocka_run_group_tests(tests, register_vfs, NULL);
}
