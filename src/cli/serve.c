#include "cli/commands.h"

/* `confab serve`; goes on in server/run.c. */
int command_serve(struct settings *settings)
{
    return server_run(&settings->server);
}
