/* fanout.h - who is behind, and which bytes they get next.
 *
 * Works in slices: the caller asks for some readers with their bytes, sends, and reports what the
 * kernel took. Between slices other work goes on; frames that are appended meanwhile leave together
 * with the older ones, in the same send. Feeds with work take turns, so that a huge room does not
 * hold up the small ones. Knows: lists and cursors. Does not know: sockets, clocks. Thread: its
 * loop's.
 */
#ifndef CONFAB_CHAT_FANOUT_H
#define CONFAB_CHAT_FANOUT_H

#include "chat/room.h"

struct fanout {
    struct list feeds;          /* those with readers behind */
    struct list stuck;          /* those with blocked readers, or that had some lately */
    uint64_t backlog_bytes_max; /* ROOM_BACKLOG_BYTES_MAX; the simulator's may be smaller */
};

/* One reader of a slice and what is to be sent to it. */
struct fanout_item {
    struct reader *reader;
    struct bytes bytes; /* borrowed: valid until the next append */
};

void fanout_init(struct fanout *fanout);

/* Append a frame to a feed: its readers at the tail are behind now. ERR_MEMORY: nothing has
 * changed. */
CHECKED enum err fanout_append(struct fanout *fanout, struct feed *feed, struct bytes frame);

/* Whether anybody is behind and not blocked. */
bool fanout_has_work(const struct fanout *fanout);

/* Pick up to max readers that are behind, each at most once. They must be reported by fanout_sent()
 * or fanout_block(), or leave, in the order in which they stand here and before the next call. */
size_t fanout_take(struct fanout *fanout, struct fanout_item *items, size_t max);

/* The kernel took n bytes of a reader's item, or, between slices, a reader got n bytes by another
 * way: the rest of its frame, ahead of a direct answer. What is left is due in a later slice. */
void fanout_sent(struct fanout *fanout, struct reader *reader, size_t n);

/* The reader's socket takes no bytes for now; now_ms, above 0: since when. Does nothing for one
 * that is blocked already. */
void fanout_block(struct fanout *fanout, struct reader *reader, int64_t now_ms);

/* The reader takes bytes again. */
void fanout_unblock(struct fanout *fanout, struct reader *reader);

/* A blocked reader that is farther behind than backlog_bytes_max or has stood still since
 * before since_ms. The caller takes it out of its room. NULL: there is none. */
struct reader *fanout_find_overdue(struct fanout *fanout, int64_t since_ms);

#endif
