#include <unistd.h>
#include "base/log.h"
#include "cli/commands.h"

/* `confab serve`; goes on in server/. */
int command_serve(struct settings *settings)
{
    log_configure(STDERR_FILENO, settings->server.log_format, settings->server.log_level);
    return server_run(&settings->server);
}
