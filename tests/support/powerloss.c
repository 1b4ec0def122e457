/* powerloss.c - a library for LD_PRELOAD that lets a test take back what was not synced.
 *
 * For each file whose name begins with CONFAB_POWERLOSS (a database and its WAL; their -shm is no
 * matter of the disk) it keeps NAME.undo: the pages as they were at the last sync, written there
 * before they change for the first time, and the size that the file had. A sync empties it. After a
 * SIGKILL the test puts back all of it or some (tests/system/power_loss.py).
 * With CONFAB_POWERLOSS_LIES set a sync is told to have happened and has not.
 *
 * Nothing is really synced: the files outlive the process anyway.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    PAGE_BYTES = 4096,
    FDS_MAX = 1024,         /* descriptors that are looked after; SQLite's are small numbers */
    FILES_MAX = 8,          /* the database, its WAL, and what else lies beside them */
    PAGES_MAX = 256 * 1024, /* of a file: 1 GiB */
};

/* One page as it was. The undo file is a row of these. */
struct undo {
    uint64_t index;
    uint64_t synced_size; /* of the file, at the last sync */
    uint8_t bytes[PAGE_BYTES];
};

/* One file, however often it is open. */
struct file {
    dev_t device;
    ino_t inode; /* 0: free */
    int undo_fd;
    uint64_t synced_size;
    uint8_t saved[PAGES_MAX / 8]; /* pages that are in the undo file, as bits */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct file files[FILES_MAX];
static struct file *by_fd[FDS_MAX];

/* The function that ours stands before. */
#define NEXT(name) ((__typeof__(&name))next_of(#name))

static void *next_of(const char *name)
{
    void *function = dlsym(RTLD_NEXT, name);
    if (function == NULL)
        abort();
    return function;
}

static bool is_watched(const char *path)
{
    const char *prefix = getenv("CONFAB_POWERLOSS");
    const char *ending = strrchr(path, '-');
    return prefix != NULL && strncmp(path, prefix, strlen(prefix)) == 0 &&
           (ending == NULL || strcmp(ending, "-shm") != 0);
}

static void begin_undo(struct file *file)
{
    memset(file->saved, 0, sizeof file->saved);
    if (ftruncate(file->undo_fd, 0) != 0 || lseek(file->undo_fd, 0, SEEK_SET) != 0)
        abort();
}

static void watch(int fd, const char *path)
{
    struct stat status;
    char undo_path[4096];
    if (fd < 0 || fd >= FDS_MAX || !is_watched(path) || fstat(fd, &status) != 0)
        return;
    struct file *free_file = NULL;
    for (size_t i = 0; i < FILES_MAX; i++) {
        struct file *file = &files[i];
        if (file->inode == status.st_ino && file->device == status.st_dev) {
            by_fd[fd] = file;
            return;
        }
        if (file->inode == 0 && free_file == NULL)
            free_file = file;
    }
    if (free_file == NULL)
        abort();
    (void)snprintf(undo_path, sizeof undo_path, "%s.undo", path);
    *free_file = (struct file) {
        .device = status.st_dev,
        .inode = status.st_ino,
        .synced_size = (uint64_t)status.st_size,
        .undo_fd = NEXT(open)(undo_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600),
    };
    if (free_file->undo_fd < 0)
        abort();
    begin_undo(free_file);
    by_fd[fd] = free_file;
}

static struct file *file_of(int fd)
{
    return fd >= 0 && fd < FDS_MAX ? by_fd[fd] : NULL;
}

/* Keep a page before it changes. */
static void save_page(int fd, struct file *file, uint64_t index)
{
    struct undo undo = {.index = index, .synced_size = file->synced_size};
    if (index >= PAGES_MAX)
        abort();
    if ((file->saved[index / 8] >> (index % 8) & 1) != 0)
        return;
    if (pread(fd, undo.bytes, PAGE_BYTES, (off_t)(index * PAGE_BYTES)) < 0)
        abort();
    if (NEXT(write)(file->undo_fd, &undo, sizeof undo) != (ssize_t)sizeof undo)
        abort();
    file->saved[index / 8] |= (uint8_t)(1u << (index % 8));
}

static void save_range(int fd, off_t begin, off_t end)
{
    struct file *file = file_of(fd);
    if (file == NULL)
        return;
    (void)pthread_mutex_lock(&lock);
    for (uint64_t i = (uint64_t)begin / PAGE_BYTES; i * PAGE_BYTES < (uint64_t)end; i++)
        save_page(fd, file, i);
    (void)pthread_mutex_unlock(&lock);
}

/* What was written is safe from here on. */
static int sync_file(int fd)
{
    struct file *file = file_of(fd);
    struct stat status;
    if (file == NULL || getenv("CONFAB_POWERLOSS_LIES") != NULL)
        return 0;
    (void)pthread_mutex_lock(&lock);
    if (fstat(fd, &status) != 0)
        abort();
    file->synced_size = (uint64_t)status.st_size;
    begin_undo(file);
    (void)pthread_mutex_unlock(&lock);
    return 0;
}

/* ---- what SQLite calls; each exists under two names ---- */

static int open_and_watch(int (*next)(const char *, int, ...), const char *path, int flags,
                          mode_t mode)
{
    int fd = next(path, flags, mode);
    (void)pthread_mutex_lock(&lock);
    if (fd >= 0 && fd < FDS_MAX)
        by_fd[fd] = NULL;
    watch(fd, path);
    (void)pthread_mutex_unlock(&lock);
    return fd;
}

static mode_t mode_of(int flags, va_list arguments)
{
    return (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;
}

int open(const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    return open_and_watch(NEXT(open), path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    return open_and_watch(NEXT(open64), path, flags, mode);
}

ssize_t pwrite(int fd, const void *bytes, size_t len, off_t at)
{
    save_range(fd, at, at + (off_t)len);
    return NEXT(pwrite)(fd, bytes, len, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t len, off64_t at)
{
    save_range(fd, at, at + (off_t)len);
    return NEXT(pwrite64)(fd, bytes, len, at);
}

ssize_t write(int fd, const void *bytes, size_t len)
{
    if (file_of(fd) != NULL) {
        off_t at = lseek(fd, 0, SEEK_CUR);
        save_range(fd, at, at + (off_t)len);
    }
    return NEXT(write)(fd, bytes, len);
}

static void save_tail(int fd, off_t size)
{
    struct stat status;
    if (file_of(fd) != NULL && fstat(fd, &status) == 0)
        save_range(fd, size, status.st_size);
}

int ftruncate(int fd, off_t size)
{
    save_tail(fd, size);
    return NEXT(ftruncate)(fd, size);
}

int ftruncate64(int fd, off64_t size)
{
    save_tail(fd, size);
    return NEXT(ftruncate64)(fd, size);
}

int fsync(int fd)
{
    return sync_file(fd);
}

int fdatasync(int fd)
{
    return sync_file(fd);
}
