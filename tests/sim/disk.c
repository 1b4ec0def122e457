#include "disk.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "chance.h"
#include "disk_parts.h"
#include "memory.h"

static struct {
    struct file files[FILES_MAX];
    struct file kept[FILES_MAX];
    struct disk_hooks hooks;
    unsigned life; /* counts kills */
    enum disk_fault fault;
    unsigned countdown;
    bool is_lying;
} disk;

/* ---- files ---- */

static struct file *find_file(const char *name)
{
    for (size_t i = 0; i < FILES_MAX; i++) {
        if (disk.files[i].name[0] != '\0' && strcmp(disk.files[i].name, name) == 0)
            return &disk.files[i];
    }
    return NULL;
}

static struct file *make_file(const char *name)
{
    for (size_t i = 0; i < FILES_MAX; i++) {
        if (disk.files[i].name[0] == '\0') {
            (void)snprintf(disk.files[i].name, NAME_BYTES, "%s", name);
            return &disk.files[i];
        }
    }
    abort(); /* SQLite needs the database, its WAL, and few others */
}

static void forget_old_pages(struct file *file)
{
    while (file->old_pages != NULL) {
        struct old_page *page = file->old_pages;
        file->old_pages = page->next;
        free(page);
    }
}

static void free_file(struct file *file)
{
    forget_old_pages(file);
    free(file->data);
    *file = (struct file) {0};
}

static void resize(struct file *file, int64_t size)
{
    if (size > file->cap) {
        file->cap = size * 2;
        file->data = memory_own_realloc(file->data, (size_t)file->cap);
        if (file->data == NULL)
            abort();
    }
    if (size > file->size)
        memset(file->data + file->size, 0, (size_t)(size - file->size));
    file->size = size;
}

/* Before a page changes for the first time after a sync. */
static void remember_page(struct file *file, int64_t index)
{
    int64_t begin = index * DISK_PAGE_BYTES;
    for (const struct old_page *page = file->old_pages; page != NULL; page = page->next) {
        if (page->index == index)
            return;
    }
    struct old_page *page = memory_own_calloc(1, sizeof *page);
    if (page == NULL)
        abort();
    page->index = index;
    if (begin < file->size) {
        int64_t len = file->size - begin;
        memcpy(page->bytes, file->data + begin,
               (size_t)(len < DISK_PAGE_BYTES ? len : DISK_PAGE_BYTES));
    }
    page->next = file->old_pages;
    file->old_pages = page;
}

static void remember_range(struct file *file, int64_t begin, int64_t end)
{
    for (int64_t index = begin / DISK_PAGE_BYTES; index * DISK_PAGE_BYTES < end; index++)
        remember_page(file, index);
}

/* ---- faults ---- */

bool disk_is_dead(const struct handle *handle)
{
    return handle->life != disk.life;
}

/* A call that changes the disk: SQLITE_OK if it may. */
static int meet_fault(const struct handle *handle, int io_code)
{
    if (disk_is_dead(handle))
        return io_code;
    if (disk.fault == DISK_FAULT_NONE || --disk.countdown > 0)
        return SQLITE_OK;
    enum disk_fault fault = disk.fault;
    disk.fault = DISK_FAULT_NONE;
    if (fault == DISK_FAULT_FULL)
        return SQLITE_FULL;
    if (fault == DISK_FAULT_KILL) {
        disk_kill();
        disk.hooks.on_kill();
    }
    return io_code;
}

/* ---- a file's calls ---- */

static int file_read(sqlite3_file *base, void *out, int len, sqlite3_int64 at)
{
    struct handle *handle = handle_of(base);
    const struct file *file = handle->file;
    if (disk_is_dead(handle))
        return SQLITE_IOERR_READ;
    int64_t there = file->size > at ? file->size - at : 0;
    if (there > len)
        there = len;
    if (there > 0)
        memcpy(out, file->data + at, (size_t)there);
    memset((uint8_t *)out + there, 0, (size_t)(len - there));
    return there == len ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int file_write(sqlite3_file *base, const void *bytes, int len, sqlite3_int64 at)
{
    struct handle *handle = handle_of(base);
    int code = meet_fault(handle, SQLITE_IOERR_WRITE);
    if (code != SQLITE_OK)
        return code;
    struct file *file = handle->file;
    remember_range(file, at, at + len);
    if (at + len > file->size)
        resize(file, at + len);
    memcpy(file->data + at, bytes, (size_t)len);
    return SQLITE_OK;
}

static int file_truncate(sqlite3_file *base, sqlite3_int64 size)
{
    struct handle *handle = handle_of(base);
    int code = meet_fault(handle, SQLITE_IOERR_TRUNCATE);
    if (code != SQLITE_OK)
        return code;
    remember_range(handle->file, size, handle->file->size);
    resize(handle->file, size);
    return SQLITE_OK;
}

static int file_sync(sqlite3_file *base, int flags)
{
    struct handle *handle = handle_of(base);
    (void)flags;
    if (!disk_is_dead(handle) && disk.hooks.on_sync != NULL)
        disk.hooks.on_sync();
    int code = meet_fault(handle, SQLITE_IOERR_FSYNC);
    if (code != SQLITE_OK || disk.is_lying)
        return code;
    forget_old_pages(handle->file);
    handle->file->synced_size = handle->file->size;
    return SQLITE_OK;
}

static int file_size(sqlite3_file *base, sqlite3_int64 *size)
{
    const struct handle *handle = handle_of(base);
    *size = handle->file != NULL && !disk_is_dead(handle) ? handle->file->size : 0;
    return disk_is_dead(handle) ? SQLITE_IOERR_FSTAT : SQLITE_OK;
}

static int file_control(sqlite3_file *base, int operation, void *argument)
{
    (void)base;
    (void)operation;
    (void)argument;
    return SQLITE_NOTFOUND;
}

static int file_sector_size(sqlite3_file *base)
{
    (void)base;
    return DISK_PAGE_BYTES;
}

static int file_characteristics(sqlite3_file *base)
{
    (void)base;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE; /* what Linux's file systems are taken for */
}

static int file_close(sqlite3_file *base)
{
    struct handle *handle = handle_of(base);
    (void)disk_file_unlock(base, SQLITE_LOCK_NONE);
    (void)disk_shm_unmap(base, 0);
    if (handle->is_nameless) {
        free_file(handle->file);
        free(handle->file);
    }
    return SQLITE_OK;
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = disk_file_lock,
    .xUnlock = disk_file_unlock,
    .xCheckReservedLock = disk_file_check_reserved,
    .xFileControl = file_control,
    .xSectorSize = file_sector_size,
    .xDeviceCharacteristics = file_characteristics,
    .xShmMap = disk_shm_map,
    .xShmLock = disk_shm_lock,
    .xShmBarrier = disk_shm_barrier,
    .xShmUnmap = disk_shm_unmap,
};

/* ---- the file system's calls ---- */

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *base, int flags, int *out)
{
    struct handle *handle = handle_of(base);
    (void)vfs;
    *handle = (struct handle) {.life = disk.life, .is_nameless = name == NULL};
    if (name == NULL) {
        handle->file = memory_own_calloc(1, sizeof *handle->file);
        if (handle->file == NULL)
            return SQLITE_NOMEM;
    } else {
        handle->file = find_file(name);
        if (handle->file == NULL && (flags & SQLITE_OPEN_CREATE) == 0)
            return SQLITE_CANTOPEN;
        if (handle->file == NULL)
            handle->file = make_file(name);
    }
    if (out != NULL)
        *out = flags;
    handle->base.pMethods = &methods;
    return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *name, int sync_directory)
{
    struct file *file = find_file(name);
    (void)vfs;
    (void)sync_directory;
    if (file == NULL)
        return SQLITE_IOERR_DELETE_NOENT;
    free_file(file);
    return SQLITE_OK;
}

static int vfs_access(sqlite3_vfs *vfs, const char *name, int flags, int *out)
{
    const struct file *file = find_file(name);
    (void)vfs;
    *out = file != NULL && (flags != SQLITE_ACCESS_EXISTS || file->size > 0);
    return SQLITE_OK;
}

static int vfs_full_name(sqlite3_vfs *vfs, const char *name, int max, char *out)
{
    (void)vfs;
    (void)sqlite3_snprintf(max, out, "%s", name);
    return SQLITE_OK;
}

static int vfs_random(sqlite3_vfs *vfs, int len, char *out)
{
    (void)vfs;
    disk.hooks.fill_random(out, len);
    return len;
}

static int vfs_sleep(sqlite3_vfs *vfs, int us)
{
    (void)vfs;
    disk.hooks.on_sleep(us);
    return us;
}

static int vfs_time(sqlite3_vfs *vfs, sqlite3_int64 *out)
{
    (void)vfs;
    *out = disk.hooks.now_us() / 1000 + INT64_C(210866760000000); /* the Julian day in ms */
    return SQLITE_OK;
}

static int vfs_last_error(sqlite3_vfs *vfs, int len, char *out)
{
    (void)vfs;
    (void)len;
    (void)out;
    return 0;
}

void disk_install(const struct disk_hooks *hooks)
{
    static sqlite3_vfs vfs = {
        .iVersion = 2,
        .szOsFile = sizeof(struct handle),
        .mxPathname = NAME_BYTES - 1,
        .zName = "sim",
        .xOpen = vfs_open,
        .xDelete = vfs_delete,
        .xAccess = vfs_access,
        .xFullPathname = vfs_full_name,
        .xRandomness = vfs_random,
        .xSleep = vfs_sleep,
        .xGetLastError = vfs_last_error,
        .xCurrentTimeInt64 = vfs_time,
    };
    disk.hooks = *hooks;
    if (sqlite3_vfs_register(&vfs, 1) != SQLITE_OK)
        abort();
}

/* ---- the disk as a whole ---- */

static void erase(void)
{
    for (size_t i = 0; i < FILES_MAX; i++)
        free_file(&disk.files[i]);
    disk.fault = DISK_FAULT_NONE;
    disk.is_lying = false;
}

void disk_format(const char *name)
{
    erase();
    (void)make_file(name);
}

static void copy_files(struct file *to, const struct file *from)
{
    for (size_t i = 0; i < FILES_MAX; i++) {
        if (from[i].name[0] == '\0')
            continue;
        (void)snprintf(to[i].name, NAME_BYTES, "%s", from[i].name);
        resize(&to[i], from[i].size);
        if (from[i].size > 0)
            memcpy(to[i].data, from[i].data, (size_t)from[i].size);
        to[i].synced_size = to[i].size;
    }
}

void disk_keep(void)
{
    copy_files(disk.kept, disk.files);
}

void disk_restore(void)
{
    erase();
    copy_files(disk.files, disk.kept);
}

void disk_arm(enum disk_fault fault, unsigned countdown)
{
    disk.fault = fault;
    disk.countdown = countdown;
}

void disk_set_lying(bool is_lying)
{
    disk.is_lying = is_lying;
}

void disk_kill(void)
{
    disk.life++;
    disk.fault = DISK_FAULT_NONE;
    for (size_t i = 0; i < FILES_MAX; i++) {
        struct file *file = &disk.files[i];
        file->shm = NULL; /* its dead holders free it */
        file->shared_count = 0;
        file->reserved = NULL;
        file->pending = NULL;
        file->exclusive = NULL;
    }
}

/* Put back what the power cut takes. */
static void lose_of(struct file *file, enum disk_loss loss)
{
    bool loses_size = loss == DISK_LOSS_ALL || chance_once_in(2);
    int64_t size = file->size;
    for (const struct old_page *page = file->old_pages; page != NULL; page = page->next) {
        int64_t begin = page->index * DISK_PAGE_BYTES;
        if (loss == DISK_LOSS_SOME && chance_once_in(2))
            continue;
        if (begin + DISK_PAGE_BYTES > file->size)
            resize(file, begin + DISK_PAGE_BYTES);
        memcpy(file->data + begin, page->bytes, DISK_PAGE_BYTES);
    }
    resize(file, loses_size ? file->synced_size : size);
    forget_old_pages(file);
    file->synced_size = file->size;
}

void disk_lose(enum disk_loss loss)
{
    for (size_t i = 0; i < FILES_MAX && loss != DISK_LOSS_NONE; i++) {
        if (disk.files[i].name[0] != '\0')
            lose_of(&disk.files[i], loss);
    }
}

void disk_deinit(void)
{
    erase();
    for (size_t i = 0; i < FILES_MAX; i++)
        free_file(&disk.kept[i]);
}
