#include "server/v1_watch.h"

#include <stdlib.h>
#include "server/errand.h"
#include "server/presence.h"
#include "store/users.h"

/* A user whom connections of this loop watch. */
struct watched {
    int64_t user_id;
    struct list watches;
};

/* That one connection watches one user. */
struct watch {
    struct list of_v1;
    struct list of_user; /* in watched->watches */
    struct watched *watched;
    struct v1 *v1;
    bool has_changed; /* since the client was told */
};

/* --- Who watches whom --- */

static enum err take_watched(struct shard *shard, int64_t user_id, struct watched **out)
{
    struct watched *watched = map_get(&shard->watched, (uint64_t)user_id);
    if (watched != NULL) {
        *out = watched;
        return OK;
    }
    watched = calloc(1, sizeof *watched);
    if (watched == NULL)
        return ERR_MEMORY;
    watched->user_id = user_id;
    list_init(&watched->watches);
    enum err err = map_put(&shard->watched, (uint64_t)user_id, watched);
    if (err == OK)
        err = presence_watch(shard->site, user_id, shard->loop->index);
    if (err != OK) {
        (void)map_remove(&shard->watched, (uint64_t)user_id);
        free(watched);
        return err;
    }
    *out = watched;
    return OK;
}

static void release_watched(struct shard *shard, struct watched *watched)
{
    if (!list_is_empty(&watched->watches))
        return;
    (void)map_remove(&shard->watched, (uint64_t)watched->user_id);
    presence_unwatch(shard->site, watched->user_id, shard->loop->index);
    free(watched);
}

static enum err begin(struct v1 *v1, int64_t user_id)
{
    struct shard *shard = v1->socket->client->shard;
    struct watched *watched = NULL;
    struct watch *watch = calloc(1, sizeof *watch);
    enum err err = watch != NULL ? take_watched(shard, user_id, &watched) : ERR_MEMORY;
    if (err != OK) {
        free(watch);
        return err;
    }
    *watch = (struct watch) {.watched = watched, .v1 = v1, .has_changed = true};
    list_init(&watch->of_v1);
    list_init(&watch->of_user);
    list_push(&v1->watches, &watch->of_v1);
    list_push(&watched->watches, &watch->of_user);
    return OK;
}

void v1_watch_end(struct v1 *v1)
{
    struct list *link;
    while ((link = list_pop(&v1->watches)) != NULL) {
        struct watch *watch = CONTAINER_OF(link, struct watch, of_v1);
        list_remove(&watch->of_user);
        release_watched(v1->socket->client->shard, watch->watched);
        free(watch);
    }
    list_remove(&v1->watch_due);
}

/* --- Telling --- */

static const char *const status_names[] = {
    [PRESENCE_OFFLINE] = "offline",
    [PRESENCE_AWAY] = "away",
    [PRESENCE_ONLINE] = "online",
};

static void write_user(struct json *json, struct site *site, int64_t user_id)
{
    const struct presence_state state = presence_of(site, user_id);
    json_object_begin(json);
    json_key(json, "id");
    json_number(json, user_id);
    json_key(json, "status");
    json_text_z(json, status_names[state.status]);
    if (state.status == PRESENCE_OFFLINE && state.last_seen_us != 0) {
        json_key(json, "last_seen");
        json_time(json, state.last_seen_us);
    }
    json_object_end(json);
}

/* One frame with those that have changed since the last one. */
static void tell(struct v1 *v1)
{
    struct site *site = v1->socket->client->shard->site;
    struct buf text = {0};
    struct json json = {.out = &text, .style = JSON_COMPACT};
    json_object_begin(&json);
    json_key(&json, "type");
    json_text_z(&json, "presence");
    json_key(&json, "users");
    json_array_begin(&json);
    for (struct list *link = v1->watches.next; link != &v1->watches; link = link->next) {
        struct watch *watch = CONTAINER_OF(link, struct watch, of_v1);
        if (!watch->has_changed)
            continue;
        watch->has_changed = false;
        write_user(&json, site, watch->watched->user_id);
    }
    json_array_end(&json);
    json_object_end(&json);
    v1_send(v1, &text);
}

void v1_watch_on_tick(struct shard *shard)
{
    struct list due;
    struct list *link;
    int64_t now_ms = loop_now_ms(shard->loop);
    if (now_ms - shard->watch_told_ms < WATCH_MERGE_MS)
        return;
    shard->watch_told_ms = now_ms;
    list_init(&due);
    list_append_all(&due, &shard->watch_due);
    while ((link = list_pop(&due)) != NULL) {
        struct v1 *v1 = CONTAINER_OF(link, struct v1, watch_due);
        if (v1->socket->client->conn.is_blocked) {
            list_push(&shard->watch_due, link); /* later: what changes until then is merged too */
            continue;
        }
        tell(v1);
        v1_mark_dirty(v1);
    }
    v1_flush_dirty(shard);
}

/* --- A change comes --- */

struct arrival {
    struct task task;
    struct shard *shard;
    int64_t user_id;
};

static void on_arrival(struct task *task, void *loop)
{
    struct arrival *arrival = CONTAINER_OF(task, struct arrival, task);
    struct shard *shard = arrival->shard;
    struct watched *watched = map_get(&shard->watched, (uint64_t)arrival->user_id);
    (void)loop;
    free(arrival);
    if (watched == NULL)
        return;
    for (struct list *link = watched->watches.next; link != &watched->watches; link = link->next) {
        struct watch *watch = CONTAINER_OF(link, struct watch, of_user);
        watch->has_changed = true;
        if (watch->v1->wants_presence && list_is_empty(&watch->v1->watch_due))
            list_push(&shard->watch_due, &watch->v1->watch_due);
    }
}

void v1_watch_post(struct shard *shard, int64_t user_id)
{
    struct arrival *arrival = calloc(1, sizeof *arrival);
    if (arrival == NULL)
        return;
    *arrival = (struct arrival) {{.run = on_arrival}, shard, user_id};
    loop_post(shard->loop, &arrival->task);
}

/* --- The command --- */

/* On a reader: those who share no chat with the user are left out, as if they did not exist. */
static enum err keep_known(struct errand *errand, struct db *db)
{
    size_t kept = 0;
    enum err err = OK;
    for (size_t i = 0; i < errand->named.count && err == OK; i++) {
        bool is_known = false;
        err = users_share_chat(db, errand->user.id, errand->named.chats[i], &is_known);
        if (is_known)
            errand->named.chats[kept++] = errand->named.chats[i];
    }
    errand->named.count = kept;
    return err;
}

static void done_watch(struct errand *errand, struct v1 *v1)
{
    enum err err = OK;
    v1_watch_end(v1);
    for (size_t i = 0; i < errand->named.count && err == OK; i++)
        err = begin(v1, errand->named.chats[i]);
    if (err != OK) {
        v1_watch_end(v1);
        v1_refuse(v1, V1_UNAVAILABLE, NULL, errand->command.ref, NO_BYTES, 0);
        return;
    }
    v1_ack(v1, errand->command.ref, 0, 0, 0);
    if (errand->named.count > 0)
        tell(v1);
}

/* The ids, each once, into the errand. */
static bool read_users(struct errand *errand, const struct json_doc *doc,
                       const struct json_node *list)
{
    const struct json_node *node = json_first(doc, list);
    for (; node != NULL; node = json_next(doc, list, node)) {
        int64_t user_id;
        bool is_new = true;
        if (!command_read_id(doc, node, &user_id))
            return false;
        for (size_t i = 0; i < errand->named.count && is_new; i++)
            is_new = errand->named.chats[i] != user_id;
        if (is_new && errand->named.count == COMMAND_WATCH_MAX)
            return false;
        if (is_new)
            errand->named.chats[errand->named.count++] = user_id;
    }
    return true;
}

void v1_run_watch(struct v1 *v1, const struct command *command)
{
    const struct json_doc *doc = &v1->socket->client->shard->consumer.doc;
    struct errand *errand = NULL;
    enum err err = errand_new(v1, command, &errand);
    if (err == OK) {
        errand->named.chats =
            arena_alloc(&errand->arena, COMMAND_WATCH_MAX * sizeof *errand->named.chats);
        err = errand->named.chats != NULL ? OK : ERR_MEMORY;
    }
    if (err == OK && read_users(errand, doc, command->users)) {
        errand->run = keep_known;
        errand->done = done_watch;
        errand_read(errand);
        return;
    }
    v1_refuse(v1, err != OK ? V1_UNAVAILABLE : V1_INVALID_FRAME,
              err != OK ? NULL : "users must be ids, at most 500 of them", command->ref, NO_BYTES,
              0);
    if (errand != NULL)
        errand_free(&errand);
}
