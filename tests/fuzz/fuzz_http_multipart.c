/* Multipart bodies of any bytes. The first byte says how long the boundary is, which comes next. */
#include <stdlib.h>
#include "http/form.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    size_t boundary_len = data[0] % 80;
    if (size < 1 + boundary_len)
        return 0;
    struct bytes boundary = bytes_of(data + 1, boundary_len);
    struct bytes content = bytes_of(data + 1 + boundary_len, size - 1 - boundary_len);
    struct arena arena = {0};
    struct form form;
    const char *reason = NULL;
    enum err err = form_read_multipart(content, boundary, &arena, &form, &reason);
    if ((err == OK && reason != NULL) || (err == ERR_SYNTAX && reason == NULL) ||
        (err != OK && form.count > 0) || form.count > FORM_PAIR_COUNT_MAX)
        abort();

    size_t total = 0;
    for (size_t i = 0; i < form.count; i++)
        total += form.pairs[i].name.len + form.pairs[i].value.len;
    if (total > content.len)
        abort();

    struct content_type type;
    content_type_read(content, &type);
    if (form_read_urlencoded(content, &arena, &form) == ERR_SYNTAX)
        abort();
    arena_free(&arena);
    return 0;
}
