/* settings.h - what a run of the program was told: flags, environment and configuration file, read
 * and judged.
 *
 * The option table (options.c) says where each option lands here.
 */
#ifndef CONFAB_CLI_SETTINGS_H
#define CONFAB_CLI_SETTINGS_H

#include "base/arena.h"
#include "server/settings.h"

enum {
    CLI_PARTICIPANTS_MAX = 1000, /* of one `chat add` */
    CLI_ARGUMENTS_MAX = 3,       /* words that are no options, e.g. a user's name */
    CLI_LAST_MAX = 1000000,      /* messages that one `message list` shows */
};

struct sources;    /* parse.h */
struct provenance; /* provenance.h */

/* The user types by index; the words are what the database holds. */
enum { USER_TYPE_COUNT = 3 };
extern const char *const user_type_names[USER_TYPE_COUNT + 1]; /* NULL at the end */

struct settings {
    struct server_settings server;
    const char *config;        /* the configuration file; NULL: none */
    const char *channel_layer; /* "memory" */

    /* Of single subcommands. */
    const char *email;
    unsigned user_type; /* index into user_type_names */
    bool is_superuser;
    bool has_password_on_stdin;
    const char *participants[CLI_PARTICIPANTS_MAX];
    size_t participant_count;
    bool as_json;
    bool has_repair;          /* check: mend what can be mended */
    bool with_messages;       /* user delete: with everything that the user has written */
    const char *notice_at;    /* notice send: its time; NULL: none */
    const char *notice_code;  /* notice send: for programs */
    const char *session_user; /* session list, session end: whose; NULL: everybody's */
    bool has_all;             /* session end: every session */
    unsigned last_count;      /* message list: how many; 0: all */
    bool is_verbose;
    const char *arguments[CLI_ARGUMENTS_MAX];
    size_t argument_count;

    struct provenance *provenance; /* where each value came from; NULL: nobody asked */
    const struct sources *sources; /* what they were made from; borrowed */
    struct arena arena;            /* texts that neither argv nor the environment holds */
};

#endif
