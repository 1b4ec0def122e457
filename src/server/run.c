/* run.c - the life of `confab serve`: open, start, wait for a signal, drain, end. */
#include "server/settings.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>
#include "base/log.h"
#include "base/time_text.h"
#include "net/notify.h"
#include "server/confine.h"
#include "server/process_stats.h"
#include "server/reload.h"
#include "server/shard.h"
#include "store/schema.h"
#include "store/upload_file.h"

/* The embedded database is made, or brought up to date, at start. */
static enum err prepare_database(const struct server_settings *settings, char reason[256])
{
    struct db *db = NULL;
    unsigned steps = 0;
    enum err err = db_open(settings->database, DB_WRITER, &db, reason);
    if (err != OK)
        return err;
    err = schema_migrate(db, time_now_us(), &steps, reason);
    db_close(&db);
    if (err == OK && steps > 0)
        log_info("database brought up to date", 0, "migrations=%u", steps);
    return err;
}

/* Before the sandbox, which lets in only what is there. */
static enum err prepare_uploads(const struct server_settings *settings, char reason[256])
{
    if (settings->upload_directory == NULL)
        return OK;
    enum err err = upload_directory_prepare(settings->upload_directory);
    if (err != OK)
        (void)snprintf(reason, 256, "%s: %s", settings->upload_directory, strerror(errno));
    return err;
}

static enum err make_shards(struct site *site, struct ports *ports, char reason[256])
{
    for (unsigned i = 0; i < site->shard_count; i++) {
        enum err err = shard_new(site, i, ports, &site->shards[i], reason);
        if (err != OK)
            return err;
    }
    return OK;
}

static void free_shards(struct site *site)
{
    for (unsigned i = 0; i < site->shard_count; i++)
        shard_free(&site->shards[i]);
}

static void say_address(const char *what, const char *scheme, const char *address, uint16_t port)
{
    char host[ADDRESS_TEXT_BYTES];
    uint16_t asked_port;
    if (address_split(address, host, &asked_port) != OK)
        return;
    bool is_v6 = strchr(host, ':') != NULL;
    printf("%s %s://%s%s%s:%u\n", what, scheme, is_v6 ? "[" : "", host, is_v6 ? "]" : "", port);
}

/* One line for each address, so that people and scripts know where and when. */
static void say_ready(const struct server_settings *settings, const struct ports *ports)
{
    const char *scheme = settings->tls_cert != NULL ? "https" : "http";
    if (settings->redirect_listen != NULL)
        say_address("redirecting from", "http", settings->redirect_listen, ports->redirect);
    if (settings->metrics_listen != NULL)
        say_address("metrics at", "http", settings->metrics_listen, ports->metrics);
    for (size_t i = 0; i < settings->listen_count; i++)
        say_address("listening on", scheme, settings->listen[i], ports->main[i]);
    (void)fflush(stdout);
}

/* SIGUSR1: all lines. SIGUSR2: as configured. */
static void set_debugging(struct site *site, bool is_on)
{
    enum log_level level = is_on ? LOG_DEBUG : site->live->settings->log_level;
    site->is_debugging = is_on;
    log_set_level(level);
    log_info("log level set by signal", 0, "level=%s", log_level_name(level));
}

/* Do what signals ask for, until one asks for the end. */
static void wait_for_end(struct site *site, const sigset_t *signals,
                         const struct settings_source *source)
{
    for (;;) {
        int number = 0;
        (void)sigwait(signals, &number);
        switch (number) {
        case SIGHUP:
            reload_all(site, source);
            break;
        case SIGUSR1:
        case SIGUSR2:
            set_debugging(site, number == SIGUSR1);
            break;
        default:
            log_info("stopping", 0, "signal=%d", number);
            return;
        }
    }
}

/* Start the loops, wait for SIGTERM or SIGINT, and have them drain. */
static int serve(struct site *site, const struct ports *ports, const sigset_t *signals,
                 const struct settings_source *source)
{
    unsigned started = 0;
    while (started < site->shard_count && shard_start(site->shards[started]) == OK)
        started++;
    int status = started == site->shard_count ? 0 : 1;
    if (status == 0) {
        log_info("serving", 0, "version=%s loops=%u send=%s database=%s", CONFAB_VERSION,
                 site->shard_count, sender_way(site->shards[0]->sender), site->settings->database);
        say_ready(site->settings, ports);
        notify_send("READY=1");
        wait_for_end(site, signals, source);
        notify_send("STOPPING=1");
    } else {
        log_error("a thread could not be started", 0, "%s", "");
    }
    for (unsigned i = 0; i < started; i++)
        shard_drain(site->shards[i]);
    for (unsigned i = 0; i < started; i++)
        shard_join(site->shards[i]);
    return status;
}

static bool all_is_quiet(const struct site *site)
{
    for (unsigned i = 0; i < site->shard_count; i++) {
        if (site->shards[i]->client_count > 0)
            return false;
    }
    return true;
}

/* Signals are waited for by the main thread alone; every thread inherits the mask. */
static void block_signals(sigset_t *signals)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2};
    (void)sigemptyset(signals);
    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        (void)sigaddset(signals, numbers[i]);
    (void)pthread_sigmask(SIG_BLOCK, signals, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN); /* a file at its limit is an error of a write, not our end */
}

int server_run(const struct server_settings *settings, const struct settings_source *source)
{
    sigset_t signals;
    char reason[256] = "";
    struct ports ports = {0};
    struct site *site = NULL;
    log_configure(STDERR_FILENO, settings->log_format, settings->log_level);
    block_signals(&signals);
    process_stats_begin();
    enum err err = confine_begin(settings, reason);
    if (err == OK)
        err = prepare_database(settings, reason);
    if (err == OK)
        err = prepare_uploads(settings, reason);
    if (err == OK)
        err = site_new(settings, &site, reason);
    if (err == OK)
        err = make_shards(site, &ports, reason);
    if (err == OK)
        site->https_port = ports.main[0];
    /* Before the first thread: what is given up is given up for all of them. */
    if (err == OK)
        err = confine(settings, reason);
    if (err == OK)
        err = site_start(site, reason);
    int status = 1;
    if (err == OK)
        status = serve(site, &ports, &signals, source);
    else
        log_error("cannot start", 0, "reason=\"%s\"", reason);
    if (site == NULL)
        return status;

    if (err == OK && !all_is_quiet(site)) {
        /* Something hangs in a worker. What was posted is stored; the rest ends with the process.
         */
        writer_free(&site->writer);
        log_warning("stopped with work under way", 0, "%s", "");
        _exit(status);
    }
    site_stop(site);
    free_shards(site);
    site_free(&site);
    log_info("stopped", 0, "%s", "");
    return status;
}
