/* password_input.h - a password from standard input: not from the command line, which every user of
 * the machine can read. */
#ifndef CONFAB_CLI_PASSWORD_INPUT_H
#define CONFAB_CLI_PASSWORD_INPUT_H

#include "base/buf.h"

enum { PASSWORD_INPUT_REASON_BYTES = 128 };

/* Read everything until the end of fd into out; one line ending behind it does not belong to the
 * password. ERR_SYNTAX (empty, only blanks, not UTF-8), ERR_LIMIT (longer than PASSWORD_BYTES_MAX),
 * ERR_IO, ERR_MEMORY: reason is one line. The caller ends out with password_wipe() in every case.
 */
CHECKED enum err password_input_read(int fd, struct buf *out,
                                     char reason[PASSWORD_INPUT_REASON_BYTES]);

/* Free the buffer; nothing of the password stays in memory. */
void password_wipe(struct buf *password);

#endif
