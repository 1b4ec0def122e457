#include "server/sandbox_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What kernels newer than our headers know (landlock(7)). */
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (UINT64_C(1) << 14)
#endif
#ifndef LANDLOCK_ACCESS_FS_IOCTL_DEV
#define LANDLOCK_ACCESS_FS_IOCTL_DEV (UINT64_C(1) << 15)
#endif
enum {
    NET_BIND_TCP = 1 << 0,
    NET_CONNECT_TCP = 1 << 1,
    SCOPE_ABSTRACT_UNIX_SOCKET = 1 << 0,
    SCOPE_SIGNAL = 1 << 1,
};

/* struct landlock_ruleset_attr of the newest version that we speak. An older kernel takes it if the
 * fields that it does not know are 0. */
struct ruleset {
    uint64_t fs;
    uint64_t net;
    uint64_t scoped;
};

/* What each version of Landlock added. A right that is handled and that no rule gives back is gone.
 */
static const struct {
    unsigned version;
    struct ruleset handled;
} versions[] = {
    {1,
     {.fs = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |
            LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR |
            LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
            LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR |
            LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |
            LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |
            LANDLOCK_ACCESS_FS_MAKE_SYM}},
    {2, {.fs = LANDLOCK_ACCESS_FS_REFER}},
    {3, {.fs = LANDLOCK_ACCESS_FS_TRUNCATE}},
    {4, {.net = NET_BIND_TCP | NET_CONNECT_TCP}},
    {5, {.fs = LANDLOCK_ACCESS_FS_IOCTL_DEV}},
    {6, {.scoped = SCOPE_ABSTRACT_UNIX_SOCKET | SCOPE_SIGNAL}},
};

static const uint64_t rights_of_file[] = {
    [SANDBOX_READ] = LANDLOCK_ACCESS_FS_READ_FILE,
    [SANDBOX_CHANGE] =
        LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE,
};

/* SQLite opens a directory to make the names in it durable; that is reading it. */
static const uint64_t rights_of_directory[] = {
    [SANDBOX_READ] = LANDLOCK_ACCESS_FS_READ_DIR,
    [SANDBOX_CHANGE] =
        LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE,
};

enum err sandbox_allow(struct sandbox_plan *plan, const char *path, enum sandbox_right right)
{
    size_t len = strlen(path);
    if (plan->file_count == SANDBOX_FILES_MAX || len >= SANDBOX_PATH_BYTES)
        return ERR_LIMIT;
    struct sandbox_file *file = &plan->files[plan->file_count++];
    memcpy(file->path, path, len + 1);
    file->right = right;
    return OK;
}

static enum err allow_directory_of(struct sandbox_plan *plan, const char *path,
                                   enum sandbox_right right)
{
    char directory[SANDBOX_PATH_BYTES];
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        return sandbox_allow(plan, ".", right);
    size_t len = slash == path ? 1 : (size_t)(slash - path);
    if (len >= sizeof directory)
        return ERR_LIMIT;
    memcpy(directory, path, len);
    directory[len] = '\0';
    return sandbox_allow(plan, directory, right);
}

enum err sandbox_allow_beside(struct sandbox_plan *plan, const char *path, enum sandbox_right right)
{
    enum err err = allow_directory_of(plan, path, right);
    char *real = err == OK ? realpath(path, NULL) : NULL;
    if (real != NULL)
        err = allow_directory_of(plan, real, right);
    free(real);
    return err;
}

static int create_ruleset(const struct ruleset *ruleset, size_t size, unsigned flags)
{
    return (int)syscall(SYS_landlock_create_ruleset, ruleset, size, flags);
}

/* Give one file or directory back. */
static enum err add_rule(int ruleset_fd, const struct ruleset *handled,
                         const struct sandbox_file *file)
{
    struct stat status;
    enum err err = OK;
    int fd = open(file->path, O_PATH | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? OK : ERR_IO;
    if (fstat(fd, &status) != 0)
        err = ERR_IO;
    /* Rights of directories are refused for anything else. */
    uint64_t rights = rights_of_file[file->right];
    if (S_ISDIR(status.st_mode))
        rights |= rights_of_directory[file->right];
    struct landlock_path_beneath_attr rule = {
        .allowed_access = rights & handled->fs,
        .parent_fd = fd,
    };
    if (err == OK &&
        syscall(SYS_landlock_add_rule, ruleset_fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0)
        err = ERR_IO;
    (void)close(fd);
    return err;
}

enum err sandbox_files_restrict(const struct sandbox_plan *plan, unsigned *version)
{
    struct ruleset handled = {0};
    int answer = create_ruleset(NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    *version = answer > 0 ? (unsigned)answer : 0;
    if (*version == 0)
        return OK;
    for (size_t i = 0; i < COUNT_OF(versions); i++) {
        if (versions[i].version > *version)
            continue;
        handled.fs |= versions[i].handled.fs;
        handled.net |= versions[i].handled.net;
        handled.scoped |= versions[i].handled.scoped;
    }
    int fd = create_ruleset(&handled, sizeof handled, 0);
    if (fd < 0)
        return ERR_IO;
    enum err err = OK;
    for (size_t i = 0; i < plan->file_count && err == OK; i++)
        err = add_rule(fd, &handled, &plan->files[i]);
    if (err == OK && syscall(SYS_landlock_restrict_self, fd, 0) != 0)
        err = ERR_IO;
    (void)close(fd);
    return err;
}
