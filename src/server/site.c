#include "server/site.h"

#include <stdio.h>
#include <stdlib.h>
#include <uv.h>
#include "api/throttle.h"
#include "base/log.h"
#include "server/broadcast.h"
#include "server/dispatch.h"
#include "server/record.h"
#include "server/secret_key.h"
#include "server/shard.h"
#include "store/events.h"
#include "store/search.h"

/* Another process has written: what sockets were allowed may be over. Thread: the writer's. */
static void on_others_wrote(void *context)
{
    struct site *site = context;
    atomic_fetch_add(&site->access_generation, 1);
    atomic_fetch_add(&site->foreign_generation, 1);
}

static enum err open_reader(void *context, void **place)
{
    const struct site *site = context;
    struct db *db = NULL;
    char reason[256] = "";
    enum err err = db_open(site->settings->database, DB_READER, &db, reason);
    if (err != OK)
        log_error("a reading connection could not be opened", 0, "reason=\"%s\"", reason);
    *place = db;
    return err;
}

static void close_reader(void *place)
{
    struct db *db = place;
    db_close(&db);
}

static enum err load_secret_keys(struct site *site, char reason[256])
{
    const struct server_settings *settings = site->settings;
    struct secrets *secrets = &site->api.secrets;
    enum err err = secret_key_load(settings->secret_key_file, &site->secret_key, reason);
    secrets->current = buf_bytes(&site->secret_key);
    for (size_t i = 0; i < settings->secret_key_fallback_count && err == OK; i++) {
        struct buf *key = &site->secret_key_fallbacks[i];
        err = secret_key_read(settings->secret_key_fallback_files[i], key, reason);
        secrets->fallbacks[secrets->fallback_count++] = buf_bytes(key);
    }
    return err;
}

static void wipe_key(struct buf *key)
{
    if (key->data != NULL)
        explicit_bzero(key->data, key->cap);
    buf_free(key);
}

static enum err fill_api_settings(struct site *site, char reason[256])
{
    const struct server_settings *settings = site->settings;
    site->api = (struct api_settings) {
        .origins = settings->origins,
        .password_policy = settings->password_policy,
        .upgrades_passwords = settings->upgrades_passwords != 0,
        .session_age_s = settings->session_age_s,
        .cookies = settings->cookies,
        .commit = &site->commit,
        .rest_broadcast = settings->rest_broadcast,
        .uploads =
            {
                .directory = settings->upload_directory,
                .quota_bytes = settings->upload_quota_bytes,
                .types = settings->upload_types,
                .type_count = settings->upload_type_count,
            },
    };
    if (settings->tls_cert != NULL)
        site->api.cookies.are_secure = true;
    enum err err = load_secret_keys(site, reason);
    /* Also when they are off: a reload may set them. */
    if (err == OK)
        err = throttle_new(settings->login_rate, &site->api.throttle);
    if (err == OK)
        err = rate_new(settings->message_rate, settings->message_burst, &site->commit.rate);
    return err;
}

static unsigned loop_count(const struct server_settings *settings)
{
    unsigned count = settings->threads;
    if (count == 0)
        count = uv_available_parallelism();
    return count < SERVER_THREADS_MAX ? count : SERVER_THREADS_MAX;
}

/* Learn the name of the numbering and how far it has come, and the notices that hold. */
static enum err read_state(struct site *site, char reason[256])
{
    struct arena arena = {0};
    struct db *db = NULL;
    struct bytes epoch = NO_BYTES;
    enum err err = db_open(site->settings->database, DB_READER, &db, reason);
    if (err == OK)
        err = events_epoch(db, &arena, &epoch);
    if (err == OK)
        err = events_last_given(db, &site->first_news_seq);
    for (unsigned i = 0; i < site->shard_count && err == OK; i++)
        err = notice_board_read(db, &site->shards[i]->notices);
    if (err == OK)
        (void)snprintf(site->epoch, sizeof site->epoch, "%.*s", BYTES_FMT(epoch));
    else if (reason[0] == '\0' || db != NULL)
        (void)snprintf(reason, 256, "the database cannot be read: %s", err_name(err));
    db_close(&db);
    arena_free(&arena);
    return err;
}

enum err site_start(struct site *site, char reason[256])
{
    const struct writer_hooks hooks = {
        .batch_done = broadcast_on_batch,
        .others_wrote = on_others_wrote,
        .spare_time = search_index_lazily,
        .context = site,
    };
    const struct worker_place reader = {
        .open = open_reader,
        .close = close_reader,
        .tasks_max = SITE_READER_TASKS_MAX,
        .before_tasks = dispatch_before_reads,
        .after_tasks = dispatch_after_reads,
        .context = site,
    };
    const struct worker_place no_place = {.open = NULL};
    (void)snprintf(reason, 256, "a thread could not be started");
    enum err err = writer_new(site->settings->database, &hooks, &site->writer, reason);
    if (err == OK)
        err = read_state(site, reason);
    if (err == OK)
        err = workers_new("confab-read", SITE_READERS, &reader, &site->readers);
    if (err == OK)
        err = workers_new("confab-hash", SITE_HASHERS, &no_place, &site->hashers);
    if (err == OK)
        err = workers_new("confab-disk", SITE_DISK_WORKERS, &no_place, &site->disk_workers);
    return err;
}

enum err site_new(const struct server_settings *settings, struct site **out, char reason[256])
{
    struct site *site = calloc(1, sizeof *site);
    if (site == NULL) {
        (void)snprintf(reason, 256, "no memory");
        return ERR_MEMORY;
    }
    site->settings = settings;
    site->shard_count = loop_count(settings);
    site->streaming =
        (struct http_streaming) {api_is_streamed, (uint64_t)settings->upload_bytes_max};
    (void)snprintf(reason, 256, "no memory");
    enum err err = layer_new(site->shard_count, &site->layer);
    if (err == OK)
        err = presence_new(&site->presence);
    if (err == OK)
        err = broadcast_prepare(site);
    if (err == OK)
        err = record_open(&site->access_log, settings->access_log, reason);
    if (err == OK)
        err = fill_api_settings(site, reason);
    if (err == OK)
        err = live_new(settings, NULL, &site->api, &site->live);
    if (err == OK && settings->tls_cert != NULL)
        err = tls_config_new(settings->tls_cert, settings->tls_key, &site->tls, reason);
    if (err != OK) {
        site_stop(site);
        site_free(&site);
        return err;
    }
    *out = site;
    return OK;
}

void site_stop(struct site *site)
{
    workers_free(&site->hashers);
    workers_free(&site->disk_workers);
    workers_free(&site->readers);
    writer_free(&site->writer);
}

void site_free(struct site **site_at)
{
    struct site *site = *site_at;
    *site_at = NULL;
    if (site == NULL)
        return;
    tls_config_unref(&site->tls);
    live_unref(&site->live);
    record_close(&site->access_log);
    broadcast_end(site);
    layer_free(&site->layer);
    presence_free(&site->presence);
    rate_free(&site->commit.rate);
    throttle_free(&site->api.throttle);
    wipe_key(&site->secret_key);
    for (size_t i = 0; i < SECRET_FALLBACKS_MAX; i++)
        wipe_key(&site->secret_key_fallbacks[i]);
    free(site);
}
