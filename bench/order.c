#include "bench/order.h"

#include <assert.h>
#include <stdlib.h>

/* Grow an array to hold one more element. */
static enum err grow(void **array, size_t element_bytes, size_t count, size_t *cap)
{
    if (count < *cap)
        return OK;
    size_t wanted = *cap == 0 ? 64 : *cap * 2;
    void *grown = realloc(*array, wanted * element_bytes);
    if (grown == NULL)
        return ERR_MEMORY;
    *array = grown;
    *cap = wanted;
    return OK;
}

enum err publisher_log_add(struct publisher_log *log, uint64_t sent_ns, uint32_t *number)
{
    size_t cap = log->cap;
    void *messages = log->messages;
    enum err err = grow(&messages, sizeof(*log->messages), log->count, &cap);
    if (err != OK)
        return err;
    log->messages = messages;
    log->cap = (uint32_t)cap;
    *number = log->count++;
    log->messages[*number] = (struct published) {.sent_ns = sent_ns, .place = PLACE_UNSEEN};
    return OK;
}

void publisher_log_free(struct publisher_log *log)
{
    free(log->messages);
    *log = (struct publisher_log) {0};
}

static uint64_t order_end(const struct order_room *room)
{
    return room->entries_begin + room->entry_count;
}

const struct order_entry *order_match(const struct order_room *room, struct order_reader *reader,
                                      struct bytes received)
{
    assert(reader->next >= room->entries_begin);
    if (reader->next >= order_end(room))
        return NULL;
    const struct order_entry *entry = &room->entries[reader->next - room->entries_begin];
    const uint8_t *frame = room->frames.data + (entry->frame_begin - room->frames_begin);
    if (received.len < entry->frame_bytes || memcmp(received.data, frame, entry->frame_bytes) != 0)
        return NULL;
    reader->next++;
    return entry;
}

/* The room sees this message for the first time: it gets the next place. */
static enum err order_append(struct order_room *room, struct published *message,
                             struct message_id id, struct bytes frame)
{
    void *entries = room->entries;
    enum err err = grow(&entries, sizeof(*room->entries), room->entry_count, &room->entry_cap);
    if (err != OK)
        return err;
    room->entries = entries;
    uint64_t begin = room->frames_begin + room->frames.len;
    buf_append(&room->frames, frame);
    err = buf_status(&room->frames);
    if (err != OK)
        return err;
    message->place = order_end(room);
    room->entries[room->entry_count++] = (struct order_entry) {
        .frame_begin = begin,
        .frame_bytes = (uint32_t)frame.len,
        .id = id,
        .sent_ns = message->sent_ns,
    };
    return OK;
}

/* Note the places from the reader's own up to (without) end as jumped over. */
static enum err reader_skip_to(struct order_reader *reader, uint64_t end)
{
    for (; reader->next < end; reader->next++) {
        void *skipped = reader->skipped;
        enum err err =
            grow(&skipped, sizeof(*reader->skipped), reader->skipped_count, &reader->skipped_cap);
        if (err != OK)
            return err;
        reader->skipped = skipped;
        reader->skipped[reader->skipped_count++] = reader->next;
    }
    return OK;
}

/* Whether the place had been jumped over; it is then not skipped any more. */
static bool reader_unskip(struct order_reader *reader, uint64_t place)
{
    for (size_t i = 0; i < reader->skipped_count; i++) {
        if (reader->skipped[i] == place) {
            reader->skipped[i] = reader->skipped[--reader->skipped_count];
            return true;
        }
    }
    return false;
}

enum err order_take(struct order_room *room, struct order_reader *reader, struct publisher_log *log,
                    struct message_id id, struct bytes frame, enum order_verdict *verdict)
{
    if (log == NULL || id.number >= log->count) {
        *verdict = ORDER_UNKNOWN;
        return OK;
    }
    struct published *message = &log->messages[id.number];
    if (message->place == PLACE_UNSEEN) {
        enum err err = order_append(room, message, id, frame);
        if (err != OK)
            return err;
    }
    if (message->place < reader->next) {
        *verdict = reader_unskip(reader, message->place) ? ORDER_OUT_OF_ORDER : ORDER_DUPLICATE;
        return OK;
    }
    *verdict = message->place == reader->next ? ORDER_NEXT : ORDER_OUT_OF_ORDER;
    enum err err = reader_skip_to(reader, message->place);
    reader->next = message->place + 1;
    return err;
}

void order_trim(struct order_room *room, uint64_t first_needed)
{
    assert(first_needed >= room->entries_begin);
    assert(first_needed <= order_end(room));
    size_t passed = (size_t)(first_needed - room->entries_begin);
    if (passed == 0)
        return;
    uint64_t kept_from = passed < room->entry_count ? room->entries[passed].frame_begin
                                                    : room->frames_begin + room->frames.len;
    buf_consume(&room->frames, (size_t)(kept_from - room->frames_begin));
    room->frames_begin = kept_from;
    memmove(room->entries, room->entries + passed,
            (room->entry_count - passed) * sizeof(*room->entries));
    room->entries_begin = first_needed;
    room->entry_count -= passed;
}

void order_room_free(struct order_room *room)
{
    buf_free(&room->frames);
    free(room->entries);
    *room = (struct order_room) {0};
}

void order_reader_free(struct order_reader *reader)
{
    free(reader->skipped);
    *reader = (struct order_reader) {0};
}
