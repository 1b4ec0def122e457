/* peer.h - a client of the contract, and what it may be shown.
 *
 * Knows: handshake, frames, what it has been shown and what must come next. It sends what a person
 * would, and what an attacker would.
 */
#ifndef CONFAB_TESTS_SIM_PEER_H
#define CONFAB_TESTS_SIM_PEER_H

#include "line.h"

enum { PEERS_MAX = 24 };

enum peer_state {
    PEER_FREE,
    PEER_ASKING, /* an HTTP request is under way */
    PEER_OPEN,   /* a WebSocket */
    PEER_ENDED,  /* the server is gone from it; it has been told everything it will be */
};

struct peer {
    enum peer_state state;
    struct line line;
    unsigned serial; /* of all peers of a run: whose messages are whose */
    unsigned user;
    unsigned session;
    unsigned chat;
    bool is_upgrade;     /* what it asks for */
    bool ends_chat;      /* what it asks ends the last chat */
    bool is_reading;     /* false: it lets everything lie */
    bool has_misbehaved; /* the server may end it as it likes */
    bool is_unwelcome;   /* its session or its place in the chat was taken away */
    int64_t unwelcome_since_us;
    size_t floor;        /* place in the history from which on it must be shown everything */
    size_t next;         /* place after the last that it was shown; TRUTH_NONE: none yet */
    unsigned sent_count; /* what must be answered with a message or an error each */
    unsigned error_count;
};

/* Connect and ask for the chat's WebSocket. Does nothing if the server does not answer. */
void peer_connect(struct peer *peer, unsigned serial, unsigned user, unsigned session,
                  unsigned chat);

/* Ask something of the API, on a connection of its own. */
void peer_ask(struct peer *peer, unsigned serial, unsigned user, unsigned session,
              const char *method, const char *path, struct bytes content);

/* Send one message of the chat. */
void peer_say(struct peer *peer);

/* Send what nobody should. */
void peer_misbehave(struct peer *peer);

void peer_ping(struct peer *peer);

/* Say goodbye, or just go. */
void peer_close(struct peer *peer);
void peer_leave(struct peer *peer);

/* Take what has come, at most so many bytes, and judge it. */
void peer_read(struct peer *peer, size_t bytes_max);

/* The handshake's answer is on its way: from here on everything must be shown. */
void peer_notice_join(struct peer *peer);

/* Everything has come to rest: nothing is missing. */
void peer_check_complete(const struct peer *peer);

/* Free what the module keeps. */
void peer_deinit_all(void);

#endif
