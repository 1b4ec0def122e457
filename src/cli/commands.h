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
    COMMAND_CHECK,
    COMMAND_BACKUP,
    COMMAND_RESTORE,
    COMMAND_USER_ADD,
    COMMAND_USER_LIST,
    COMMAND_USER_SHOW,
    COMMAND_USER_PASSWD,
    COMMAND_USER_RENAME,
    COMMAND_USER_ACTIVATE,
    COMMAND_USER_DEACTIVATE,
    COMMAND_USER_STAFF,
    COMMAND_USER_DELETE,
    COMMAND_CHAT_ADD,
    COMMAND_CHAT_LIST,
    COMMAND_CHAT_SHOW,
    COMMAND_CHAT_RENAME,
    COMMAND_CHAT_DELETE,
    COMMAND_CHAT_ADD_PARTICIPANT,
    COMMAND_CHAT_REMOVE_PARTICIPANT,
    COMMAND_CHAT_ROLE,
    COMMAND_CHAT_KIND,
    COMMAND_CHAT_RECEIPTS,
    COMMAND_MESSAGE_LIST,
    COMMAND_MESSAGE_SEND,
    COMMAND_NOTICE_SEND,
    COMMAND_NOTICE_LIST,
    COMMAND_NOTICE_END,
    COMMAND_SESSION_LIST,
    COMMAND_SESSION_END,
    COMMAND_CONFIG_CHECK,
    COMMAND_CONFIG_SHOW,
    COMMAND_COMPLETION,
    COMMAND_MAN,
    COMMAND_DEMO,
    COMMAND_VERSION,
    COMMAND_COUNT,
};

struct command {
    const char *name;      /* one word, or group and action: "user add" */
    const char *arguments; /* the words that it wants besides options, "CHAT NAME"; one in brackets
                              may be missing; NULL: none */
    const char *summary;   /* one line for the list of commands */
    const char *details;   /* a paragraph for its own help */
    int (*run)(struct settings *settings); /* returns the exit status */
    bool wants_provenance; /* is run with faulty settings too, and told all that is wrong */
};

extern const struct command commands[COMMAND_COUNT];

/* Which command do these words name? *used counts the words that belong to the name.
 * ERR_NOT_FOUND: none. ERR_PARTIAL: the first word is a group and the action behind it is missing
 * or unknown. */
CHECKED enum err command_find(size_t count, char *const *words, enum command_id *id, size_t *used);

/* The group of the command's name if it has one: "user" of "user add"; else empty. */
struct bytes command_group(const struct command *command);

/* The word that stands for the argument of that index in help texts, without brackets; empty: the
 * command takes no more. */
struct bytes command_argument(const struct command *command, size_t index, bool *is_required);

/* Options of `serve` that mean nothing without another one: the words for it. NULL: all is well. */
const char *serve_what_is_missing(const struct server_settings *settings);

int command_serve(struct settings *settings);
int command_migrate(struct settings *settings);
int command_check(struct settings *settings);
int command_backup(struct settings *settings);
int command_restore(struct settings *settings);
int command_user_add(struct settings *settings);
int command_user_list(struct settings *settings);
int command_user_show(struct settings *settings);
int command_user_passwd(struct settings *settings);
int command_user_rename(struct settings *settings);
int command_user_activate(struct settings *settings);
int command_user_deactivate(struct settings *settings);
int command_user_staff(struct settings *settings);
int command_user_delete(struct settings *settings);
int command_chat_add(struct settings *settings);
int command_chat_list(struct settings *settings);
int command_chat_show(struct settings *settings);
int command_chat_rename(struct settings *settings);
int command_chat_delete(struct settings *settings);
int command_chat_add_participant(struct settings *settings);
int command_chat_remove_participant(struct settings *settings);
int command_chat_role(struct settings *settings);
int command_chat_kind(struct settings *settings);
int command_chat_receipts(struct settings *settings);
int command_message_list(struct settings *settings);
int command_message_send(struct settings *settings);
int command_notice_send(struct settings *settings);
int command_notice_list(struct settings *settings);
int command_notice_end(struct settings *settings);
int command_session_list(struct settings *settings);
int command_session_end(struct settings *settings);
int command_config_check(struct settings *settings);
int command_config_show(struct settings *settings);
int command_completion(struct settings *settings);
int command_man(struct settings *settings);
int command_demo(struct settings *settings);
int command_version(struct settings *settings);
int command_count(struct settings *settings);

#endif
