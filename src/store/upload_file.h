/* upload_file.h - the files of uploads: one directory, a file for each, named by its id.
 *
 * Knows: files, and that what is not finished is taken away again. Does not know: names and types
 * that users give them, who may read which. Ids are made by us, so nothing that a user says gets
 * into a path. Thread: any; every function here may block on the disk.
 */
#ifndef CONFAB_STORE_UPLOAD_FILE_H
#define CONFAB_STORE_UPLOAD_FILE_H

#include "base/buf.h"

enum { UPLOAD_ID_BYTES = 32 }; /* hexadecimal digits of a random number */

/* A new id, ended by NUL. */
void upload_id_new(char out[UPLOAD_ID_BYTES + 1]);

/* Whether a text has the form of an id. */
bool upload_id_is_valid(struct bytes text);

/* Make the directory if it is missing (its parent must exist), readable for us alone; take away
 * files in it that nobody has gone on writing for a day. ERR_IO, ERR_DENIED: errno says why. */
CHECKED enum err upload_directory_prepare(const char *directory);

struct upload_file; /* opaque: one that is being written */

/* Begin a file. ERR_CONFLICT: the id is taken; ERR_FULL, ERR_IO, ERR_MEMORY. */
CHECKED enum err upload_file_new(const char *directory, const char *id, struct upload_file **out);

/* Add bytes at the end. ERR_FULL, ERR_IO. */
CHECKED enum err upload_file_append(struct upload_file *file, struct bytes bytes);

/* Make the file durable under its id, and let go of it. ERR_CONFLICT (the id is taken), ERR_FULL,
 * ERR_IO: it is to be abandoned. */
CHECKED enum err upload_file_finish(struct upload_file **file);

/* Take the unfinished file away; *file may be NULL, and is NULL then. */
void upload_file_abandon(struct upload_file **file);

/* Take a finished file away. It may be gone already. */
void upload_file_delete(const char *directory, const char *id);

/* Append up to max bytes of a finished file from an offset on. At its end nothing is appended.
 * ERR_NOT_FOUND: there is no such file; ERR_IO, ERR_MEMORY. */
CHECKED enum err upload_file_read(const char *directory, const char *id, uint64_t offset,
                                  size_t max, struct buf *out);

#endif
