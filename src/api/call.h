/* call.h - one request on its way through the threads that answer it.
 *
 * A handler is a chain of steps. Each step is plain blocking code that says where the next one
 * runs: on a reader (a reading database connection), on the writer (inside its transaction), on a
 * hash worker, or back to the client. server/dispatch.c carries the call from place to place; at
 * every moment exactly one thread owns it. Does not know: sockets, threads, SQL.
 */
#ifndef CONFAB_API_CALL_H
#define CONFAB_API_CALL_H

#include "api/cookie.h"
#include "auth/origin.h"
#include "auth/password.h"
#include "auth/signing.h"
#include "base/arena.h"
#include "http/request.h"
#include "http/response.h"
#include "store/db.h"
#include "store/rows.h"
#include "store/tokens.h"

struct call;
struct commit;
struct event;
struct resource;
struct throttle;

enum call_place {
    CALL_ON_READER, /* db is a reading connection */
    CALL_ON_WRITER, /* db is the writer's, inside its transaction; the answer leaves, and the next
                     * step runs, only after the commit. The step may run twice: it must start its
                     * response afresh and depend only on what the steps before it left.
                     * write_result says whether what it stored is kept */
    CALL_ON_HASHER, /* db is NULL; for password functions */
    CALL_ON_DISK,   /* db is NULL; for files */
    CALL_FOR_PIECE, /* of a request whose content is handed out in pieces: when the next one has
                     * come, run continues as CALL_ON_DISK with call->piece */
    CALL_TO_WAIT,   /* there is nothing to say yet: when an event of the chat call->id has come, or
                     * call->wait_s are over, the call begins again, from api_begin() on */
    CALL_TO_CLIENT, /* response is complete. If it is streamed, this is the last piece */
    CALL_PIECES_TO_CLIENT, /* response.content is the next pieces of a streamed answer; when the
                            * client has taken them, run continues on a reader with response.content
                            * empty */
    CALL_ABORT, /* a streamed answer cannot be completed: the connection is dropped, so that nobody
                   takes it for whole */
};

enum { CALL_WAIT_S_MAX = 25 }; /* a longer wait is cut to it: proxies give up after 30 */

/* Where to go next. */
struct step {
    enum call_place place;
    struct step (*run)(struct call *call,
                       struct db *db); /* NULL for CALL_TO_WAIT, CALL_TO_CLIENT and CALL_ABORT */
};

/* What may be uploaded. */
struct upload_settings {
    const char *directory;    /* of the files; NULL: nothing */
    int64_t quota_bytes;      /* of all files of one user */
    const char *const *types; /* each a type, or one with * behind its slash; none: all */
    size_t type_count;
};

/* Which live connections are shown a message that was sent over REST. Those of confab.v1 are in any
 * case, for they must miss nothing. */
enum rest_broadcast {
    REST_BROADCAST_V1,
    REST_BROADCAST_ALL, /* those of part I too */
};

/* What the site is set to; the same for all calls, never changed while serving. */
struct api_settings {
    struct secrets secrets;
    struct origins origins;
    struct password_policy password_policy;
    bool upgrades_passwords; /* at login, a hash that is not as the policy makes them */
    int64_t session_age_s;
    struct cookie_settings cookies;
    enum rest_broadcast rest_broadcast;
    struct upload_settings uploads;
    struct throttle *throttle; /* of logins and registrations, for any thread; NULL: off */
    struct commit *
        commit; /* how messages are stored (chat/commit.h); only steps on the writer may touch it */
};

/* Live connections that must end once the call's write is durable; see server/revoke.h. 0 and
 * empty: not concerned. The session and the rest are judged each for itself. */
struct revocation {
    struct bytes session_key; /* this session ended: 4401 */
    struct bytes renewed_key; /* not ended: it goes on under this key */
    int64_t
        chat_id; /* with user_id 0: the chat was deleted: 4404; else the user was removed: 4403 */
    int64_t user_id; /* with chat_id 0: the user was deactivated: 4401 */
};

/* Who takes part in a chat once the call's write is durable, and did not before: their live
 * connections to all chats follow. chat_id 0: nobody. The ids lie in the call's arena. */
struct admission {
    int64_t chat_id;
    const int64_t *user_ids;
    size_t count;
};

/* What is told to those who are there when the call has succeeded, and is nowhere kept. */
struct fleeting {
    enum { FLEETING_NONE, FLEETING_TYPING, FLEETING_READ } kind;
    int64_t chat_id;
    int64_t seq;     /* FLEETING_READ: where the mark is now */
    bool is_receipt; /* FLEETING_READ: the other members learn of it */
};

enum { CALL_PIECES_MAX = 16 }; /* of a long answer, made at once */

/* Where the pieces of a long answer lie that are in response.content (api/stream.h). What follows
 * the last of them is the answer's end, or nothing. */
struct call_pieces {
    enum err (*more)(struct call *call, struct db *db, bool *is_done); /* the handler's */
    size_t state_bytes;                                                /* of *call->state */
    struct buf states; /* for each piece, how *call->state was behind it */
    struct buf kept; /* what more() likes to find again; emptied when the client keeps us waiting */
    unsigned count;
    unsigned ahead;               /* how many may be made beside the first; the server's */
    size_t ends[CALL_PIECES_MAX]; /* in response.content */
};

struct call {
    const struct api_settings *settings;
    const struct http_request *request;
    struct http_response response;
    struct arena arena; /* everything that the call's steps make */
    struct bytes
        peer_address;    /* textual, for throttling: the client's, also behind a trusted proxy */
    struct bytes scheme; /* "http" or "https" */
    int64_t now_us;

    /* Set before a handler's first step runs, as its route demands. */
    bool has_session;
    struct user user;              /* who asks; has_session */
    struct bytes session_key;      /* has_session; data NULL: it came with a token */
    const struct token_row *token; /* that it came with; NULL: none */
    int64_t id;                    /* the {id} of the path */
    int64_t user_id;               /* the {user} of the path */
    struct bytes name;             /* another segment of the path, percent-encoding resolved */

    struct bytes piece; /* of the request's content (CALL_FOR_PIECE); empty: it has none */
    bool is_last_piece;

    unsigned wait_s;   /* with CALL_TO_WAIT: 0 to CALL_WAIT_S_MAX */
    bool wait_is_over; /* the call has waited for as long as it may */

    /* For steps on the writer. */
    enum err write_result; /* OK before such a step runs. If the step sets another value, what it
                            * stored is undone, and the answer that it left is sent as it is */
    struct revocation revocation; /* set by such a step */
    struct admission admission;   /* the same */
    struct fleeting fleeting;     /* set by any step */
    unsigned message_count;       /* of the chats that such a step has stored */
    struct event *events; /* made by such a step, linked by next: published after the commit, freed
                           * when what it stored is undone or the step runs again */

    /* The API's own. All zero at the beginning. */
    const struct resource *resource; /* what the path names; NULL: nothing */
    bool session_is_garbage;         /* the answer deletes the session cookie */
    struct bytes renewed_key; /* the answer sets the session cookie. data NULL: it does not */
    void *state;              /* the handler's, in the arena */
    /* Lets go of what the handler holds beside the arena, whichever way the call has ended; NULL:
     * nothing. Thread: any. */
    void (*release)(struct call *call);

    struct call_pieces pieces;
};

/* The first step for a request: finds the route and runs what it needs (session, cross-site rule,
 * method) before its handler. Runs on the loop's thread: call it and go where it says. */
struct step api_begin(struct call *call);

/* Whether the content of the request is to be handed out in pieces, and not to be held. */
bool api_is_streamed(const struct http_request *request);

/* The client takes no more than the first pieces, at least one: throw away what was made behind
 * them. The result is the step that makes it again. */
struct step api_rewind(struct call *call, unsigned taken);

/* Replace the answer by the one for a write that could not be made durable (503 with Retry-After).
 */
void api_storage_failed(struct call *call, enum err err);

/* Add the fields that every answer has, within the API and outside it. content_type NULL: no
 * content. */
void api_common_fields(struct http_response *response, const char *content_type);

/* The answer to a request that could not even be parsed: {"detail":"…"} with that status. */
void api_refuse(struct http_response *response, unsigned status, const char *detail);

/* The same with a code for programs: {"detail":"…","code":"…"}. */
void api_refuse_with_code(struct http_response *response, unsigned status, const char *detail,
                          const char *code);

/* Who comes by this session cookie (data NULL: none)? Fills user and expire_us and returns OK, or
 * ERR_NOT_FOUND for anonymous. Used by the WebSocket handshake too. Runs on a reader. *is_garbage:
 * the cookie is to be deleted. */
CHECKED enum err api_session_user(struct db *db, const struct secrets *secrets, struct bytes cookie,
                                  int64_t now_us, struct arena *arena, struct user *user,
                                  int64_t *expire_us, bool *is_garbage);

/* Who shows this token? ERR_NOT_FOUND: it is none, or no more. Used by the WebSocket handshake too.
 * Runs on a reader. */
CHECKED enum err api_token_user(struct db *db, struct bytes text, int64_t now_us,
                                struct arena *arena, struct token_row *token, struct user *user);

/* What a live connection that came with a token goes by, in the place of a session's key. */
enum { API_TOKEN_KEY_BYTES = 32 };
void api_token_key(int64_t token_id, char out[API_TOKEN_KEY_BYTES]);

/* Who goes by that key, a session's or a token's? As api_session_user(). */
CHECKED enum err api_live_user(struct db *db, const struct secrets *secrets, struct bytes key,
                               int64_t now_us, struct arena *arena, struct user *user,
                               int64_t *expire_us);

/* The path as it may be logged: a webhook's has a secret in it, which is left out. */
struct bytes api_loggable_path(const struct http_request *request);

#endif
