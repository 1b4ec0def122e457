#include "server/reload.h"

#include <stdio.h>
#include "api/throttle.h"
#include "base/log.h"
#include "base/metrics.h"
#include "server/record.h"
#include "server/shard.h"

enum { REASON_BYTES = SETTINGS_REASON_BYTES };

static enum err reload_access_log(struct site *site, const struct settings_source *source,
                                  char reason[REASON_BYTES])
{
    (void)source;
    return record_reopen(&site->access_log, reason);
}

/* Have the loops and the site's parts go by the new settings. */
static enum err apply(struct site *site, struct live *live)
{
    const struct server_settings *settings = live->settings;
    for (unsigned i = 0; i < site->shard_count; i++) {
        enum err err = shard_set_live(site->shards[i], live);
        if (err != OK)
            return err;
    }
    rate_set(site->commit.rate, settings->message_rate, settings->message_burst);
    throttle_set(site->api.throttle, settings->login_rate);
    if (!site->is_debugging)
        log_set_level(settings->log_level);
    live_unref(&site->live);
    site->live = live_ref(live);
    return OK;
}

static enum err reload_settings(struct site *site, const struct settings_source *source,
                                char reason[REASON_BYTES])
{
    const struct server_settings *settings = NULL;
    struct live *live = NULL;
    char unheeded[SETTINGS_UNHEEDED_BYTES] = "";
    if (source == NULL)
        return OK;
    enum err err = source->load(source->context, &settings, unheeded, reason);
    if (err != OK)
        return err;
    err = live_new(settings, source, &site->api, &live);
    if (err != OK) {
        source->release(source->context, settings);
        (void)snprintf(reason, REASON_BYTES, "no memory");
        return err;
    }
    if (unheeded[0] != '\0')
        log_warning("these options have changed and need a restart", 0, "options=\"%s\"", unheeded);
    err = apply(site, live);
    if (err != OK)
        (void)snprintf(reason, REASON_BYTES, "no memory; some loops go by the new settings");
    live_unref(&live);
    return err;
}

static enum err reload_certificates(struct site *site, const struct settings_source *source,
                                    char reason[REASON_BYTES])
{
    const struct server_settings *settings = site->settings;
    struct tls_config *config = NULL;
    (void)source;
    if (settings->tls_cert == NULL)
        return OK;
    enum err err = tls_config_new(settings->tls_cert, settings->tls_key, &config, reason);
    for (unsigned i = 0; i < site->shard_count && err == OK; i++) {
        err = shard_set_tls(site->shards[i], config);
        if (err != OK)
            (void)snprintf(reason, REASON_BYTES, "no memory; some loops have the new certificate");
    }
    tls_config_unref(&config);
    return err;
}

static const struct {
    const char *what;
    enum err (*reload)(struct site *site, const struct settings_source *source,
                       char reason[REASON_BYTES]);
} parts[] = {
    {"access log", reload_access_log},
    {"configuration", reload_settings},
    {"certificates", reload_certificates},
};

/* A reason may quote what it found; in a log line it stands in quotes itself. */
static void take_quotes_out(char reason[REASON_BYTES])
{
    for (char *at = reason; *at != '\0'; at++) {
        if (*at == '"' || *at == '\\')
            *at = '\'';
    }
}

void reload_all(struct site *site, const struct settings_source *source)
{
    bool is_whole = true;
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        char reason[REASON_BYTES] = "";
        if (parts[i].reload(site, source, reason) == OK)
            continue;
        is_whole = false;
        take_quotes_out(reason);
        log_error("not reloaded, it stays as it was", 0, "what=\"%s\" reason=\"%s\"", parts[i].what,
                  reason);
    }
    metrics_count(is_whole ? COUNTER_RELOADS : COUNTER_RELOADS_FAILED);
    if (is_whole)
        log_info("reloaded", 0, "%s", "");
}
