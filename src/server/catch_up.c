#include "server/catch_up.h"

#include <assert.h>
#include <stdlib.h>
#include "base/json_write.h"
#include "base/metrics.h"
#include "chat/replay.h"
#include "server/chain.h"
#include "server/socket.h"
#include "server/v1.h"

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
    return conn->is_blocked && conn_waiting(conn) >= CATCH_UP_BYTES_WAITING_MAX;
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
    catch_up(shard, subscription);
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
        if (subscription_is_open(subscription))
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

void catch_up(struct shard *shard, struct subscription *subscription)
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

void catch_up_on_writable(struct subscription *subscription)
{
    struct shard *shard = subscription->v1->socket->client->shard;
    if (subscription->state == SUBSCRIPTION_HELD)
        catch_up(shard, subscription);
    else if (subscription->state == SUBSCRIPTION_LIVE)
        fanout_unblock(&shard->fanout, &subscription->reader);
}

void catch_up_fall_back(struct shard *shard, struct subscription *subscription)
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
        catch_up(shard, subscription);
    else
        put_off(shard, subscription);
}

void catch_up_end(struct subscription *subscription)
{
    if (subscription->replay != NULL)
        subscription->replay->subscription = NULL;
}

void catch_up_on_tick(struct shard *shard)
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
