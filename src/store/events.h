/* events.h - the stream of a chat: its messages and its other durable events (confab_event), merged
 * by their numbers (seq).
 *
 * One sequence numbers both, so within a chat a seq says what came first. ERR_BUSY, ERR_FULL,
 * ERR_IO, ERR_MEMORY come from every function here.
 */
#ifndef CONFAB_STORE_EVENTS_H
#define CONFAB_STORE_EVENTS_H

#include "store/db.h"
#include "store/rows.h"

enum event_kind {
    EVENT_MESSAGE,
    EVENT_MESSAGE_UPDATED,
    EVENT_MESSAGE_DELETED,
    EVENT_REACTION_ADDED,
    EVENT_REACTION_REMOVED,
    EVENT_PIN_ADDED,
    EVENT_PIN_REMOVED,
    EVENT_MEMBER_JOINED,
    EVENT_MEMBER_LEFT,
    EVENT_MEMBER_UPDATED,
    EVENT_CHAT_UPDATED,
    EVENT_KIND_COUNT,
};

/* The kind's name, in the table and on the wire: "message_updated". */
const char *event_kind_name(enum event_kind kind);

/* One event of a chat as it is stored. A message is as it is now, whatever it was at first. */
struct event_row {
    int64_t seq;
    enum event_kind kind;
    struct message_row message; /* EVENT_MESSAGE, and EVENT_MESSAGE_UPDATED without members */
    struct bytes members;       /* other kinds: a JSON object */
};

/* Up to max events of the chat behind after_seq, oldest first. Stops early when their contents pass
 * MESSAGES_PIECE_BYTES (messages.h), but never before the first. *count 0: there are no more. */
CHECKED enum err events_list(struct db *db, int64_t chat_id, int64_t after_seq, size_t max,
                             struct arena *arena, struct event_row *out, size_t *count);

/* The seq of the chat's last event; 0: it has none. */
CHECKED enum err events_head(struct db *db, int64_t chat_id, int64_t *seq);

/* The seq of the last event that is not behind until_seq; 0: there is none. */
CHECKED enum err events_last_until(struct db *db, int64_t chat_id, int64_t until_seq, int64_t *seq);

/* The seq that has max events of the chat behind it; 0: the chat has not so many. Reads max index
 * entries at most. */
CHECKED enum err events_seq_from_end(struct db *db, int64_t chat_id, int64_t max, int64_t *seq);

/* A chat with new messages, and the last one's id. */
struct chat_news {
    int64_t chat_id;
    int64_t seq;
};

/* The last number that was ever given to an event, of any chat; 0: none was. Looks into no table of
 * events. */
CHECKED enum err events_last_given(struct db *db, int64_t *seq);

/* Up to max chats with messages behind after_seq, of all chats; whoever stored them. *count max:
 * there may be more. */
CHECKED enum err events_news(struct db *db, int64_t after_seq, size_t max, struct chat_news *out,
                             size_t *count);

/* Writers only, inside a transaction. Store an event that is not a message: takes the next seq.
 * *prev: the seq before it in the chat, 0: none. members: a JSON object. message_id 0: it is about
 * none.
 * Of EVENT_MESSAGE_UPDATED they may be "{}": whoever reads it gets the message as it is then. */
CHECKED enum err events_insert(struct db *db, enum event_kind kind, int64_t chat_id,
                               int64_t message_id, struct bytes members, int64_t now_us,
                               int64_t *seq, int64_t *prev);

/* The name of this numbering; another one after a restore from a backup. */
CHECKED enum err events_epoch(struct db *db, struct arena *arena, struct bytes *epoch);

#endif
