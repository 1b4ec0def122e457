#include "cli/provenance.h"

#include <stdio.h>

void provenance_clear(struct origin *origin)
{
    buf_clear(&origin->text);
}

void provenance_note(struct origin *origin, const struct option *option, const char *text,
                     const char *where)
{
    if (option->type == OPTION_LIST && origin->text.len > 0)
        buf_append_text(&origin->text, ", ");
    else
        buf_clear(&origin->text);
    buf_append_text(&origin->text, text);
    (void)snprintf(origin->where, sizeof origin->where, "%s", where);
    origin->is_set = true;
}

/* Whether a line of the file would be read as the same value. */
static bool fits_into_a_line(struct bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        bool begins_comment =
            text.data[i] == '#' && (i == 0 || text.data[i - 1] == ' ' || text.data[i - 1] == '\t');
        if (begins_comment || text.data[i] < 0x20)
            return false;
    }
    return bytes_equal(bytes_trim(text, " \t"), text);
}

static void append_option(const struct option *option, const struct origin *origin,
                          const struct settings *settings, struct buf *out)
{
    struct bytes text = buf_bytes(&origin->text);
    const char *where = origin->is_set ? origin->where : "the default";
    if (strcmp(option->name, "secret-key-file") == 0 && !origin->is_set) {
        text = bytes_from_text(settings->server.secret_key_file);
        where = "beside the database";
    } else if (!origin->is_set && option->type == OPTION_FLAG) {
        text = BYTES("no");
    } else if (!origin->is_set && option->initial == NULL) {
        buf_printf(out, "# %s: not set\n", option->name);
        return;
    } else if (!origin->is_set) {
        text = bytes_from_text(option->initial);
    }
    buf_printf(out, "# %s:\n", where);
    if (!fits_into_a_line(text)) {
        buf_printf(out, "# %s: a value that no line of a file can hold\n", option->name);
        return;
    }
    buf_printf(out, "%s = %.*s\n", option->name, BYTES_FMT(text));
}

void provenance_append_file(const struct provenance *provenance, const struct settings *settings,
                            struct buf *out)
{
    for (size_t i = 0; i < option_count; i++) {
        const struct option *option = &options[i];
        if (option_is_of(option, COMMAND_SERVE) && !option->is_not_in_file &&
            !option->is_only_a_flag)
            append_option(option, &provenance->origins[i], settings, out);
        out->failed = out->failed || provenance->origins[i].text.failed;
    }
}

void provenance_deinit(struct provenance *provenance)
{
    for (size_t i = 0; provenance->origins != NULL && i < option_count; i++)
        buf_free(&provenance->origins[i].text);
    buf_free(&provenance->faults);
    provenance->origins = NULL; /* the arena's */
}
