/* options.h - every option there is, as one table: what it is called, what it takes, who takes it,
 * where it lands.
 *
 * Flags, environment, configuration file, help texts (and later completion and manual pages) are
 * all made from it. Does not know: where a value came from (parse.h), how its text is read
 * (values.h).
 */
#ifndef CONFAB_CLI_OPTIONS_H
#define CONFAB_CLI_OPTIONS_H

#include "cli/commands.h"
#include "cli/settings.h"

enum {
    OPTION_NAME_BYTES_MAX = 32,
    OPTION_WHY_BYTES = 256, /* of the words for a bad value */

    SESSION_AGE_S_MIN = 60,
    SESSION_AGE_S_MAX = 10 * 365 * 86400,
    TIMEOUT_S_MAX = 3600,       /* of clients that speak HTTP */
    PING_INTERVAL_S_MAX = 3600, /* routers forget a silent connection long before */
    MESSAGE_RATE_MAX = 1000000, /* a second; more is better said as "off" */
    MESSAGE_BURST_MAX = 1000000,
    LOGIN_RATE_MAX = 100000, /* a minute */

    COOKIE_NAME_BYTES_MAX = 64,
    COOKIE_DOMAIN_BYTES_MAX = 253, /* of a host name (RFC 1035, section 2.3.4) */
    COOKIE_PATH_BYTES_MAX = 256,
};

/* A command's place in a set of commands. */
#define COMMAND_BIT(id) (UINT64_C(1) << (id))

/* The most that --upload-max and --upload-quota can say: 1 TiB. */
#define UPLOAD_BYTES_MAX (INT64_C(1) << 40)

enum option_type {
    OPTION_FLAG,    /* bool: yes or no */
    OPTION_TEXT,    /* const char *; check() judges it if there is one */
    OPTION_NUMBER,  /* unsigned, min to max */
    OPTION_SECONDS, /* int64_t, min to max */
    OPTION_RATE,    /* unsigned, min to max, or "off", which is 0 */
    OPTION_CHOICE,  /* an enum or unsigned: the index of the word in choices */
    OPTION_LIST, /* any number of values; take() puts each where it belongs, offset is that of their
                    count (size_t) */
};

struct option {
    const char
        *name; /* "session-age": --session-age, CONFAB_SESSION_AGE, "session-age = …" in the file */
    const char
        *argument; /* what stands for the value in help texts: "SECONDS"; NULL for OPTION_FLAG */
    enum option_type type;
    uint64_t commands;   /* COMMAND_BIT() of those that take it */
    bool is_only_a_flag; /* belongs to one call, not to the site: not read from environment and file
                          */
    bool is_not_in_file; /* in the environment, but not in the file */
    bool is_live;        /* a running server takes a new value from SIGHUP on */
    const char *initial; /* the default, as a user would write it; NULL: nothing */
    const char *help;    /* one line, without the default */
    size_t offset;       /* in struct settings */
    bool is_of_texts;    /* of a list: its values are texts, */
    size_t texts;        /* and the first one is there */
    uint64_t min;
    uint64_t max;
    const char *unit;           /* of a number: "seconds" */
    const char *const *choices; /* NULL at the end */
    /* Whether the text will do. If not, *why says what would. */
    enum err (*check)(const char *text, char why[OPTION_WHY_BYTES]);
    /* Add one value to its list. The text stays where it is. */
    enum err (*take)(struct settings *settings, const char *text, char why[OPTION_WHY_BYTES]);
};

extern const struct option options[];
extern const size_t option_count;

/* The option of that name. NULL: there is none. */
const struct option *option_find(struct bytes name);

/* The name most like that one among the options of a command. NULL: none is near enough. */
const char *option_suggest(struct bytes name, enum command_id command);

/* "CONFAB_SESSION_AGE". */
enum { OPTION_VARIABLE_BYTES_MAX = OPTION_NAME_BYTES_MAX + 8 };
void option_variable(const struct option *option, char out[OPTION_VARIABLE_BYTES_MAX]);

static inline bool option_is_of(const struct option *option, enum command_id command)
{
    return (option->commands & COMMAND_BIT(command)) != 0;
}

#endif
