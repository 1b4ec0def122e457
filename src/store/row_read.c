#include "store/row_read.h"

struct user read_user(struct sql *sql, struct arena *arena)
{
    return (struct user) {
        .id = sql_number(sql, 0),
        .username = sql_copy(sql, 1, arena),
        .email = sql_copy(sql, 2, arena),
        .user_type = sql_copy(sql, 3, arena),
        .first_name = sql_copy(sql, 4, arena),
        .last_name = sql_copy(sql, 5, arena),
        .is_active = sql_bool(sql, 6),
        .is_staff = sql_bool(sql, 7),
        .is_superuser = sql_bool(sql, 8),
    };
}

enum err read_users(struct sql *sql, size_t max, struct arena *arena, struct user *out,
                    size_t *count)
{
    size_t n = 0;
    enum err err = OK;
    while (n < max && (err = sql_next(sql)) == OK)
        out[n++] = read_user(sql, arena);
    if (err == ERR_NOT_FOUND)
        err = OK;
    if (err == OK)
        err = sql_status(sql);
    sql_done(sql);
    *count = err == OK ? n : 0;
    return err;
}
