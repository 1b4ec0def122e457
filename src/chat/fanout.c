#include "chat/fanout.h"

#include <assert.h>

void fanout_init(struct fanout *fanout)
{
    list_init(&fanout->feeds);
    list_init(&fanout->stuck);
    fanout->backlog_bytes_max = ROOM_BACKLOG_BYTES_MAX;
}

static struct reader *reader_of(struct list *link)
{
    return CONTAINER_OF(link, struct reader, link);
}

/* Put a feed that has readers behind last in the row of feeds with work. */
static void queue_feed(struct fanout *fanout, struct feed *feed)
{
    if (list_is_empty(&feed->work) && !list_is_empty(&feed->behind))
        list_push(&fanout->feeds, &feed->work);
}

static void move_reader(struct reader *reader, struct list *list)
{
    list_remove(&reader->link);
    list_push(list, &reader->link);
}

enum err fanout_append(struct fanout *fanout, struct feed *feed, struct bytes frame)
{
    enum err err = frame_log_append(&feed->log, frame);
    if (err != OK)
        return err;
    list_append_all(&feed->behind, &feed->at_tail);
    queue_feed(fanout, feed);
    return OK;
}

bool fanout_has_work(const struct fanout *fanout)
{
    return !list_is_empty(&fanout->feeds);
}

/* Pick readers of one feed. Those taken stand in the list of readers at the tail until they are
 * reported. */
static size_t take_from(struct feed *feed, struct fanout_item *items, size_t max)
{
    size_t count = 0;
    while (count < max && !list_is_empty(&feed->behind)) {
        struct reader *reader = reader_of(list_pop(&feed->behind));
        list_push(&feed->at_tail, &reader->link);
        struct bytes bytes = frame_log_read(&feed->log, &reader->cursor);
        /* Empty: the rest of its frame went ahead of a direct answer, and there was nothing else.
         */
        if (bytes.len > 0)
            items[count++] = (struct fanout_item) {.reader = reader, .bytes = bytes};
    }
    return count;
}

size_t fanout_take(struct fanout *fanout, struct fanout_item *items, size_t max)
{
    size_t count = 0;
    while (count < max && !list_is_empty(&fanout->feeds)) {
        struct feed *feed = CONTAINER_OF(list_pop(&fanout->feeds), struct feed, work);
        count += take_from(feed, items + count, max - count);
        queue_feed(fanout, feed); /* what did not fit waits behind the other feeds */
    }
    return count;
}

/* Everybody has everything: the log is written from its beginning again, and a large chunk given
 * back. */
static void start_afresh(struct feed *feed)
{
    size_t keep_bytes = ROOM_KEPT_BYTES_MIN + feed->reader_count * ROOM_KEPT_BYTES_PER_READER;
    if (!frame_log_rewind(&feed->log, keep_bytes))
        return;
    for (struct list *link = feed->at_tail.next; link != &feed->at_tail; link = link->next)
        (void)frame_log_read(&feed->log, &reader_of(link)->cursor); /* steps into the new chunk */
}

void fanout_sent(struct fanout *fanout, struct reader *reader, size_t n)
{
    struct feed *feed = reader->feed;
    frame_log_advance(&feed->log, &reader->cursor, n);
    if (frame_log_backlog(&feed->log, &reader->cursor) > 0) {
        if (reader->blocked_since_ms == 0) {
            move_reader(reader, &feed->behind);
            queue_feed(fanout, feed);
        }
        return;
    }
    /* Readers are reported in the order in which they were taken, so when the last in the row has
     * everything, all have. */
    if (list_is_empty(&feed->behind) && list_is_empty(&feed->blocked) &&
        feed->at_tail.prev == &reader->link)
        start_afresh(feed);
}

void fanout_block(struct fanout *fanout, struct reader *reader, int64_t now_ms)
{
    if (reader->blocked_since_ms != 0)
        return;
    if (list_is_empty(&reader->feed->stuck))
        list_push(&fanout->stuck, &reader->feed->stuck);
    reader->blocked_since_ms = now_ms;
    move_reader(reader, &reader->feed->blocked);
}

void fanout_unblock(struct fanout *fanout, struct reader *reader)
{
    if (reader->blocked_since_ms == 0)
        return;
    struct feed *feed = reader->feed;
    reader->blocked_since_ms = 0;
    if (frame_log_backlog(&feed->log, &reader->cursor) > 0) {
        move_reader(reader, &feed->behind);
        queue_feed(fanout, feed);
    } else {
        move_reader(reader, &feed->at_tail);
    }
}

static struct reader *find_overdue_in(const struct fanout *fanout, const struct feed *feed,
                                      int64_t since_ms)
{
    for (struct list *link = feed->blocked.next; link != &feed->blocked; link = link->next) {
        struct reader *reader = reader_of(link);
        if (reader->blocked_since_ms < since_ms ||
            frame_log_backlog(&feed->log, &reader->cursor) > fanout->backlog_bytes_max)
            return reader;
    }
    return NULL;
}

struct reader *fanout_find_overdue(struct fanout *fanout, int64_t since_ms)
{
    struct list *link = fanout->stuck.next;
    while (link != &fanout->stuck) {
        struct feed *feed = CONTAINER_OF(link, struct feed, stuck);
        link = link->next;
        struct reader *reader = find_overdue_in(fanout, feed, since_ms);
        if (reader != NULL)
            return reader;
        if (list_is_empty(&feed->blocked))
            list_remove(&feed->stuck);
    }
    return NULL;
}
