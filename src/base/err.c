#include "base/err.h"

const char *err_name(enum err err)
{
    static const char *const names[ERR_COUNT] = {
        [OK] = "ok",
        [ERR_PARTIAL] = "partial",
        [ERR_PROTOCOL] = "protocol",
        [ERR_SYNTAX] = "syntax",
        [ERR_LIMIT] = "limit",
        [ERR_NOT_FOUND] = "not_found",
        [ERR_DENIED] = "denied",
        [ERR_CONFLICT] = "conflict",
        [ERR_MEMORY] = "no_memory",
        [ERR_BUSY] = "busy",
        [ERR_FULL] = "full",
        [ERR_IO] = "io",
        [ERR_CLOSED] = "closed",
    };
    return (unsigned)err < ERR_COUNT ? names[err] : "unknown";
}
