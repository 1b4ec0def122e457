/* renew.h - a session that only an earlier secret key vouches for goes on under the current one.
 *
 * As Django does (4.1 and later): at its first request it gets a new key, hash and signature, and
 * the browser a new cookie.
 */
#ifndef CONFAB_API_RENEW_H
#define CONFAB_API_RENEW_H

#include "api/call.h"

struct renewal {
    struct session_row row; /* what the session goes on as */
    bool is_stored;
};

/* On a reader, for a call with a session. *renewal's texts lie in the call's arena. ERR_NOT_FOUND:
 * the session is current. */
CHECKED enum err renew_prepare(struct call *call, struct db *db, struct renewal *renewal);

/* On the writer: put the row into the place of the call's session. When that has ended meanwhile,
 * or another request of the same browser has renewed it, nothing is stored, and it is OK. */
CHECKED enum err renew_store(struct call *call, struct db *db, struct renewal *renewal);

/* After the commit: the call goes on with the new key, and its answer sets the cookie. */
void renew_finish(struct call *call, const struct renewal *renewal);

#endif
