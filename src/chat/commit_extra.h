/* commit_extra.h - what a new message has beside its row in chat_message: what it answers, its
 * thread, whom it means, the files that it shows.
 *
 * Part of chat/commit.c. Thread: the writer's, inside its transaction.
 */
#ifndef CONFAB_CHAT_COMMIT_EXTRA_H
#define CONFAB_CHAT_COMMIT_EXTRA_H

#include "chat/event.h"

/* Whether the message has, or may have, anything beside its row. */
bool extra_is_possible(const struct event *event);

/* Look at what the message points at, before it is stored. A thread has no threads in it: who
 * answers in one, answers its first message, and extra.thread names that one afterwards.
 * ERR_NOT_FOUND: the chat has no such message. */
CHECKED enum err extra_check(struct event *event, struct db *db);

/* Note it for the message that was stored, and fill extra. ERR_NOT_FOUND: the sender has no such
 * file for this chat, or a message shows it already. */
CHECKED enum err extra_store(struct event *event, struct db *db);

#endif
