#include "server/shard.h"

#include <stdio.h>
#include <stdlib.h>
#include "base/log.h"
#include "chat/replay.h"
#include "server/broadcast.h"
#include "server/chain.h"
#include "server/client.h"
#include "server/dispatch.h"
#include "server/exchange.h"
#include "server/metrics.h"
#include "server/revoke.h"
#include "server/socket.h"
#include "server/catch_up.h"
#include "server/subscription.h"
#include "server/survey.h"
#include "server/v1_watch.h"

static void on_accept(void *context, int fd, const struct address *peer)
{
    (void)peer;
    client_accept(context, fd, CLIENT_MAIN);
}

static void on_accept_redirected(void *context, int fd, const struct address *peer)
{
    (void)peer;
    client_accept(context, fd, CLIENT_REDIRECTED);
}

static void on_accept_metrics(void *context, int fd, const struct address *peer)
{
    (void)peer;
    client_accept(context, fd, CLIENT_METRICS);
}

static void on_turn_end(void *context)
{
    dispatch_flush(context);
    broadcast_run(context);
}

/* --- The slow tick: deadlines, readers that stand still, the end --- */

static void check_deadlines(struct shard *shard, int64_t now_ms)
{
    for (size_t kind = 0; kind < DEADLINE_KIND_COUNT; kind++) {
        struct deadline *deadline;
        while ((deadline = deadline_take_due(&shard->deadlines[kind], now_ms)) != NULL)
            client_on_deadline(CONTAINER_OF(deadline, struct client, deadline));
    }
}

/* Send away the readers that have stood still for too long or are too far behind. */
static void check_slow_readers(struct shard *shard, int64_t now_ms)
{
    struct reader *reader;
    while ((reader = fanout_find_overdue(&shard->fanout, now_ms - READER_STALL_MS_MAX)) != NULL) {
        struct socket *socket = socket_of_reader(reader);
        if (socket->v1 != NULL) {
            catch_up_fall_back(shard, subscription_of_reader(reader));
            continue;
        }
        log_info("reader too slow", socket->client->conn.id, "chat=%lld behind_bytes=%llu",
                 (long long)socket->chat_id,
                 (unsigned long long)frame_log_backlog(&reader->feed->log, &reader->cursor));
        socket_close(socket, WS_CLOSE_OVERLOADED);
    }
}

static void check_drain(struct shard *shard, int64_t now_ms)
{
    if (now_ms >= shard->drain_until_ms) {
        while (!list_is_empty(&shard->clients))
            client_close(CONTAINER_OF(shard->clients.next, struct client, link));
    }
    /* One tick more for what is being closed; whoever works for a client even then is left behind.
     */
    if ((shard->client_count == 0 && shard->pull_count == 0) ||
        now_ms >= shard->drain_until_ms + 2 * LOOP_TICK_MS)
        loop_stop(shard->loop);
}

static void on_tick(void *context)
{
    struct shard *shard = context;
    int64_t now_ms = loop_now_ms(shard->loop);
    check_deadlines(shard, now_ms);
    polls_on_tick(shard);
    check_slow_readers(shard, now_ms);
    revoke_on_tick(shard);
    survey_on_tick(shard);
    catch_up_on_tick(shard);
    v1_watch_on_tick(shard);
    metrics_on_tick(shard, now_ms);
    for (size_t i = 0; i < shard->listener_count; i++)
        listener_retry(shard->listeners[i]);
    if (shard->is_draining)
        check_drain(shard, now_ms);
    on_turn_end(shard); /* a check may have let a reader or a client go on */
}

/* --- Beginning --- */

/* Listen at one address; *port 0 becomes the one that it is, for the shards that follow. */
static enum err listen_at(struct shard *shard, const char *text, uint16_t *bound_port,
                          const struct listener_handler *handler, char reason[256])
{
    char host[ADDRESS_TEXT_BYTES];
    char why[128] = "not of the form HOST:PORT";
    uint16_t port;
    enum err err = address_split(text, host, &port);
    if (err == OK && *bound_port == 0 && port != 0)
        err = listener_probe(host, port, why);
    if (err == OK) {
        if (*bound_port == 0)
            *bound_port = port;
        err = listener_new(shard->loop, host, bound_port, handler,
                           &shard->listeners[shard->listener_count], why);
    }
    if (err == OK)
        shard->listener_count++;
    else
        (void)snprintf(reason, 256, "cannot listen on %s: %s", text, why);
    return err;
}

static enum err listen_everywhere(struct shard *shard, struct ports *ports, char reason[256])
{
    const struct server_settings *settings = shard->site->settings;
    const struct listener_handler main_handler = {on_accept, shard};
    const struct listener_handler redirect_handler = {on_accept_redirected, shard};
    const struct listener_handler metrics_handler = {on_accept_metrics, shard};
    enum err err = OK;
    for (size_t i = 0; i < settings->listen_count && err == OK; i++)
        err = listen_at(shard, settings->listen[i], &ports->main[i], &main_handler, reason);
    if (err == OK && settings->redirect_listen != NULL)
        err = listen_at(shard, settings->redirect_listen, &ports->redirect, &redirect_handler,
                        reason);
    /* One loop is enough for whoever asks every few seconds. */
    if (err == OK && settings->metrics_listen != NULL && shard->loop->index == 0)
        err = listen_at(shard, settings->metrics_listen, &ports->metrics, &metrics_handler, reason);
    return err;
}

static int64_t duration_ms(enum deadline_kind kind, const struct server_settings *settings)
{
    switch (kind) {
    case DEADLINE_REQUEST:
    case DEADLINE_FIRST_REQUEST:
    case DEADLINE_STALL:
        return (int64_t)settings->request_timeout_s * 1000;
    case DEADLINE_KEEP_ALIVE:
        return (int64_t)settings->keep_alive_timeout_s * 1000;
    case DEADLINE_LINGER:
        return LINGER_MS_MAX;
    case DEADLINE_CLOSE:
        return CLOSE_MS_MAX;
    case DEADLINE_SLOW_CLOSE:
        return SLOW_CLOSE_MS_MAX;
    case DEADLINE_PING:
        return (int64_t)settings->ping_interval_s * 1000;
    case DEADLINE_KIND_COUNT:
        break;
    }
    return 0;
}

enum err shard_new(struct site *site, unsigned index, struct ports *ports, struct shard **out,
                   char reason[256])
{
    struct shard *shard = calloc(1, sizeof *shard);
    (void)snprintf(reason, 256, "no memory, or no file descriptor left");
    if (shard == NULL)
        return ERR_MEMORY;
    shard->site = site;
    shard->expire_us_min = INT64_MAX;
    if (site->tls != NULL && (shard->tls = tls_config_ref(site->tls)) == NULL) {
        free(shard);
        return ERR_MEMORY;
    }
    shard->live = live_ref(site->live);
    shard->reads_end = &shard->reads;
    list_init(&shard->clients);
    list_init(&shard->sockets);
    list_init(&shard->dirty);
    list_init(&shard->watch_due);
    fanout_init(&shard->fanout);
    shard->replay_events_max = REPLAY_EVENTS_MAX;
    polls_init(&shard->polls);
    for (size_t kind = 0; kind < DEADLINE_KIND_COUNT; kind++)
        deadline_queue_init(&shard->deadlines[kind],
                            duration_ms((enum deadline_kind)kind, site->settings));

    enum err err = loop_new(index, &shard->loop);
    if (err == OK)
        err = poller_new(shard->loop, conn_on_ready, &shard->poller);
    if (err == OK)
        err = ws_codec_new(&shard->codec);
    if (err == OK)
        err = sender_new(SEND_BEST, &shard->sender);
    if (err == OK)
        err = listen_everywhere(shard, ports, reason);
    if (err != OK) {
        shard_free(&shard);
        return err;
    }
    loop_set_hooks(shard->loop, on_turn_end, on_tick, shard);
    *out = shard;
    return OK;
}

static void *thread_main(void *argument)
{
    struct shard *shard = argument;
    (void)pthread_setname_np(pthread_self(), "confab-loop");
    loop_run(shard->loop);
    return NULL;
}

enum err shard_start(struct shard *shard)
{
    return pthread_create(&shard->thread, NULL, thread_main, shard) == 0 ? OK : ERR_MEMORY;
}

void shard_join(struct shard *shard)
{
    (void)pthread_join(shard->thread, NULL);
}

/* --- A new certificate --- */

struct tls_change {
    struct task task;
    struct shard *shard;
    struct tls_config *config;
};

static void on_tls_change(struct task *task, void *loop)
{
    struct tls_change *change = CONTAINER_OF(task, struct tls_change, task);
    (void)loop;
    tls_config_unref(&change->shard->tls);
    change->shard->tls = change->config;
    free(change);
}

enum err shard_set_tls(struct shard *shard, struct tls_config *config)
{
    struct tls_change *change = calloc(1, sizeof *change);
    struct tls_config *held = tls_config_ref(config);
    if (change == NULL || held == NULL) {
        tls_config_unref(&held);
        free(change);
        return ERR_MEMORY;
    }
    *change = (struct tls_change) {{.run = on_tls_change}, shard, held};
    loop_post(shard->loop, &change->task);
    return OK;
}

/* --- New settings --- */

struct live_change {
    struct task task;
    struct shard *shard;
    struct live *live;
};

static void on_live_change(struct task *task, void *loop)
{
    struct live_change *change = CONTAINER_OF(task, struct live_change, task);
    (void)loop;
    live_unref(&change->shard->live);
    change->shard->live = change->live;
    free(change);
}

enum err shard_set_live(struct shard *shard, struct live *live)
{
    struct live_change *change = calloc(1, sizeof *change);
    if (change == NULL)
        return ERR_MEMORY;
    *change = (struct live_change) {{.run = on_live_change}, shard, live_ref(live)};
    loop_post(shard->loop, &change->task);
    return OK;
}

/* --- End --- */

static void stop_listening(struct shard *shard)
{
    for (size_t i = 0; i < shard->listener_count; i++)
        listener_free(&shard->listeners[i]);
    shard->listener_count = 0;
}

/* Say goodbye to one client, or let it finish what is under way. */
static void drain_client(struct client *client)
{
    if (client->socket != NULL)
        socket_leave(client->socket);
    else if (client->exchange == NULL && client->conn.state == CONN_OPEN)
        client_close(client); /* between two requests: nobody waits */
}

static void on_drain(struct task *task, void *loop)
{
    struct shard *shard = CONTAINER_OF(task, struct shard, drain);
    (void)loop;
    stop_listening(shard);
    shard->is_draining = true;
    shard->drain_until_ms = loop_now_ms(shard->loop) + DRAIN_MS_MAX;
    polls_on_drain(shard);
    struct list *link = shard->clients.next;
    while (link != &shard->clients) {
        struct client *client = CONTAINER_OF(link, struct client, link);
        link = link->next;
        drain_client(client);
    }
}

void shard_drain(struct shard *shard)
{
    shard->drain.run = on_drain;
    loop_post(shard->loop, &shard->drain);
}

void shard_free(struct shard **shard_at)
{
    struct shard *shard = *shard_at;
    *shard_at = NULL;
    if (shard == NULL)
        return;
    stop_listening(shard);
    poller_free(&shard->poller);
    loop_free(&shard->loop);
    tls_config_unref(&shard->tls);
    sender_free(&shard->sender);
    ws_codec_free(&shard->codec);
    live_unref(&shard->live);
    serializer_deinit(&shard->serializer);
    consumer_deinit(&shard->consumer);
    rooms_deinit(&shard->rooms);
    notice_board_deinit(&shard->notices);
    buf_free(&shard->wire);
    map_free(&shard->typing);
    map_free(&shard->watched);
    free(shard);
}
