#include "api/renew.h"

#include "auth/session.h"
#include "store/sessions.h"

enum { SECOND_US = 1000000 };

/* The session's whole dictionary, if only an earlier key vouches for its login. ERR_NOT_FOUND. */
static enum err read_outdated(struct call *call, struct db *db, struct bytes *json)
{
    const struct secrets *secrets = &call->settings->secrets;
    const struct secrets current = {.current = secrets->current};
    struct session_row row;
    struct session_login login;
    enum err err = sessions_find(db, call->session_key, &call->arena, &row);
    if (err == OK)
        err = session_decode(row.data, secrets, &call->arena, json, &login);
    if (err == OK && session_hash_matches(login.auth_hash, call->user.password, &current))
        err = ERR_NOT_FOUND;
    return err == ERR_SYNTAX ? ERR_NOT_FOUND : err; /* it has changed since it was accepted */
}

enum err renew_prepare(struct call *call, struct db *db, struct renewal *renewal)
{
    struct session_row *row = &renewal->row;
    const struct secrets *secrets = &call->settings->secrets;
    char key[SESSION_KEY_BYTES + 1];
    struct bytes old_json;
    struct buf json = {0};
    struct buf data = {0};
    enum err err = read_outdated(call, db, &old_json);
    if (err != OK)
        return err;
    err = session_login_json(call->user.id, call->user.password, secrets, old_json, &json);
    if (err == OK)
        err = session_encode(buf_bytes(&json), secrets, call->now_us / SECOND_US, &data);
    session_key_new(key);
    if (err == OK)
        err = arena_copy(&call->arena, bytes_from_text(key), &row->key);
    if (err == OK)
        err = arena_copy(&call->arena, buf_bytes(&data), &row->data);
    row->expire_us = call->now_us + call->settings->session_age_s * SECOND_US;
    buf_free(&json);
    buf_free(&data);
    return err;
}

enum err renew_store(struct call *call, struct db *db, struct renewal *renewal)
{
    struct session_row old;
    renewal->is_stored = false;
    enum err err = sessions_find(db, call->session_key, &call->arena, &old);
    if (err == ERR_NOT_FOUND)
        return OK;
    if (err == OK)
        err = sessions_delete(db, call->session_key);
    if (err == OK)
        err = sessions_insert(db, &renewal->row);
    if (err != OK)
        return err;
    renewal->is_stored = true;
    call->revocation.session_key = call->session_key;
    call->revocation.renewed_key = renewal->row.key;
    return OK;
}

void renew_finish(struct call *call, const struct renewal *renewal)
{
    if (!renewal->is_stored)
        return;
    call->session_key = renewal->row.key;
    call->renewed_key = renewal->row.key;
}
