/* fuzz_http_form.c - any bytes as a urlencoded body, a Content-Type, and the Cookie fields of a
 * request. Nothing may grow in reading, and no value may lie outside what was sent. */
#include <stdlib.h>
#include "http/form.h"
#include "http/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void require(bool fact)
{
    if (!fact)
        abort();
}

static bool lies_within(struct bytes part, struct bytes whole)
{
    return part.len == 0 || (part.data >= whole.data && part.len <= whole.len &&
                             part.data + part.len <= whole.data + whole.len);
}

static void read_pairs(struct bytes text)
{
    struct arena arena = {0};
    struct form form;
    size_t total = 0;
    enum err err = form_read_urlencoded(text, &arena, &form);
    require(err == OK || (err == ERR_LIMIT && form.count == 0));
    require(form.count <= FORM_PAIR_COUNT_MAX);
    for (size_t i = 0; i < form.count; i++)
        total += form.pairs[i].name.len + form.pairs[i].value.len;
    require(total <= text.len);
    arena_free(&arena);
}

static void read_cookies(struct bytes text)
{
    struct bytes name = BYTES("Cookie");
    size_t middle = text.len / 2;
    const struct http_field fields[] = {
        {name, bytes_first(text, middle)},
        {name, bytes_skip(text, middle)},
    };
    struct http_request request = {.field_count = COUNT_OF(fields), .fields = fields};
    require(lies_within(http_cookie(&request, "sessionid"), text));
    require(lies_within(http_cookie(&request, ""), text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct bytes text = bytes_of(data, len);
    struct content_type type;
    content_type_read(text, &type);
    require(lies_within(type.type, text) && lies_within(type.boundary, text));
    require(lies_within(type.charset, text));
    read_pairs(text);
    read_cookies(text);
    return 0;
}
