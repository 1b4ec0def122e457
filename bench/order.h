/* order.h - did every subscriber of a room get every message exactly once, and all in one same
 * order?
 *
 * The room's order is the order in which messages are first seen by anyone. Each reader has a place
 * in it. As long as nothing is wrong the next frame of a reader is, byte for byte, the one at its
 * place, and one comparison proves it; only a frame that is new to the room, or wrong, is looked at
 * more closely.
 *
 * Knows: numbers of messages, bytes of frames. Does not know: sockets, WebSocket, JSON.
 */
#ifndef CONFAB_BENCH_ORDER_H
#define CONFAB_BENCH_ORDER_H

#include "base/buf.h"

/* A message's name: who published it, and its number among that publisher's, from 0 on. */
struct message_id {
    uint32_t publisher;
    uint32_t number;
};

/* What is kept of one published message. */
struct published {
    uint64_t sent_ns;
    uint64_t place; /* in its room's order; PLACE_UNSEEN until somebody has received it */
};

#define PLACE_UNSEEN UINT64_MAX

/* Everything that one publisher has sent. All zero is nothing. */
struct publisher_log {
    struct published *messages;
    uint32_t count;
    uint32_t cap;
};

/* One place in a room's order. */
struct order_entry {
    uint64_t frame_begin; /* offset in the room's bytes, counted from the room's beginning */
    uint32_t frame_bytes;
    struct message_id id;
    uint64_t sent_ns;
};

/* A room's order and the frames in it. All zero is an empty room. */
struct order_room {
    struct buf frames;
    uint64_t frames_begin; /* offset of the first byte that is still kept */
    struct order_entry *entries;
    uint64_t entries_begin; /* place of the first entry that is still kept */
    size_t entry_count;
    size_t entry_cap;
};

/* A subscriber's place, and the places that it jumped over. All zero is the beginning. */
struct order_reader {
    uint64_t next;     /* the place of the frame that should come next */
    uint64_t *skipped; /* only ever allocated for a server that makes mistakes */
    size_t skipped_count;
    size_t skipped_cap;
};

enum order_verdict {
    ORDER_NEXT,         /* the message whose turn it was */
    ORDER_OUT_OF_ORDER, /* a message jumped over earlier, or one that jumps over others */
    ORDER_DUPLICATE,    /* this reader has had it */
    ORDER_UNKNOWN,      /* nobody published that */
};

/* Note that a publisher sends its next message. *number is the message's. ERR_MEMORY. */
CHECKED enum err publisher_log_add(struct publisher_log *log, uint64_t sent_ns, uint32_t *number);

void publisher_log_free(struct publisher_log *log);

/* The fast way: the entry at the reader's place if the received bytes begin with exactly its frame,
 * and the reader has moved on; NULL: nothing is decided, call order_take(). Borrowed until the next
 * order_take() of the room. */
const struct order_entry *order_match(const struct order_room *room, struct order_reader *reader,
                                      struct bytes received);

/* The careful way: a reader received this frame, which carries this id. log is the one of id's
 * publisher. The message counts as received with ORDER_NEXT and ORDER_OUT_OF_ORDER. ERR_MEMORY. */
CHECKED enum err order_take(struct order_room *room, struct order_reader *reader,
                            struct publisher_log *log, struct message_id id, struct bytes frame,
                            enum order_verdict *verdict);

/* Drop what every reader has passed; first_needed is the smallest next of the room's readers. */
void order_trim(struct order_room *room, uint64_t first_needed);

void order_room_free(struct order_room *room);
void order_reader_free(struct order_reader *reader);

#endif
