/* help.h - the help texts, made from the tables of commands and options. */
#ifndef CONFAB_CLI_HELP_H
#define CONFAB_CLI_HELP_H

#include "base/buf.h"
#include "cli/commands.h"

/* Append what `confab --help` says. */
void help_append_all(struct buf *out);

/* Append what `confab COMMAND --help` says. */
void help_append_command(struct buf *out, enum command_id command);

/* Append the commands of one group, e.g. "user". */
void help_append_group(struct buf *out, struct bytes group);

#endif
