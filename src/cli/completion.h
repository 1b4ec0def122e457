/* completion.h - scripts that teach a shell to complete confab's command line, made from the tables
 * of commands and options. */
#ifndef CONFAB_CLI_COMPLETION_H
#define CONFAB_CLI_COMPLETION_H

#include "base/buf.h"

void completion_append_bash(struct buf *out);
void completion_append_zsh(struct buf *out);

#endif
