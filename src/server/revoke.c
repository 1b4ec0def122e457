#include "server/revoke.h"

#include <stdlib.h>
#include "base/log.h"
#include "base/time_text.h"
#include "server/socket.h"
#include "server/v1_membership.h"
#include "store/chats.h"

/* --- What this server changed --- */

struct notice {
    struct task task;
    struct shard *shard;
    int64_t chat_id;
    int64_t user_id;
    char session_key[SESSION_KEY_BYTES_MAX + 1];
    char renewed_key[SESSION_KEY_BYTES_MAX + 1];
};

static bool is_about_session(const struct notice *notice, const struct socket *socket)
{
    return notice->session_key[0] != '\0' && strcmp(notice->session_key, socket->session_key) == 0;
}

/* The close code for a socket that a notice is about; 0: it is not. */
static unsigned code_for(const struct notice *notice, const struct socket *socket)
{
    if (is_about_session(notice, socket))
        return WS_CLOSE_SESSION_ENDED;
    if (notice->chat_id == 0 && notice->user_id == 0)
        return 0;
    if (notice->chat_id == 0)
        return notice->user_id == socket->user_id ? WS_CLOSE_SESSION_ENDED : 0;
    if (notice->chat_id != socket->chat_id)
        return 0;
    if (notice->user_id == 0)
        return WS_CLOSE_CHAT_DELETED;
    return notice->user_id == socket->user_id ? WS_CLOSE_REMOVED : 0;
}

/* A connection to all chats loses the one that the notice is about. */
static void leave_chat(const struct notice *notice, struct socket *socket)
{
    if (notice->chat_id == 0 || socket->v1 == NULL || !socket->v1->is_multi ||
        socket->state != SOCKET_OPEN)
        return;
    if (notice->user_id == socket->user_id)
        v1_unfollow(socket->v1, notice->chat_id, "removed");
    else if (notice->user_id == 0 && subscription_find(socket->v1, notice->chat_id) != NULL)
        v1_unfollow(socket->v1, notice->chat_id, "deleted");
}

static void on_notice(struct task *task, void *loop)
{
    struct notice *notice = CONTAINER_OF(task, struct notice, task);
    struct shard *shard = notice->shard;
    (void)loop;
    struct list *link = shard->sockets.next;
    while (link != &shard->sockets) {
        struct socket *socket = CONTAINER_OF(link, struct socket, link);
        link = link->next;
        if (notice->renewed_key[0] != '\0') {
            if (is_about_session(notice, socket))
                memcpy(socket->session_key, notice->renewed_key, sizeof socket->session_key);
            continue;
        }
        unsigned code = code_for(notice, socket);
        if (code != 0)
            socket_close(socket, (enum ws_close_code)code);
        else
            leave_chat(notice, socket);
    }
    v1_flush_dirty(shard);
    free(notice);
}

/* A text of the revocation into its place in the notice, which is all zero. */
static void copy_key(char to[SESSION_KEY_BYTES_MAX + 1], struct bytes key)
{
    if (key.len > 0 && key.len <= SESSION_KEY_BYTES_MAX)
        memcpy(to, key.data, key.len);
}

void revoke_post(struct site *site, const struct revocation *revocation)
{
    struct bytes key = revocation->session_key;
    if (key.len == 0 && revocation->chat_id == 0 && revocation->user_id == 0)
        return;
    atomic_fetch_add(&site->access_generation, 1);
    for (unsigned i = 0; i < site->shard_count; i++) {
        struct notice *notice = calloc(1, sizeof *notice);
        if (notice == NULL) {
            /* Without memory for the notice the sweep finds the same. */
            atomic_fetch_add(&site->foreign_generation, 1);
            continue;
        }
        notice->task.run = on_notice;
        notice->shard = site->shards[i];
        notice->chat_id = revocation->chat_id;
        notice->user_id = revocation->user_id;
        copy_key(notice->session_key, key);
        copy_key(notice->renewed_key, revocation->renewed_key);
        loop_post(notice->shard->loop, &notice->task);
    }
}

/* --- What others may have changed: the sweep --- */

/* One live socket that is checked, and what came of it. */
struct suspect {
    struct client *client; /* held */
    int64_t user_id;
    int64_t chat_id;
    int64_t expire_us; /* when its session ends, as the row says now */
    unsigned code;     /* 0: it may stay */
    char session_key[SESSION_KEY_BYTES_MAX + 1];
};

struct sweep {
    struct task task;
    struct shard *shard;
    bool is_certain; /* the database told about everybody */
    size_t count;
    struct suspect suspects[];
};

/* On a reader: *code is the close code for one socket; 0: it may stay. ERR_*: the database cannot
 * be read now. */
static enum err judge(struct db *db, const struct api_settings *settings, struct suspect *suspect,
                      unsigned *code)
{
    struct arena arena = {0};
    struct user user;
    struct chat chat;
    int64_t expire_us;
    bool is_participant = true;
    *code = 0;
    enum err err = api_live_user(db, &settings->secrets, bytes_from_text(suspect->session_key),
                                 time_now_us(), &arena, &user, &expire_us);
    if (err == ERR_NOT_FOUND || (err == OK && user.id != suspect->user_id)) {
        *code = WS_CLOSE_SESSION_ENDED;
        err = OK;
        goto done;
    }
    if (err != OK)
        goto done;
    suspect->expire_us = expire_us;
    if (suspect->chat_id == 0)
        goto done;
    err = chats_has_participant(db, suspect->chat_id, suspect->user_id, &is_participant);
    if (err != OK || is_participant)
        goto done;
    err = chats_find(db, suspect->chat_id, &arena, &chat);
    if (err == OK)
        *code = WS_CLOSE_REMOVED;
    else if (err == ERR_NOT_FOUND) {
        *code = WS_CLOSE_CHAT_DELETED;
        err = OK;
    }
done:
    arena_free(&arena);
    return err;
}

/* What the sweep found out about a socket that is still there. */
static void apply_judgement(struct shard *shard, const struct suspect *suspect,
                            struct socket *socket)
{
    /* The session was renewed meanwhile: the old key says nothing any more. */
    if (strcmp(socket->session_key, suspect->session_key) != 0)
        return;
    bool is_about_chat =
        suspect->code == WS_CLOSE_REMOVED || suspect->code == WS_CLOSE_CHAT_DELETED;
    if (is_about_chat && socket->v1 != NULL && socket->v1->is_multi) {
        if (socket->state == SOCKET_OPEN && subscription_find(socket->v1, suspect->chat_id) != NULL)
            v1_unfollow(socket->v1, suspect->chat_id,
                        suspect->code == WS_CLOSE_REMOVED ? "removed" : "deleted");
        return;
    }
    if (suspect->code != 0) {
        socket_close(socket, (enum ws_close_code)suspect->code);
        return;
    }
    /* A site that saves sessions at every request puts their ends off. */
    if (suspect->expire_us != 0)
        socket->expire_us = suspect->expire_us;
    if (socket->expire_us < shard->expire_us_min)
        shard->expire_us_min = socket->expire_us;
}

/* Somebody could not be checked: a later tick tries again, however long nobody writes. */
static void sweep_again(struct shard *shard)
{
    shard->foreign_generation_swept--;
}

static void on_judged(struct task *task, void *loop)
{
    struct sweep *sweep = CONTAINER_OF(task, struct sweep, task);
    (void)loop;
    for (size_t i = 0; i < sweep->count; i++) {
        struct suspect *suspect = &sweep->suspects[i];
        if (suspect->client->socket != NULL)
            apply_judgement(sweep->shard, suspect, suspect->client->socket);
        client_release(suspect->client);
    }
    v1_flush_dirty(sweep->shard);
    sweep->shard->is_sweeping = false;
    if (!sweep->is_certain)
        sweep_again(sweep->shard);
    free(sweep);
}

static void judge_all(struct task *task, void *place)
{
    struct sweep *sweep = CONTAINER_OF(task, struct sweep, task);
    sweep->is_certain = true;
    for (size_t i = 0; i < sweep->count; i++) {
        struct suspect *suspect = &sweep->suspects[i];
        if (judge(place, &sweep->shard->site->api, suspect, &suspect->code) != OK)
            sweep->is_certain = false;
    }
    sweep->task.run = on_judged;
    loop_post(sweep->shard->loop, &sweep->task);
}

/* How many checks a socket needs: of its chat, or of each of its chats and of its session. */
static size_t count_suspects(const struct socket *socket)
{
    if (socket->state != SOCKET_OPEN)
        return 0;
    if (socket->v1 != NULL && socket->v1->is_multi)
        return 1 + socket->v1->by_chat.count;
    return socket->chat_id != 0;
}

static void add_suspect(struct sweep *sweep, const struct socket *socket, int64_t chat_id)
{
    struct suspect *suspect = &sweep->suspects[sweep->count++];
    suspect->client = socket->client;
    suspect->user_id = socket->user_id;
    suspect->chat_id = chat_id;
    memcpy(suspect->session_key, socket->session_key, sizeof suspect->session_key);
    client_hold(socket->client);
}

static void add_suspects(struct sweep *sweep, const struct socket *socket)
{
    size_t at = 0;
    uint64_t chat_id;
    void *subscription;
    if (count_suspects(socket) == 0)
        return;
    add_suspect(sweep, socket, socket->chat_id);
    if (socket->v1 == NULL || !socket->v1->is_multi)
        return;
    while (map_next(&socket->v1->by_chat, &at, &chat_id, &subscription))
        add_suspect(sweep, socket, (int64_t)chat_id);
}

static void begin_sweep(struct shard *shard)
{
    size_t max = 0;
    struct list *link;
    for (link = shard->sockets.next; link != &shard->sockets; link = link->next)
        max += count_suspects(CONTAINER_OF(link, struct socket, link));
    if (max == 0)
        return;
    struct sweep *sweep = calloc(1, sizeof *sweep + max * sizeof sweep->suspects[0]);
    if (sweep == NULL) {
        sweep_again(shard);
        return;
    }
    sweep->shard = shard;
    sweep->task.run = judge_all;
    for (link = shard->sockets.next; link != &shard->sockets; link = link->next)
        add_suspects(sweep, CONTAINER_OF(link, struct socket, link));
    shard->is_sweeping = true;
    workers_post(shard->site->readers, &sweep->task);
}

/* Close the sockets whose session is over, and note when the next one will be. */
static void close_expired(struct shard *shard, int64_t now_us)
{
    shard->expire_us_min = INT64_MAX;
    struct list *link = shard->sockets.next;
    while (link != &shard->sockets) {
        struct socket *socket = CONTAINER_OF(link, struct socket, link);
        link = link->next;
        if (socket->expire_us <= now_us)
            socket_close(socket, WS_CLOSE_SESSION_ENDED);
        else if (socket->expire_us < shard->expire_us_min)
            shard->expire_us_min = socket->expire_us;
    }
}

void revoke_on_tick(struct shard *shard)
{
    int64_t now_us = time_now_us();
    int64_t now_ms = loop_now_ms(shard->loop);
    if (shard->expire_us_min <= now_us)
        close_expired(shard, now_us);
    uint64_t generation = atomic_load(&shard->site->foreign_generation);
    if (generation == shard->foreign_generation_swept || shard->is_sweeping ||
        now_ms - shard->swept_at_ms < SWEEP_MS_MIN)
        return;
    shard->foreign_generation_swept = generation;
    shard->swept_at_ms = now_ms;
    begin_sweep(shard);
}
