#include "cli/cli.h"

#include <stdio.h>
#include <unistd.h>
#include "base/log.h"
#include "cli/commands.h"
#include "cli/help.h"
#include "cli/parse.h"
#include "cli/provenance.h"
#include "cli/report.h"
#include "cli/suggest.h"

static bool is_one_of(const char *word, const char *a, const char *b)
{
    return strcmp(word, a) == 0 || strcmp(word, b) == 0;
}

static int print_help(enum command_id command)
{
    struct buf text = {0};
    if (command == COMMAND_COUNT)
        help_append_all(&text);
    else
        help_append_command(&text, command);
    int status = report_finish(&text);
    buf_free(&text);
    return status;
}

static int print_group_help(struct bytes group)
{
    struct buf text = {0};
    help_append_group(&text, group);
    int status = report_finish(&text);
    buf_free(&text);
    return status;
}

static int fail_unknown_command(const char *word)
{
    char quote[LOG_QUOTE_BYTES];
    struct suggestion suggestion = {.typed = bytes_from_text(word)};
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        suggest_consider(&suggestion, commands[i].name);
    suggest_consider(&suggestion, "help");
    if (suggestion.best != NULL)
        return report_error(STATUS_USAGE, "unknown command %s; did you mean \"%s\"?",
                            log_quote(quote, bytes_from_text(word)), suggestion.best);
    return report_error(STATUS_USAGE,
                        "unknown command %s; \"confab --help\" lists those that there are",
                        log_quote(quote, bytes_from_text(word)));
}

/* The word names a group, and what it is to do is missing or unknown. */
static int fail_in_group(size_t word_count, char *const *words)
{
    struct buf actions = {0};
    char quote[LOG_QUOTE_BYTES];
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        struct bytes group = command_group(&commands[i]);
        if (group.len > 0 && bytes_is(group, words[0]))
            buf_printf(&actions, "%s%s", actions.len > 0 ? ", " : "",
                       commands[i].name + group.len + 1);
    }
    int status = STATUS_USAGE;
    if (word_count > 1)
        status = report_error(STATUS_USAGE, "unknown command %s behind \"%s\"; there are: %.*s",
                              log_quote(quote, bytes_from_text(words[1])), words[0],
                              BYTES_FMT(buf_bytes(&actions)));
    else
        status = report_error(STATUS_USAGE, "\"confab %s\" needs one of: %.*s", words[0],
                              BYTES_FMT(buf_bytes(&actions)));
    buf_free(&actions);
    return status;
}

/* `confab help [COMMAND]` */
static int help(size_t word_count, char *const *words)
{
    enum command_id command = COMMAND_COUNT;
    size_t used = 0;
    if (word_count == 0)
        return print_help(COMMAND_COUNT);
    enum err err = command_find(word_count, words, &command, &used);
    if (err == ERR_PARTIAL && word_count == 1)
        return print_group_help(bytes_from_text(words[0]));
    if (err == ERR_PARTIAL)
        return fail_in_group(word_count, words);
    if (err != OK)
        return fail_unknown_command(words[0]);
    return print_help(command);
}

static int run(enum command_id command, const struct sources *sources)
{
    struct settings settings = {0};
    struct provenance provenance = {0};
    char reason[PARSE_REASON_BYTES] = "no memory";
    int status = STATUS_USAGE;
    /* A command answers with one line; what the layers below would log on the way is for a server's
     * log. */
    log_configure(STDERR_FILENO, LOG_TEXT, LOG_ERROR);
    enum err err = OK;
    if (commands[command].wants_provenance) {
        provenance.origins =
            arena_alloc(&settings.arena, option_count * sizeof *provenance.origins);
        settings.provenance = &provenance;
        err = provenance.origins != NULL ? OK : ERR_MEMORY;
    }
    if (err == OK)
        err = settings_parse(&settings, command, sources, reason);
    if (err == OK)
        status = commands[command].run(&settings);
    else
        status = report_error(err == ERR_MEMORY ? STATUS_FAILED : STATUS_USAGE, "%s", reason);
    provenance_deinit(&provenance);
    settings_deinit(&settings);
    return status;
}

int cli_main(int argc, char *const *argv, char *const *environment)
{
    if (argc < 2) {
        struct buf text = {0};
        help_append_all(&text);
        (void)fwrite(text.data, 1, text.len, stderr);
        buf_free(&text);
        return STATUS_USAGE;
    }
    size_t word_count = (size_t)argc - 1;
    char *const *words = argv + 1;
    if (is_one_of(words[0], "--help", "-h"))
        return print_help(COMMAND_COUNT);
    if (strcmp(words[0], "help") == 0)
        return help(word_count - 1, words + 1);
    enum command_id command = COMMAND_VERSION;
    size_t used = 1;
    enum err err = OK;
    if (!is_one_of(words[0], "--version", "-V")) {
        if (words[0][0] == '-')
            return report_error(
                STATUS_USAGE, "options stand behind the command: confab COMMAND %.60s …", words[0]);
        err = command_find(word_count, words, &command, &used);
    }
    bool wants_help = parse_wants_help(word_count, words);
    if (err == ERR_PARTIAL && wants_help)
        return print_group_help(bytes_from_text(words[0]));
    if (err == ERR_PARTIAL)
        return fail_in_group(word_count, words);
    if (err != OK)
        return fail_unknown_command(words[0]);
    if (wants_help)
        return print_help(command);
    struct sources sources = {word_count - used, words + used, environment};
    return run(command, &sources);
}
