/* commit.h - the batch: where messages become durable.
 *
 * The writer takes all messages that have arrived and stores them in one transaction
 * (store/writer.h); this file says what storing one means. What is durable goes on to
 * chat/serializer on every loop that has readers. Thread: the writer's.
 */
#ifndef CONFAB_CHAT_COMMIT_H
#define CONFAB_CHAT_COMMIT_H

#include "chat/event.h"
#include "chat/rate.h"

/* How messages are stored; the writer's own, while serving. */
struct commit {
    struct rate *rate;         /* NULL: off */
    int64_t last_timestamp_us; /* timestamps never go back, whatever the clock does */
    unsigned nonce_count;      /* stored since old ones were looked for */
};

/* A moment for a row that is stored now: never before the one given last. */
int64_t commit_timestamp(struct commit *commit, int64_t now_us);

/* Whether storing the message is more than one statement (writer.h, is_one_statement). */
bool commit_is_simple(const struct event *event);

/* Store one message inside the writer's transaction: fills seq, prev and timestamp. A nonce that is
 * known: OK, is_duplicate, and those of the first time.
 * ERR_LIMIT: the sender is too fast; ERR_NOT_FOUND: no such chat; ERR_DENIED: not a participant any
 * more, or the rules of the chat refuse it: code says which; others: storage trouble. */
CHECKED enum err commit_message(struct commit *commit, struct event *event, struct db *db,
                                int64_t now_us);

/* The same for up to WRITES_TOGETHER_MAX simple messages; results has one for each. */
void commit_messages(struct commit *commit, struct event *const *events, size_t count,
                     struct db *db, int64_t now_us, enum err *results);

#endif
