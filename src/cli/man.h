/* man.h - the manual pages, made from the tables of commands and options, in mdoc(7). */
#ifndef CONFAB_CLI_MAN_H
#define CONFAB_CLI_MAN_H

#include "base/buf.h"
#include "cli/commands.h"

void man_append_program(struct buf *out);                     /* confab(1) */
void man_append_command(struct buf *out, enum command_id id); /* confab-user-add(1) */
void man_append_config(struct buf *out);                      /* confab.conf(5) */

/* "user add" as part of a page's name: "confab-user-add". */
enum { MAN_NAME_BYTES_MAX = 64 };
void man_name(enum command_id id, char out[MAN_NAME_BYTES_MAX]);

#endif
