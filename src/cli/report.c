#include "cli/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>
#include "base/text.h"
#include "cli/commands.h"

int report_error(int status, const char *format, ...)
{
    char message[REPORT_LINE_BYTES_MAX];
    struct buf line = {0};
    va_list args;
    va_start(args, format);
    (void)vsnprintf(message, sizeof message, format, args);
    va_end(args);
    buf_append_text(&line, "confab: ");
    /* A path may hold anything, and this is to stay one line. */
    report_append_visible(&line, bytes_from_text(message));
    buf_append_byte(&line, '\n');
    /* Where standard error does not work there is nobody to tell. */
    (void)fwrite(line.data, 1, line.len, stderr);
    buf_free(&line);
    return status;
}

int report_failure(const char *doing, enum err err)
{
    static const char *const words[ERR_COUNT] = {
        [ERR_BUSY] = "another process holds the database's lock; try again when it is done",
        [ERR_FULL] = "the disk is full; nothing was changed",
        [ERR_IO] = "the database file could not be read or written",
        [ERR_MEMORY] = "no memory",
        [ERR_CLOSED] = "standard output takes no more",
    };
    const char *why = words[err] != NULL ? words[err] : err_name(err);
    return report_error(STATUS_FAILED, "%s: %s", doing, why);
}

enum err report_print(const struct buf *text)
{
    enum err err = buf_status(text);
    if (err != OK)
        return err;
    if (text->len > 0 && fwrite(text->data, 1, text->len, stdout) != text->len)
        return ERR_CLOSED;
    return fflush(stdout) == 0 ? OK : ERR_CLOSED;
}

int report_finish(const struct buf *text)
{
    enum err err = report_print(text);
    if (err != OK)
        return report_failure("the output cannot be written", err);
    return STATUS_OK;
}

static bool is_control(uint32_t code_point)
{
    return code_point < 0x20 || (code_point >= 0x7f && code_point < 0xa0) || code_point == 0x2028 ||
           code_point == 0x2029;
}

void report_append_visible(struct buf *out, struct bytes text)
{
    if (!utf8_is_valid(text)) { /* another program may have stored anything */
        for (size_t i = 0; i < text.len; i++)
            buf_append_byte(out, text.data[i] >= 0x20 && text.data[i] < 0x7f ? text.data[i] : '?');
        return;
    }
    while (text.len > 0) {
        uint32_t code_point = utf8_next(&text);
        if (is_control(code_point))
            buf_append_byte(out, '?');
        else
            utf8_append(out, code_point);
    }
}

enum err report_copy_visible(struct arena *arena, struct bytes text, struct bytes *out)
{
    struct buf visible = {0};
    report_append_visible(&visible, text);
    enum err err = buf_status(&visible);
    if (err == OK)
        err = arena_copy(arena, buf_bytes(&visible), out);
    buf_free(&visible);
    return err;
}
