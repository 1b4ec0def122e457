#include "store/row_read.h"

#include "store/chats.h"

enum chat_kind read_chat_kind(struct sql *sql, int column)
{
    enum chat_kind kind = CHAT_GROUP;
    return chat_kind_of(sql_text(sql, column), &kind) == OK ? kind : CHAT_GROUP;
}

struct chat read_chat(struct sql *sql, struct arena *arena)
{
    return (struct chat) {
        .id = sql_number(sql, 0),
        .name = sql_copy(sql, 1, arena),
        .created_at_us = sql_time(sql, 2),
        .creator_id = sql_number(sql, 3), /* NULL is 0: not known */
        .kind = read_chat_kind(sql, 4),
        .has_receipts = sql_bool(sql, 5),
    };
}

enum err end_rows(struct sql *sql, enum err err, size_t n, size_t *count)
{
    if (err == ERR_NOT_FOUND)
        err = OK;
    if (err == OK)
        err = sql_status(sql);
    sql_done(sql);
    *count = err == OK ? n : 0;
    return err;
}

enum err read_one_number(struct sql *sql, int64_t *out)
{
    enum err err = sql_next(sql);
    int64_t number = err == OK ? sql_number(sql, 0) : 0;
    sql_done(sql);
    if (err != OK && err != ERR_NOT_FOUND)
        return err;
    *out = number;
    return OK;
}

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
    return end_rows(sql, err, n, count);
}

struct message_row read_message(struct sql *sql, struct arena *arena)
{
    return (struct message_row) {
        .id = sql_number(sql, 0),
        .chat_id = sql_number(sql, 1),
        .content = sql_copy(sql, 2, arena),
        .timestamp_us = sql_time(sql, 3),
        .sender =
            {
                .id = sql_number(sql, 4),
                .username = sql_copy(sql, 5, arena),
                .email = sql_copy(sql, 6, arena),
                .user_type = sql_copy(sql, 7, arena),
            },
    };
}

/* A column of JSON; an empty array is nothing. */
static struct bytes copy_array(struct sql *sql, int column, struct arena *arena)
{
    struct bytes text = sql_copy(sql, column, arena);
    return bytes_is(text, "[]") ? NO_BYTES : text;
}

struct message_row read_whole_message(struct sql *sql, struct arena *arena)
{
    struct message_row message = read_message(sql, arena);
    int at = MESSAGE_COLUMN_COUNT;
    message.extra = (struct message_extra) {
        .reply_to = sql_number(sql, at),
        .thread = sql_number(sql, at + 1),
        .edited_at_us = sql_time(sql, at + 2),
        .revision = sql_number(sql, at + 3),
        .is_deleted = sql_bool(sql, at + 4),
        .is_pinned = sql_bool(sql, at + 5),
        .mentions_all = sql_bool(sql, at + 6),
        .mentions = copy_array(sql, at + 7, arena),
        .attachments = copy_array(sql, at + 8, arena),
        .reactions = copy_array(sql, at + 9, arena),
    };
    return message;
}
