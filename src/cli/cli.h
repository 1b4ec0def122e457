/* cli.h - the program: from the words of the command line to an exit status. */
#ifndef CONFAB_CLI_CLI_H
#define CONFAB_CLI_CLI_H

/* Run the command that the words name. environment: "NAME=value", NULL at the end.
 * Returns the exit status: 0 done, 1 it could not be done, 2 it was not understood. */
int cli_main(int argc, char *const *argv, char *const *environment);

#endif
