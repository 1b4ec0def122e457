#include "cli/config_file.h"

#include <errno.h>
#include <stdio.h>

/* What stands before a comment. */
static struct bytes without_comment(struct bytes line)
{
    for (size_t i = 0; i < line.len; i++) {
        bool is_after_blank = i == 0 || line.data[i - 1] == ' ' || line.data[i - 1] == '\t';
        if (line.data[i] == '#' && is_after_blank)
            return bytes_first(line, i);
    }
    return line;
}

enum err config_file_next(struct config_file *file, struct config_line *line)
{
    struct bytes piece;
    while (bytes_split(&file->rest, '\n', &piece)) {
        file->number++;
        struct bytes text = bytes_trim(without_comment(piece), " \t\r");
        if (text.len == 0)
            continue;
        size_t equals = bytes_index(text, '=');
        line->number = file->number;
        line->name = bytes_trim(bytes_first(text, equals), " \t");
        if (equals == text.len || line->name.len == 0 || bytes_index(text, 0) < text.len)
            return ERR_SYNTAX;
        line->value = bytes_trim(bytes_skip(text, equals + 1), " \t");
        return OK;
    }
    return ERR_NOT_FOUND;
}

enum err config_file_read(const char *path, size_t max, struct arena *arena,
                          struct config_file *out)
{
    char *text = arena_alloc(arena, max + 1);
    if (text == NULL)
        return ERR_MEMORY;
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return ERR_IO;
    size_t len = fread(text, 1, max + 1, file);
    int cause = ferror(file) != 0 ? errno : 0;
    (void)fclose(file); /* only read: nothing can be lost */
    if (cause != 0) {
        errno = cause;
        return ERR_IO;
    }
    if (len > max)
        return ERR_LIMIT;
    *out = (struct config_file) {.rest = bytes_of(text, len)};
    return OK;
}
