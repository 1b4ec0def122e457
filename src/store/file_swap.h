/* file_swap.h - whole files that appear under their names at once, or not at all.
 *
 * The store's own; for backup.c. Every failure leaves errno.
 */
#ifndef CONFAB_STORE_FILE_SWAP_H
#define CONFAB_STORE_FILE_SWAP_H

#include <stdbool.h>
#include "base/err.h"

/* "PATH" + ending into out. ERR_LIMIT: it does not fit. */
CHECKED enum err file_name(const char *path, const char *ending, char out[], unsigned out_bytes);

/* Make a new empty file beside path, mode 0600; its name in out. */
CHECKED enum err file_make_beside(const char *path, char out[], unsigned out_bytes);

/* Copy all bytes of one file into another, which exists, and put them on the disk. */
CHECKED enum err file_copy(const char *from, const char *to);

/* Put the file's bytes, or the directory's entries that holds path, on the disk. */
CHECKED enum err file_sync(const char *path);
CHECKED enum err file_sync_directory(const char *path);

/* Give the file its name, which nobody has. ERR_CONFLICT: somebody has it. */
CHECKED enum err file_publish(const char *from, const char *to);

/* Take the lock that a program which has the SQLite database open (WAL), or is using it (other
 * journals), always holds part of. *fd holds it until it is closed; until then this process must
 * not open the database otherwise. ERR_BUSY: another process has it. */
CHECKED enum err file_lock_database(const char *path, int *fd);

#endif
