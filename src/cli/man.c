#include "cli/man.h"

#include <ctype.h>
#include <stdio.h>
#include "cli/options.h"

/* The day of these words; a page made anew from the same tables is the same, byte for byte. */
static const char page_date[] = "January 1, 2026";

void man_name(enum command_id id, char out[MAN_NAME_BYTES_MAX])
{
    (void)snprintf(out, MAN_NAME_BYTES_MAX, "confab-%s", commands[id].name);
    for (char *at = out; *at != '\0'; at++) {
        if (*at == ' ')
            *at = '-';
    }
}

/* Append a text as such: no line of it is taken for a macro, no backslash for an escape. Sentences
 * begin on lines of their own, as mdoc wants it. */
static void append_text(struct buf *out, const char *text)
{
    for (; *text != '\0'; text++) {
        bool ends_sentence = *text == '.' && text[1] == ' ' && isupper((unsigned char)text[2]) != 0;
        if (*text == '\\')
            buf_append_text(out, "\\e");
        else if (*text == '-')
            buf_append_text(out, "\\-");
        else
            buf_append_byte(out, (uint8_t)*text);
        if (ends_sentence) {
            buf_append_byte(out, '\n');
            text++;
        }
    }
}

static void append_head(struct buf *out, const char *name, unsigned section, const char *summary)
{
    buf_printf(out, ".\\\" Made by \"confab man\".\n.Dd %s\n.Dt ", page_date);
    for (const char *at = name; *at != '\0'; at++)
        buf_append_byte(out, (uint8_t)toupper((unsigned char)*at));
    buf_printf(out, " %u\n.Os confab %s\n.Sh NAME\n.Nm %s\n.Nd ", section, CONFAB_VERSION, name);
    append_text(out, summary);
    buf_append_byte(out, '\n');
}

/* What an option means, its words and its default. */
static void append_meaning(struct buf *out, const struct option *option)
{
    struct buf line = {0};
    buf_append_text(&line, option->help);
    for (size_t i = 0; option->choices != NULL && option->choices[i] != NULL; i++)
        buf_printf(&line, "%s %s", i == 0 ? ":" : ",", option->choices[i]);
    if (option->type == OPTION_LIST)
        buf_append_text(&line, "; may be repeated");
    if (option->initial != NULL && option->initial[0] != '\0')
        buf_printf(&line, " (default: %s)", option->initial);
    buf_append_byte(&line, 0);
    out->failed = out->failed || line.failed;
    if (!line.failed) {
        line.data[0] = (uint8_t)toupper(line.data[0]);
        append_text(out, (const char *)line.data);
    }
    buf_append_text(out, ".\n");
    buf_free(&line);
}

static void append_options(struct buf *out, enum command_id id)
{
    buf_append_text(out, ".Sh OPTIONS\n.Bl -tag -width Ds\n");
    for (size_t i = 0; i < option_count; i++) {
        if (!option_is_of(&options[i], id))
            continue;
        buf_printf(out, ".It Fl \\-%s", options[i].name);
        if (options[i].argument != NULL)
            buf_printf(out, " Ar %s", options[i].argument);
        buf_append_byte(out, '\n');
        append_meaning(out, &options[i]);
    }
    buf_append_text(out,
                    ".It Fl \\-help\nPrint the help of the command and do nothing else.\n.El\n");
}

static void append_exit_status(struct buf *out)
{
    buf_append_text(out, ".Sh EXIT STATUS\n.Bl -tag -width Ds\n"
                         ".It 0\nIt was done.\n"
                         ".It 1\nIt could not be done, or something was found; a line says what.\n"
                         ".It 2\nIt was not understood: an unknown command or option, or a bad"
                         " value.\n.El\n");
}

void man_append_program(struct buf *out)
{
    append_head(out, "confab", 1, "chat server");
    buf_append_text(out, ".Sh SYNOPSIS\n.Nm\n.Ar command\n.Op Ar option ...\n.Sh DESCRIPTION\n"
                         ".Nm\nserves chats: people in a chat see each other's messages the moment "
                         "they are stored.\nIts commands are:\n.Bl -tag -width Ds\n");
    for (unsigned i = 0; i < COMMAND_COUNT; i++) {
        char name[MAN_NAME_BYTES_MAX];
        man_name((enum command_id)i, name);
        buf_printf(out, ".It Xr %s 1\n", name);
        append_text(out, commands[i].summary);
        buf_append_byte(out, '\n');
    }
    buf_append_text(out, ".El\n");
    append_exit_status(out);
    buf_append_text(out, ".Sh SEE ALSO\n.Xr confab.conf 5\n");
}

void man_append_command(struct buf *out, enum command_id id)
{
    char name[MAN_NAME_BYTES_MAX];
    const struct command *command = &commands[id];
    bool is_required;
    struct bytes argument;
    man_name(id, name);
    append_head(out, name, 1, command->summary);
    buf_printf(out, ".Sh SYNOPSIS\n.Nm confab %s\n", command->name);
    for (size_t i = 0; (argument = command_argument(command, i, &is_required)).len > 0; i++)
        buf_printf(out, is_required ? ".Ar %.*s\n" : ".Op Ar %.*s\n", BYTES_FMT(argument));
    buf_append_text(out, ".Op Ar option ...\n.Sh DESCRIPTION\n");
    append_text(out, command->details);
    buf_append_byte(out, '\n');
    append_options(out, id);
    append_exit_status(out);
    buf_append_text(out, ".Sh SEE ALSO\n.Xr confab 1 ,\n.Xr confab.conf 5\n");
}

void man_append_config(struct buf *out)
{
    append_head(out, "confab.conf", 5, "configuration of the chat server confab");
    buf_append_text(
        out,
        ".Sh DESCRIPTION\n"
        "Lines of the form\n.Dq name = value ;\n"
        "a number sign begins a comment at the start of a line or after a blank.\n"
        "The names are those of the options of\n.Xr confab 1 ,\n"
        "and one file serves all its commands.\n"
        "The file is named by\n.Fl \\-config\nor the environment variable\n.Ev CONFAB_CONFIG .\n"
        "Flags come before the environment, the environment before the file.\n"
        "The values of a list are separated by blanks or commas, or stand on several lines.\n"
        ".Pp\n.Xr confab-config-check 1\nsays all that is wrong with a file.\n"
        ".Bl -tag -width Ds\n");
    for (size_t i = 0; i < option_count; i++) {
        char variable[OPTION_VARIABLE_BYTES_MAX];
        if (options[i].is_only_a_flag || options[i].is_not_in_file)
            continue;
        option_variable(&options[i], variable);
        buf_printf(out, ".It Cm %s = Ar %s\n", options[i].name,
                   options[i].argument != NULL ? options[i].argument : "yes|no");
        append_meaning(out, &options[i]);
        buf_printf(out, "In the environment:\n.Ev %s .\n", variable);
    }
    buf_append_text(out, ".El\n.Sh EXAMPLES\n.Bd -literal -offset indent\n"
                         "listen = 127.0.0.1:8000, [::1]:8000\n"
                         "database = /var/lib/confab/confab.sqlite3\n"
                         "trusted-proxy = 127.0.0.1     # nginx on this machine\n"
                         ".Ed\n.Sh SEE ALSO\n.Xr confab 1 ,\n.Xr confab-config-show 1 ,\n"
                         ".Xr confab-serve 1\n");
}
