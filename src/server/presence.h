/* presence.h - who is connected to this server, who of them is away, and which loops want to know
 * of whom.
 *
 * One table for all loops, behind a lock that is taken when a WebSocket begins, ends or
 * changes its status and when somebody is asked after, never on the path of a message. What a
 * change costs depends on who watches the user, not on whom it shares chats with. Thread: any.
 */
#ifndef CONFAB_SERVER_PRESENCE_H
#define CONFAB_SERVER_PRESENCE_H

#include "base/bytes.h"

struct site;

struct presence; /* opaque */

enum presence_status {
    PRESENCE_OFFLINE,
    PRESENCE_AWAY, /* all connections of the user have said so */
    PRESENCE_ONLINE,
};

/* What is known of a user. */
struct presence_state {
    enum presence_status status;
    int64_t last_seen_us; /* when the last connection ended; 0: not known */
};

CHECKED enum err presence_new(struct presence **out);
void presence_free(struct presence **presence);

/* A connection of the user has begun, and is not away, or has ended; is_away: what it was last.
 * Loops that watch the user are told, by v1_watch_post(). ERR_MEMORY: it is not counted, and
 * must not be given back. */
CHECKED enum err presence_enter(struct site *site, int64_t user_id);
void presence_leave(struct site *site, int64_t user_id, bool is_away);

/* A connection that was counted by presence_enter() is away now and was not, or the reverse. The
 * loops are told if that changes the user's status. */
void presence_turn(struct site *site, int64_t user_id, bool is_away);

/* A loop begins to watch a user, or ends. ERR_MEMORY: it is not told. */
CHECKED enum err presence_watch(struct site *site, int64_t user_id, unsigned loop_index);
void presence_unwatch(struct site *site, int64_t user_id, unsigned loop_index);

struct presence_state presence_of(struct site *site, int64_t user_id);

#endif
