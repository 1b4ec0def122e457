/* survey.h - what the database says of many rooms at once: their heads when they begin, and which
 * of them another process has written to; and the notices that an operator has stored.
 *
 * So a connection to a thousand chats costs one read of a thousand index entries, whatever is in
 * the chats. Thread: the shard's; reading is done by a worker.
 */
#ifndef CONFAB_SERVER_SURVEY_H
#define CONFAB_SERVER_SURVEY_H

#include "server/shard.h"

enum {
    SURVEY_NEWS_MAX = 1024, /* chats that are told apart when another process has written */
};

/* Have the heads of these chats' rooms become known, where they are not: a single one with its last
 * events (chain.h), several alone. Later ticks try again what fails. */
void survey_heads(struct shard *shard, const int64_t *chats, size_t count);

/* At each tick: read again what could not be read; look for what others have written. */
void survey_on_tick(struct shard *shard);

#endif
