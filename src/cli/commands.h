/* commands.h - the subcommands, as a table. Each has a file of its own, or shares one with its
 * group. */
#ifndef CONFAB_CLI_COMMANDS_H
#define CONFAB_CLI_COMMANDS_H

#include "cli/settings.h"

/* The process's exit status. */
enum {
    STATUS_OK = 0,
    STATUS_FAILED = 1, /* it could not be done */
    STATUS_USAGE = 2,  /* it was not understood */
};

enum command_id {
    COMMAND_SERVE,
    COMMAND_MIGRATE,
    COMMAND_USER_ADD,
    COMMAND_USER_LIST,
    COMMAND_USER_PASSWD,
    COMMAND_CHAT_ADD,
    COMMAND_CHAT_LIST,
    COMMAND_DEMO,
    COMMAND_VERSION,
    COMMAND_COUNT,
};

struct command {
    const char *name;     /* one word, or group and action: "user add" */
    const char *argument; /* the one word that it wants besides options; NULL: none */
    const char *summary;  /* one line for the list of commands */
    const char *details;  /* a paragraph for its own help */
    int (*run)(struct settings *settings); /* returns the exit status */
};

extern const struct command commands[COMMAND_COUNT];

/* Which command do these words name? *used counts the words that belong to the name.
 * ERR_NOT_FOUND: none. ERR_PARTIAL: the first word is a group and the action behind it is missing
 * or unknown. */
CHECKED enum err command_find(size_t count, char *const *words, enum command_id *id, size_t *used);

/* The group of the command's name if it has one: "user" of "user add"; else empty. */
struct bytes command_group(const struct command *command);

int command_serve(struct settings *settings);
int command_migrate(struct settings *settings);
int command_user_add(struct settings *settings);
int command_user_list(struct settings *settings);
int command_user_passwd(struct settings *settings);
int command_chat_add(struct settings *settings);
int command_chat_list(struct settings *settings);
int command_demo(struct settings *settings);
int command_version(struct settings *settings);

#endif
