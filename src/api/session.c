#include "api/call.h"

#include "auth/session.h"
#include "store/sessions.h"
#include "store/users.h"

/* The login of a session that exists, is not expired and was signed by us. ERR_NOT_FOUND: there is
 * none, the cookie is garbage. */
static enum err find_login(struct db *db, const struct secrets *secrets, struct bytes key,
                           int64_t now_us, struct arena *arena, int64_t *expire_us,
                           struct session_login *login)
{
    struct session_row row;
    struct bytes json;
    if (!session_key_is_plausible(key))
        return ERR_NOT_FOUND;
    enum err err = sessions_find(db, key, arena, &row);
    if (err != OK)
        return err;
    if (row.expire_us <= now_us)
        return ERR_NOT_FOUND;
    *expire_us = row.expire_us;
    err = session_decode(row.data, secrets, arena, &json, login);
    return err == ERR_SYNTAX ? ERR_NOT_FOUND : err;
}

/* The order of the checks is Django's, and decides which cookies are deleted: a session that is
 * none is; one of a user who is gone, inactive or came by an unknown backend stays, as its row
 * does; one from before a change of password does not. */
enum err api_session_user(struct db *db, const struct secrets *secrets, struct bytes cookie,
                          int64_t now_us, struct arena *arena, struct user *user,
                          int64_t *expire_us, bool *is_garbage)
{
    struct session_login login = {0};
    *is_garbage = false;
    if (cookie.data == NULL)
        return ERR_NOT_FOUND;
    enum err err = find_login(db, secrets, cookie, now_us, arena, expire_us, &login);
    if (err == ERR_NOT_FOUND)
        *is_garbage = true;
    if (err != OK)
        return err;
    if (!login.has_user || !session_backend_is_known(login.backend))
        return ERR_NOT_FOUND;
    err = users_find_id(db, login.user_id, arena, user);
    if (err != OK)
        return err;
    if (!user->is_active)
        return ERR_NOT_FOUND;
    if (!session_hash_matches(login.auth_hash, user->password, secrets)) {
        *is_garbage = true;
        return ERR_NOT_FOUND;
    }
    return OK;
}
