/* v1_commands.h - the commands of confab.v1 that are more than a few lines; v1_command.c has the
 * table of all. */
#ifndef CONFAB_SERVER_V1_COMMANDS_H
#define CONFAB_SERVER_V1_COMMANDS_H

#include "chat/command.h"
#include "server/v1.h"

void v1_run_subscribe(struct v1 *v1, const struct command *command);
void v1_run_unsubscribe(struct v1 *v1, const struct command *command);
void v1_run_change(struct v1 *v1, const struct command *command);
void v1_run_chats(struct v1 *v1, const struct command *command);
void v1_run_history(struct v1 *v1, const struct command *command);

#endif
