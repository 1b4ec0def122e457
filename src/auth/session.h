/* session.h - what a session's text says (Django's signed format), and who is logged in by it.
 *
 * Does not know: tables, cookies' syntax, requests.
 */
#ifndef CONFAB_AUTH_SESSION_H
#define CONFAB_AUTH_SESSION_H

#include "auth/signing.h"
#include "base/arena.h"

enum {
    SESSION_KEY_BYTES = 32,             /* of a new key: a-z 0-9 */
    SESSION_KEY_BYTES_MIN = 8,          /* a shorter cookie is no session */
    SESSION_KEY_BYTES_MAX = 40,         /* a longer one neither: the column's width */
    SESSION_DATA_BYTES_MAX = 64 * 1024, /* inflated; larger data are no session */
};

/* A new key, with a NUL behind it. */
void session_key_new(char out[SESSION_KEY_BYTES + 1]);

/* Whether a cookie's value can be a key at all: length, ASCII without control characters. */
bool session_key_is_plausible(struct bytes key);

/* The login inside a session's data. Absent texts have data NULL. Texts lie in the arena. */
struct session_login {
    bool has_user;
    int64_t user_id;
    struct bytes backend;
    struct bytes auth_hash;
};

/* Verify and decode a session's data under any of the secrets, and pick out the login. *json (in
 * the arena) is the whole dictionary, for rewriting it. ERR_SYNTAX: anything is wrong with it: no
 * session. ERR_MEMORY. */
CHECKED enum err session_decode(struct bytes data, const struct secrets *secrets,
                                struct arena *arena, struct bytes *json,
                                struct session_login *login);

/* Append the signed, uncompressed form of a JSON dictionary (ASCII only). now_s: seconds since
 * 1970. */
CHECKED enum err session_encode(struct bytes json, const struct secrets *secrets, int64_t now_s,
                                struct buf *out);

/* Append the JSON dictionary of a login: other keys of an earlier dictionary are kept if old_json
 * is not empty. */
CHECKED enum err session_login_json(int64_t user_id, struct bytes password,
                                    const struct secrets *secrets, struct bytes old_json,
                                    struct buf *out);

/* Whether auth_hash (64 hexadecimal digits) is the one of a user with this encoded password, under
 * any secret. */
bool session_hash_matches(struct bytes auth_hash, struct bytes password,
                          const struct secrets *secrets);

/* Whether we serve the backend: "django.contrib.auth.backends.ModelBackend". */
bool session_backend_is_known(struct bytes backend);

#endif
