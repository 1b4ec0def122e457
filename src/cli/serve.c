#include "cli/commands.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include "cli/parse.h"
#include "cli/report.h"
#include "cli/values.h"

const char *serve_what_is_missing(const struct server_settings *settings)
{
    if (settings->tls_cert != NULL && settings->tls_key == NULL)
        return "--tls-cert needs --tls-key, the file with the certificate's key";
    if (settings->tls_key != NULL && settings->tls_cert == NULL)
        return "--tls-key needs --tls-cert, the file with the certificate chain";
    if (settings->redirect_listen != NULL && settings->tls_cert == NULL)
        return "--redirect-listen points at HTTPS, so it needs --tls-cert and --tls-key";
    return NULL;
}

/* Name the options that have changed and that only a restart heeds. */
static void find_unheeded(const struct settings *old, const struct settings *new,
                          char unheeded[SETTINGS_UNHEEDED_BYTES])
{
    size_t len = 0;
    for (size_t i = 0; i < option_count; i++) {
        const struct option *option = &options[i];
        if (option->is_live || !option_is_of(option, COMMAND_SERVE) ||
            value_is_same(option, old, new))
            continue;
        int added = snprintf(unheeded + len, SETTINGS_UNHEEDED_BYTES - len, "%s%s",
                             len > 0 ? ", " : "", option->name);
        if (added < 0 || (size_t)added >= SETTINGS_UNHEEDED_BYTES - len)
            return; /* so many that the last ones are not named */
        len += (size_t)added;
    }
}

/* Read flags, environment and file once more; only the file can have changed. context: the settings
 * that the server was started with. */
static enum err load_again(void *context, const struct server_settings **out,
                           char unheeded[SETTINGS_UNHEEDED_BYTES],
                           char reason[SETTINGS_REASON_BYTES])
{
    static_assert((int)PARSE_REASON_BYTES <= (int)SETTINGS_REASON_BYTES, "a reason must fit");
    const struct settings *old = context;
    struct settings *settings = calloc(1, sizeof *settings);
    if (settings == NULL) {
        (void)snprintf(reason, SETTINGS_REASON_BYTES, "no memory");
        return ERR_MEMORY;
    }
    enum err err = settings_parse(settings, COMMAND_SERVE, old->sources, reason);
    const char *missing = err == OK ? serve_what_is_missing(&settings->server) : NULL;
    if (missing != NULL) {
        (void)snprintf(reason, SETTINGS_REASON_BYTES, "%s", missing);
        err = ERR_SYNTAX;
    }
    if (err != OK) {
        settings_deinit(settings);
        free(settings);
        return err;
    }
    find_unheeded(old, settings, unheeded);
    *out = &settings->server;
    return OK;
}

static void release(void *context, const struct server_settings *server)
{
    static_assert(offsetof(struct settings, server) == 0, "they begin at the same place");
    struct settings *settings = (struct settings *)(uintptr_t)server; /* made by load_again() */
    (void)context;
    settings_deinit(settings);
    free(settings);
}

/* `confab serve`; goes on in server/run.c. */
int command_serve(struct settings *settings)
{
    settings->server.config_file = settings->config;
    const char *missing = serve_what_is_missing(&settings->server);
    if (missing != NULL)
        return report_error(STATUS_USAGE, "%s", missing);
    const struct settings_source source = {load_again, release, settings};
    return server_run(&settings->server, &source);
}
