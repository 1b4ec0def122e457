/* seen_senders.h - what all messages of one sender in one chat have alike, as JSON, while a long
 * answer is made: to look a sender up and to write him costs several times what the rest of a
 * message does.
 *
 * It lies in a buffer that may be emptied between two uses.
 */
#ifndef CONFAB_API_SEEN_SENDERS_H
#define CONFAB_API_SEEN_SENDERS_H

#include "base/buf.h"

enum {
    SEEN_SENDERS_MAX = 64,              /* that are remembered at once */
    SEEN_SENDERS_BYTES_MAX = 16 * 1024, /* of the buffer; a text beyond it empties it first */
};

/* The text; data NULL: it is not known. Borrowed until the next seen_senders_add(). */
struct bytes seen_senders_find(const struct buf *seen, int64_t sender_id, int64_t chat_id);

/* Remember a text, if there is memory. */
void seen_senders_add(struct buf *seen, int64_t sender_id, int64_t chat_id, struct bytes text);

#endif
