/* config_file.h - lines "name = value"; "#" begins a comment at the start of a line or after a
 * blank. */
#ifndef CONFAB_CLI_CONFIG_FILE_H
#define CONFAB_CLI_CONFIG_FILE_H

#include "base/arena.h"

struct config_line {
    struct bytes name;
    struct bytes value; /* without blanks at its ends */
    unsigned number;    /* in the file, from 1 */
};

/* A reader's place in the file's text. */
struct config_file {
    struct bytes rest;
    unsigned number; /* lines taken so far */
};

/* Take the next line that says something. Its texts are pieces of the file's.
 * ERR_NOT_FOUND: there are no more. ERR_SYNTAX: it is not "name = value", or holds a NUL;
 * line->number tells which. */
CHECKED enum err config_file_next(struct config_file *file, struct config_line *line);

/* Read the whole file into the arena. ERR_LIMIT: more than max bytes; ERR_IO: errno says why;
 * ERR_MEMORY. */
CHECKED enum err config_file_read(const char *path, size_t max, struct arena *arena,
                                  struct config_file *out);

#endif
