/* backup.h - a copy of the whole database in one file, made while others write; and back again.
 *
 * Knows: files, the SQLite file format's locks (https://www.sqlite.org/fileformat2.html, 1.4).
 * Does not know: what is in the tables, except that a backup must hold this version's or an
 * earlier one's. Blocks; for command-line tools.
 */
#ifndef CONFAB_STORE_BACKUP_H
#define CONFAB_STORE_BACKUP_H

#include "store/db.h"

enum {
    BACKUP_STEP_PAGES = 256,     /* copied at once (1 MiB): between two steps others get the disk */
    BACKUP_REASON_BYTES = 512,   /* of the words for an error */
    BACKUP_PATH_BYTES_MAX = 768, /* of a file's name with what is put behind it */
};

/* Copy what the database holds at this moment into a new file, mode 0600. Commits of others are
 * never held up: the copy is read from a snapshot. The WAL cannot be begun anew meanwhile, so it
 * grows by what they write. The file appears under its name only when it is whole, checked, and on
 * the disk; *bytes is its size. db is a reader.
 * ERR_CONFLICT: the file is there already; ERR_IO: also if the copy is damaged, as the database
 * then is; ERR_FULL, ERR_BUSY, ERR_LIMIT (name too long), ERR_MEMORY. reason is one line. */
CHECKED enum err backup_make(struct db *db, const char *path, int64_t *bytes,
                             char reason[BACKUP_REASON_BYTES]);

/* Put a copy of the backup in the place of the database. What was there is kept beside it, with
 * its WAL, under the name kept; empty if nothing was there.
 * Nothing has changed after: ERR_SYNTAX, ERR_DENIED (the backup is not a whole database of ours),
 * ERR_BUSY (somebody has the database open), ERR_IO, ERR_FULL, ERR_LIMIT, ERR_MEMORY. */
CHECKED enum err backup_restore(const char *path, const char *location, int64_t now_us,
                                char kept[BACKUP_PATH_BYTES_MAX], char reason[BACKUP_REASON_BYTES]);

#endif
