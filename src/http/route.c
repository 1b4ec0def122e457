#include "http/route.h"

bool http_route_matches(const char *pattern, struct bytes path, struct bytes *id)
{
    struct bytes rest = bytes_from_text(pattern);
    struct bytes found = NO_BYTES;
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
        found = bytes_first(path, len);
        path = bytes_skip(path, len);
    }
    if (path.len > 0)
        return false;
    if (found.data != NULL)
        *id = found;
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
