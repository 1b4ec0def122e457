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
