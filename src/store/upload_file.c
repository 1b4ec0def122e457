#include "store/upload_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "base/random.h"

enum {
    DIRECTORY_MODE = 0700,
    FILE_MODE = 0600,
    PATH_BYTES_MAX = 4096,
    UNFINISHED_KEPT_S = 24 * 3600, /* after its last byte: another server may be writing it */
};

static const char unfinished[] = ".part"; /* behind the id, until the file is whole */

struct upload_file {
    int fd;
    char path[PATH_BYTES_MAX];       /* of the whole file */
    char unfinished[PATH_BYTES_MAX]; /* of what there is of it */
};

static enum err err_of(int number)
{
    switch (number) {
    case ENOENT:
        return ERR_NOT_FOUND;
    case EEXIST:
        return ERR_CONFLICT;
    case EACCES:
    case EPERM:
        return ERR_DENIED;
    case ENOSPC:
    case EDQUOT:
        return ERR_FULL;
    case ENOMEM:
        return ERR_MEMORY;
    default:
        return ERR_IO;
    }
}

void upload_id_new(char out[UPLOAD_ID_BYTES + 1])
{
    random_text(out, UPLOAD_ID_BYTES, "0123456789abcdef");
}

bool upload_id_is_valid(struct bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f'))
            return false;
    }
    return text.len == UPLOAD_ID_BYTES;
}

/* Whether it is the name of a file that was never finished. */
static bool is_unfinished(const char *name)
{
    struct bytes text = bytes_from_text(name);
    return text.len > UPLOAD_ID_BYTES && bytes_is(bytes_skip(text, UPLOAD_ID_BYTES), unfinished) &&
           upload_id_is_valid(bytes_first(text, UPLOAD_ID_BYTES));
}

/* Take away what servers that were killed have left. */
static void sweep(const char *directory)
{
    struct stat status;
    DIR *entries = opendir(directory);
    if (entries == NULL)
        return;
    int fd = dirfd(entries);
    time_t now = time(NULL);
    for (const struct dirent *entry; (entry = readdir(entries)) != NULL;) {
        if (is_unfinished(entry->d_name) &&
            fstatat(fd, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
            now - status.st_mtime > UNFINISHED_KEPT_S)
            (void)unlinkat(fd, entry->d_name, 0);
    }
    (void)closedir(entries);
}

enum err upload_directory_prepare(const char *directory)
{
    struct stat status;
    if (mkdir(directory, DIRECTORY_MODE) != 0 && errno != EEXIST)
        return err_of(errno);
    if (stat(directory, &status) != 0)
        return err_of(errno);
    if (!S_ISDIR(status.st_mode)) {
        errno = ENOTDIR;
        return ERR_IO;
    }
    if (access(directory, R_OK | W_OK | X_OK) != 0)
        return err_of(errno);
    sweep(directory);
    return OK;
}

/* False: the directory's name is too long. */
static bool make_path(char out[PATH_BYTES_MAX], const char *directory, const char *id,
                      const char *suffix)
{
    int len = snprintf(out, PATH_BYTES_MAX, "%s/%s%s", directory, id, suffix);
    return len > 0 && len < PATH_BYTES_MAX;
}

enum err upload_file_new(const char *directory, const char *id, struct upload_file **out)
{
    struct upload_file *file = malloc(sizeof *file);
    if (file == NULL)
        return ERR_MEMORY;
    if (!make_path(file->path, directory, id, "") ||
        !make_path(file->unfinished, directory, id, unfinished)) {
        free(file);
        return ERR_IO;
    }
    file->fd =
        open(file->unfinished, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
    if (file->fd < 0) {
        enum err err = err_of(errno);
        free(file);
        return err;
    }
    *out = file;
    return OK;
}

enum err upload_file_append(struct upload_file *file, struct bytes bytes)
{
    while (bytes.len > 0) {
        ssize_t written = write(file->fd, bytes.data, bytes.len);
        if (written < 0 && errno != EINTR)
            return err_of(errno);
        if (written > 0)
            bytes = bytes_skip(bytes, (size_t)written);
    }
    return OK;
}

/* The name is durable with its directory. */
static enum err sync_directory_of(const char *path)
{
    char directory[PATH_BYTES_MAX];
    size_t len = bytes_last_index(bytes_from_text(path), '/');
    memcpy(directory, path, len);
    directory[len] = '\0';
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return err_of(errno);
    enum err err = fsync(fd) == 0 ? OK : err_of(errno);
    (void)close(fd);
    return err;
}

static enum err give_name(const struct upload_file *file)
{
    if (renameat2(AT_FDCWD, file->unfinished, AT_FDCWD, file->path, RENAME_NOREPLACE) != 0)
        return err_of(errno);
    enum err err = sync_directory_of(file->path);
    if (err != OK)
        (void)unlink(file->path);
    return err;
}

enum err upload_file_finish(struct upload_file **file_at)
{
    struct upload_file *file = *file_at;
    enum err err = fsync(file->fd) == 0 ? OK : err_of(errno);
    if (err == OK)
        err = give_name(file);
    if (err != OK)
        return err;
    (void)close(file->fd); /* durable already */
    free(file);
    *file_at = NULL;
    return OK;
}

void upload_file_abandon(struct upload_file **file_at)
{
    struct upload_file *file = *file_at;
    *file_at = NULL;
    if (file == NULL)
        return;
    (void)close(file->fd);
    (void)unlink(file->unfinished);
    free(file);
}

void upload_file_delete(const char *directory, const char *id)
{
    char path[PATH_BYTES_MAX];
    if (make_path(path, directory, id, ""))
        (void)unlink(path);
}

/* Read until max bytes are there, or the end. */
static enum err read_at(int fd, uint64_t offset, size_t max, struct buf *out)
{
    if (!buf_reserve(out, max))
        return ERR_MEMORY;
    while (max > 0) {
        ssize_t got = pread(fd, out->data + out->len, max, (off_t)offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_of(errno);
        if (got == 0)
            return OK;
        out->len += (size_t)got;
        offset += (uint64_t)got;
        max -= (size_t)got;
    }
    return OK;
}

enum err upload_file_read(const char *directory, const char *id, uint64_t offset, size_t max,
                          struct buf *out)
{
    char path[PATH_BYTES_MAX];
    if (!make_path(path, directory, id, ""))
        return ERR_IO;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return err_of(errno);
    enum err err = read_at(fd, offset, max, out);
    (void)close(fd);
    return err;
}
