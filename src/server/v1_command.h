/* v1_command.h - what each command of confab.v1 does: one row of a table for each. */
#ifndef CONFAB_SERVER_V1_COMMAND_H
#define CONFAB_SERVER_V1_COMMAND_H

#include "chat/command.h"
#include "server/v1.h"

void v1_command_run(struct v1 *v1, const struct command *command);

#endif
