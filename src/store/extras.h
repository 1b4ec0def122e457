/* extras.h - what a message has beside its row in chat_message: the tables confab_message,
 * confab_revision and confab_mention.
 *
 * A plain message has no row there. ERR_BUSY, ERR_FULL, ERR_IO, ERR_MEMORY come from every function
 * here. All but extras_revisions(): writers only, inside a transaction, and several statements.
 */
#ifndef CONFAB_STORE_EXTRAS_H
#define CONFAB_STORE_EXTRAS_H

#include "store/db.h"
#include "store/rows.h"

enum { MENTION_OF_ALL = 0 }; /* stands for a user's id: everybody in the chat is meant */

/* Note what a new message has: reply_to, thread, mentions, mentions_all and attachments. */
CHECKED enum err extras_insert(struct db *db, int64_t message_id,
                               const struct message_extra *extra);

/* Who is meant by a message, for counting. user_id may be MENTION_OF_ALL. */
CHECKED enum err extras_add_mention(struct db *db, int64_t chat_id, int64_t message_id,
                                    int64_t user_id);

/* Give a message another content; the old one is kept as a revision. Whom the old one meant is
 * forgotten: mentions, a JSON array that may be empty, and mentions_all are the new ones. */
CHECKED enum err extras_edit(struct db *db, int64_t message_id, struct bytes content,
                             const struct message_extra *mentions, int64_t editor_id,
                             int64_t now_us);

/* Make a message empty; what it said is kept as a revision. Its reactions, mentions, pin and
 * attachments are gone. */
CHECKED enum err extras_blank(struct db *db, int64_t message_id, int64_t editor_id, int64_t now_us);

/* Pin a message; now_us 0: no longer. */
CHECKED enum err extras_pin(struct db *db, int64_t message_id, int64_t now_us);

/* What a message said before. */
struct revision_row {
    int64_t revision;
    struct bytes content;
    int64_t editor_id; /* who replaced it by the next */
    int64_t at_us;     /* when */
};

/* Up to max revisions of a message behind after_revision, oldest first; the one that stands now is
 * not among them. */
CHECKED enum err extras_revisions(struct db *db, int64_t message_id, int64_t after_revision,
                                  size_t max, struct arena *arena, struct revision_row *out,
                                  size_t *count);

#endif
