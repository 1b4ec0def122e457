/* presence.h - who is connected to this server, and which loops want to know of whom.
 *
 * One table for all loops, behind a lock that is taken when a WebSocket begins or ends and when
 * somebody is asked after, never on the path of a message. What a change costs depends on who
 * watches the user, not on whom it shares chats with. Thread: any.
 */
#ifndef CONFAB_SERVER_PRESENCE_H
#define CONFAB_SERVER_PRESENCE_H

#include "base/bytes.h"

struct site;

struct presence; /* opaque */

/* What is known of a user. */
struct presence_state {
    bool is_online;
    int64_t last_seen_us; /* when the last connection ended; 0: not known */
};

CHECKED enum err presence_new(struct presence **out);
void presence_free(struct presence **presence);

/* A connection of the user has begun, or has ended. Loops that watch the user are told, by
 * v1_watch_on_change(). ERR_MEMORY: it is not counted, and must not be given back. */
CHECKED enum err presence_enter(struct site *site, int64_t user_id);
void presence_leave(struct site *site, int64_t user_id);

/* A loop begins to watch a user, or ends. ERR_MEMORY: it is not told. */
CHECKED enum err presence_watch(struct site *site, int64_t user_id, unsigned loop_index);
void presence_unwatch(struct site *site, int64_t user_id, unsigned loop_index);

struct presence_state presence_of(struct site *site, int64_t user_id);

#endif
