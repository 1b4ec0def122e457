#include "http/route.h"

#include <assert.h>
#include "base/text.h"
#include "http/byte_set.h"

bool http_route_matches(const char *pattern, struct bytes path, struct bytes *segments)
{
    struct bytes rest = bytes_from_text(pattern);
    struct bytes found[HTTP_ROUTE_SEGMENTS_MAX];
    size_t count = 0;
    while (rest.len > 0) {
        if (rest.data[0] != '{') {
            if (path.len == 0 || path.data[0] != rest.data[0])
                return false;
            rest = bytes_skip(rest, 1);
            path = bytes_skip(path, 1);
            continue;
        }
        rest = bytes_skip(rest, bytes_index(rest, '}') + 1);
        size_t len = bytes_index(path, '/');
        if (len == 0)
            return false;
        assert(count < HTTP_ROUTE_SEGMENTS_MAX);
        found[count++] = bytes_first(path, len);
        path = bytes_skip(path, len);
    }
    if (path.len > 0)
        return false;
    for (size_t i = 0; i < count; i++)
        segments[i] = found[i];
    return true;
}

enum err http_route_id(struct bytes segment, int64_t *id)
{
    uint64_t number = 0;
    if (bytes_to_number(segment, INT64_MAX, &number) != OK || number == 0)
        return ERR_NOT_FOUND;
    *id = (int64_t)number;
    return OK;
}

/* The byte that "%41" stands for; -1: it stands for none. */
static int percent_byte(struct bytes text)
{
    if (text.len < 3)
        return -1;
    int high = hex_digit_value(text.data[1]);
    int low = hex_digit_value(text.data[2]);
    return high >= 0 && low >= 0 ? high * 16 + low : -1;
}

static bool is_control(int byte)
{
    return byte < 0x20 || byte == 0x7f;
}

enum err http_route_text(struct bytes segment, struct arena *arena, struct bytes *out)
{
    uint8_t *text = arena_alloc(arena, segment.len);
    size_t len = 0;
    if (text == NULL)
        return ERR_MEMORY;
    while (segment.len > 0) {
        bool is_encoded = segment.data[0] == '%';
        int byte = is_encoded ? percent_byte(segment) : segment.data[0];
        if (is_control(byte) || byte == '/')
            return ERR_NOT_FOUND;
        text[len++] = (uint8_t)byte;
        segment = bytes_skip(segment, is_encoded ? 3 : 1);
    }
    *out = bytes_of(text, len);
    return utf8_is_valid(*out) ? OK : ERR_NOT_FOUND;
}
