/* login.c - beginning and ending a session. */
#include "auth/session.h"

#include "api/answer.h"
#include "api/body.h"
#include "api/represent.h"
#include "api/routes.h"
#include "api/throttle.h"
#include "base/metrics.h"
#include "store/sessions.h"
#include "store/users.h"

enum { SECOND_US = 1000000 };

/* Whose tries are counted. */
static const char ADDRESS[] = "login of address";
static const char ACCOUNT[] = "login of account";

struct login_state {
    struct bytes username; /* data NULL: none that could be one */
    struct bytes password;
    struct user user;      /* id 0: nobody has that name */
    struct bytes new_hash; /* of the password, if it is to be stored anew; data NULL: it is not */
    struct bytes old_key;  /* of the session that the browser has now; it ends. data NULL: none */
    struct bytes old_json; /* its data, if they may be kept */
    struct session_row session; /* the new one */
};

static struct step answer_invalid(struct call *call)
{
    metrics_count(COUNTER_LOGINS_FAILED);
    answer_begin(call, 401);
    struct json json = answer_json(call);
    json_object_begin(&json);
    json_key(&json, "error");
    json_text_z(&json, "Invalid credentials");
    json_object_end(&json);
    return answer_send(call);
}

/* Take a try of the address and of the account. ERR_LIMIT: none is left. */
static enum err take_tries(struct call *call, const struct login_state *state, int64_t *wait_us)
{
    char address[THROTTLE_ADDRESS_BYTES];
    struct throttle *throttle = call->settings->throttle;
    if (throttle == NULL)
        return OK;
    /* The address first: who has used up its tries cannot use up those of accounts. */
    enum err err = throttle_take(throttle, ADDRESS, throttle_address(call->peer_address, address),
                                 call->now_us, wait_us);
    if (err == OK && state->username.data != NULL)
        err = throttle_take(throttle, ACCOUNT, state->username, call->now_us, wait_us);
    return err;
}

/* Only failed tries count. */
static void give_back_tries(struct call *call, const struct login_state *state)
{
    char address[THROTTLE_ADDRESS_BYTES];
    struct throttle *throttle = call->settings->throttle;
    if (throttle == NULL)
        return;
    throttle_give_back(throttle, ADDRESS, throttle_address(call->peer_address, address),
                       call->now_us);
    throttle_give_back(throttle, ACCOUNT, state->username, call->now_us);
}

/* On the writer: store the hash anew, unless the password has been changed since it was checked:
 * ERR_CONFLICT. */
static enum err upgrade_hash(struct call *call, struct db *db, const struct login_state *state)
{
    struct user now;
    enum err err = users_find_id(db, state->user.id, &call->arena, &now);
    if (err == OK && !bytes_equal(now.password, state->user.password))
        err = ERR_CONFLICT;
    return err == OK ? users_set_password(db, state->user.id, state->new_hash) : err;
}

/* On the writer: the old session ends and the new one begins together. */
static struct step store_session(struct call *call, struct db *db)
{
    const struct login_state *state = call->state;
    bool has_new_hash = state->new_hash.data != NULL;
    enum err err = has_new_hash ? upgrade_hash(call, db, state) : OK;
    if (err == ERR_CONFLICT || err == ERR_NOT_FOUND)
        return answer_undone(call, err, answer_invalid(call));
    if (err == OK && state->old_key.data != NULL)
        err = sessions_delete(db, state->old_key);
    if (err == OK)
        err = sessions_insert(db, &state->session);
    if (err == OK)
        err = users_set_last_login(db, state->user.id, call->now_us);
    if (err != OK)
        return answer_undone(call, err, answer_failed(call, err));
    call->revocation.session_key = state->old_key;
    if (has_new_hash)
        call->revocation.user_id = state->user.id; /* every session of the old hash has ended */
    answer_begin(call, 200);
    answer_set_session_cookie(call, state->session.key);
    answer_set_csrf_cookie(call);
    struct json json = answer_json(call);
    represent_user(&json, &state->user);
    return answer_send(call);
}

/* Make the row of the new session. Its key is always new: one that was known before the login is
 * never taken over. */
static enum err make_session(struct call *call, struct login_state *state)
{
    const struct secrets *secrets = &call->settings->secrets;
    char key[SESSION_KEY_BYTES + 1];
    struct buf json = {0};
    struct buf data = {0};
    session_key_new(key);
    struct bytes hash = state->new_hash.data != NULL ? state->new_hash : state->user.password;
    enum err err = session_login_json(state->user.id, hash, secrets, state->old_json, &json);
    if (err == OK)
        err = session_encode(buf_bytes(&json), secrets, call->now_us / SECOND_US, &data);
    if (err == OK)
        err = arena_copy(&call->arena, bytes_from_text(key), &state->session.key);
    if (err == OK)
        err = arena_copy(&call->arena, buf_bytes(&data), &state->session.data);
    state->session.expire_us = call->now_us + call->settings->session_age_s * SECOND_US;
    buf_free(&json);
    buf_free(&data);
    return err;
}

/* On a hasher: a hash that is not as the site prefers them is made anew, if the site wants that. */
static enum err make_new_hash(struct call *call, struct login_state *state)
{
    const struct api_settings *settings = call->settings;
    struct buf encoded = {0};
    if (!settings->upgrades_passwords ||
        password_is_as_preferred(&settings->password_policy, state->user.password))
        return OK;
    enum err err = password_encode(&settings->password_policy, state->password, &encoded);
    if (err == OK)
        err = arena_copy(&call->arena, buf_bytes(&encoded), &state->new_hash);
    buf_free(&encoded);
    return err;
}

/* On a hasher. Unknown names cost as much as known ones. */
static struct step check_password(struct call *call, struct db *db)
{
    (void)db;
    struct login_state *state = call->state;
    struct bytes encoded = state->user.id != 0 ? state->user.password : NO_BYTES;
    bool matches = password_matches(&call->settings->password_policy, state->password, encoded);
    if (!matches || state->user.id == 0 || !state->user.is_active)
        return answer_invalid(call);
    give_back_tries(call, state);
    enum err err = make_new_hash(call, state);
    if (err == OK)
        err = make_session(call, state);
    return err == OK ? step_to(CALL_ON_WRITER, store_session) : answer_failed(call, err);
}

/* A text as it was typed, or nothing if it is none: numbers and the rest are no credentials. */
static enum err read_credential(struct call *call, const struct body *body, const char *name,
                                struct bytes *out)
{
    struct value value = body_value(body, name);
    uint32_t surrogate;
    if (value.kind != VALUE_TEXT)
        return OK;
    enum err err = value_text(body, value, &call->arena, out, &surrogate);
    return err == ERR_SYNTAX ? OK : err;
}

/* What the browser's present session leaves to the next one: an anonymous one, or one of the same
 * user, its data; another user's nothing. */
static enum err find_old_session(struct call *call, struct db *db, struct login_state *state)
{
    struct bytes cookie = http_cookie(call->request, call->settings->cookies.session_name);
    struct session_row row;
    struct session_login login = {0};
    struct bytes json;
    if (cookie.data == NULL || !session_key_is_plausible(cookie))
        return OK;
    enum err err = sessions_find(db, cookie, &call->arena, &row);
    if (err == ERR_NOT_FOUND)
        return OK;
    if (err == OK)
        err = arena_copy(&call->arena, cookie, &state->old_key);
    if (err != OK || row.expire_us <= call->now_us)
        return err;
    err = session_decode(row.data, &call->settings->secrets, &call->arena, &json, &login);
    bool is_kept = err == OK &&
                   (!login.has_user || (login.user_id == state->user.id &&
                                        session_hash_matches(login.auth_hash, state->user.password,
                                                             &call->settings->secrets)));
    if (is_kept)
        state->old_json = json;
    return err == ERR_SYNTAX ? OK : err;
}

/* Everything that the database knows of the one who wants to log in. */
static enum err look_up(struct call *call, struct db *db, struct login_state *state)
{
    if (state->username.data == NULL)
        return OK;
    enum err err = users_find_name(db, state->username, &call->arena, &state->user);
    if (err == ERR_NOT_FOUND) {
        state->user.id = 0;
        return OK;
    }
    return err == OK ? find_old_session(call, db, state) : err;
}

static enum err read_login(struct call *call, struct login_state *state)
{
    struct body body;
    enum err err = body_read(call, &body);
    if (err == OK)
        err = read_credential(call, &body, "username", &state->username);
    if (err == OK)
        err = read_credential(call, &body, "password", &state->password);
    body_deinit(&body);
    return err;
}

struct step login_post(struct call *call, struct db *db)
{
    int64_t wait_us = 0;
    struct login_state *state = arena_alloc(&call->arena, sizeof *state);
    if (state == NULL)
        return answer_failed(call, ERR_MEMORY);
    call->state = state;
    enum err err = read_login(call, state);
    if (err == ERR_SYNTAX)
        return answer_send(call);
    if (err != OK)
        return answer_failed(call, err);
    if (take_tries(call, state, &wait_us) != OK)
        return answer_throttled(call, wait_us);
    err = look_up(call, db, state);
    return err == OK ? step_to(CALL_ON_HASHER, check_password) : answer_failed(call, err);
}

/* On the writer. */
static struct step delete_session(struct call *call, struct db *db)
{
    enum err err = sessions_delete(db, call->session_key);
    if (err != OK)
        return answer_undone(call, err, answer_failed(call, err));
    call->revocation.session_key = call->session_key;
    call->renewed_key = NO_BYTES;
    answer_begin(call, 200);
    answer_delete_session_cookie(call);
    struct json json = answer_json(call);
    json_object_begin(&json);
    json_key(&json, "message");
    json_text_z(&json, "Logged out successfully");
    json_object_end(&json);
    return answer_send(call);
}

struct step logout_post(struct call *call, struct db *db)
{
    (void)call;
    (void)db;
    return step_to(CALL_ON_WRITER, delete_session);
}
