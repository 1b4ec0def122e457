/* register.c - making an account. Nobody is logged in by it. */
#include "api/account.h"

#include "api/answer.h"
#include "api/fields.h"
#include "api/represent.h"
#include "api/routes.h"
#include "api/throttle.h"
#include "base/text.h"
#include "store/users.h"

static const char NAME_TAKEN[] = "A user with that username already exists.";

/* user_type gives no power: anybody may choose it. */
static const char *const user_types[] = {"student", "staff", "owner"};

struct register_state {
    struct user user; /* password: as typed, until it is hashed */
};

static struct step answer_name_taken(struct call *call)
{
    answer_begin(call, 400);
    struct json json = answer_json(call);
    json_object_begin(&json);
    json_key(&json, "username");
    json_array_begin(&json);
    json_text_z(&json, NAME_TAKEN);
    json_array_end(&json);
    json_object_end(&json);
    return answer_send(call);
}

/* On the writer. */
static struct step store_user(struct call *call, struct db *db)
{
    const struct register_state *state = call->state;
    struct user user = state->user;
    enum err err = users_insert(db, &user, call->now_us, &user.id);
    /* Somebody was faster. */
    if (err == ERR_CONFLICT)
        return answer_undone(call, err, answer_name_taken(call));
    if (err != OK)
        return answer_undone(call, err, answer_failed(call, err));
    answer_begin(call, 201);
    struct json json = answer_json(call);
    represent_user(&json, &user);
    return answer_send(call);
}

/* On a hasher. */
static struct step hash_password(struct call *call, struct db *db)
{
    (void)db;
    struct register_state *state = call->state;
    struct buf encoded = {0};
    enum err err =
        password_encode(&call->settings->password_policy, state->user.password, &encoded);
    if (err == OK)
        err = arena_copy(&call->arena, buf_bytes(&encoded), &state->user.password);
    buf_free(&encoded);
    return err == OK ? step_to(CALL_ON_WRITER, store_user) : answer_failed(call, err);
}

/* Replace a text by the form that is stored. */
static enum err take_stored_form(struct arena *arena,
                                 void (*append)(struct buf *out, struct bytes text),
                                 struct bytes *text)
{
    struct buf stored = {0};
    append(&stored, *text);
    enum err err = buf_status(&stored);
    if (err == OK)
        err = arena_copy(arena, buf_bytes(&stored), text);
    buf_free(&stored);
    return err;
}

/* The name's faults: its form, and that it is taken. */
static enum err read_username(struct fields *fields, struct db *db, struct bytes *out)
{
    static const struct text_rule rule = {
        .name = "username",
        .options = FIELD_CHECKED_FIRST,
        .count_max = USERNAME_COUNT_MAX,
        .is_valid = username_is_valid,
        .invalid = "Enter a valid username. This value may contain only letters, numbers, "
                   "and @/./+/-/_ characters.",
    };
    struct user other;
    if (!fields_text(fields, &rule, out))
        return OK;
    enum err err = take_stored_form(fields->arena, username_append_stored, out);
    if (err != OK)
        return err;
    if (!username_is_valid(*out) || utf8_count(*out) > USERNAME_COUNT_MAX) {
        fields_error(fields, rule.name, rule.invalid);
        return OK;
    }
    err = users_find_name(db, *out, fields->arena, &other);
    if (err == OK)
        fields_error(fields, rule.name, NAME_TAKEN);
    return err == ERR_NOT_FOUND ? OK : err;
}

/* All fields in the serializer's order. Faults are left in fields; errors are the world's. */
static enum err read_account(struct call *call, struct db *db, struct fields *fields,
                             struct user *user)
{
    static const struct text_rule email_rule = {
        .name = "email",
        .options = FIELD_OPTIONAL | FIELD_MAY_BE_BLANK,
        .count_max = EMAIL_COUNT_MAX,
        .is_valid = email_is_valid,
        .invalid = "Enter a valid email address.",
    };
    static const struct text_rule password_rule = {
        .name = "password",
        .options = FIELD_KEEPS_SPACE,
        .bytes_max = PASSWORD_BYTES_MAX,
    };
    static const struct text_rule confirm_rule = {
        .name = "password_confirm",
        .options = FIELD_KEEPS_SPACE,
        .bytes_max = PASSWORD_BYTES_MAX,
    };
    struct bytes confirmed = NO_BYTES;
    *user = (struct user) {
        .user_type = bytes_from_text(user_types[0]),
        .email = BYTES(""),
        .first_name = BYTES(""),
        .last_name = BYTES(""),
        .is_active = true,
    };
    enum err err = read_username(fields, db, &user->username);
    if (err != OK)
        return err;
    (void)fields_text(fields, &email_rule, &user->email);
    (void)fields_text(fields, &password_rule, &user->password);
    (void)fields_text(fields, &confirm_rule, &confirmed);
    (void)fields_choice(fields, "user_type", user_types, COUNT_OF(user_types), &user->user_type);
    if (fields_are_right(fields) && !bytes_equal(user->password, confirmed))
        fields_error(fields, "password", "Passwords don't match.");
    return take_stored_form(&call->arena, email_append_stored, &user->email);
}

/* Each account costs a hash and a row: an address gets only so many. */
static struct step begin_hashing(struct call *call)
{
    char address[THROTTLE_ADDRESS_BYTES];
    int64_t wait_us = 0;
    struct throttle *throttle = call->settings->throttle;
    if (throttle != NULL &&
        throttle_take(throttle, "registration of address",
                      throttle_address(call->peer_address, address), call->now_us, &wait_us) != OK)
        return answer_throttled(call, wait_us);
    return step_to(CALL_ON_HASHER, hash_password);
}

struct step register_post(struct call *call, struct db *db)
{
    struct body body;
    struct fields fields = {0};
    struct step next;
    struct register_state *state = arena_alloc(&call->arena, sizeof *state);
    enum err err = body_read(call, &body);
    if (err == OK && state == NULL)
        err = ERR_MEMORY;
    if (err == ERR_SYNTAX) {
        next = answer_send(call);
        goto done;
    }
    if (err == OK) {
        call->state = state;
        fields_init(&fields, &body, &call->arena);
        err = read_account(call, db, &fields, &state->user);
    }
    if (err != OK)
        next = answer_failed(call, err);
    else
        next = fields_are_right(&fields) ? begin_hashing(call) : fields_answer(&fields, call);
done:
    fields_deinit(&fields);
    body_deinit(&body);
    return next;
}
