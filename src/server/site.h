/* site.h - what all event loops share while serving: the writer, the workers, the channel layer,
 * the settings.
 *
 * Made before the loops run and ended after them. What changes meanwhile is atomic or belongs to
 * the writer's thread.
 */
#ifndef CONFAB_SERVER_SITE_H
#define CONFAB_SERVER_SITE_H

#include <stdatomic.h>
#include "api/call.h"
#include "chat/commit.h"
#include "http/parser.h"
#include "layer/memory.h"
#include "loop/worker.h"
#include "net/tls.h"
#include "server/live.h"
#include "server/presence.h"
#include "server/settings.h"
#include "store/writer.h"

enum {
    SITE_EPOCH_BYTES = 41,
    SITE_READERS = 2,           /* threads with a reading database connection */
    SITE_READER_TASKS_MAX = 16, /* requests that a reader takes at once under load */
    SITE_DISK_WORKERS = 2,      /* threads for files */
    SITE_HASHERS = 2,           /* threads for password functions: 100 MiB each while they hash */
};

struct shard;
struct delivery;

/* Where the lines of the access log go; record.h. */
struct access_log {
    const char *path; /* NULL: it is no file of ours */
    int fd;           /* -1: off. The number stays the same when the file is opened anew */
};

struct site {
    const struct server_settings *settings;
    struct api_settings api;
    struct buf secret_key;
    struct buf secret_key_fallbacks[SECRET_FALLBACKS_MAX];
    struct http_streaming streaming;
    uint16_t https_port;    /* where redirected clients are pointed at */
    struct tls_config *tls; /* the newest one, held for the shards to come; NULL: in the clear */
    char epoch[SITE_EPOCH_BYTES]; /* the name of the numbering of events */
    int64_t first_news_seq;       /* of the last message that was there at the start */
    struct presence *presence;
    struct layer *layer;
    struct writer *writer;
    struct workers *readers;
    struct workers *hashers;
    struct workers *disk_workers;
    struct shard *shards[SERVER_THREADS_MAX];
    unsigned shard_count;

    struct access_log access_log;
    struct live *live; /* the main thread's: what a reload changes. The loops have their own */
    bool is_debugging; /* the main thread's: SIGUSR1 has raised the log level */
    /* The writer's thread only: how messages are stored, and what the batch at hand brings each
     * loop. */
    struct commit commit;
    struct delivery *outbox[SERVER_THREADS_MAX];
    /* One of each loop's, which has given it back, for the next batch. */
    _Atomic(struct delivery *) spare_deliveries[SERVER_THREADS_MAX];

    _Atomic uint64_t connection_count; /* ever accepted: ids for log lines */
    /* Grows whenever somebody may have lost access: whoever checked before must check again. */
    _Atomic uint64_t access_generation;
    /* Grows when another process has written, so that all live connections are to be checked. */
    _Atomic uint64_t foreign_generation;
};

/* Read the secret key and make what the loops share. On an error *reason is one line. */
CHECKED enum err site_new(const struct server_settings *settings, struct site **out,
                          char reason[256]);

/* Open the database, start writer and workers, have the shards know the notices. The schema must be
 * current. On an error *reason is one line. */
CHECKED enum err site_start(struct site *site, char reason[256]);

/* End the workers and the writer. No call may be under way any more; the loops have ended, but
 * their mailboxes still exist. */
void site_stop(struct site *site);

/* Free what is left; the loops are gone. */
void site_free(struct site **site);

#endif
