#include "ws/close_code.h"

#include <stddef.h>
#include "base/err.h"

/* 1004 is reserved; 1005, 1006 and 1015 stand for what happened without a close frame; up to 2999
 * nothing else is registered; 3000 to 3999 belong to libraries, 4000 to 4999 to applications. */
static const struct {
    unsigned first;
    unsigned last;
} sendable[] = {
    {1000, 1003},
    {1007, 1014},
    {3000, 4999},
};

bool ws_close_code_is_sendable(unsigned code)
{
    for (size_t i = 0; i < COUNT_OF(sendable); i++) {
        if (code >= sendable[i].first && code <= sendable[i].last)
            return true;
    }
    return false;
}
