#include "cli/build_info.h"
#include "cli/commands.h"
#include "cli/report.h"

/* `confab version` */
int command_version(struct settings *settings)
{
    static const struct {
        const char *library;
        const char *version;
    } built_with[] = {
        {"libuv", BUILT_WITH_LIBUV},       {"SQLite", BUILT_WITH_SQLITE},
        {"OpenSSL", BUILT_WITH_OPENSSL},   {"zlib", BUILT_WITH_ZLIB},
        {"liburing", BUILT_WITH_LIBURING}, {"libargon2", BUILT_WITH_LIBARGON2},
        {"compiler", BUILT_WITH_COMPILER},
    };
    struct buf out = {0};
    buf_printf(&out, "confab %s\n", CONFAB_VERSION);
    for (size_t i = 0; settings->is_verbose && i < COUNT_OF(built_with); i++)
        buf_printf(&out, "built with %s %s\n", built_with[i].library, built_with[i].version);
    int status = report_finish(&out);
    buf_free(&out);
    return status;
}
