/* `confab completion bash|zsh` */
#include "cli/completion.h"

#include "base/log.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/report.h"

/* The words of a command without an option, e.g. of `confab completion`. NULL: anything. */
static const char *argument_choices(struct bytes argument)
{
    static const struct {
        const char *argument;
        const char *choices;
    } known[] = {{"SHELL", "bash zsh"},
                 {"POWER", "none staff superuser"},
                 {"ROLE", "owner moderator member read_only"},
                 {"KIND", "group public announcement direct"}};
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        if (bytes_is(argument, known[i].argument))
            return known[i].choices;
    }
    return NULL;
}

static bool is_file(struct bytes argument)
{
    return bytes_is(argument, "FILE") || bytes_is(argument, "PATH") || bytes_is(argument, "DIR");
}

static bool is_first_of_group(size_t index)
{
    return index == 0 ||
           !bytes_equal(command_group(&commands[index]), command_group(&commands[index - 1]));
}

/* What may stand first: commands of one word, and groups. */
static void append_first_words(struct buf *out)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        struct bytes group = command_group(&commands[i]);
        if (group.len == 0)
            buf_printf(out, "%s ", commands[i].name);
        else if (is_first_of_group(i))
            buf_printf(out, "%.*s ", BYTES_FMT(group));
    }
    buf_append_text(out, "help");
}

/* What may stand second behind a group. */
static void append_actions(struct buf *out, struct bytes group)
{
    const char *between = "";
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (!bytes_equal(command_group(&commands[i]), group))
            continue;
        buf_printf(out, "%s%s", between, commands[i].name + group.len + 1);
        between = " ";
    }
}

static void append_flags(struct buf *out, enum command_id command)
{
    for (size_t i = 0; i < option_count; i++) {
        if (option_is_of(&options[i], command))
            buf_printf(out, "--%s ", options[i].name);
    }
    buf_append_text(out, "--help");
}

static void append_choices(struct buf *out, const struct option *option)
{
    if (option->type == OPTION_RATE)
        buf_append_text(out, "off");
    for (size_t i = 0; option->choices != NULL && option->choices[i] != NULL; i++)
        buf_printf(out, "%s%s", i > 0 ? " " : "", option->choices[i]);
}

/* ---- bash ---- */

/* A case for each option that wants a value: what may stand behind it. */
static void append_bash_values(struct buf *out)
{
    for (size_t i = 0; i < option_count; i++) {
        if (options[i].type == OPTION_FLAG)
            continue;
        buf_printf(out, "    --%s)\n", options[i].name);
        if (is_file(bytes_from_text(options[i].argument))) {
            buf_append_text(out, "        mapfile -t COMPREPLY < <(compgen -f -- \"$current\")\n");
        } else if (options[i].choices != NULL || options[i].type == OPTION_RATE) {
            buf_append_text(out, "        mapfile -t COMPREPLY < <(compgen -W \"");
            append_choices(out, &options[i]);
            buf_append_text(out, "\" -- \"$current\")\n");
        }
        buf_append_text(out, "        return\n        ;;\n");
    }
}

static void append_bash_command(struct buf *out, enum command_id id)
{
    bool is_required;
    struct bytes argument = command_argument(&commands[id], 0, &is_required);
    for (size_t i = 1; argument_choices(argument) == NULL && !is_file(argument) && argument.len > 0;
         i++)
        argument = command_argument(&commands[id], i, &is_required);
    buf_printf(out, "    \"%s\") words=\"", commands[id].name);
    append_flags(out, id);
    if (argument_choices(argument) != NULL)
        buf_printf(out, " %s", argument_choices(argument));
    buf_append_text(out, "\"");
    if (is_file(argument))
        buf_append_text(out, "; files=yes");
    buf_append_text(out, " ;;\n");
}

void completion_append_bash(struct buf *out)
{
    buf_append_text(out, "# bash completion for confab; made by \"confab completion bash\".\n\n"
                         "_confab() {\n"
                         "    local current=\"${COMP_WORDS[COMP_CWORD]}\"\n"
                         "    local before=\"${COMP_WORDS[COMP_CWORD-1]}\"\n"
                         "    local command=\"${COMP_WORDS[1]}\" words=\"\" files=\"\"\n"
                         "    COMPREPLY=()\n"
                         "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
                         "        mapfile -t COMPREPLY < <(compgen -W \"");
    append_first_words(out);
    buf_append_text(out, "\" -- \"$current\")\n        return\n    fi\n"
                         "    case \"$before\" in\n");
    append_bash_values(out);
    buf_append_text(out, "    esac\n    case \"$command\" in\n");
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        struct bytes group = command_group(&commands[i]);
        if (group.len == 0 || !is_first_of_group(i))
            continue;
        buf_printf(out, "    %.*s)\n        if [ \"$COMP_CWORD\" -eq 2 ]; then\n",
                   BYTES_FMT(group));
        buf_append_text(out, "            mapfile -t COMPREPLY < <(compgen -W \"");
        append_actions(out, group);
        buf_append_text(out, "\" -- \"$current\")\n            return\n        fi\n"
                             "        command=\"$command ${COMP_WORDS[2]}\"\n        ;;\n");
    }
    buf_append_text(out, "    esac\n    case \"$command\" in\n");
    for (unsigned i = 0; i < COMMAND_COUNT; i++)
        append_bash_command(out, (enum command_id)i);
    buf_append_text(out, "    help) words=\"");
    append_first_words(out);
    buf_append_text(out, "\" ;;\n    esac\n"
                         "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
                         "    if [ -n \"$files\" ]; then\n"
                         "        mapfile -t -O \"${#COMPREPLY[@]}\" COMPREPLY"
                         " < <(compgen -f -- \"$current\")\n"
                         "    fi\n}\n\ncomplete -o filenames -F _confab confab\n");
}

/* ---- zsh ---- */

/* A text inside '…' of an _arguments line: quotes end it, brackets and colons divide it. */
static void append_zsh_text(struct buf *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            buf_append_text(out, "'\\''");
        else if (strchr("[]:\\", *text) != NULL)
            buf_printf(out, "\\%c", *text);
        else
            buf_append_byte(out, (uint8_t)*text);
    }
}

static void append_zsh_option(struct buf *out, const struct option *option)
{
    buf_printf(out, "            '%s--%s%s[", option->type == OPTION_LIST ? "*" : "", option->name,
               option->type == OPTION_FLAG ? "" : "=");
    append_zsh_text(out, option->help);
    buf_append_byte(out, ']');
    if (option->type != OPTION_FLAG) {
        buf_append_byte(out, ':');
        append_zsh_text(out, option->argument);
        buf_append_byte(out, ':');
        if (is_file(bytes_from_text(option->argument))) {
            buf_append_text(out, "_files");
        } else if (option->choices != NULL || option->type == OPTION_RATE) {
            buf_append_byte(out, '(');
            append_choices(out, option);
            buf_append_byte(out, ')');
        } else {
            buf_append_byte(out, ' ');
        }
    }
    buf_append_text(out, "' \\\n");
}

static void append_zsh_arguments(struct buf *out, const struct command *command)
{
    bool is_required;
    struct bytes argument;
    for (size_t i = 0; (argument = command_argument(command, i, &is_required)).len > 0; i++) {
        buf_printf(out, "            '%s%.*s:", is_required ? ":" : "::", BYTES_FMT(argument));
        if (is_file(argument))
            buf_append_text(out, "_files");
        else if (argument_choices(argument) != NULL)
            buf_printf(out, "(%s)", argument_choices(argument));
        else
            buf_append_byte(out, ' ');
        buf_append_text(out, "' \\\n");
    }
}

static void append_zsh_command(struct buf *out, enum command_id id)
{
    buf_printf(out, "    '%s')\n        _arguments \\\n", commands[id].name);
    for (size_t i = 0; i < option_count; i++) {
        if (option_is_of(&options[i], id))
            append_zsh_option(out, &options[i]);
    }
    append_zsh_arguments(out, &commands[id]);
    buf_append_text(out, "            '--help[print the help of this command]'\n        ;;\n");
}

void completion_append_zsh(struct buf *out)
{
    buf_append_text(out, "#compdef confab\n# zsh completion for confab; made by \"confab completion"
                         " zsh\".\n\n_confab() {\n    local command=\"$words[2]\"\n"
                         "    if (( CURRENT == 2 )); then\n        compadd -- ");
    append_first_words(out);
    buf_append_text(out, "\n        return\n    fi\n    case \"$command\" in\n");
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        struct bytes group = command_group(&commands[i]);
        if (group.len == 0 || !is_first_of_group(i))
            continue;
        buf_printf(out, "    %.*s)\n        if (( CURRENT == 3 )); then\n            compadd -- ",
                   BYTES_FMT(group));
        append_actions(out, group);
        buf_append_text(out, "\n            return\n        fi\n"
                             "        command=\"$command $words[3]\"\n"
                             "        shift words\n        (( CURRENT-- ))\n        ;;\n");
    }
    /* _arguments takes the first of the words for the program's name. */
    buf_append_text(out, "    esac\n    shift words\n    (( CURRENT-- ))\n"
                         "    case \"$command\" in\n    help)\n        compadd -- ");
    append_first_words(out);
    buf_append_text(out, "\n        ;;\n");
    for (unsigned i = 0; i < COMMAND_COUNT; i++)
        append_zsh_command(out, (enum command_id)i);
    /* Read from the completion path it is the function's body; sourced it announces itself. */
    buf_append_text(out, "    esac\n}\n\nif [ \"$funcstack[1]\" = \"_confab\" ]; then\n"
                         "    _confab \"$@\"\nelse\n    compdef _confab confab\nfi\n");
}

int command_completion(struct settings *settings)
{
    char quote[LOG_QUOTE_BYTES];
    const char *shell = settings->arguments[0];
    struct buf out = {0};
    if (strcmp(shell, "bash") == 0)
        completion_append_bash(&out);
    else if (strcmp(shell, "zsh") == 0)
        completion_append_zsh(&out);
    else
        return report_error(STATUS_USAGE, "SHELL: %s is none of: bash, zsh",
                            log_quote(quote, bytes_from_text(shell)));
    int status = report_finish(&out);
    buf_free(&out);
    return status;
}
