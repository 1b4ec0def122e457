#include "server/secret_key.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/log.h"
#include "base/random.h"

/* Say what could not be done and why; the path is cut rather than the cause. */
static enum err fail(char reason[SECRET_KEY_REASON_BYTES], enum err err, const char *what,
                     const char *path, const char *why)
{
    (void)snprintf(reason, SECRET_KEY_REASON_BYTES, "%s %.120s: %s", what, path, why);
    return err;
}

static bool write_all(int fd, struct bytes bytes)
{
    while (bytes.len > 0) {
        ssize_t written = write(fd, bytes.data, bytes.len);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        bytes = bytes_skip(bytes, (size_t)written);
    }
    return true;
}

/* Make a name durable: the directory that holds it has to reach the disk too. */
static bool sync_directory_of(const char *path)
{
    struct bytes text = bytes_from_text(path);
    size_t slash = bytes_last_index(text, '/');
    struct buf directory = {0};
    if (slash == text.len)
        buf_append_text(&directory, ".");
    else
        buf_append(&directory, bytes_first(text, slash > 0 ? slash : 1));
    buf_append_byte(&directory, 0);
    int fd = -1;
    if (!directory.failed)
        fd = open((const char *)directory.data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool is_synced = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        (void)close(fd);
    buf_free(&directory);
    return is_synced;
}

/* Write a new key under a name of its own, then give it its real name with link(2), which never
 * replaces a file: nobody can read half a key, and of two processes that start together one wins
 * and both read the winner's. */
static enum err secret_key_make(const char *path, char reason[SECRET_KEY_REASON_BYTES])
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    char key[SECRET_KEY_BYTES + 2];
    random_text(key, SECRET_KEY_BYTES, letters);
    key[SECRET_KEY_BYTES] = '\n';

    int fd = -1;
    bool is_temporary_there = false;
    enum err err = OK;
    struct buf temporary = {0};
    buf_printf(&temporary, "%s.XXXXXX", path);
    buf_append_byte(&temporary, 0);
    if (temporary.failed) {
        err = fail(reason, ERR_MEMORY, "cannot make the secret key file", path, "no memory");
        goto done;
    }
    fd = mkostemp((char *)temporary.data, O_CLOEXEC); /* mode 0600 */
    if (fd < 0) {
        err = fail(reason, ERR_IO, "cannot make the secret key file", path, strerror(errno));
        goto done;
    }
    is_temporary_there = true;
    if (!write_all(fd, bytes_of(key, SECRET_KEY_BYTES + 1)) || fsync(fd) != 0) {
        err = fail(reason, ERR_IO, "cannot write the secret key file", path, strerror(errno));
        goto done;
    }
    if (link((const char *)temporary.data, path) != 0 && errno != EEXIST) {
        err = fail(reason, ERR_IO, "cannot make the secret key file", path, strerror(errno));
        goto done;
    }
    if (!sync_directory_of(path))
        err = fail(reason, ERR_IO, "cannot store the secret key file", path, strerror(errno));

done:
    if (is_temporary_there)
        (void)unlink((const char *)temporary.data);
    if (fd >= 0)
        (void)close(fd);
    buf_free(&temporary);
    explicit_bzero(key, sizeof key);
    return err;
}

/* A key that others can read lets them log in as anybody; one that they can write, too. A group is
 * the administrator's own choice (containers hand secrets over that way). */
static enum err check_file(int fd, const char *path, char reason[SECRET_KEY_REASON_BYTES])
{
    struct stat status;
    if (fstat(fd, &status) != 0)
        return fail(reason, ERR_IO, "cannot read the secret key file", path, strerror(errno));
    if (!S_ISREG(status.st_mode))
        return fail(reason, ERR_IO, "the secret key file", path, "not a regular file");
    if ((status.st_mode & (S_IROTH | S_IWOTH)) != 0)
        return fail(reason, ERR_DENIED, "the secret key file", path,
                    "every user of this machine may read or write it; make it private (chmod 600)");
    if (status.st_size > SECRET_KEY_FILE_BYTES_MAX)
        return fail(reason, ERR_LIMIT, "the secret key file", path, "larger than 4096 bytes");
    return OK;
}

static enum err read_key(int fd, const char *path, struct buf *out,
                         char reason[SECRET_KEY_REASON_BYTES])
{
    char text[SECRET_KEY_FILE_BYTES_MAX + 1];
    size_t len = 0;
    enum err err = OK;
    while (len < sizeof text) {
        ssize_t got = read(fd, text + len, sizeof text - len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            err = fail(reason, ERR_IO, "cannot read the secret key file", path, strerror(errno));
            goto done;
        }
        if (got == 0)
            break;
        len += (size_t)got;
    }
    struct bytes key = bytes_of(text, len);
    while (key.len > 0 && (key.data[key.len - 1] == '\n' || key.data[key.len - 1] == '\r'))
        key.len--;
    if (len > SECRET_KEY_FILE_BYTES_MAX) {
        err = fail(reason, ERR_LIMIT, "the secret key file", path, "larger than 4096 bytes");
        goto done;
    }
    if (key.len == 0) {
        err = fail(reason, ERR_SYNTAX, "the secret key file", path,
                   "empty; remove it to have a new one made, or put the site's key into it");
        goto done;
    }
    if (!buf_reserve(out, key.len)) {
        err = fail(reason, ERR_MEMORY, "cannot read the secret key file", path, "no memory");
        goto done;
    }
    buf_append(out, key);
    if (key.len < SECRET_KEY_BYTES_ADVISED)
        log_warning("the secret key is short and may be guessed", 0, "bytes=%zu advised=%d",
                    key.len, SECRET_KEY_BYTES_ADVISED);

done:
    explicit_bzero(text, sizeof text);
    return err;
}

static int open_key(const char *path)
{
    return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

/* fd: what open_key() returned. It is closed. */
static enum err read_open_key(int fd, const char *path, struct buf *out,
                              char reason[SECRET_KEY_REASON_BYTES])
{
    if (fd < 0)
        return fail(reason, ERR_IO, "cannot read the secret key file", path, strerror(errno));
    enum err err = check_file(fd, path, reason);
    if (err == OK)
        err = read_key(fd, path, out, reason);
    (void)close(fd);
    return err;
}

enum err secret_key_load(const char *path, struct buf *out, char reason[SECRET_KEY_REASON_BYTES])
{
    int fd = open_key(path);
    if (fd < 0 && errno == ENOENT) {
        enum err err = secret_key_make(path, reason);
        if (err != OK)
            return err;
        fd = open_key(path);
    }
    return read_open_key(fd, path, out, reason);
}

enum err secret_key_read(const char *path, struct buf *out, char reason[SECRET_KEY_REASON_BYTES])
{
    return read_open_key(open_key(path), path, out, reason);
}
