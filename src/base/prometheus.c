#include "base/prometheus.h"

#include <assert.h>

enum { DECIMALS_MAX = 18 };

/* Append the text with the characters escaped that would end it. */
static void append_escaped(struct buf *out, const char *text, bool is_quoted)
{
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '\n') {
            buf_append_text(out, "\\n");
        } else {
            if (*at == '\\' || (*at == '"' && is_quoted))
                buf_append_byte(out, '\\');
            buf_append_byte(out, (uint8_t)*at);
        }
    }
}

void prometheus_family(struct buf *out, const char *name, const char *type, const char *help)
{
    buf_printf(out, "# HELP %s ", name);
    append_escaped(out, help, false);
    buf_printf(out, "\n# TYPE %s %s\n", name, type);
}

static void append_value(struct buf *out, uint64_t value, unsigned decimals)
{
    assert(decimals <= DECIMALS_MAX);
    uint64_t unit = 1;
    for (unsigned i = 0; i < decimals; i++)
        unit *= 10;
    buf_printf(out, " %llu", (unsigned long long)(value / unit));
    if (value % unit != 0)
        buf_printf(out, ".%0*llu", (int)decimals, (unsigned long long)(value % unit));
    buf_append_byte(out, '\n');
}

void prometheus_sample(struct buf *out, const char *name, const char *suffix,
                       const struct prometheus_label *labels, size_t label_count, uint64_t value,
                       unsigned decimals)
{
    buf_append_text(out, name);
    buf_append_text(out, suffix);
    for (size_t i = 0; i < label_count; i++) {
        buf_printf(out, "%s%s=\"", i == 0 ? "{" : ",", labels[i].name);
        append_escaped(out, labels[i].value, true);
        buf_append_byte(out, '"');
    }
    if (label_count > 0)
        buf_append_byte(out, '}');
    append_value(out, value, decimals);
}
