#include "store/users.h"

#include "store/row_read.h"

static enum err find(struct sql *sql, struct arena *arena, struct user *out)
{
    struct user user;
    enum err err = sql_next(sql);
    if (err == OK) {
        user = read_user(sql, arena);
        user.password = sql_copy(sql, USER_COLUMN_COUNT, arena);
        err = sql_status(sql);
    }
    sql_done(sql);
    if (err == OK)
        *out = user;
    return err;
}

enum err users_find_id(struct db *db, int64_t id, struct arena *arena, struct user *out)
{
    struct sql *sql = sql_take(db, SQL_USER_FIND_ID);
    sql_bind_number(sql, 1, id);
    return find(sql, arena, out);
}

enum err users_find_name(struct db *db, struct bytes username, struct arena *arena,
                         struct user *out)
{
    struct sql *sql = sql_take(db, SQL_USER_FIND_NAME);
    sql_bind_text(sql, 1, username);
    return find(sql, arena, out);
}

enum err users_list(struct db *db, int64_t after_id, size_t max, struct arena *arena,
                    struct user *out, size_t *count)
{
    struct sql *sql = sql_take(db, SQL_USER_LIST);
    sql_bind_number(sql, 1, after_id);
    sql_bind_number(sql, 2, (int64_t)max);
    return read_users(sql, max, arena, out, count);
}

enum err users_insert(struct db *db, const struct user *user, int64_t now_us, int64_t *id)
{
    struct sql *sql = sql_take(db, SQL_USER_INSERT);
    sql_bind_text(sql, 1, user->password);
    sql_bind_bool(sql, 2, user->is_superuser);
    sql_bind_text(sql, 3, user->username);
    sql_bind_text(sql, 4, user->first_name);
    sql_bind_text(sql, 5, user->last_name);
    sql_bind_text(sql, 6, user->email);
    sql_bind_bool(sql, 7, user->is_staff);
    sql_bind_bool(sql, 8, user->is_active);
    sql_bind_time(sql, 9, now_us);
    sql_bind_text(sql, 10, user->user_type);
    return sql_insert(sql, id);
}

enum err users_set_password(struct db *db, int64_t id, struct bytes password)
{
    struct sql *sql = sql_take(db, SQL_USER_SET_PASSWORD);
    sql_bind_number(sql, 1, id);
    sql_bind_text(sql, 2, password);
    return sql_change_one(sql);
}

enum err users_set_last_login(struct db *db, int64_t id, int64_t now_us)
{
    struct sql *sql = sql_take(db, SQL_USER_SET_LAST_LOGIN);
    sql_bind_number(sql, 1, id);
    sql_bind_time(sql, 2, now_us);
    return sql_change_one(sql);
}

enum err users_set_active(struct db *db, int64_t id, bool is_active)
{
    heads_clear(sql_heads(db)); /* the user may be known there as one who may write */
    struct sql *sql = sql_take(db, SQL_USER_SET_ACTIVE);
    sql_bind_number(sql, 1, id);
    sql_bind_bool(sql, 2, is_active);
    return sql_change_one(sql);
}

enum err users_set_power(struct db *db, int64_t id, bool is_staff, bool is_superuser)
{
    struct sql *sql = sql_take(db, SQL_USER_SET_POWER);
    sql_bind_number(sql, 1, id);
    sql_bind_bool(sql, 2, is_staff);
    sql_bind_bool(sql, 3, is_superuser);
    return sql_change_one(sql);
}

enum err users_rename(struct db *db, int64_t id, struct bytes username)
{
    struct sql *sql = sql_take(db, SQL_USER_RENAME);
    sql_bind_number(sql, 1, id);
    sql_bind_text(sql, 2, username);
    return sql_change_one(sql);
}

enum err users_count_messages(struct db *db, int64_t id, int64_t *count)
{
    struct sql *sql = sql_take(db, SQL_USER_COUNT_MESSAGES);
    sql_bind_number(sql, 1, id);
    enum err err = sql_next(sql);
    if (err == OK)
        *count = sql_number(sql, 0);
    sql_done(sql);
    return err;
}

/* Delete the user's rows of a table that may be missing: Django's admin and its groups need not be
 * installed. */
static enum err delete_rows(struct db *db, const char *table, enum sql_id id, int64_t user_id)
{
    struct sql *sql = sql_take(db, SQL_TABLE_FIND);
    sql_bind_text(sql, 1, bytes_from_text(table));
    enum err err = sql_next(sql);
    sql_done(sql);
    if (err != OK)
        return err == ERR_NOT_FOUND ? OK : err;
    sql = sql_take(db, id);
    sql_bind_number(sql, 1, user_id);
    return sql_run(sql, NULL);
}

enum err users_delete(struct db *db, int64_t id)
{
    /* Django's foreign keys have no ON DELETE: children go first. */
    static const struct {
        const char *table;
        enum sql_id id;
    } children[] = {
        {"confab_message", SQL_USER_DELETE_EXTRAS},
        {"confab_reaction", SQL_USER_DELETE_REACTIONS},
        {"confab_revision", SQL_USER_DELETE_REVISIONS},
        {"confab_mention", SQL_USER_DELETE_MENTIONS},
        {"confab_nonce", SQL_USER_DELETE_NONCES},
        {"confab_member", SQL_USER_DELETE_MEMBERS},
        {"confab_token", SQL_USER_DELETE_TOKENS},
        {"chat_message", SQL_USER_DELETE_MESSAGES},
        {"chat_chat_participants", SQL_USER_DELETE_PARTICIPATIONS},
        {"chat_user_groups", SQL_USER_DELETE_GROUPS},
        {"chat_user_user_permissions", SQL_USER_DELETE_PERMISSIONS},
        {"django_admin_log", SQL_USER_DELETE_ADMIN_LOG},
        {"confab_chat", SQL_USER_FORGET_CREATOR},
    };
    enum err err = OK;
    heads_clear(sql_heads(db));
    for (size_t i = 0; i < COUNT_OF(children) && err == OK; i++)
        err = delete_rows(db, children[i].table, children[i].id, id);
    if (err == OK) {
        struct sql *sql = sql_take(db, SQL_USER_DELETE);
        sql_bind_number(sql, 1, id);
        err = sql_change_one(sql);
    }
    return err == OK ? sql_check_references(db) : err;
}

enum err users_share_chat(struct db *db, int64_t id, int64_t other_id, bool *out)
{
    struct sql *sql = sql_take(db, SQL_USER_SHARES_CHAT);
    sql_bind_number(sql, 1, id);
    sql_bind_number(sql, 2, other_id);
    enum err err = sql_next(sql);
    sql_done(sql);
    if (err != OK && err != ERR_NOT_FOUND)
        return err;
    *out = err == OK;
    return OK;
}
