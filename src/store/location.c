#include "store/location.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { REASON_BYTES = 256 };

/* A path in a reason is cut, so that the words behind it stay. */
#define PATH_FMT "%.140s"

enum err location_check(const char *location, char reason[256])
{
    if (location[0] == '\0') {
        (void)snprintf(reason, REASON_BYTES,
                       "no database is named: give the path of an SQLite file");
        return ERR_SYNTAX;
    }
    if (strcmp(location, ":memory:") == 0) {
        (void)snprintf(reason, REASON_BYTES,
                       ":memory: would be a database of its own for each thread:"
                       " give the path of a file");
        return ERR_SYNTAX;
    }
    if (strstr(location, "://") != NULL) {
        (void)snprintf(reason, REASON_BYTES,
                       PATH_FMT ": this build knows only SQLite: give the path of a file",
                       location);
        return ERR_SYNTAX;
    }
    return OK;
}

void location_make(const char *location)
{
    /* O_EXCL: closing a file that SQLite has open in this process would drop its locks (POSIX). */
    int fd = open(location, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (fd >= 0)
        (void)close(fd);
}

/* The directory part of the path: "." for a bare name. */
static void directory_of(const char *location, char directory[REASON_BYTES])
{
    const char *slash = strrchr(location, '/');
    size_t len = slash == NULL ? 0 : (size_t)(slash - location);
    if (slash == NULL)
        (void)snprintf(directory, REASON_BYTES, ".");
    else if (len == 0)
        (void)snprintf(directory, REASON_BYTES, "/");
    else
        (void)snprintf(directory, REASON_BYTES, "%.*s", (int)(len < 4096 ? len : 4096), location);
}

/* The words for what the file system has against it, or NULL. *subject: what they are about. */
static const char *find_fault(const char *location, const char *directory, enum db_role role,
                              const char **subject)
{
    struct stat file;
    *subject = directory;
    if (stat(directory, &file) != 0)
        return "the directory does not exist or cannot be entered";
    if (!S_ISDIR(file.st_mode))
        return "not a directory";
    *subject = location;
    if (stat(location, &file) == 0) {
        if (S_ISDIR(file.st_mode))
            return "a directory, not a file: give the path of a file in it";
        if (faccessat(AT_FDCWD, location, R_OK, AT_EACCESS) != 0)
            return "no permission to read the file";
        if (faccessat(AT_FDCWD, location, W_OK, AT_EACCESS) != 0)
            return "the file is read-only for this user: it must be writable";
    } else if (role == DB_READER) {
        return "there is no such database";
    }
    /* The WAL and its index lie beside the file, and readers make them as well as writers. */
    *subject = directory;
    if (faccessat(AT_FDCWD, directory, W_OK | X_OK, AT_EACCESS) != 0)
        return "the database's directory must be writable for this user";
    return NULL;
}

void location_explain(const char *location, enum db_role role, const char *otherwise,
                      char reason[256])
{
    char directory[REASON_BYTES];
    const char *subject;
    directory_of(location, directory);
    const char *fault = find_fault(location, directory, role, &subject);
    if (fault == NULL) {
        fault = otherwise;
        subject = location;
    }
    (void)snprintf(reason, REASON_BYTES, PATH_FMT ": %.100s", subject, fault);
}
