#include "store/file_swap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { COPY_BYTES = 256 * 1024 };

/* What errno means here. */
static enum err file_err(void)
{
    switch (errno) {
    case ENOSPC:
    case EDQUOT:
        return ERR_FULL;
    case EEXIST:
        return ERR_CONFLICT;
    case ENOENT:
        return ERR_NOT_FOUND;
    case ENOMEM:
        return ERR_MEMORY;
    default:
        return ERR_IO;
    }
}

enum err file_name(const char *path, const char *ending, char out[], unsigned out_bytes)
{
    int len = snprintf(out, out_bytes, "%s%s", path, ending);
    if (len >= 0 && (unsigned)len < out_bytes)
        return OK;
    errno = ENAMETOOLONG;
    return ERR_LIMIT;
}

enum err file_make_beside(const char *path, char out[], unsigned out_bytes)
{
    enum err err = file_name(path, ".part-XXXXXX", out, out_bytes);
    if (err != OK)
        return err;
    int fd = mkostemp(out, O_CLOEXEC); /* mode 0600 */
    if (fd < 0)
        return file_err();
    (void)close(fd);
    return OK;
}

/* Copy everything that can still be read. */
static enum err copy_all(int from, int to, char *piece)
{
    for (;;) {
        ssize_t got = read(from, piece, COPY_BYTES);
        if (got < 0)
            return file_err();
        if (got == 0)
            return fsync(to) == 0 ? OK : file_err();
        for (ssize_t at = 0; at < got;) {
            ssize_t written = write(to, piece + at, (size_t)(got - at));
            if (written < 0)
                return file_err();
            at += written;
        }
    }
}

enum err file_copy(const char *from, const char *to)
{
    enum err err = OK;
    int to_fd = -1;
    char *piece = malloc(COPY_BYTES);
    int from_fd = open(from, O_RDONLY | O_CLOEXEC);
    if (piece == NULL) {
        err = ERR_MEMORY;
        goto done;
    }
    if (from_fd < 0) {
        err = file_err();
        goto done;
    }
    to_fd = open(to, O_WRONLY | O_TRUNC | O_CLOEXEC);
    err = to_fd >= 0 ? copy_all(from_fd, to_fd, piece) : file_err();

done:
    if (from_fd >= 0)
        (void)close(from_fd); /* only read */
    if (to_fd >= 0 && close(to_fd) != 0 && err == OK)
        err = file_err();
    free(piece);
    return err;
}

static enum err sync_opened(const char *path, int flags)
{
    int fd = open(path, flags | O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return file_err();
    enum err err = fsync(fd) == 0 ? OK : file_err();
    (void)close(fd);
    return err;
}

enum err file_sync(const char *path)
{
    return sync_opened(path, 0);
}

enum err file_sync_directory(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        return sync_opened(".", O_DIRECTORY);
    char *directory = strndup(path, slash == path ? 1 : (size_t)(slash - path));
    if (directory == NULL)
        return ERR_MEMORY;
    enum err err = sync_opened(directory, O_DIRECTORY);
    free(directory);
    return err;
}

enum err file_publish(const char *from, const char *to)
{
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
        return file_sync_directory(to);
    if (errno != EINVAL && errno != ENOSYS)
        return file_err();
    /* The file system knows no such promise: a hard link keeps it as well. */
    if (link(from, to) != 0)
        return file_err();
    (void)unlink(from);
    return file_sync_directory(to);
}

enum err file_lock_database(const char *path, int *fd)
{
    /* The lock-byte page: the pending byte, the reserved byte, and 510 shared ones. */
    enum { LOCK_FIRST_BYTE = 0x40000000, LOCK_BYTES = 512 };
    struct flock lock = {
        .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = LOCK_FIRST_BYTE, .l_len = LOCK_BYTES};
    *fd = open(path, O_RDWR | O_CLOEXEC);
    if (*fd < 0)
        return file_err();
    if (fcntl(*fd, F_SETLK, &lock) == 0)
        return OK;
    enum err err = errno == EAGAIN || errno == EACCES ? ERR_BUSY : file_err();
    (void)close(*fd);
    *fd = -1;
    return err;
}
