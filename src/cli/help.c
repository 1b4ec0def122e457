#include "cli/help.h"

#include "base/text.h"
#include "cli/options.h"

enum {
    HELP_COLUMNS = 100,
    HELP_COMMAND_COLUMN = 28, /* where summaries begin */
    HELP_OPTION_COLUMN = 30,  /* where the words about an option begin */
};

static void append_blanks(struct buf *out, size_t count)
{
    for (size_t i = 0; i < count; i++)
        buf_append_byte(out, ' ');
}

/* Append words, broken at HELP_COLUMNS; lines after the first begin at the column. at: where the
 * first one stands. */
static void append_wrapped(struct buf *out, size_t at, size_t column, struct bytes text)
{
    struct bytes word;
    bool is_first = true;
    while (bytes_split(&text, ' ', &word)) {
        size_t width = utf8_count(word);
        if (!is_first && at + 1 + width > HELP_COLUMNS) {
            buf_append_byte(out, '\n');
            append_blanks(out, column);
            at = column;
        } else if (!is_first) {
            buf_append_byte(out, ' ');
            at++;
        }
        buf_append(out, word);
        at += width;
        is_first = false;
    }
    buf_append_byte(out, '\n');
}

/* A left column that ends at the given one, and wrapped words beside it. */
static void append_entry(struct buf *out, const struct buf *left, size_t column, struct bytes right)
{
    buf_append(out, buf_bytes(left));
    if (left->len + 2 > column) { /* too long to stand beside anything */
        buf_append_byte(out, '\n');
        append_blanks(out, column);
    } else {
        append_blanks(out, column - left->len);
    }
    append_wrapped(out, column, column, right);
}

static void append_option(struct buf *out, const struct option *option)
{
    struct buf left = {0};
    struct buf right = {0};
    buf_printf(&left, "  --%s", option->name);
    if (option->argument != NULL)
        buf_printf(&left, " %s", option->argument);
    buf_append_text(&right, option->help);
    for (size_t i = 0; option->choices != NULL && option->choices[i] != NULL; i++)
        buf_printf(&right, "%s %s", i == 0 ? ":" : ",", option->choices[i]);
    if (option->type == OPTION_LIST)
        buf_append_text(&right, "; may be repeated");
    if (option->initial != NULL && option->initial[0] != '\0')
        buf_printf(&right, " (default: %s)", option->initial);
    append_entry(out, &left, HELP_OPTION_COLUMN, buf_bytes(&right));
    out->failed = out->failed || left.failed || right.failed;
    buf_free(&left);
    buf_free(&right);
}

static void append_commands(struct buf *out, struct bytes group)
{
    buf_append_text(out, "Commands:\n");
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (group.len > 0 && !bytes_equal(command_group(&commands[i]), group))
            continue;
        struct buf left = {0};
        buf_printf(&left, "  %s", commands[i].name);
        append_entry(out, &left, HELP_COMMAND_COLUMN, bytes_from_text(commands[i].summary));
        buf_free(&left);
    }
    buf_append_text(out, "\n\"confab help COMMAND\" tells more about one of them.\n");
}

void help_append_all(struct buf *out)
{
    buf_append_text(out, "Usage: confab COMMAND [OPTION]...\n\n"
                         "A chat server: people in a chat see each other's messages at once.\n\n");
    append_commands(out, NO_BYTES);
}

void help_append_group(struct buf *out, struct bytes group)
{
    buf_printf(out, "Usage: confab %.*s COMMAND [OPTION]...\n\n", BYTES_FMT(group));
    append_commands(out, group);
}

void help_append_command(struct buf *out, enum command_id id)
{
    const struct command *command = &commands[id];
    bool has_site_options = false;
    buf_printf(out, "Usage: confab %s%s%s [OPTION]...\n\n", command->name,
               command->arguments != NULL ? " " : "",
               command->arguments != NULL ? command->arguments : "");
    append_wrapped(out, 0, 0, bytes_from_text(command->details));
    buf_append_text(out, "\nOptions:\n");
    for (size_t i = 0; i < option_count; i++) {
        if (!option_is_of(&options[i], id))
            continue;
        append_option(out, &options[i]);
        has_site_options = has_site_options || !options[i].is_only_a_flag;
    }
    buf_append_text(out, "  --help                      print this and do nothing else\n");
    if (has_site_options)
        buf_append_text(
            out,
            "\nOptions of the site can also be set by environment variables (--log-level by\n"
            "CONFAB_LOG_LEVEL) and in the file of --config (\"log-level = debug\"). Flags come\n"
            "before the environment, the environment before the file.\n");
}
