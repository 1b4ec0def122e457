#include "server/v1.h"

#include <stdlib.h>
#include "base/log.h"
#include "base/metrics.h"
#include "base/random.h"
#include "chat/replay.h"
#include "chat/v1_features.h"
#include "chat/v1_json.h"
#include "server/broadcast.h"
#include "server/catch_up.h"
#include "server/v1_command.h"
#include "server/v1_membership.h"
#include "server/v1_watch.h"
#include "store/nonces.h"

/* --- Sending --- */

void v1_send_bytes(struct v1 *v1, struct bytes json)
{
    struct conn *conn = &v1->socket->client->conn;
    serializer_append_text(conn_out(conn), json);
}

void v1_send(struct v1 *v1, struct buf *text)
{
    if (text->failed)
        conn_out(&v1->socket->client->conn)->failed = true; /* the connection ends for it */
    else
        v1_send_bytes(v1, buf_bytes(text));
    buf_free(text);
}

void v1_mark_dirty(struct v1 *v1)
{
    if (list_is_empty(&v1->dirty))
        list_push(&v1->socket->client->shard->dirty, &v1->dirty);
}

void v1_flush_dirty(struct shard *shard)
{
    struct list *link;
    while ((link = list_pop(&shard->dirty)) != NULL)
        socket_flush(CONTAINER_OF(link, struct v1, dirty)->socket);
}

void v1_write_ref(struct json *json, struct bytes ref)
{
    if (ref.len == 0)
        return;
    json_key(json, "ref");
    json_raw(json, ref);
}

/* Seconds with a fraction, as JSON. */
static void write_seconds(struct json *json, int64_t us)
{
    char text[32];
    (void)snprintf(text, sizeof text, "%lld.%03lld", (long long)(us / 1000000),
                   (long long)(us % 1000000 / 1000));
    json_raw(json, bytes_from_text(text));
}

void v1_refuse(struct v1 *v1, enum v1_code code, const char *message, struct bytes ref,
               struct bytes nonce, int64_t wait_us)
{
    struct buf text = {0};
    struct json json = {.out = &text, .style = JSON_COMPACT};
    bool has_words = message != NULL && message[0] != '\0';
    json_object_begin(&json);
    json_key(&json, "type");
    json_text_z(&json, "error");
    json_key(&json, "message");
    json_text_z(&json, has_words ? message : v1_code_message(code));
    json_key(&json, "code");
    json_text_z(&json, v1_code_name(code));
    v1_write_ref(&json, ref);
    if (nonce.len > 0) {
        json_key(&json, "nonce");
        json_text(&json, nonce);
    }
    if (code == V1_UNAVAILABLE)
        wait_us = V1_UNAVAILABLE_US;
    if (wait_us > 0) {
        json_key(&json, "retry_after");
        write_seconds(&json, wait_us);
    }
    json_object_end(&json);
    v1_send(v1, &text);
    if (++v1->fault_count > V1_FAULTS_MAX)
        socket_close(v1->socket, WS_CLOSE_FLOODING);
}

/* --- Hello and goodbye --- */

static void write_limits(struct json *json, const struct server_settings *settings)
{
    const struct {
        const char *name;
        int64_t value;
    } limits[] = {
        {"content_bytes", CONTENT_BYTES_MAX},
        {"frame_bytes", CONSUMER_FRAME_BYTES_MAX},
        {"history_page", COMMAND_PAGE_MAX},
        {"replay_events", REPLAY_EVENTS_MAX},
        {"chats", COMMAND_CHATS_MAX},
        {"nonce_seconds", NONCE_KEPT_S},
        {"send_per_second", settings->message_rate},
        {"send_burst", settings->message_burst},
    };
    json_object_begin(json);
    for (size_t i = 0; i < COUNT_OF(limits); i++) {
        if (limits[i].value == 0) /* switched off */
            continue;
        json_key(json, limits[i].name);
        json_number(json, limits[i].value);
    }
    json_object_end(json);
}

static void say_hello(struct v1 *v1, const struct user *user)
{
    const struct site *site = v1->socket->client->shard->site;
    struct buf text = {0};
    struct json json = {.out = &text, .style = JSON_COMPACT};
    json_object_begin(&json);
    json_key(&json, "type");
    json_text_z(&json, "hello");
    json_key(&json, "protocol");
    json_text_z(&json, "confab.v1");
    json_key(&json, "server");
    json_text_z(&json, "confab/" CONFAB_VERSION);
    json_key(&json, "epoch");
    json_text_z(&json, site->epoch);
    json_key(&json, "heartbeat");
    json_number(&json, site->settings->ping_interval_s);
    json_key(&json, "user");
    v1_write_user(&json, user);
    json_key(&json, "features");
    v1_write_features(&json, site->settings->upload_directory != NULL);
    json_key(&json, "limits");
    write_limits(&json, site->settings);
    json_object_end(&json);
    v1_send(v1, &text);
}

void v1_say_goodbye(struct v1 *v1)
{
    struct buf text = {0};
    struct json json = {.out = &text, .style = JSON_COMPACT};
    uint16_t chance;
    random_fill(&chance, sizeof chance);
    json_object_begin(&json);
    json_key(&json, "type");
    json_text_z(&json, "goodbye");
    json_key(&json, "reason");
    json_text_z(&json, "restart");
    json_key(&json, "reconnect_after");
    write_seconds(&json, (int64_t)chance % GOODBYE_SPREAD_MS * 1000);
    json_object_end(&json);
    v1_send(v1, &text);
}

/* --- Beginning and end --- */

static enum frame_form form_for(const struct ws_deflate_terms *deflate)
{
    if (!deflate->is_on)
        return FORM_V1_PLAIN;
    return deflate->server_window_bits == 15 ? FORM_V1_DEFLATED : FORM_V1_DEFLATED_SMALL;
}

enum err v1_start(struct socket *socket, const struct upgrade *upgrade)
{
    const struct v1_request *request = &upgrade->v1;
    struct v1 *v1 = calloc(1, sizeof *v1);
    if (v1 == NULL)
        return ERR_MEMORY;
    v1->socket = socket;
    v1->is_multi = upgrade->kind == UPGRADE_ALL;
    v1->form = (uint8_t)form_for(&upgrade->deflate);
    v1->wants_typing = v1->wants_read = v1->wants_presence = true;
    list_init(&v1->subscriptions);
    list_init(&v1->dirty);
    list_init(&v1->watches);
    list_init(&v1->watch_due);
    socket->v1 = v1;
    metrics_count(COUNTER_V1_OPENED);
    say_hello(v1, &upgrade->user);
    notice_board_show(v1);
    if (v1->is_multi)
        return OK;
    const struct subscribing_to to = {
        .chats = &upgrade->chat_id,
        .after = &request->after,
        .count = 1,
        .is_of_other_epoch =
            request->epoch.len > 0 && !bytes_is(request->epoch, socket->client->shard->site->epoch),
    };
    v1_begin_answer(v1);
    return subscription_begin_all(v1, &to);
}

void v1_leave_rooms(struct v1 *v1)
{
    struct list *link;
    v1->is_ending = true;
    while ((link = list_pop(&v1->subscriptions)) != NULL)
        subscription_end(CONTAINER_OF(link, struct subscription, link));
}

void v1_free(struct v1 **v1_at)
{
    struct v1 *v1 = *v1_at;
    *v1_at = NULL;
    if (v1 == NULL)
        return;
    metrics_count(COUNTER_V1_ENDED);
    v1_leave_rooms(v1);
    v1_watch_end(v1);
    v1_follow_none(v1);
    list_remove(&v1->dirty);
    map_free(&v1->by_chat);
    free(v1);
}

/* --- Events of the connection --- */

void v1_on_text(struct v1 *v1, struct bytes text)
{
    struct consumer *consumer = &v1->socket->client->shard->consumer;
    struct command command;
    struct command_refusal refusal;
    enum err err =
        command_read(consumer, text, v1->is_multi ? 0 : v1->socket->chat_id, &command, &refusal);
    if (err == OK)
        v1_command_run(v1, &command);
    else if (err == ERR_PROTOCOL)
        v1_refuse(v1, refusal.code, refusal.message, command.ref, command.nonce, 0);
    else
        v1_refuse(v1, V1_UNAVAILABLE, NULL, command.ref, command.nonce, 0);
}

/* What every ack begins with. */
static void write_ack(struct json *json, struct bytes ref, int64_t chat_id)
{
    json_object_begin(json);
    json_key(json, "type");
    json_text_z(json, "ack");
    v1_write_ref(json, ref);
    if (chat_id == 0)
        return;
    json_key(json, "chat");
    json_number(json, chat_id);
}

void v1_ack(struct v1 *v1, struct bytes ref, int64_t chat_id, int64_t id, int64_t seq)
{
    struct buf text = {0};
    struct json json = {.out = &text, .style = JSON_COMPACT};
    write_ack(&json, ref, chat_id);
    if (id != 0) {
        json_key(&json, "id");
        json_number(&json, id);
    }
    if (chat_id != 0) {
        json_key(&json, "seq");
        json_number(&json, seq);
    }
    json_object_end(&json);
    v1_send(v1, &text);
    v1->fault_count = 0;
}

static void ack_message(struct v1 *v1, const struct event *event)
{
    struct buf text = {0};
    struct json json = {.out = &text, .style = JSON_COMPACT};
    write_ack(&json, event->ref, event->chat_id);
    if (event->nonce.len > 0) {
        json_key(&json, "nonce");
        json_text(&json, event->nonce);
    }
    json_key(&json, "id");
    json_number(&json, event->seq);
    json_key(&json, "seq");
    json_number(&json, event->seq);
    if (event->timestamp_us != 0) {
        json_key(&json, "timestamp");
        json_time(&json, event->timestamp_us);
    }
    if (event->is_duplicate) {
        json_key(&json, "duplicate");
        json_bool(&json, true);
    }
    json_object_end(&json);
    v1_send(v1, &text);
    v1->fault_count = 0;
}

/* The code for a message that was not stored. A chat that one may not see does not exist. */
static enum v1_code code_of(const struct event *event)
{
    if (event->code == V1_NOT_PARTICIPANT)
        return V1_NOT_FOUND;
    if (event->code != V1_OK)
        return event->code;
    return event->result == ERR_LIMIT ? V1_RATE_LIMITED : v1_code_of(event->result);
}

void v1_on_stored(struct v1 *v1, const struct event *event)
{
    if (event->is_duplicate)
        metrics_count(COUNTER_V1_DUPLICATES);
    if (event->result == OK)
        ack_message(v1, event);
    else
        v1_refuse(v1, code_of(event), NULL, event->ref, event->nonce,
                  event->result == ERR_LIMIT ? event->wait_us : 0);
}

void v1_on_writable(struct v1 *v1)
{
    struct list *link = v1->subscriptions.next;
    v1->has_held = false;
    while (link != &v1->subscriptions) {
        struct subscription *subscription = CONTAINER_OF(link, struct subscription, link);
        link = link->next;
        catch_up_on_writable(subscription);
    }
}

void v1_block(struct v1 *v1)
{
    struct shard *shard = v1->socket->client->shard;
    for (struct list *link = v1->subscriptions.next; link != &v1->subscriptions;
         link = link->next) {
        struct subscription *subscription = CONTAINER_OF(link, struct subscription, link);
        if (subscription->state == SUBSCRIPTION_LIVE)
            fanout_block(&shard->fanout, &subscription->reader, loop_now_ms(shard->loop));
    }
}
