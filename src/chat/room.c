#include "chat/room.h"

#include <assert.h>
#include <stdlib.h>

struct room *rooms_find(const struct rooms *rooms, int64_t chat_id)
{
    return map_get(&rooms->by_chat, (uint64_t)chat_id);
}

static enum err room_new(struct rooms *rooms, int64_t chat_id, struct room **out)
{
    struct room *room = calloc(1, sizeof *room);
    if (room == NULL)
        return ERR_MEMORY;
    room->chat_id = chat_id;
    enum err err = map_put(&rooms->by_chat, (uint64_t)chat_id, room);
    if (err != OK) {
        free(room);
        return err;
    }
    *out = room;
    return OK;
}

static enum err feed_new(struct room *room, enum frame_form form)
{
    struct feed *feed = calloc(1, sizeof *feed);
    if (feed == NULL)
        return ERR_MEMORY;
    list_init(&feed->work);
    list_init(&feed->stuck);
    list_init(&feed->at_tail);
    list_init(&feed->behind);
    list_init(&feed->blocked);
    feed->room = room;
    feed->form = (uint8_t)form;
    room->feeds[form] = feed;
    return OK;
}

static bool room_is_empty(const struct room *room)
{
    if (room->watcher_count > 0)
        return false;
    for (size_t form = 0; form < FORM_COUNT; form++) {
        if (room->feeds[form] != NULL)
            return false;
    }
    return true;
}

/* Free what has no reader any more. Returns whether the room is gone. */
static bool release_empty(struct rooms *rooms, struct room *room)
{
    for (size_t form = 0; form < FORM_COUNT; form++) {
        struct feed *feed = room->feeds[form];
        if (feed == NULL || feed->reader_count > 0)
            continue;
        list_remove(&feed->work);
        list_remove(&feed->stuck);
        frame_log_deinit(&feed->log);
        marks_deinit(&feed->marks);
        free(feed);
        room->feeds[form] = NULL;
    }
    if (!room_is_empty(room))
        return false;
    (void)map_remove(&rooms->by_chat, (uint64_t)room->chat_id);
    stream_free(&room->stream);
    free(room);
    return true;
}

enum err rooms_join(struct rooms *rooms, int64_t chat_id, enum frame_form form,
                    struct reader *reader, bool *is_new)
{
    struct room *room = rooms_find(rooms, chat_id);
    *is_new = room == NULL;
    enum err err = room != NULL ? OK : room_new(rooms, chat_id, &room);
    if (err != OK)
        return err;
    if (room->feeds[form] == NULL)
        err = feed_new(room, form);
    struct cursor cursor;
    if (err == OK)
        err = frame_log_open(&room->feeds[form]->log, &cursor);
    if (err != OK) {
        (void)release_empty(rooms, room);
        return err;
    }
    struct feed *feed = room->feeds[form];
    *reader = (struct reader) {.feed = feed, .cursor = cursor};
    list_init(&reader->link);
    list_push(&feed->at_tail, &reader->link);
    feed->reader_count++;
    return OK;
}

void rooms_leave(struct rooms *rooms, struct reader *reader, bool *is_gone)
{
    struct feed *feed = reader->feed;
    assert(feed->reader_count > 0);
    list_remove(&reader->link);
    frame_log_close(&feed->log, &reader->cursor);
    reader->feed = NULL;
    feed->reader_count--;
    *is_gone = feed->reader_count == 0 && release_empty(rooms, feed->room);
}

enum err rooms_watch(struct rooms *rooms, int64_t chat_id, struct room **out, bool *is_new)
{
    struct room *room = rooms_find(rooms, chat_id);
    *is_new = room == NULL;
    enum err err = room != NULL ? OK : room_new(rooms, chat_id, &room);
    if (err == OK && room->stream == NULL)
        err = stream_new(&room->stream);
    if (err != OK) {
        if (room != NULL)
            (void)release_empty(rooms, room);
        return err;
    }
    room->watcher_count++;
    *out = room;
    return OK;
}

void rooms_unwatch(struct rooms *rooms, struct room *room, bool *is_gone)
{
    assert(room->watcher_count > 0);
    if (--room->watcher_count == 0)
        stream_free(&room->stream);
    *is_gone = release_empty(rooms, room);
}

static struct reader *any_of(const struct list *list)
{
    return list_is_empty(list) ? NULL : CONTAINER_OF(list->next, struct reader, link);
}

struct reader *room_any_reader(const struct room *room, bool is_v1)
{
    for (size_t form = 0; form < FORM_COUNT; form++) {
        const struct feed *feed = room->feeds[form];
        if (feed == NULL || form_is_v1((enum frame_form)form) != is_v1)
            continue;
        const struct list *const lists[] = {&feed->at_tail, &feed->behind, &feed->blocked};
        for (size_t i = 0; i < COUNT_OF(lists); i++) {
            struct reader *reader = any_of(lists[i]);
            if (reader != NULL)
                return reader;
        }
    }
    return NULL;
}

size_t room_v1_reader_count(const struct room *room)
{
    size_t count = 0;
    for (size_t form = FORM_V1_PLAIN; form < FORM_COUNT; form++)
        count += room->feeds[form] != NULL ? room->feeds[form]->reader_count : 0;
    return count;
}

void rooms_deinit(struct rooms *rooms)
{
    assert(rooms->by_chat.count == 0);
    map_free(&rooms->by_chat);
}
