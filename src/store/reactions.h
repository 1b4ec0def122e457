/* reactions.h - the table confab_reaction: who has marked which message with what.
 *
 * ERR_BUSY, ERR_FULL, ERR_IO, ERR_MEMORY come from every function here.
 */
#ifndef CONFAB_STORE_REACTIONS_H
#define CONFAB_STORE_REACTIONS_H

#include "store/db.h"

struct reaction_key {
    int64_t message_id;
    int64_t user_id;
    struct bytes emoji;
};

/* Writers only, inside a transaction. *changed: false if it was so already. */
CHECKED enum err reactions_add(struct db *db, const struct reaction_key *key, int64_t now_us,
                               bool *changed);
CHECKED enum err reactions_remove(struct db *db, const struct reaction_key *key, bool *changed);

/* How many have marked the message with the emoji. */
CHECKED enum err reactions_count(struct db *db, int64_t message_id, struct bytes emoji,
                                 int64_t *count);

/* How many different emojis the message has. */
CHECKED enum err reactions_count_emojis(struct db *db, int64_t message_id, int64_t *count);

#endif
