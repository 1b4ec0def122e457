/* parse.h - settings from four places: flags before environment before configuration file before
 * defaults.
 *
 * A list comes whole from the strongest place that names it.
 * Does not know: what the options are (options.h), what their values mean (values.h).
 */
#ifndef CONFAB_CLI_PARSE_H
#define CONFAB_CLI_PARSE_H

#include "cli/options.h"

enum {
    PARSE_REASON_BYTES = 512,             /* of the words for an error */
    CONFIG_FILE_BYTES_MAX = 256 * 1024,   /* a larger configuration file is refused */
    FLAGS_MAX = 2 * CLI_PARTICIPANTS_MAX, /* in one command line */
};

/* Where settings come from. Everything is borrowed and must live as long as the settings. */
struct sources {
    size_t word_count;
    char *const *words;       /* what follows the command's name */
    char *const *environment; /* "NAME=value", NULL at the end */
};

/* Fill the settings, which must be all zero, for a command. The caller ends them with
 * settings_deinit(), also after an error. ERR_SYNTAX, ERR_LIMIT, ERR_IO (the configuration file):
 * reason is one line that says where, what was wrong, and what would be right. ERR_MEMORY. */
CHECKED enum err settings_parse(struct settings *settings, enum command_id command,
                                const struct sources *sources, char reason[PARSE_REASON_BYTES]);

void settings_deinit(struct settings *settings);

/* Whether --help or -h is among the words. */
bool parse_wants_help(size_t word_count, char *const *words);

#endif
