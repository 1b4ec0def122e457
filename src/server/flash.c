#include "server/flash.h"

#include <stdlib.h>
#include "chat/v1_json.h"
#include "server/v1.h"
#include "server/v1_membership.h"

/* The same for all loops; the last one frees. */
struct flash {
    _Atomic unsigned holders;
    enum flash_kind kind;
    int64_t chat_id;
    int64_t user_id;
    const void *origin;
    size_t len;
    uint8_t json[];
};

/* Its way to one loop. */
struct flash_visit {
    struct task task;
    struct shard *shard;
    struct flash *flash;
};

/* Otherwise it goes to the connections of a user. */
static bool is_to_chat(enum flash_kind kind)
{
    return kind == FLASH_TYPING || kind == FLASH_RECEIPT;
}

static void release(struct flash *flash)
{
    if (atomic_fetch_sub_explicit(&flash->holders, 1, memory_order_acq_rel) == 1)
        free(flash);
}

static struct bytes json_of(const struct flash *flash)
{
    return bytes_of(flash->json, flash->len);
}

/* Send it to one connection, if that takes bytes now. The caller flushes. */
static void show(struct v1 *v1, struct bytes json)
{
    const struct conn *conn = &v1->socket->client->conn;
    if (conn->is_blocked || conn->state != CONN_OPEN || v1->socket->state != SOCKET_OPEN)
        return;
    v1_send_bytes(v1, json);
    v1_mark_dirty(v1);
}

/* --- Typing --- */

static uint64_t typing_key(const struct flash *flash)
{
    return (uint64_t)flash->chat_id * UINT64_C(0x9e3779b97f4a7c15) ^ (uint64_t)flash->user_id;
}

/* Whether the last one of the user in the chat is long enough ago. Without memory: yes. */
static bool is_due(struct shard *shard, const struct flash *flash)
{
    int64_t now_ms = loop_now_ms(shard->loop);
    uint64_t key = typing_key(flash);
    uintptr_t shown_ms = (uintptr_t)map_get(&shard->typing, key);
    if (shown_ms != 0 && now_ms - (int64_t)shown_ms < TYPING_MS_MIN)
        return false;
    if (shard->typing.count >= TYPING_REMEMBERED_MAX)
        map_free(&shard->typing);
    (void)!map_put(&shard->typing, key, (void *)(uintptr_t)(now_ms + 1)); /* NULL is no value */
    return true;
}

/* --- To a chat --- */

static bool wants(const struct v1 *v1, const struct flash *flash)
{
    return v1->socket->user_id != flash->user_id &&
           (flash->kind == FLASH_TYPING ? v1->wants_typing : v1->wants_read);
}

static void show_to_list(const struct flash *flash, const struct list *list)
{
    for (struct list *link = list->next; link != list; link = link->next) {
        struct v1 *v1 = subscription_of_reader(CONTAINER_OF(link, struct reader, link))->v1;
        if (wants(v1, flash))
            show(v1, json_of(flash));
    }
}

static void show_to_chat(struct shard *shard, const struct flash *flash)
{
    const struct room *room = rooms_find(&shard->rooms, flash->chat_id);
    if (room == NULL || (flash->kind == FLASH_TYPING && !is_due(shard, flash)))
        return;
    for (size_t form = FORM_V1_PLAIN; form < FORM_COUNT; form++) {
        const struct feed *feed = room->feeds[form];
        if (feed == NULL)
            continue;
        show_to_list(flash, &feed->at_tail);
        show_to_list(flash, &feed->behind);
    }
}

/* --- To a user --- */

/* What one of the user's connections does with it. Nothing that it does frees another one. */
static void show_to_one(struct v1 *v1, const struct flash *flash)
{
    switch (flash->kind) {
    case FLASH_READ:
        if (v1->socket->client != flash->origin && v1->wants_read &&
            (v1->is_multi || v1->socket->chat_id == flash->chat_id))
            show(v1, json_of(flash));
        break;
    case FLASH_JOINED:
        if (v1->is_multi)
            v1_follow(v1, flash->chat_id);
        break;
    case FLASH_TYPING:
    case FLASH_RECEIPT:
        break;
    }
}

static void show_to_user(struct shard *shard, const struct flash *flash)
{
    struct list *link = shard->sockets.next;
    while (link != &shard->sockets) {
        struct socket *socket = CONTAINER_OF(link, struct socket, link);
        link = link->next;
        if (socket->v1 != NULL && socket->user_id == flash->user_id && socket->state == SOCKET_OPEN)
            show_to_one(socket->v1, flash);
    }
}

void flash_everybody(struct shard *shard, struct bytes json)
{
    for (struct list *link = shard->sockets.next; link != &shard->sockets; link = link->next) {
        struct socket *socket = CONTAINER_OF(link, struct socket, link);
        if (socket->v1 != NULL)
            show(socket->v1, json);
    }
    v1_flush_dirty(shard);
}

static void on_visit(struct task *task, void *loop)
{
    struct flash_visit *visit = CONTAINER_OF(task, struct flash_visit, task);
    struct shard *shard = visit->shard;
    (void)loop;
    if (is_to_chat(visit->flash->kind))
        show_to_chat(shard, visit->flash);
    else
        show_to_user(shard, visit->flash);
    v1_flush_dirty(shard);
    release(visit->flash);
    free(visit);
}

/* --- Posting --- */

/* The loops that it may concern. */
static uint64_t channels_of(const struct site *site, const struct flash_news *news)
{
    if (is_to_chat(news->kind))
        return layer_group_channels(site->layer, (uint64_t)news->chat_id);
    return site->shard_count == LAYER_CHANNELS_MAX ? UINT64_MAX
                                                   : (UINT64_C(1) << site->shard_count) - 1;
}

enum err flash_post(struct site *site, const struct flash_news *news)
{
    struct flash *flash = malloc(sizeof *flash + news->json.len);
    if (flash == NULL)
        return ERR_MEMORY;
    *flash = (struct flash) {
        .kind = news->kind,
        .chat_id = news->chat_id,
        .user_id = news->user_id,
        .origin = news->origin,
        .len = news->json.len,
    };
    if (news->json.len > 0)
        memcpy(flash->json, news->json.data, news->json.len);
    atomic_init(&flash->holders, 1); /* ours, until it is posted everywhere */
    uint64_t channels = channels_of(site, news);
    enum err err = OK;
    for (unsigned i = 0; i < site->shard_count; i++) {
        struct flash_visit *visit = (channels >> i & 1) != 0 ? calloc(1, sizeof *visit) : NULL;
        if (visit == NULL) {
            err = (channels >> i & 1) != 0 ? ERR_MEMORY : err;
            continue;
        }
        *visit = (struct flash_visit) {{.run = on_visit}, site->shards[i], flash};
        atomic_fetch_add_explicit(&flash->holders, 1, memory_order_relaxed);
        loop_post(visit->shard->loop, &visit->task);
    }
    release(flash);
    return err;
}

/* --- The frames --- */

static void begin_frame(struct json *json, struct buf *out, const char *type, int64_t chat_id)
{
    *json = (struct json) {.out = out, .style = JSON_COMPACT};
    json_object_begin(json);
    json_key(json, "type");
    json_text_z(json, type);
    json_key(json, "chat");
    json_number(json, chat_id);
    json_key(json, "user");
}

/* Fleeting: without memory nobody is told. */
static void post_frame(struct site *site, struct flash_news *news, const struct buf *text)
{
    news->json = buf_bytes(text);
    if (!text->failed)
        (void)!flash_post(site, news);
}

void flash_typing(struct site *site, int64_t chat_id, const struct user *user)
{
    struct flash_news news = {.kind = FLASH_TYPING, .chat_id = chat_id, .user_id = user->id};
    struct buf text = {0};
    struct json json;
    begin_frame(&json, &text, "typing", chat_id);
    v1_write_short_user(&json, user);
    json_key(&json, "expires_in");
    json_number(&json, TYPING_SHOWN_S);
    json_object_end(&json);
    post_frame(site, &news, &text);
    buf_free(&text);
}

void flash_read(struct site *site, const struct flash_mark *mark)
{
    struct flash_news news = {
        .kind = FLASH_READ,
        .chat_id = mark->chat_id,
        .user_id = mark->user_id,
        .origin = mark->origin,
    };
    struct buf text = {0};
    struct json json;
    begin_frame(&json, &text, "read", mark->chat_id);
    json_number(&json, mark->user_id);
    json_key(&json, "seq");
    json_number(&json, mark->seq);
    json_object_end(&json);
    post_frame(site, &news, &text);
    news.kind = FLASH_RECEIPT;
    if (mark->is_receipt)
        post_frame(site, &news, &text);
    buf_free(&text);
}
