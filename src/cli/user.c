#include <unistd.h>
#include "api/account.h"
#include "auth/password.h"
#include "base/json_write.h"
#include "base/log.h"
#include "base/time_text.h"
#include "cli/commands.h"
#include "cli/database.h"
#include "cli/job.h"
#include "cli/listing.h"
#include "cli/names.h"
#include "cli/password_input.h"
#include "cli/report.h"
#include "store/chats.h"
#include "store/users.h"

/* Read the password that the user is to have and make its hash. What is wrong has been printed. */
static enum err read_password_hash(const struct settings *settings, struct buf *encoded)
{
    char reason[PASSWORD_INPUT_REASON_BYTES];
    struct buf password = {0};
    enum err err = password_input_read(STDIN_FILENO, &password, reason);
    if (err != OK) {
        (void)report_error(STATUS_FAILED, "%s", reason);
        goto done;
    }
    err = password_encode(&settings->server.password_policy, buf_bytes(&password), encoded);
    if (err != OK)
        (void)report_error(STATUS_FAILED, "the password cannot be hashed: %s", err_name(err));

done:
    password_wipe(&password);
    return err;
}

/* On the command line everybody could read the password, and a prompt cannot be scripted. */
static int fail_without_password(const char *command, const char *username)
{
    return report_error(STATUS_USAGE,
                        "the password is read from standard input: confab %s %s --password-stdin",
                        command, username);
}

/* Store the user in a transaction of its own. */
static enum err insert_user(struct db *db, const struct user *user, int64_t *id)
{
    enum err err = db_begin(db);
    if (err != OK)
        return err;
    err = users_insert(db, user, time_now_us(), id);
    if (err == OK)
        return db_commit(db);
    db_rollback(db);
    return err;
}

/* Add the user whose password hash is in encoded and say so. */
static int add_user(const struct settings *settings, const struct buf *encoded)
{
    const char *username = settings->arguments[0];
    struct db *db = NULL;
    struct buf out = {0};
    struct buf email = {0};
    int64_t id = 0;
    int status = STATUS_FAILED;
    email_append_stored(&email, bytes_from_text(settings->email));
    struct user user = {
        .username = bytes_from_text(username),
        .email = buf_bytes(&email),
        .user_type = bytes_from_text(user_type_names[settings->user_type]),
        .first_name = BYTES(""),
        .last_name = BYTES(""),
        .password = buf_bytes(encoded),
        .is_active = true,
        .is_staff = settings->is_superuser, /* Django's admin lets nobody else in */
        .is_superuser = settings->is_superuser,
    };
    if (database_open(settings, DB_WRITER, &db) != OK)
        goto done;
    enum err err = buf_status(&email);
    if (err == OK)
        err = insert_user(db, &user, &id);
    if (err == ERR_CONFLICT) {
        status = report_error(STATUS_FAILED,
                              "there is a user %s already; confab user passwd sets a new password",
                              username);
    } else if (err != OK) {
        status = report_failure("the user could not be added", err);
    } else {
        buf_printf(&out, "added user %s with id %lld\n", username, (long long)id);
        status = report_finish(&out);
    }

done:
    db_close(&db);
    buf_free(&email);
    buf_free(&out);
    return status;
}

/* `confab user add NAME` */
int command_user_add(struct settings *settings)
{
    char why[NAME_WHY_BYTES];
    struct buf encoded = {0};
    const char *username = settings->arguments[0];
    if (username_check_new(bytes_from_text(username), why) != OK)
        return report_error(STATUS_USAGE, "%s", why);
    if (!settings->has_password_on_stdin)
        return fail_without_password("user add", username);
    int status = STATUS_FAILED;
    if (read_password_hash(settings, &encoded) == OK)
        status = add_user(settings, &encoded);
    buf_free(&encoded);
    return status;
}

static enum err set_password(struct db *db, struct bytes username, struct bytes encoded)
{
    struct arena arena = {0};
    struct user user;
    enum err err = db_begin(db);
    if (err != OK)
        return err;
    err = users_find_name(db, username, &arena, &user);
    if (err == OK)
        err = users_set_password(db, user.id, encoded);
    if (err == OK)
        err = db_commit(db);
    else
        db_rollback(db);
    arena_free(&arena);
    return err;
}

/* `confab user passwd NAME` */
int command_user_passwd(struct settings *settings)
{
    struct db *db = NULL;
    struct buf encoded = {0};
    struct buf out = {0};
    char quote[LOG_QUOTE_BYTES];
    const char *username = settings->arguments[0];
    int status = STATUS_FAILED;
    if (!settings->has_password_on_stdin)
        return fail_without_password("user passwd", username);
    if (read_password_hash(settings, &encoded) != OK)
        goto done;
    if (database_open(settings, DB_WRITER, &db) != OK)
        goto done;
    enum err err = set_password(db, bytes_from_text(username), buf_bytes(&encoded));
    if (err == ERR_NOT_FOUND) {
        status = report_error(STATUS_FAILED, "there is no user %s; confab user list shows all",
                              log_quote(quote, bytes_from_text(username)));
    } else if (err != OK) {
        status = report_failure("the password could not be set", err);
    } else {
        buf_printf(&out, "set the password of %s\n", username);
        status = report_finish(&out);
    }

done:
    db_close(&db);
    buf_free(&encoded);
    buf_free(&out);
    return status;
}

/* What a user is, as members of a JSON object. */
static void append_members(struct json *json, const struct user *user)
{
    json_key(json, "id");
    json_number(json, user->id);
    json_key(json, "username");
    json_text(json, user->username);
    json_key(json, "email");
    json_text(json, user->email);
    json_key(json, "user_type");
    json_text(json, user->user_type);
    json_key(json, "is_active");
    json_bool(json, user->is_active);
    json_key(json, "is_staff");
    json_bool(json, user->is_staff);
    json_key(json, "is_superuser");
    json_bool(json, user->is_superuser);
}

static const char *power_of(const struct user *user)
{
    return user->is_superuser ? "superuser" : user->is_staff ? "staff" : "";
}

static enum err read_rows(struct db *db, int64_t after_id, struct arena *arena, void *rows,
                          size_t *count)
{
    return users_list(db, after_id, LISTING_PAGE, arena, rows, count);
}

static int64_t id_of_row(const void *row)
{
    return ((const struct user *)row)->id;
}

static enum err append_row(struct db *db, struct buf *out, const void *row)
{
    struct json json = {.out = out, .style = JSON_COMPACT};
    (void)db;
    json_object_begin(&json);
    append_members(&json, row);
    json_object_end(&json);
    return OK;
}

static enum err make_cells(struct db *db, struct arena *arena, const void *row,
                           struct bytes cells[TABLE_COLUMNS_MAX])
{
    const struct user *user = row;
    (void)db;
    cells[1] = user->username;
    cells[2] = user->user_type;
    cells[3] = user->email;
    cells[4] = user->is_active ? BYTES("yes") : BYTES("no");
    cells[5] = bytes_from_text(power_of(user));
    return listing_number(arena, user->id, &cells[0]);
}

/* `confab user list` */
int command_user_list(struct settings *settings)
{
    static const struct listing listing = {
        .row_bytes = sizeof(struct user),
        .column_count = 6,
        .headings = {"ID", "USERNAME", "TYPE", "EMAIL", "ACTIVE", "POWER"},
        .failure = "the users cannot be listed",
        .read = read_rows,
        .id_of = id_of_row,
        .append_json = append_row,
        .make_cells = make_cells,
    };
    return listing_run(settings, &listing);
}

/* Tell the user's chats, page by page: as lines, or as the elements of a JSON array. */
static enum err append_chats(struct db *db, struct buf *out, struct json *json, int64_t user_id)
{
    enum { CHATS_PAGE = 100 };
    struct chat chats[CHATS_PAGE];
    int64_t last_id = 0;
    size_t count = 0;
    enum err err = OK;
    do {
        struct arena arena = {0};
        err = chats_list(db, user_id, last_id, CHATS_PAGE, &arena, chats, &count);
        for (size_t i = 0; err == OK && i < count; i++) {
            last_id = chats[i].id;
            if (json != NULL) {
                json_number(json, chats[i].id);
                continue;
            }
            buf_printf(out, "chat: %lld ", (long long)chats[i].id);
            report_append_visible(out, chats[i].name);
            buf_append_byte(out, '\n');
        }
        arena_free(&arena);
    } while (err == OK && count == CHATS_PAGE);
    return err;
}

static enum err show_user(struct db *db, struct job *job)
{
    struct user user;
    int64_t message_count = 0;
    struct buf *out = &job->said;
    enum err err = job_find_user(db, job, job->settings->arguments[0], &user);
    if (err == OK)
        err = users_count_messages(db, user.id, &message_count);
    if (err != OK)
        return err;
    if (job->settings->as_json) {
        struct json json = {.out = out, .style = JSON_COMPACT};
        json_object_begin(&json);
        append_members(&json, &user);
        json_key(&json, "messages");
        json_number(&json, message_count);
        json_key(&json, "chats");
        json_array_begin(&json);
        err = append_chats(db, out, &json, user.id);
        json_array_end(&json);
        json_object_end(&json);
        buf_append_byte(out, '\n');
        return err;
    }
    buf_printf(out, "id: %lld\nusername: ", (long long)user.id);
    report_append_visible(out, user.username);
    buf_append_text(out, "\ntype: ");
    report_append_visible(out, user.user_type);
    buf_append_text(out, "\nemail: ");
    report_append_visible(out, user.email);
    buf_printf(out, "\nactive: %s\npower: %s\nmessages: %lld\n", user.is_active ? "yes" : "no",
               power_of(&user), (long long)message_count);
    return append_chats(db, out, NULL, user.id);
}

/* `confab user show NAME` */
int command_user_show(struct settings *settings)
{
    return job_run(settings, DB_READER, show_user, "the user cannot be shown");
}
