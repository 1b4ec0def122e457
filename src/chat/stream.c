#include "chat/stream.h"

#include <assert.h>
#include <stdlib.h>

enum err stream_new(struct stream **out)
{
    struct stream *stream = calloc(1, sizeof *stream);
    if (stream == NULL)
        return ERR_MEMORY;
    list_init(&stream->waiting);
    *out = stream;
    return OK;
}

static void release_held(struct stream *stream)
{
    for (size_t i = 0; i < stream->held_count; i++)
        event_release(&stream->held[i]);
    stream->held_count = 0;
}

void stream_free(struct stream **stream_at)
{
    struct stream *stream = *stream_at;
    *stream_at = NULL;
    if (stream == NULL)
        return;
    assert(list_is_empty(&stream->waiting));
    release_held(stream);
    free(stream->held);
    tail_deinit(&stream->tail);
    free(stream);
}

/* Keep an event for later. Without room or memory the database will have it. */
static void hold(struct stream *stream, struct event *event)
{
    /* What is being read now may bring what is missing; else the database must be asked. */
    if (stream->is_known && stream->pull == NULL)
        stream->wants_pull = true;
    if (stream->held == NULL)
        stream->held = malloc(STREAM_HELD_MAX * sizeof *stream->held);
    if (stream->held == NULL || stream->held_count == STREAM_HELD_MAX) {
        stream->wants_pull = true;
        return;
    }
    atomic_fetch_add_explicit(&event->holders, 1, memory_order_relaxed);
    stream->held[stream->held_count++] = event;
}

enum stream_verdict stream_offer(struct stream *stream, struct event *event)
{
    if (stream->is_known && event->seq <= stream->head)
        return STREAM_PASS;
    /* An event that another process has deleted since may be the head: then prev is below it. */
    if (stream->is_known && event->prev <= stream->head && stream->pull == NULL)
        return STREAM_SHOW;
    hold(stream, event);
    return STREAM_PASS;
}

void stream_showed(struct stream *stream, int64_t seq, struct bytes json, size_t reader_count)
{
    assert(seq > stream->head);
    stream->head = seq;
    tail_append(&stream->tail, seq, json, reader_count);
}

/* Take the oldest out. */
static struct event *take_first(struct stream *stream)
{
    struct event *event = stream->held[0];
    stream->held_count--;
    memmove(stream->held, stream->held + 1, stream->held_count * sizeof *stream->held);
    return event;
}

struct event *stream_take_held(struct stream *stream)
{
    while (stream->held_count > 0) {
        if (stream->held[0]->seq > stream->head && stream->held[0]->prev > stream->head) {
            stream->wants_pull = true;
            return NULL;
        }
        struct event *event = take_first(stream);
        if (event->seq > stream->head)
            return event;
        event_release(&event);
    }
    return NULL;
}

void stream_learn(struct stream *stream, int64_t base, int64_t head)
{
    assert(!stream->is_known);
    stream->head = head;
    stream->is_known = true;
    tail_start(&stream->tail, base);
}

void stream_forget(struct stream *stream)
{
    release_held(stream);
    tail_start(&stream->tail, 0);
    stream->is_known = false;
    stream->wants_pull = true;
}
