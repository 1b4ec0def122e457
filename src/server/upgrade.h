/* upgrade.h - may this request become a WebSocket, and which one?
 *
 * A handshake is a call like any other (api/call.h): its steps look at the request, then, on a
 * reader, at session and membership. The answer is 101, or the refusal that part I.3 demands.
 */
#ifndef CONFAB_SERVER_UPGRADE_H
#define CONFAB_SERVER_UPGRADE_H

#include <stdatomic.h>
#include "api/call.h"
#include "ws/handshake.h"

enum upgrade_kind {
    UPGRADE_CHAT, /* /ws/chat/ID/ */
    UPGRADE_ALL,  /* /ws/: any number of chats, confab.v1 only */
    UPGRADE_ECHO, /* /ws/echo/ */
};

/* What a client that speaks confab.v1 asks for in its handshake. */
struct v1_request {
    bool is_on;
    int64_t after;      /* the seq up to which it has everything; -1: it did not say */
    struct bytes epoch; /* of the numbering that after belongs to; empty: it did not say */
};

/* What a call whose answer is 101 has found out; call->state. */
struct upgrade {
    enum upgrade_kind kind;
    int64_t chat_id; /* of UPGRADE_CHAT; else 0 */
    struct v1_request v1;
    struct user user;
    struct bytes session_key; /* or that of a token (api_token_key()) */
    bool is_read_only;        /* the token is good for reading alone */
    bool is_narrow;           /* it is good for some chats */
    int64_t used_token_id;    /* the token's, if its use is to be noted; else 0 */
    int64_t expire_us;
    struct ws_deflate_terms deflate;
    const _Atomic uint64_t *generation; /* the site's access_generation */
    /* What it was before the reader's look at the database, which may be of an earlier moment than
     * the step. */
    uint64_t access_generation; /* what it was before the check */
};

/* Whether the path belongs to WebSockets: /ws/… */
bool upgrade_is_wanted(const struct http_request *request);

/* The first step of a handshake. echo: /ws/echo/ is served. generation: the site's
 * access_generation. */
struct step upgrade_begin(struct call *call, bool echo, const _Atomic uint64_t *generation);

/* Check session and membership once more, for a call that was answered 101 while somebody lost
 * access. */
struct step upgrade_again(struct call *call);

#endif
