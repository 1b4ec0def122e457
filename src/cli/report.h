/* report.h - how a subcommand speaks: results on standard output, one line "confab: …" on standard
 * error. */
#ifndef CONFAB_CLI_REPORT_H
#define CONFAB_CLI_REPORT_H

#include "base/arena.h"
#include "base/buf.h"

enum { REPORT_LINE_BYTES_MAX = 1024 }; /* of an error; a longer one is cut */

/* Print "confab: " and the message on standard error and return the status, so that a command ends
 * with `return report_error(STATUS_FAILED, …)`. */
int report_error(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same for what the database or standard output did not let us do: what that was, and the error
 * in words. Status 1. */
int report_failure(const char *doing, enum err err);

/* Write the text to standard output. ERR_MEMORY: the buffer had failed; ERR_CLOSED: standard output
 * takes no more. */
CHECKED enum err report_print(const struct buf *text);

/* Print the text and turn the outcome into an exit status. */
int report_finish(const struct buf *text);

/* Append a text from the database for a terminal's eyes: control characters, which could do
 * anything to it, become "?". */
void report_append_visible(struct buf *out, struct bytes text);

/* The same as a copy in the arena. ERR_MEMORY. */
CHECKED enum err report_copy_visible(struct arena *arena, struct bytes text, struct bytes *out);

#endif
