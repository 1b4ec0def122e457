#include "http/request.h"

#include <assert.h>

const char *http_method_name(enum http_method method)
{
    static const char *const names[HTTP_METHOD_COUNT] = {
        [HTTP_GET] = "GET",         [HTTP_HEAD] = "HEAD",   [HTTP_POST] = "POST",
        [HTTP_PUT] = "PUT",         [HTTP_PATCH] = "PATCH", [HTTP_DELETE] = "DELETE",
        [HTTP_OPTIONS] = "OPTIONS", [HTTP_OTHER] = "other",
    };
    assert(method < HTTP_METHOD_COUNT);
    return names[method];
}

/* The next field of that name from *index on. NULL: no more. */
static const struct http_field *next_field(const struct http_request *request, struct bytes name,
                                           size_t *index)
{
    while (*index < request->field_count) {
        const struct http_field *field = &request->fields[(*index)++];
        if (bytes_equal_nocase(field->name, name))
            return field;
    }
    return NULL;
}

struct bytes http_field_value(const struct http_request *request, const char *name)
{
    size_t index = 0;
    const struct http_field *field = next_field(request, bytes_from_text(name), &index);
    return field != NULL ? field->value : NO_BYTES;
}

size_t http_field_count(const struct http_request *request, const char *name)
{
    size_t count = 0;
    size_t index = 0;
    while (next_field(request, bytes_from_text(name), &index) != NULL)
        count++;
    return count;
}

enum err http_field_joined(const struct http_request *request, const char *name,
                           struct arena *arena, struct bytes *out)
{
    struct bytes wanted = bytes_from_text(name);
    const struct http_field *field = NULL;
    size_t count = 0;
    size_t len = 0;
    for (size_t index = 0; (field = next_field(request, wanted, &index)) != NULL; count++)
        len += field->value.len + 1;
    if (count < 2) {
        *out = http_field_value(request, name);
        return OK;
    }
    uint8_t *joined = arena_alloc(arena, len);
    if (joined == NULL)
        return ERR_MEMORY;
    size_t at = 0;
    for (size_t index = 0; (field = next_field(request, wanted, &index)) != NULL;) {
        memcpy(joined + at, field->value.data, field->value.len);
        at += field->value.len;
        joined[at++] = ',';
    }
    *out = bytes_of(joined, len - 1); /* without the last comma */
    return OK;
}

static struct bytes without_quotes(struct bytes value)
{
    if (value.len < 2 || value.data[0] != '"' || value.data[value.len - 1] != '"')
        return value;
    return bytes_of(value.data + 1, value.len - 2);
}

/* Search one Cookie field; the last pair of the name wins. */
static void find_cookie(struct bytes rest, struct bytes name, struct bytes *out)
{
    struct bytes pair;
    while (bytes_split(&rest, ';', &pair)) {
        size_t at = bytes_index(pair, '=');
        struct bytes pair_name = at < pair.len ? bytes_first(pair, at) : BYTES("");
        struct bytes value = at < pair.len ? bytes_skip(pair, at + 1) : pair;
        value = bytes_trim(value, " \t");
        if (bytes_equal(bytes_trim(pair_name, " \t"), name))
            *out = without_quotes(value);
    }
}

struct bytes http_cookie(const struct http_request *request, const char *name)
{
    struct bytes value = NO_BYTES;
    size_t index = 0;
    const struct http_field *field = NULL;
    while ((field = next_field(request, BYTES("Cookie"), &index)) != NULL)
        find_cookie(field->value, bytes_from_text(name), &value);
    return value;
}
