#include "api/seen_senders.h"

#include <string.h>

/* The buffer begins with a table of these; the texts lie behind it. */
struct seen_sender {
    int64_t sender_id;
    int64_t chat_id;
    size_t begin; /* in the buffer; 0: this place is empty */
    size_t len;
};

enum { TABLE_BYTES = SEEN_SENDERS_MAX * sizeof(struct seen_sender) };

/* The place of a sender in a chat: people of one chat, who are likely to have ids in a row, are not
 * in each other's way. */
static struct seen_sender *place_of(const struct buf *seen, int64_t sender_id, int64_t chat_id)
{
    enum { APART = 29 }; /* chats, from each other */
    uint64_t place = ((uint64_t)sender_id + APART * (uint64_t)chat_id) % SEEN_SENDERS_MAX;
    return (struct seen_sender *)seen->data + place;
}

struct bytes seen_senders_find(const struct buf *seen, int64_t sender_id, int64_t chat_id)
{
    if (seen->len == 0)
        return NO_BYTES;
    const struct seen_sender *place = place_of(seen, sender_id, chat_id);
    if (place->begin == 0 || place->sender_id != sender_id || place->chat_id != chat_id)
        return NO_BYTES;
    return bytes_of(seen->data + place->begin, place->len);
}

/* An empty table. */
static void begin_again(struct buf *seen)
{
    buf_clear(seen);
    if (!buf_reserve(seen, TABLE_BYTES))
        return;
    memset(seen->data, 0, TABLE_BYTES);
    seen->len = TABLE_BYTES;
}

void seen_senders_add(struct buf *seen, int64_t sender_id, int64_t chat_id, struct bytes text)
{
    if (text.len > SEEN_SENDERS_BYTES_MAX - TABLE_BYTES)
        return;
    if (seen->len == 0 || text.len > SEEN_SENDERS_BYTES_MAX - seen->len)
        begin_again(seen);
    if (seen->len == 0)
        return;
    size_t begin = seen->len;
    buf_append(seen, text);
    if (seen->failed)
        buf_clear(seen);
    else
        *place_of(seen, sender_id, chat_id) =
            (struct seen_sender) {sender_id, chat_id, begin, text.len};
}
