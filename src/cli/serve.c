#include "cli/commands.h"

#include "cli/report.h"

/* Options that mean nothing without another one. NULL: all is well. */
static const char *what_is_missing(const struct server_settings *settings)
{
    if (settings->tls_cert != NULL && settings->tls_key == NULL)
        return "--tls-cert needs --tls-key, the file with the certificate's key";
    if (settings->tls_key != NULL && settings->tls_cert == NULL)
        return "--tls-key needs --tls-cert, the file with the certificate chain";
    if (settings->redirect_listen != NULL && settings->tls_cert == NULL)
        return "--redirect-listen points at HTTPS, so it needs --tls-cert and --tls-key";
    return NULL;
}

/* `confab serve`; goes on in server/run.c. */
int command_serve(struct settings *settings)
{
    settings->server.config_file = settings->config;
    const char *missing = what_is_missing(&settings->server);
    if (missing != NULL)
        return report_error(STATUS_USAGE, "%s", missing);
    return server_run(&settings->server);
}
