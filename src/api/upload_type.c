#include "api/upload_type.h"

static const char *const pictures[] = {
    "image/png", "image/jpeg", "image/gif", "image/webp", "image/avif",
};

/* tchar (RFC 9110, section 5.6.2). */
static bool is_token(struct bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!is_letter && !(c >= '0' && c <= '9') &&
            (c == 0 || strchr("!#$%&'*+-.^_`|~", c) == NULL))
            return false;
    }
    return text.len > 0;
}

bool upload_type_is_valid(struct bytes type)
{
    size_t slash = bytes_index(type, '/');
    return type.len <= UPLOAD_TYPE_TEXT_BYTES_MAX && slash < type.len &&
           is_token(bytes_first(type, slash)) && is_token(bytes_skip(type, slash + 1));
}

bool upload_type_matches(struct bytes pattern, struct bytes type)
{
    size_t slash = bytes_index(pattern, '/');
    if (slash + 2 != pattern.len || pattern.data[slash + 1] != '*')
        return bytes_equal_nocase(pattern, type);
    return type.len > slash &&
           bytes_equal_nocase(bytes_first(pattern, slash + 1), bytes_first(type, slash + 1));
}

bool upload_type_is_picture(struct bytes type)
{
    for (size_t i = 0; i < COUNT_OF(pictures); i++) {
        if (bytes_equal_nocase(type, bytes_from_text(pictures[i])))
            return true;
    }
    return false;
}
