#include "http/parameter.h"

#include "http/byte_set.h"

struct bytes parameter_skip_first(struct bytes value, struct bytes *first)
{
    struct bytes rest = value;
    *first = BYTES("");
    if (bytes_split(&rest, ';', first))
        *first = bytes_trim(*first, " \t");
    return rest;
}

/* Index of the quote that ends a quoted string, or text.len: it never ends. text follows the first
 * quote. */
static size_t closing_quote(struct bytes text)
{
    size_t i = 0;
    while (i < text.len && text.data[i] != '"')
        i += text.data[i] == '\\' ? 2 : 1;
    return i < text.len ? i : text.len;
}

static struct bytes skip_blanks(struct bytes text)
{
    size_t n = 0;
    while (n < text.len && (text.data[n] == ' ' || text.data[n] == '\t'))
        n++;
    return n > 0 ? bytes_skip(text, n) : text;
}

/* An unquoted value ends at ";", a blank or a quote. It should be a token, but clients send
 * boundaries with "/" bare. */
static size_t bare_value_len(struct bytes text)
{
    size_t n = 0;
    while (n < text.len && strchr("; \t\"", text.data[n]) == NULL)
        n++;
    return n;
}

/* Read the value at the beginning of *rest. */
static bool read_value(struct bytes *rest, struct parameter *out)
{
    out->is_quoted = rest->len > 0 && rest->data[0] == '"';
    if (!out->is_quoted) {
        size_t len = bare_value_len(*rest);
        out->value = bytes_first(*rest, len);
        *rest = bytes_skip(*rest, len);
        return len > 0;
    }
    *rest = bytes_skip(*rest, 1);
    size_t len = closing_quote(*rest);
    if (len == rest->len) {
        *rest = NO_BYTES;
        return false;
    }
    out->value = bytes_first(*rest, len);
    *rest = bytes_skip(*rest, len + 1);
    return true;
}

/* Read "name=value" up to ";" or the end. */
static bool read_parameter(struct bytes *rest, struct parameter *out)
{
    *rest = skip_blanks(*rest);
    size_t len = byte_set_run(&BYTE_SET_TOKEN, *rest);
    out->name = bytes_first(*rest, len);
    if (len == 0 || len == rest->len || rest->data[len] != '=')
        return false;
    *rest = bytes_skip(*rest, len + 1);
    if (!read_value(rest, out))
        return false;
    *rest = skip_blanks(*rest);
    return rest->len == 0 || rest->data[0] == ';';
}

bool parameter_next(struct bytes *rest, struct parameter *out)
{
    while (rest->data != NULL) {
        bool is_parameter = read_parameter(rest, out);
        struct bytes passed_over;
        (void)bytes_split(rest, ';', &passed_over);
        if (is_parameter)
            return true;
    }
    return false;
}
