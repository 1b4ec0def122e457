#include "server/confine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "auth/signing.h"
#include "base/log.h"
#include "net/notify.h"
#include "server/sandbox.h"

/* Everything that is opened after the start. */
static enum err plan_files(const struct server_settings *settings, struct sandbox_plan *plan)
{
    /* The database has its WAL beside it. */
    enum err err = sandbox_allow_beside(plan, settings->database, SANDBOX_CHANGE);
    /* The configuration is edited, or replaced, and read again. */
    if (err == OK && settings->config_file != NULL)
        err = sandbox_allow_beside(plan, settings->config_file, SANDBOX_READ);
    /* Certificates are renewed under the same names. */
    if (err == OK && settings->tls_cert != NULL)
        err = sandbox_allow_beside(plan, settings->tls_cert, SANDBOX_READ);
    if (err == OK && settings->tls_key != NULL)
        err = sandbox_allow_beside(plan, settings->tls_key, SANDBOX_READ);
    /* The access log is made anew after it was moved away. */
    bool logs_to_file =
        strcmp(settings->access_log, "-") != 0 && strcmp(settings->access_log, "off") != 0;
    if (err == OK && logs_to_file)
        err = sandbox_allow_beside(plan, settings->access_log, SANDBOX_CHANGE);
    if (err == OK && settings->upload_directory != NULL)
        err = sandbox_allow(plan, settings->upload_directory, SANDBOX_CHANGE);
    if (err == OK)
        err = sandbox_allow(plan, "/proc/self", SANDBOX_READ); /* what we use, for metrics */
    return err;
}

/* SQLite's temporary files hold rows: they belong beside the database, and nowhere else may they be
 * made later. Set before SQLite is first used, since it looks only then. */
static enum err keep_temporary_files_beside(const char *database)
{
    const char *slash = strrchr(database, '/');
    size_t len = slash == NULL ? 0 : slash == database ? 1 : (size_t)(slash - database);
    char *directory = len > 0 ? strndup(database, len) : strdup(".");
    enum err err = ERR_MEMORY;
    if (directory != NULL && setenv("SQLITE_TMPDIR", directory, 1) == 0)
        err = OK;
    free(directory);
    return err;
}

/* What libraries read when they are first used is read now: afterwards it is out of reach. */
static void wake_libraries(void)
{
    uint8_t mac[MAC_BYTES];
    mac_make(BYTES("not a secret"), "warm", BYTES("up"), mac); /* OpenSSL's configuration */
}

static void log_state(const struct sandbox_state *state)
{
    char landlock[16] = "off";
    if (state->landlock > 0)
        (void)snprintf(landlock, sizeof landlock, "%u", state->landlock);
    log_info("sandbox", 0, "seccomp=%s landlock=%s capabilities=%s no_new_privs=%s",
             state->seccomp ? "on" : "off", landlock, state->has_capabilities ? "some" : "none",
             state->no_new_privs ? "on" : "off");
}

enum err confine_begin(const struct server_settings *settings, char reason[256])
{
    sandbox_limit_process();
    enum err err = sandbox_become(settings->run_as, reason);
    if (err != OK)
        return err;
    if (geteuid() == 0)
        log_warning("running as root", 0, "%s", "advice=\"name an ordinary user: --run-as USER\"");
    notify_open();
    err = keep_temporary_files_beside(settings->database);
    if (err != OK)
        (void)snprintf(reason, 256, "no memory");
    return err;
}

enum err confine(const struct server_settings *settings, char reason[256])
{
    static struct sandbox_plan plan; /* too large for a stack, and needed once */
    struct sandbox_state state;
    if (settings->sandbox == SWITCH_OFF || !sandbox_is_possible()) {
        log_warning("no sandbox", 0, "reason=\"%s\"",
                    settings->sandbox == SWITCH_OFF ? "--sandbox off" : "a sanitizer build");
        return OK;
    }
    wake_libraries();
    if (plan_files(settings, &plan) != OK) {
        (void)snprintf(reason, 256, "too many files, or too long a path, for the sandbox");
        return ERR_LIMIT;
    }
    enum err err = sandbox_enter(&plan, &state, reason);
    if (err == OK)
        log_state(&state);
    return err;
}
