#include "cli/parse.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include "base/log.h"
#include "cli/config_file.h"
#include "cli/provenance.h"
#include "cli/suggest.h"
#include "cli/values.h"

/* One flag of the command line, taken apart and not yet judged. */
struct flag {
    const struct option *option;
    const char *value;
};

struct parse {
    struct settings *settings;
    const struct sources *sources;
    enum command_id command;
    struct flag *flags; /* FLAGS_MAX of them, in the arena */
    size_t flag_count;
    char *reason; /* PARSE_REASON_BYTES */
};

static enum err fail(struct parse *parse, enum err err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static enum err fail(struct parse *parse, enum err err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(parse->reason, PARSE_REASON_BYTES, format, args);
    va_end(args);
    struct provenance *provenance = parse->settings->provenance;
    if (provenance == NULL || err == ERR_MEMORY)
        return err;
    /* All faults are wanted: note this one and go on. */
    buf_printf(&provenance->faults, "%s\n", parse->reason);
    provenance->fault_count++;
    return buf_status(&provenance->faults);
}

/* The command takes no option of this name: is it another command's, or was another name meant?
 * where and dashes stand before the name. */
static enum err fail_unknown(struct parse *parse, const char *where, const char *dashes,
                             struct bytes name)
{
    enum { NAME_BYTES_SHOWN = 60 };
    const char *command = commands[parse->command].name;
    const struct option *option = option_find(name);
    struct bytes shown =
        bytes_first(name, name.len < NAME_BYTES_SHOWN ? name.len : NAME_BYTES_SHOWN);
    if (option != NULL && !option_is_of(option, parse->command))
        return fail(parse, ERR_SYNTAX, "confab %s does not take --%s", command, option->name);
    const char *meant = option_suggest(name, parse->command);
    if (meant == NULL)
        return fail(parse, ERR_SYNTAX,
                    "%sunknown option %s%.*s; \"confab help %s\" lists those that there are", where,
                    dashes, BYTES_FMT(shown), command);
    return fail(parse, ERR_SYNTAX, "%sunknown option %s%.*s; did you mean %s%s?", where, dashes,
                BYTES_FMT(shown), dashes[0] != '\0' ? "--" : "", meant);
}

/* Take a word "--name" or "--name=value" apart; a value may be the word behind it. */
static enum err read_flag(struct parse *parse, size_t *at)
{
    const struct sources *sources = parse->sources;
    const char *word = sources->words[*at];
    struct bytes name = bytes_from_text(word + strspn(word, "-"));
    size_t equals = bytes_index(name, '=');
    const char *value = equals < name.len ? (const char *)name.data + equals + 1 : NULL;
    name = bytes_first(name, equals);
    const struct option *option = word[1] == '-' ? option_find(name) : NULL;
    if (option == NULL || !option_is_of(option, parse->command))
        return fail_unknown(parse, "", word[1] == '-' ? "--" : "-", name);
    if (value == NULL && option->type == OPTION_FLAG)
        value = "yes";
    /* A forgotten value must not swallow the next option; "--name=--value" says it on purpose. */
    bool is_next_a_value =
        *at + 1 < sources->word_count && strncmp(sources->words[*at + 1], "--", 2) != 0;
    if (value == NULL && is_next_a_value)
        value = sources->words[++*at];
    if (value == NULL)
        return fail(parse, ERR_SYNTAX, "--%s needs a value: --%s %s", option->name, option->name,
                    option->argument);
    if (parse->flag_count == FLAGS_MAX)
        return fail(parse, ERR_LIMIT, "too many options: at most %d are read", FLAGS_MAX);
    parse->flags[parse->flag_count++] = (struct flag) {option, value};
    return OK;
}

static enum err read_argument(struct parse *parse, const char *word)
{
    const struct command *command = &commands[parse->command];
    struct settings *settings = parse->settings;
    char quote[LOG_QUOTE_BYTES];
    bool is_required;
    if (command_argument(command, settings->argument_count, &is_required).len == 0)
        return fail(parse, ERR_SYNTAX, "confab %s: unexpected %s", command->name,
                    log_quote(quote, bytes_from_text(word)));
    assert(settings->argument_count < CLI_ARGUMENTS_MAX);
    settings->arguments[settings->argument_count++] = word;
    return OK;
}

static enum err check_arguments(struct parse *parse)
{
    const struct command *command = &commands[parse->command];
    bool is_required;
    struct bytes missing = command_argument(command, parse->settings->argument_count, &is_required);
    if (!is_required)
        return OK;
    return fail(parse, ERR_SYNTAX, "confab %s needs a %.*s: confab %s %s …", command->name,
                BYTES_FMT(missing), command->name, command->arguments);
}

/* Sort the command line into flags and other words, so that --config is known before anything is
 * judged. */
static enum err read_command_line(struct parse *parse)
{
    const struct sources *sources = parse->sources;
    bool are_options_over = false;
    enum err err = OK;
    for (size_t at = 0; at < sources->word_count && err == OK; at++) {
        const char *word = sources->words[at];
        if (are_options_over || word[0] != '-' || word[1] == '\0')
            err = read_argument(parse, word);
        else if (strcmp(word, "--") == 0)
            are_options_over = true;
        else
            err = read_flag(parse, &at);
    }
    return err == OK ? check_arguments(parse) : err;
}

/* Judge and store a value; where says whose it is if it is bad. */
static enum err set(struct parse *parse, const struct option *option, const char *value,
                    const char *where)
{
    char why[OPTION_WHY_BYTES];
    struct provenance *provenance = parse->settings->provenance;
    enum err err = value_set(option, parse->settings, value, why);
    if (err != OK)
        return fail(parse, err, "%s: %s", where, why);
    if (provenance != NULL)
        provenance_note(&provenance->origins[option - options], option, value, where);
    return OK;
}

/* A place names a list: what weaker places said of it does not count. */
static void clear_list(struct parse *parse, const struct option *option)
{
    struct provenance *provenance = parse->settings->provenance;
    value_clear_list(option, parse->settings);
    if (provenance != NULL)
        provenance_clear(&provenance->origins[option - options]);
}

/* The environment's value of the option. NULL: none. An empty one is none too: that is how shells
 * and containers unset. */
static const char *from_environment(const struct parse *parse, const struct option *option,
                                    char variable[OPTION_VARIABLE_BYTES_MAX])
{
    option_variable(option, variable);
    size_t len = strlen(variable);
    for (char *const *at = parse->sources->environment; *at != NULL; at++) {
        if (strncmp(*at, variable, len) == 0 && (*at)[len] == '=' && (*at)[len + 1] != '\0')
            return *at + len + 1;
    }
    return NULL;
}

static enum err apply_defaults(struct parse *parse)
{
    enum err err = OK;
    for (size_t i = 0; i < option_count && err == OK; i++) {
        if (options[i].initial != NULL)
            err = set(parse, &options[i], options[i].initial, options[i].name);
        if (err == OK && parse->settings->provenance != NULL)
            parse->settings->provenance->origins[i].is_set = false;
    }
    return err;
}

static enum err apply_line(struct parse *parse, const struct config_line *line,
                           bool is_list_begun[])
{
    enum { PATH_BYTES_SHOWN = 120 };
    char where[PATH_BYTES_SHOWN + 2 * OPTION_NAME_BYTES_MAX];
    const char *path = parse->settings->config;
    const struct option *option = option_find(line->name);
    (void)snprintf(where, sizeof where, "%.*s:%u: ", PATH_BYTES_SHOWN, path, line->number);
    if (option == NULL)
        return fail_unknown(parse, where, "", line->name);
    if (option->is_only_a_flag || option->is_not_in_file)
        return fail(parse, ERR_SYNTAX, "%s\"%s\" has no place in a configuration file", where,
                    option->name);
    if (!option_is_of(option, parse->command))
        return OK; /* one file serves all commands */
    (void)snprintf(where, sizeof where, "%.*s:%u: %s", PATH_BYTES_SHOWN, path, line->number,
                   option->name);
    size_t index = (size_t)(option - options);
    if (option->type == OPTION_LIST && !is_list_begun[index])
        clear_list(parse, option);
    is_list_begun[index] = true; /* a list may stand on several lines */
    struct bytes value;
    enum err err = arena_copy(&parse->settings->arena, line->value, &value);
    return err == OK ? set(parse, option, (const char *)value.data, where) : err;
}

static enum err apply_file(struct parse *parse)
{
    struct settings *settings = parse->settings;
    if (settings->config == NULL)
        return OK;
    struct config_file file;
    enum err err =
        config_file_read(settings->config, CONFIG_FILE_BYTES_MAX, &settings->arena, &file);
    if (err == ERR_IO)
        return fail(parse, err, "cannot read the configuration file %.120s: %s", settings->config,
                    strerror(errno));
    if (err == ERR_LIMIT)
        return fail(parse, err, "the configuration file %.120s is larger than %d bytes",
                    settings->config, CONFIG_FILE_BYTES_MAX);
    bool *is_list_begun = arena_alloc(&settings->arena, option_count * sizeof *is_list_begun);
    if (is_list_begun == NULL)
        return ERR_MEMORY;
    while (err == OK) {
        struct config_line line;
        err = config_file_next(&file, &line);
        if (err == ERR_NOT_FOUND)
            return OK;
        if (err == ERR_SYNTAX)
            err = fail(parse, err, "%.120s:%u: a line says \"name = value\"", settings->config,
                       line.number);
        else
            err = apply_line(parse, &line, is_list_begun);
    }
    return err;
}

static enum err apply_environment(struct parse *parse)
{
    enum err err = OK;
    for (size_t i = 0; i < option_count && err == OK; i++) {
        const struct option *option = &options[i];
        char variable[OPTION_VARIABLE_BYTES_MAX];
        if (option->is_only_a_flag || !option_is_of(option, parse->command))
            continue;
        const char *value = from_environment(parse, option, variable);
        if (value == NULL)
            continue;
        if (option->type == OPTION_LIST)
            clear_list(parse, option);
        err = set(parse, option, value, variable);
    }
    return err;
}

static enum err apply_flags(struct parse *parse)
{
    enum err err = OK;
    for (size_t i = 0; i < parse->flag_count && err == OK; i++) {
        if (parse->flags[i].option->type == OPTION_LIST)
            clear_list(parse, parse->flags[i].option);
    }
    for (size_t i = 0; i < parse->flag_count && err == OK; i++) {
        char where[OPTION_NAME_BYTES_MAX + 3];
        (void)snprintf(where, sizeof where, "--%s", parse->flags[i].option->name);
        err = set(parse, parse->flags[i].option, parse->flags[i].value, where);
    }
    return err;
}

/* Which file to read is said by a flag or the environment; it must be known before the file's turn.
 */
static enum err find_config(struct parse *parse)
{
    const struct option *option = option_find(BYTES("config"));
    char variable[OPTION_VARIABLE_BYTES_MAX];
    if (!option_is_of(option, parse->command))
        return OK;
    const char *value = from_environment(parse, option, variable);
    for (size_t i = 0; i < parse->flag_count; i++) {
        if (parse->flags[i].option == option)
            value = parse->flags[i].value;
    }
    return value != NULL ? set(parse, option, value, "--config") : OK;
}

/* A list that must not be empty, and is: also one that was emptied on purpose. */
static enum err check_lists(struct parse *parse)
{
    const struct provenance *provenance = parse->settings->provenance;
    if (provenance != NULL && provenance->fault_count > 0)
        return OK; /* it may be empty for a fault that has been told */
    for (size_t i = 0; i < option_count; i++) {
        const struct option *option = &options[i];
        if (option->type != OPTION_LIST || !option_is_of(option, parse->command))
            continue;
        if (value_list_count(option, parse->settings) < option->min)
            return fail(parse, ERR_SYNTAX, "--%s is needed at least once: --%s %s", option->name,
                        option->name, option->argument);
    }
    return OK;
}

/* The secret key file lies beside the database unless somebody says otherwise. */
static enum err place_secret_key(struct settings *settings)
{
    if (settings->server.secret_key_file != NULL)
        return OK;
    struct bytes database = bytes_from_text(settings->server.database);
    size_t slash = bytes_last_index(database, '/');
    struct buf path = {0};
    if (slash < database.len)
        buf_append(&path, bytes_first(database, slash + 1));
    buf_append_text(&path, "confab.secret");
    struct bytes copy = NO_BYTES;
    enum err err = buf_status(&path);
    if (err == OK)
        err = arena_copy(&settings->arena, buf_bytes(&path), &copy);
    settings->server.secret_key_file = (const char *)copy.data;
    buf_free(&path);
    return err;
}

/* The hasher's policy, unless the iterations are said on their own. */
static void settle_password_policy(struct server_settings *server)
{
    server->password_policy = password_policy_at(server->password_hasher);
    if (server->pbkdf2_iterations != 0)
        server->password_policy.iterations = server->pbkdf2_iterations;
}

enum err settings_parse(struct settings *settings, enum command_id command,
                        const struct sources *sources, char reason[PARSE_REASON_BYTES])
{
    enum err (*const stages[])(struct parse * parse) = {
        read_command_line, find_config,       apply_defaults,
        apply_file,        apply_environment, apply_flags, /* the strongest comes last */
        check_lists,
    };
    struct parse parse = {
        .settings = settings, .sources = sources, .command = command, .reason = reason};
    settings->sources = sources;
    (void)snprintf(reason, PARSE_REASON_BYTES, "no memory");
    parse.flags = arena_alloc(&settings->arena, FLAGS_MAX * sizeof *parse.flags);
    enum err err = parse.flags != NULL ? OK : ERR_MEMORY;
    for (size_t i = 0; i < COUNT_OF(stages) && err == OK; i++)
        err = stages[i](&parse);
    if (err != OK)
        return err;
    settle_password_policy(&settings->server);
    return place_secret_key(settings);
}

void settings_deinit(struct settings *settings)
{
    arena_free(&settings->arena);
    *settings = (struct settings) {0};
}

bool parse_wants_help(size_t word_count, char *const *words)
{
    for (size_t i = 0; i < word_count && strcmp(words[i], "--") != 0; i++) {
        if (strcmp(words[i], "--help") == 0 || strcmp(words[i], "-h") == 0)
            return true;
    }
    return false;
}
