#include "server/chain.h"

#include <stdlib.h>
#include "base/log.h"
#include "base/metrics.h"
#include "chat/replay.h"
#include "server/catch_up.h"
#include "server/subscription.h"

/* --- Showing --- */

/* Something could not be shown to everybody: all are served from the database until the chain is
 * whole again. */
static void break_off(struct shard *shard, struct room *room)
{
    struct reader *reader;
    log_warning("a room is read anew", 0, "chat=%lld", (long long)room->chat_id);
    while ((reader = room_any_reader(room, true)) != NULL)
        catch_up_fall_back(shard, subscription_of_reader(reader));
    stream_forget(room->stream);
    shard->has_pulls_due = true;
}

/* Append the serializer's event to each of confab.v1's logs that somebody reads. */
static enum err append(struct shard *shard, struct room *room, int64_t seq)
{
    enum err err = OK;
    for (unsigned form = FORM_V1_PLAIN; form < FORM_COUNT && err == OK; form++) {
        struct feed *feed = room->feeds[form];
        struct bytes frame;
        if (feed == NULL)
            continue;
        uint64_t kept_from = frame_log_begin(&feed->log);
        err = serializer_frame(&shard->serializer, shard->codec, (enum frame_form)form, &frame);
        if (err == OK)
            err = fanout_append(&shard->fanout, feed, frame);
        if (err == OK)
            err = marks_add(&feed->marks, feed->log.tail, seq, kept_from);
        if (err == OK)
            metrics_add(COUNTER_DELIVERIES, feed->reader_count);
    }
    return err;
}

/* The serializer has taken the event. Returns whether it is shown. */
static bool show(struct shard *shard, struct room *room, int64_t seq)
{
    struct bytes json;
    enum err err = serializer_v1(&shard->serializer, &json);
    if (err == OK)
        err = append(shard, room, seq);
    if (err != OK) {
        break_off(shard, room);
        return false;
    }
    stream_showed(room->stream, seq, json, room_v1_reader_count(room));
    return true;
}

static bool show_event(struct shard *shard, struct room *room, const struct event *event)
{
    serializer_take(&shard->serializer, event, room->stream->head);
    return show(shard, room, event->seq);
}

/* --- Reading what is missing --- */

/* Behind what the stream has, or, of a stream that begins, its end. */
struct pull {
    struct task task;
    struct shard *shard;
    int64_t chat_id;
    int64_t after;
    bool is_first;
    bool has_more;
    enum err err;
    int64_t base; /* is_first: what the run comes behind */
    struct event_run run;
};

static void on_pulled(struct task *task, void *loop);

static enum err read_first(struct pull *pull, struct db *db)
{
    int64_t head;
    return replay_read_tail(db, pull->chat_id, &pull->run, &pull->base, &head);
}

static enum err read_more(struct pull *pull, struct db *db)
{
    enum err err = OK;
    pull->has_more = true;
    for (int page = 0; page < CHAIN_PULL_PAGES && pull->has_more && err == OK; page++) {
        size_t count = pull->run.count;
        err = replay_read(db, pull->chat_id, pull->after, &pull->run);
        pull->has_more = pull->run.count > count;
        if (pull->has_more)
            pull->after = pull->run.last_seq;
    }
    return err;
}

/* On a reader. */
static void run_pull(struct task *task, void *place)
{
    struct pull *pull = CONTAINER_OF(task, struct pull, task);
    pull->err = pull->is_first ? read_first(pull, place) : read_more(pull, place);
    pull->task.run = on_pulled;
    loop_post(pull->shard->loop, &pull->task);
}

static void begin_pull(struct shard *shard, struct room *room)
{
    struct stream *stream = room->stream;
    struct pull *pull = stream->pull == NULL ? calloc(1, sizeof *pull) : NULL;
    if (pull == NULL) {
        stream->wants_pull = true;
        shard->has_pulls_due = true;
        return;
    }
    *pull = (struct pull) {
        .task = {.run = run_pull},
        .shard = shard,
        .chat_id = room->chat_id,
        .after = stream->head,
        .is_first = !stream->is_known,
    };
    stream->wants_pull = false;
    stream->pull = pull;
    shard->pull_count++;
    metrics_count(COUNTER_CHAIN_PULLS);
    workers_post(shard->site->readers, &pull->task);
}

void chain_look(struct shard *shard, struct room *room)
{
    begin_pull(shard, room);
}

/* A stream begins: what it comes behind, and its last events, which nobody here is to be shown. */
static void learn(struct stream *stream, const struct pull *pull)
{
    size_t at = pull->run.begin;
    int64_t seq;
    struct bytes json;
    stream_learn(stream, pull->base, pull->base);
    while (event_run_next(&pull->run, &at, &seq, &json))
        stream_showed(stream, seq, json, 0);
}

/* Show what was read. */
static void take_pulled(struct shard *shard, struct room *room, const struct pull *pull)
{
    size_t at = pull->run.begin;
    int64_t seq;
    struct bytes json;
    bool is_whole = true;
    while (is_whole && event_run_next(&pull->run, &at, &seq, &json)) {
        if (seq <= room->stream->head)
            continue;
        serializer_take_v1(&shard->serializer, json);
        is_whole = show(shard, room, seq);
    }
    room->stream->wants_pull |= pull->has_more;
}

/* Show what has come meanwhile, as far as nothing is missing before it. */
static void show_held(struct shard *shard, struct room *room)
{
    struct event *event;
    bool is_whole = true;
    while (is_whole && (event = stream_take_held(room->stream)) != NULL) {
        is_whole = show_event(shard, room, event);
        event_release(&event);
    }
}

/* Let those go on who have waited for the head. */
static void wake(struct shard *shard, struct stream *stream)
{
    struct list woken;
    struct list *link;
    list_init(&woken);
    list_append_all(&woken, &stream->waiting);
    while ((link = list_pop(&woken)) != NULL)
        subscription_on_head(shard, CONTAINER_OF(link, struct subscription, waiting));
}

void chain_go_on(struct shard *shard, struct room *room)
{
    if (room->stream->is_known)
        show_held(shard, room);
    if (room->stream->wants_pull)
        begin_pull(shard, room);
    if (room->stream->is_known)
        wake(shard, room->stream); /* the last thing: the room may go with them */
}

static void on_pulled(struct task *task, void *loop)
{
    struct pull *pull = CONTAINER_OF(task, struct pull, task);
    struct shard *shard = pull->shard;
    int64_t chat_id = pull->chat_id;
    struct room *room = rooms_find(&shard->rooms, chat_id);
    (void)loop;
    shard->pull_count--;
    if (room != NULL && room->stream != NULL && room->stream->pull == pull) {
        room->stream->pull = NULL;
        if (pull->err != OK || room->stream->is_known == pull->is_first) {
            room->stream->wants_pull = true; /* not readable now, or forgotten meanwhile */
            shard->has_pulls_due = true;
        } else {
            if (pull->is_first)
                learn(room->stream, pull);
            else
                take_pulled(shard, room, pull);
            chain_go_on(shard, room);
        }
    }
    event_run_deinit(&pull->run);
    free(pull);
}

void chain_offer(struct shard *shard, struct room *room, struct event *event)
{
    if (stream_offer(room->stream, event) == STREAM_SHOW)
        (void)show_event(shard, room, event);
    if (room->stream->wants_pull && room->stream->pull == NULL)
        begin_pull(shard, room);
}

/* --- Watching --- */

enum err chain_watch(struct shard *shard, int64_t chat_id, struct room **out)
{
    bool is_new;
    enum err err = rooms_watch(&shard->rooms, chat_id, out, &is_new);
    if (err != OK)
        return err;
    if (is_new) {
        metrics_count(COUNTER_ROOMS_OPENED);
        layer_group_add(shard->site->layer, (uint64_t)chat_id, shard->loop->index);
    }
    return OK;
}

void chain_unwatch(struct shard *shard, struct room **room_at)
{
    struct room *room = *room_at;
    int64_t chat_id = room->chat_id;
    bool is_gone;
    *room_at = NULL;
    rooms_unwatch(&shard->rooms, room, &is_gone);
    if (is_gone) {
        metrics_count(COUNTER_ROOMS_ENDED);
        layer_group_discard(shard->site->layer, (uint64_t)chat_id, shard->loop->index);
    }
}
