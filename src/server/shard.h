/* shard.h - one event loop with everything that lives on it. Shards share nothing but the site.
 *
 * Thread: the loop's, unless said otherwise.
 */
#ifndef CONFAB_SERVER_SHARD_H
#define CONFAB_SERVER_SHARD_H

#include <pthread.h>
#include "chat/consumer.h"
#include "chat/fanout.h"
#include "chat/serializer.h"
#include "loop/deadline.h"
#include "net/listener.h"
#include "net/poller.h"
#include "net/send.h"
#include "server/notice_board.h"
#include "server/poll.h"
#include "server/site.h"

/* How long things may take, beside what the settings say (duration_ms() in shard.c). A deadline is
 * met within LOOP_TICK_MS. */
enum {
    LINGER_MS_MAX = 2 * 1000,        /* from our end of a connection to the peer's */
    CLOSE_MS_MAX = 5 * 1000,         /* from our close frame to the peer's */
    READER_STALL_MS_MAX = 60 * 1000, /* a WebSocket that takes no byte of its room's log: 1013 */
    SLOW_CLOSE_MS_MAX =
        20 * 1000,           /* for such a one to take the rest of its frame and the close frame */
    DRAIN_MS_MAX = 3 * 1000, /* from SIGTERM to the end, whoever has not gone by then */
    SWEEP_MS_MIN = 500,      /* between two checks of all live connections */
};

enum deadline_kind {
    DEADLINE_REQUEST,       /* from a request's first byte to its last */
    DEADLINE_FIRST_REQUEST, /* from the connection to the first byte */
    DEADLINE_KEEP_ALIVE,    /* from an answer to the next request's first byte */
    DEADLINE_STALL,         /* a peer that takes no byte of its answer */
    DEADLINE_LINGER,
    DEADLINE_CLOSE,
    DEADLINE_SLOW_CLOSE,
    DEADLINE_PING,
    DEADLINE_KIND_COUNT,
};

/* Heads and contents of requests that one loop holds, of all its connections together. When it is
 * reached a request that has itself grown past REQUEST_BYTES_FREE is refused with 503: uploads that
 * drip in can be many, while a message of usual length always gets in. */
enum {
    REQUEST_BYTES_HELD_MAX = 64 * 1024 * 1024,
    REQUEST_BYTES_FREE = 8 * 1024,
};

/* Answers of one loop for which CALL_PIECES_MAX pieces may be made at once; the others get one at a
 * time. So what is made for clients that then do not take it is bounded, however many they are. */
enum { ANSWERS_AHEAD_MAX = 32 };

/* What a loop tells of its rooms for /metrics, now and then. */
struct shard_gauges {
    _Atomic uint64_t blocked_readers;
    _Atomic uint64_t lag_bytes;
    _Atomic uint64_t lag_bytes_max;
    _Atomic uint64_t log_bytes;
    int64_t sampled_at_ms; /* the loop's */
};

struct shard {
    struct site *site;
    struct loop *loop;
    struct poller *poller;
    pthread_t thread;
    struct listener *listeners[SERVER_LISTEN_MAX + 2]; /* the main ones, redirect, metrics */
    size_t listener_count;
    struct tls_config *tls; /* for those who connect from now on; NULL: in the clear */

    struct rooms rooms;
    struct fanout fanout;
    struct consumer consumer;
    struct serializer serializer;
    struct ws_codec *codec;
    struct sender *sender;

    struct polls polls;

    struct task *reads;      /* what this turn has for the readers, oldest first */
    struct task **reads_end; /* where the next one is linked */
    struct writes writes;    /* what this turn has for the writer */

    struct list clients; /* all connections */
    struct list sockets; /* those that are WebSockets */
    size_t client_count; /* connections and what still works for those that are gone */
    struct deadline_queue deadlines[DEADLINE_KIND_COUNT];
    struct buf wire;           /* pieces of an answer while they are being sent (exchange.c) */
    unsigned ahead_count;      /* answers of which many pieces are being made at once */
    size_t request_bytes_held; /* of requests that are being read or answered */
    int64_t expire_us_min;     /* when the first session of a live socket ends */
    struct shard_gauges gauges;
    struct live *live; /* what new requests go by; a reload changes it */

    /* The chains of the rooms (chain.h). */
    struct list dirty;     /* struct v1 with bytes to flush */
    struct map typing;     /* when who was last shown typing where (flash.c) */
    struct map watched;    /* users whose presence somebody here wants to know (v1_watch.c) */
    struct list watch_due; /* struct v1 that are to be told of changes */
    int64_t watch_told_ms;
    size_t pull_count;    /* tasks of chain.c at the readers */
    bool has_pulls_due;   /* a room is to be read again at the next tick */
    bool has_replays_due; /* the same for a subscription */
    bool is_asking_news;
    int64_t replay_events_max; /* REPLAY_EVENTS_MAX; the simulator's may be smaller */
    int64_t news_seq;          /* of the last message that is known to be there */
    uint64_t news_generation;  /* foreign_generation when news were asked for */
    struct notice_board notices;

    uint64_t foreign_generation_swept;
    int64_t swept_at_ms;
    bool is_sweeping;

    bool is_draining;
    int64_t drain_until_ms;
    struct task drain; /* posted by the main thread */
};

/* The ports that were bound: those asked for, or, for port 0, the free ones that the first shard
 * got. All zero at first. */
struct ports {
    uint16_t main[SERVER_LISTEN_MAX];
    uint16_t redirect;
    uint16_t metrics;
};

/* Make a shard that listens at the site's addresses. On an error *reason is one line. */
CHECKED enum err shard_new(struct site *site, unsigned index, struct ports *ports,
                           struct shard **out, char reason[256]);

/* Those who connect from now on get this certificate; who is connected keeps the old one.
 * ERR_MEMORY: nothing changes. Thread: any. */
CHECKED enum err shard_set_tls(struct shard *shard, struct tls_config *config);

/* Requests that begin from now on go by these settings. ERR_MEMORY: nothing changes. Thread: any.
 */
CHECKED enum err shard_set_live(struct shard *shard, struct live *live);

/* Run it on a thread of its own; join waits until it has drained. Thread: the main one. */
CHECKED enum err shard_start(struct shard *shard);
void shard_join(struct shard *shard);

/* Have it stop accepting, finish what is under way, say goodbye, and end. Thread: any. */
void shard_drain(struct shard *shard);

/* Free the shard, after its thread and the site's have ended. */
void shard_free(struct shard **shard);

#endif
