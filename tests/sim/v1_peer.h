/* v1_peer.h - a client of confab.v1, which lives over many connections: it knows what it has, goes
 * on from there, and sends again what was not acknowledged.
 *
 * What it relies on is judged frame by frame: hello comes first, the chain of each chat is never
 * broken, nothing is repeated, nothing is left out unless a gap says so, every command has one
 * answer, and what was acknowledged is stored.
 */
#ifndef CONFAB_TESTS_SIM_V1_PEER_H
#define CONFAB_TESTS_SIM_V1_PEER_H

#include "line.h"
#include "truth.h"

enum {
    V1_PEERS_MAX = 10,
    V1_PEER_UNACKED_MAX = 64,
};

enum v1_peer_state {
    V1_PEER_OFF,    /* not connected */
    V1_PEER_ASKING, /* the handshake is under way */
    V1_PEER_OPEN,
};

/* Where a client stands in one chat. */
struct v1_place {
    int64_t last;       /* it has everything up to it; -1: it has never been told anything */
    int64_t named;      /* what it has named when it last subscribed; -1: nothing */
    bool is_subscribed; /* over this connection, and told so */
    bool gap_is_due;    /* it has named another epoch: a gap must say that nothing follows */
};

struct v1_peer {
    /* Of the client, for as long as it lives. */
    bool is_alive;
    unsigned serial; /* of all peers of a run: whose messages are whose */
    unsigned user;
    unsigned session;
    unsigned chat; /* TRUTH_CHATS: all that it may read, over /ws/ */
    struct v1_place places[TRUTH_CHATS];
    unsigned unacked[V1_PEER_UNACKED_MAX]; /* messages that carry a nonce, oldest first */
    unsigned unacked_count;
    unsigned own_number; /* the latest of its messages that was acknowledged, and its id; 0: none */
    int64_t own_id;
    bool follows_all; /* over /ws/: subscribes to all at once, and to chats that it comes into */

    /* Of its connection. */
    enum v1_peer_state state;
    struct line line;
    bool is_reading;     /* false: it lets everything lie */
    bool is_excused;     /* it has misbehaved: the server may do with it as it likes */
    bool may_be_cut;     /* there was no memory: the server may end it without a word */
    bool is_unwelcome;   /* its session or its place in a chat was taken away */
    bool was_a_member;   /* when it asked */
    unsigned join_count; /* how often somebody had come into a chat by then */
    bool has_hello;
    int64_t last_notice;  /* the number that the last notice says */
    bool is_following;    /* follows_all, and told so over this connection */
    unsigned asked_count; /* commands, each of which has one answer */
    unsigned answered_count;
};

/* Be another client, which knows nothing yet. It is not connected. */
void v1_peer_begin(struct v1_peer *peer, unsigned serial, unsigned user, unsigned session,
                   unsigned chat);

/* Connect, go on from where it was, and send again what was not acknowledged once that is possible.
 */
void v1_peer_connect(struct v1_peer *peer);

/* Send a message to one of its chats; most carry a nonce. */
void v1_peer_say(struct v1_peer *peer);

/* Edit or delete its latest message, react to it, pin it, type, mark what was read, look back. */
void v1_peer_change(struct v1_peer *peer);

/* Send what nobody should. */
void v1_peer_misbehave(struct v1_peer *peer);

void v1_peer_ping(struct v1_peer *peer);

/* Over /ws/: leave out a chat, or take one in again. */
void v1_peer_resubscribe(struct v1_peer *peer);

/* Say goodbye; or just go, with everything unread. */
void v1_peer_close(struct v1_peer *peer);
void v1_peer_leave(struct v1_peer *peer);

/* Take what has come, at most so many bytes, and judge it. Returns whether there was something. */
bool v1_peer_read(struct v1_peer *peer, size_t bytes_max);

/* Time has passed and everything has come to rest: nothing is missing. */
void v1_peer_check_complete(const struct v1_peer *peer);

/* What the peers of all runs have been through. */
struct v1_counts {
    uint64_t events, gaps, resumed, acks, duplicates, receipts, notices;
};
extern struct v1_counts v1_counts;

/* Free what the module keeps. */
void v1_peer_deinit_all(void);

#endif
