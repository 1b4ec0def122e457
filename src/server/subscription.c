#include "server/subscription.h"

#include <assert.h>
#include <stdlib.h>
#include "base/json_write.h"
#include "base/log.h"
#include "base/metrics.h"
#include "chat/replay.h"
#include "server/chain.h"
#include "server/socket.h"
#include "server/survey.h"
#include "server/v1.h"

struct subscribing {
    size_t asking_count; /* of those whose head is not known yet */
    size_t count;
    bool is_silent;
    struct buf ref;
    struct subscription *subscriptions[]; /* NULL: it has ended */
};

/* A page of the past on its way. */
struct replay {
    struct task task;
    struct client *client;             /* held */
    struct subscription *subscription; /* NULL: it has ended */
    int64_t chat_id;
    int64_t after;
    int64_t base; /* where the room's tail began when the page was asked for */
    bool is_first;
    bool is_too_far;
    enum err err;
    struct event_run run;
};

static struct shard *shard_of(const struct subscription *subscription)
{
    return subscription->v1->socket->client->shard;
}

static bool is_open(const struct subscription *subscription)
{
    const struct socket *socket = subscription->v1->socket;
    return socket->state == SOCKET_OPEN && socket->client->conn.state == CONN_OPEN;
}

static void advance(struct shard *shard, struct subscription *subscription);

/* --- Gaps --- */

/* Say that the events behind the position are not to be had here, and go on at the head. */
static void tell_gap(struct subscription *subscription, const char *reason)
{
    struct buf text = {0};
    struct json json = {.out = &text, .style = JSON_COMPACT};
    int64_t head = subscription->room->stream->head;
    json_object_begin(&json);
    json_key(&json, "type");
    json_text_z(&json, "gap");
    json_key(&json, "chat");
    json_number(&json, subscription->room->chat_id);
    json_key(&json, "after");
    json_number(&json, subscription->position);
    json_key(&json, "seq");
    json_number(&json, head);
    json_key(&json, "reason");
    json_text_z(&json, reason);
    json_object_end(&json);
    v1_send(subscription->v1, &text);
    metrics_count(COUNTER_V1_GAPS);
    subscription->position = head;
    subscription->replayed = 0;
}

/* --- The past, from the database --- */

static void on_replayed(struct task *task, void *loop);

/* On a reader. */
static void run_replay(struct task *task, void *db)
{
    struct replay *replay = CONTAINER_OF(task, struct replay, task);
    int64_t farthest = 0;
    replay->err = OK;
    if (replay->is_first)
        replay->err = events_seq_from_end(db, replay->chat_id,
                                          replay->client->shard->replay_events_max, &farthest);
    replay->is_too_far = farthest > replay->after;
    if (replay->err == OK && !replay->is_too_far)
        replay->err = replay_read(db, replay->chat_id, replay->after, &replay->run);
    replay->task.run = on_replayed;
    loop_post(replay->client->shard->loop, &replay->task);
}

/* Not now: a later tick tries again. */
static void put_off(struct shard *shard, struct subscription *subscription)
{
    subscription->state = SUBSCRIPTION_HELD;
    subscription->v1->has_held = true;
    shard->has_replays_due = true;
}

/* It goes on when the connection takes bytes again, which is blocked. */
static void wait_for_room(struct subscription *subscription)
{
    subscription->state = SUBSCRIPTION_HELD;
    subscription->v1->has_held = true;
}

/* Whether so much waits for the connection already that nothing of the past is to be added. */
static bool is_clogged(const struct subscription *subscription)
{
    const struct conn *conn = &subscription->v1->socket->client->conn;
    return conn->is_blocked && conn_waiting(conn) >= SUBSCRIPTION_BYTES_WAITING_MAX;
}

static void begin_replay(struct shard *shard, struct subscription *subscription)
{
    struct replay *replay = calloc(1, sizeof *replay);
    if (replay == NULL) {
        put_off(shard, subscription);
        return;
    }
    *replay = (struct replay) {
        .task = {.run = run_replay},
        .client = subscription->v1->socket->client,
        .subscription = subscription,
        .chat_id = subscription->room->chat_id,
        .after = subscription->position,
        .base = subscription->room->stream->tail.base,
        .is_first = subscription->replayed == 0,
    };
    subscription->replay = replay;
    subscription->state = SUBSCRIPTION_READING;
    client_hold(replay->client);
    metrics_count(COUNTER_V1_REPLAY_PAGES);
    workers_post(shard->site->readers, &replay->task);
}

/* Send the events of the run that are behind the position. The database may be ahead of the room:
 * what is behind the head comes by way of the log. */
static void send_run(struct subscription *subscription, const struct event_run *run)
{
    int64_t head = subscription->room->stream->head;
    size_t at = run->begin;
    int64_t seq;
    struct bytes json;
    while (event_run_next(run, &at, &seq, &json)) {
        if (seq > head) {
            if (subscription->position < head)
                subscription->position = head; /* nothing is in between any more */
            break;
        }
        if (seq <= subscription->position)
            continue;
        v1_send_bytes(subscription->v1, json);
        subscription->position = seq;
        subscription->replayed++;
    }
}

/* What a page brings, and what comes after it. */
static void take_page(struct shard *shard, struct subscription *subscription,
                      const struct replay *replay)
{
    const struct stream *stream = subscription->room->stream;
    const char *reason = subscription->was_slow ? "slow" : "too_far";
    if (replay->err != OK) {
        put_off(shard, subscription);
        return;
    }
    if (is_clogged(subscription)) { /* pages of other chats came first: this one is read again */
        wait_for_room(subscription);
        return;
    }
    bool is_empty = !replay->is_too_far && replay->run.count == 0;
    if (is_empty && subscription->position < replay->base)
        subscription->position = replay->base; /* what was in between has been deleted */
    send_run(subscription, &replay->run);
    bool is_beyond = replay->is_too_far || subscription->replayed > shard->replay_events_max;
    if (stream->is_known && is_beyond && !tail_covers(&stream->tail, subscription->position))
        tell_gap(subscription, replay->is_too_far ? reason : "slow");
    advance(shard, subscription);
}

static void on_replayed(struct task *task, void *loop)
{
    struct replay *replay = CONTAINER_OF(task, struct replay, task);
    struct subscription *subscription = replay->subscription;
    struct client *client = replay->client;
    (void)loop;
    if (subscription != NULL) {
        subscription->replay = NULL;
        subscription->state = SUBSCRIPTION_HELD;
        if (is_open(subscription))
            take_page(client->shard, subscription, replay);
        if (client->socket != NULL)
            socket_flush(client->socket);
    }
    event_run_deinit(&replay->run);
    free(replay);
    client_release(client);
}

/* --- To the log --- */

/* The tail has everything behind the position: send that, and read the log from its end on. */
static void go_live(struct shard *shard, struct subscription *subscription)
{
    struct room *room = subscription->room;
    bool is_new;
    send_run(subscription, &room->stream->tail.run);
    enum err err = rooms_join(&shard->rooms, room->chat_id, (enum frame_form)subscription->v1->form,
                              &subscription->reader, &is_new);
    if (err != OK) {
        put_off(shard, subscription);
        return;
    }
    struct feed *feed = subscription->reader.feed;
    if (feed->marks.begin == feed->marks.end)
        feed->marks.base = room->stream->head;
    subscription->state = SUBSCRIPTION_LIVE;
    subscription->replayed = 0;
    subscription->was_slow = false;
}

/* Whether what the client has named can be continued; if not, a gap says so. False: that is not
 * known yet. A client that has been served elsewhere may know more than this room, so the database
 * is asked first. */
static bool judge_position(struct shard *shard, struct subscription *subscription)
{
    const struct stream *stream = subscription->room->stream;
    bool is_ahead = subscription->position > stream->head;
    if (subscription->is_judged)
        return true;
    if (is_ahead && !subscription->is_of_other_epoch) {
        if (!subscription->has_looked)
            chain_look(shard, subscription->room);
        subscription->has_looked = true;
        if (stream->pull != NULL || stream->wants_pull)
            return false;
    }
    subscription->is_judged = true;
    if (is_ahead || subscription->is_of_other_epoch)
        tell_gap(subscription, "epoch");
    return true;
}

/* The next step on the way from the position to the log. */
static void advance(struct shard *shard, struct subscription *subscription)
{
    struct stream *stream = subscription->room->stream;
    struct conn *conn = &subscription->v1->socket->client->conn;
    if (!stream->is_known || !judge_position(shard, subscription)) {
        subscription->state = SUBSCRIPTION_ASKING;
        list_push(&stream->waiting, &subscription->waiting);
    } else if (is_clogged(subscription)) {
        wait_for_room(subscription);
    } else if (tail_covers(&stream->tail, subscription->position)) {
        go_live(shard, subscription);
    } else if (conn_wait_for_room(conn)) {
        wait_for_room(subscription);
    } else {
        begin_replay(shard, subscription);
    }
}

void subscription_on_writable(struct subscription *subscription)
{
    struct shard *shard = shard_of(subscription);
    if (subscription->state == SUBSCRIPTION_HELD)
        advance(shard, subscription);
    else if (subscription->state == SUBSCRIPTION_LIVE)
        fanout_unblock(&shard->fanout, &subscription->reader);
}

void subscription_fall_back(struct shard *shard, struct subscription *subscription)
{
    const struct feed *feed = subscription->reader.feed;
    bool is_gone;
    assert(subscription->state == SUBSCRIPTION_LIVE);
    /* Readers of confab.v1 always stand between two frames (v1_settle). */
    subscription->position = marks_seq_at(&feed->marks, subscription->reader.cursor.offset);
    rooms_leave(&shard->rooms, &subscription->reader, &is_gone);
    assert(!is_gone); /* it is watched */
    subscription->was_slow = true;
    metrics_count(COUNTER_V1_FALLBACKS);
    subscription->state = SUBSCRIPTION_HELD;
    if (!subscription->room->stream->is_known)
        advance(shard, subscription);
    else
        put_off(shard, subscription);
}

/* --- Beginning --- */

/* Tell the client the heads of all chats of its command. */
static void tell_subscribed(struct v1 *v1, const struct subscribing *subscribing)
{
    struct buf text = {0};
    struct json json = {.out = &text, .style = JSON_COMPACT};
    json_object_begin(&json);
    json_key(&json, "type");
    json_text_z(&json, "subscribed");
    v1_write_ref(&json, buf_bytes(&subscribing->ref));
    json_key(&json, "chats");
    json_array_begin(&json);
    for (size_t i = 0; i < subscribing->count; i++) {
        const struct subscription *subscription = subscribing->subscriptions[i];
        if (subscription == NULL)
            continue;
        json_object_begin(&json);
        json_key(&json, "chat");
        json_number(&json, subscription->room->chat_id);
        json_key(&json, "seq");
        json_number(&json, subscription->has_after ? subscription->room->stream->head
                                                   : subscription->position);
        json_object_end(&json);
    }
    json_array_end(&json);
    json_object_end(&json);
    v1_send(v1, &text);
}

static void free_subscribing(struct subscribing *subscribing)
{
    buf_free(&subscribing->ref);
    free(subscribing);
}

/* All heads are known: answer the command, and let its subscriptions go their ways. Any of them may
 * end on the way. */
static void begin_chats(struct shard *shard, struct v1 *v1, struct subscribing *subscribing)
{
    subscribing->asking_count = 1; /* not to be freed by the last one that ends */
    if (!subscribing->is_silent)
        tell_subscribed(v1, subscribing);
    for (size_t i = 0; i < subscribing->count; i++) {
        struct subscription *subscription = subscribing->subscriptions[i];
        if (subscription == NULL)
            continue;
        subscription->subscribing = NULL;
        advance(shard, subscription);
    }
    free_subscribing(subscribing);
}

void subscription_on_head(struct shard *shard, struct subscription *subscription)
{
    struct subscribing *subscribing = subscription->subscribing;
    struct socket *socket = subscription->v1->socket;
    if (subscribing == NULL) {
        subscription->state = SUBSCRIPTION_HELD;
        if (is_open(subscription))
            advance(shard, subscription);
    } else {
        subscription->state = SUBSCRIPTION_READY;
        if (!subscription->has_after)
            subscription->position = subscription->room->stream->head;
        if (--subscribing->asking_count == 0)
            begin_chats(shard, subscription->v1, subscribing);
    }
    socket_flush(socket);
}

struct subscription *subscription_find(const struct v1 *v1, int64_t chat_id)
{
    return map_get(&v1->by_chat, (uint64_t)chat_id);
}

void subscription_begin_at(struct subscription *subscription, int64_t seq)
{
    if (subscription->subscribing == NULL || subscription->has_after)
        return; /* the client knows where it stands */
    subscription->has_after = true;
    subscription->is_judged = true;
    subscription->position = seq;
}

static enum err subscription_new(struct v1 *v1, int64_t chat_id, struct subscription **out)
{
    struct shard *shard = v1->socket->client->shard;
    struct subscription *subscription = calloc(1, sizeof *subscription);
    if (subscription == NULL)
        return ERR_MEMORY;
    enum err err = map_put(&v1->by_chat, (uint64_t)chat_id, subscription);
    if (err == OK)
        err = chain_watch(shard, chat_id, &subscription->room);
    if (err != OK) {
        (void)map_remove(&v1->by_chat, (uint64_t)chat_id);
        free(subscription);
        return err;
    }
    subscription->v1 = v1;
    list_init(&subscription->waiting);
    list_push(&v1->subscriptions, &subscription->link);
    *out = subscription;
    return OK;
}

/* Up to where the client has been told everything: it goes on from there when it subscribes again
 * and names no other position. -1: it has been told nothing yet. */
static int64_t place_of(const struct subscription *subscription)
{
    if (subscription == NULL || (subscription->subscribing != NULL && !subscription->has_after))
        return -1;
    const struct reader *reader = &subscription->reader;
    return subscription->state == SUBSCRIPTION_LIVE
               ? marks_seq_at(&reader->feed->marks, reader->cursor.offset)
               : subscription->position;
}

/* Begin the subscription of one chat; it may wait for the chat's head. */
static enum err begin_one(struct v1 *v1, const struct subscribing_to *to, size_t index,
                          struct subscribing *subscribing)
{
    struct subscription *subscription = subscription_find(v1, to->chats[index]);
    bool is_named = to->after[index] >= 0;
    int64_t after = is_named ? to->after[index] : place_of(subscription);
    if (subscription != NULL)
        subscription_end(subscription);
    enum err err = subscription_new(v1, to->chats[index], &subscription);
    if (err != OK)
        return err;
    subscription->subscribing = subscribing;
    subscription->has_after = after >= 0;
    subscription->position = subscription->has_after ? after : 0;
    subscription->is_judged = !is_named;
    subscription->is_of_other_epoch = is_named && to->is_of_other_epoch;
    subscribing->subscriptions[subscribing->count++] = subscription;
    subscribing->asking_count++;
    if (subscription->room->stream->is_known)
        subscription_on_head(v1->socket->client->shard, subscription);
    else
        list_push(&subscription->room->stream->waiting, &subscription->waiting);
    return OK;
}

enum err subscription_begin_all(struct v1 *v1, const struct subscribing_to *to)
{
    struct subscribing *subscribing =
        calloc(1, sizeof *subscribing + to->count * sizeof subscribing->subscriptions[0]);
    if (subscribing == NULL)
        return ERR_MEMORY;
    subscribing->is_silent = to->is_silent;
    subscribing->asking_count = 1; /* ours, until all have begun */
    buf_append(&subscribing->ref, to->ref);
    enum err err = buf_status(&subscribing->ref);
    for (size_t i = 0; i < to->count && err == OK; i++)
        err = begin_one(v1, to, i, subscribing);
    survey_heads(v1->socket->client->shard, to->chats, to->count);
    if (--subscribing->asking_count == 0)
        begin_chats(v1->socket->client->shard, v1, subscribing);
    return err;
}

/* --- End --- */

/* The command's answer does not wait for this one any more. */
static void leave_subscribing(struct subscription *subscription)
{
    struct subscribing *subscribing = subscription->subscribing;
    size_t left = 0;
    if (subscribing == NULL)
        return;
    for (size_t i = 0; i < subscribing->count; i++) {
        if (subscribing->subscriptions[i] == subscription)
            subscribing->subscriptions[i] = NULL;
        left += subscribing->subscriptions[i] != NULL;
    }
    subscribing->asking_count -= subscription->state == SUBSCRIPTION_ASKING;
    if (subscribing->asking_count > 0)
        return;
    if (!subscription->v1->is_ending) /* answered also when no chat is left of it */
        begin_chats(shard_of(subscription), subscription->v1, subscribing);
    else if (left == 0)
        free_subscribing(subscribing);
}

void subscription_end(struct subscription *subscription)
{
    struct shard *shard = shard_of(subscription);
    bool is_gone;
    if (subscription->reader.feed != NULL)
        rooms_leave(&shard->rooms, &subscription->reader, &is_gone);
    list_remove(&subscription->waiting);
    list_remove(&subscription->link);
    (void)map_remove(&subscription->v1->by_chat, (uint64_t)subscription->room->chat_id);
    if (subscription->replay != NULL)
        subscription->replay->subscription = NULL;
    leave_subscribing(subscription);
    chain_unwatch(shard, &subscription->room);
    free(subscription);
}

void subscription_on_tick(struct shard *shard)
{
    if (!shard->has_replays_due)
        return;
    shard->has_replays_due = false;
    struct list *link = shard->sockets.next;
    while (link != &shard->sockets) {
        struct socket *socket = CONTAINER_OF(link, struct socket, link);
        link = link->next;
        if (socket->v1 != NULL && socket->v1->has_held && !socket->client->conn.is_blocked) {
            v1_on_writable(socket->v1);
            socket_flush(socket);
        }
    }
}
