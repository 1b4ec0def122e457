#include "bench/figures.h"

#include <stdio.h>
#include "base/json_write.h"

enum { FIGURE_TEXT_BYTES = 64 };

void figures_add(struct figures *figures, const char *name, double value, int decimals)
{
    if (figures->count < FIGURES_MAX)
        figures->rows[figures->count++] = (struct figure) {name, value, decimals};
}

void figures_add_count(struct figures *figures, const char *name, uint64_t value)
{
    figures_add(figures, name, (double)value, 0);
}

double figures_ratio(double a, double b)
{
    return b == 0 ? 0 : a / b;
}

static enum err print_json(const struct figures *figures)
{
    struct buf out = {0};
    struct json json = {.out = &out, .style = JSON_PYTHON};
    json_object_begin(&json);
    for (size_t i = 0; i < figures->count; i++) {
        const struct figure *row = &figures->rows[i];
        char text[FIGURE_TEXT_BYTES];
        (void)snprintf(text, sizeof(text), "%.*f", row->decimals, row->value);
        json_key(&json, row->name);
        json_raw(&json, bytes_from_text(text));
    }
    json_object_end(&json);
    enum err err = buf_status(&out);
    if (err == OK)
        (void)printf("%.*s\n", BYTES_FMT(buf_bytes(&out)));
    buf_free(&out);
    return err;
}

enum err figures_print(const struct figures *figures, bool json)
{
    if (json)
        return print_json(figures);
    for (size_t i = 0; i < figures->count; i++) {
        const struct figure *row = &figures->rows[i];
        (void)printf("%-30s %18.*f\n", row->name, row->decimals, row->value);
    }
    return OK;
}
