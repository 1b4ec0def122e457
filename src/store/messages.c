#include "store/messages.h"

#include <assert.h>
#include "base/time_text.h"
#include "store/events.h"
#include "store/members.h"
#include "store/row_read.h"

/* Read rows until there are max or enough bytes, and give the statement back. */
static enum err read_messages(struct sql *sql, size_t max, struct arena *arena,
                              struct message_row *out, size_t *count)
{
    size_t n = 0;
    size_t content_bytes = 0;
    enum err err = OK;
    while (n < max && content_bytes < MESSAGES_PIECE_BYTES && (err = sql_next(sql)) == OK) {
        out[n] = read_message(sql, arena);
        content_bytes += out[n].content.len;
        n++;
    }
    return end_rows(sql, err, n, count);
}

/* Take a list's statement; they differ only in whose messages they are. */
static struct sql *take_list(struct db *db, enum sql_id id, int64_t of_id, int64_t after_id,
                             int64_t until_id)
{
    struct sql *sql = sql_take(db, id);
    sql_bind_number(sql, 1, of_id);
    sql_bind_number(sql, 2, after_id);
    sql_bind_number(sql, 3, until_id);
    return sql;
}

enum err messages_list(struct db *db, int64_t chat_id, int64_t after_id, int64_t until_id,
                       size_t max, struct arena *arena, struct message_row *out, size_t *count)
{
    struct sql *sql = take_list(db, SQL_MESSAGE_LIST, chat_id, after_id, until_id);
    sql_bind_number(sql, 4, (int64_t)max);
    return read_messages(sql, max, arena, out, count);
}

void messages_walk_chat(struct db *db, int64_t chat_id, int64_t after_id, int64_t until_id,
                        struct messages_walk *walk)
{
    *walk = (struct messages_walk) {
        .db = db,
        .chat_id = chat_id,
        .sql = take_list(db, SQL_MESSAGE_WALK, chat_id, after_id, until_id),
    };
}

void messages_walk_user(struct db *db, int64_t user_id, int64_t after_id, int64_t until_id,
                        size_t max, struct messages_walk *walk)
{
    *walk = (struct messages_walk) {
        .db = db,
        .sql = take_list(db, SQL_MESSAGE_WALK_OF_USER, user_id, after_id, until_id),
    };
    sql_bind_number(walk->sql, 4, (int64_t)max);
}

void messages_walk_one(struct db *db, int64_t user_id, int64_t id, struct messages_walk *walk)
{
    *walk = (struct messages_walk) {.db = db, .sql = sql_take(db, SQL_MESSAGE_WALK_ONE)};
    sql_bind_number(walk->sql, 1, user_id);
    sql_bind_number(walk->sql, 2, id);
}

enum err messages_walk_next(struct messages_walk *walk, struct walked_message *message)
{
    struct sql *sql = walk->sql;
    arena_free(&walk->texts);
    enum err err = sql_next(sql);
    if (err != OK)
        return err;
    *message = (struct walked_message) {
        .id = sql_number(sql, 0),
        .sender_id = sql_number(sql, 1),
        .timestamp = sql_text(sql, 2),
        .content = sql_valid_text(sql, 3, &walk->texts),
        .chat_id = walk->chat_id != 0 ? walk->chat_id : sql_number(sql, 4),
    };
    return sql_status(sql);
}

enum err messages_walk_sender(struct messages_walk *walk, int64_t id, struct user *sender)
{
    struct sql *sql = sql_take(walk->db, SQL_MESSAGE_SENDER);
    sql_bind_number(sql, 1, id);
    enum err err = sql_next(sql);
    if (err == OK) {
        *sender = (struct user) {
            .id = id,
            .username = sql_copy(sql, 0, &walk->texts),
            .email = sql_copy(sql, 1, &walk->texts),
            .user_type = sql_copy(sql, 2, &walk->texts),
        };
        err = sql_status(sql);
    }
    sql_done(sql);
    return err;
}

void messages_walk_end(struct messages_walk *walk)
{
    arena_free(&walk->texts);
    sql_done(walk->sql);
}

enum err messages_find_place(struct db *db, int64_t id, int64_t *chat_id, int64_t *thread)
{
    struct sql *sql = sql_take(db, SQL_MESSAGE_FIND_PLACE);
    sql_bind_number(sql, 1, id);
    enum err err = sql_next(sql);
    if (err == OK) {
        *chat_id = sql_number(sql, 0);
        *thread = sql_number(sql, 1);
    }
    sql_done(sql);
    return err;
}

enum err messages_last_id(struct db *db, int64_t chat_id, int64_t *id)
{
    struct sql *sql =
        sql_take(db, chat_id == 0 ? SQL_MESSAGE_LAST_ID : SQL_MESSAGE_LAST_ID_OF_CHAT);
    if (chat_id != 0)
        sql_bind_number(sql, 1, chat_id);
    return read_one_number(sql, id);
}

enum err messages_id_from_end(struct db *db, int64_t chat_id, int64_t count, int64_t *id)
{
    struct sql *sql = sql_take(db, SQL_MESSAGE_ID_FROM_END);
    sql_bind_number(sql, 1, chat_id);
    sql_bind_number(sql, 2, count);
    return read_one_number(sql, id);
}

/* OK: the sender may write in the chat. ERR_DENIED, ERR_NOT_FOUND: as messages_insert() says. */
static enum err check_sender(struct db *db, int64_t chat_id, int64_t sender_id, int64_t now_us)
{
    struct membership sender;
    enum err err = members_find(db, chat_id, sender_id, &sender);
    if (err == OK)
        return membership_writing(&sender, now_us) == WRITING_ALLOWED ? OK : ERR_DENIED;
    if (err != ERR_NOT_FOUND)
        return err;
    /* No such user, or no such chat. */
    struct sql *sql = sql_take(db, SQL_CHAT_FIND);
    sql_bind_number(sql, 1, chat_id);
    err = sql_next(sql);
    sql_done(sql);
    return err == OK ? ERR_DENIED : err;
}

/* The chat's head, from the cache or else from the database. */
static enum err find_head(struct db *db, int64_t chat_id, int64_t sender_id, int64_t now_us,
                          struct head **out)
{
    int64_t last_id = 0;
    *out = heads_find(sql_heads(db), chat_id, sender_id);
    if (*out != NULL)
        return OK;
    enum err err = check_sender(db, chat_id, sender_id, now_us);
    if (err == OK)
        err = events_head(db, chat_id, &last_id);
    if (err == OK)
        err = heads_put(sql_heads(db), chat_id, sender_id, last_id, out);
    return err;
}

enum err messages_insert(struct db *db, int64_t chat_id, int64_t sender_id, struct bytes content,
                         int64_t timestamp_us, int64_t *id, int64_t *prev)
{
    struct head *head = NULL;
    int64_t seq = 0;
    enum err err = find_head(db, chat_id, sender_id, timestamp_us, &head);
    if (err != OK)
        return err;
    struct sql *sql = sql_take(db, SQL_MESSAGE_INSERT);
    sql_bind_text(sql, 1, content);
    sql_bind_time(sql, 2, timestamp_us);
    sql_bind_number(sql, 3, chat_id);
    sql_bind_number(sql, 4, sender_id);
    int64_t head_seq =
        head->seq; /* a failed INSERT may lose the transaction, and the cache with it */
    err = sql_insert(sql, &seq);
    if (err != OK)
        return err;
    *id = seq;
    *prev = head_seq;
    head->seq = seq;
    return OK;
}

enum err messages_check_sender(struct db *db, int64_t chat_id, int64_t sender_id, int64_t now_us)
{
    struct head *head = NULL;
    return find_head(db, chat_id, sender_id, now_us, &head);
}

enum {
    MESSAGES_OF_STATEMENT_MAX = 16, /* rows; with 32 a row costs 2 % less */
    MESSAGE_VALUE_COUNT = 4,        /* of a row */
};

/* Give the messages of one statement their numbers: SQLite counts on within it, as the table's
 * AUTOINCREMENT demands. */
static void number(struct db *db, struct message_new *messages, size_t count, int64_t last_id)
{
    for (size_t i = 0; i < count; i++) {
        struct message_new *message = &messages[i];
        struct head *head = heads_find(sql_heads(db), message->chat_id, message->sender_id);
        assert(head != NULL);
        message->id = last_id - (int64_t)(count - 1 - i);
        message->prev = head->seq;
        head->seq = message->id;
    }
}

/* One statement with so many rows, for which there is one. */
static enum err insert_together(struct db *db, enum sql_id id, struct message_new *messages,
                                size_t count)
{
    char times[MESSAGES_OF_STATEMENT_MAX][TIME_TEXT_BYTES_MAX];
    int64_t last_id = 0;
    struct sql *sql = sql_take(db, id);
    for (size_t i = 0; i < count; i++) {
        const struct message_new *message = &messages[i];
        struct buf time = {.data = (uint8_t *)times[i], .cap = TIME_TEXT_BYTES_MAX};
        int index = (int)i * MESSAGE_VALUE_COUNT;
        time_append_sql(&time, message->timestamp_us);
        sql_bind_text(sql, index + 1, message->content);
        sql_bind_text(sql, index + 2, buf_bytes(&time));
        sql_bind_number(sql, index + 3, message->chat_id);
        sql_bind_number(sql, index + 4, message->sender_id);
    }
    enum err err = sql_insert(sql, &last_id);
    if (err == OK)
        number(db, messages, count, last_id);
    return err;
}

/* Whether the cache still knows all of them: looking for one may have made it forget others. */
static bool are_known(struct db *db, const struct message_new *messages, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (heads_find(sql_heads(db), messages[i].chat_id, messages[i].sender_id) == NULL)
            return false;
    }
    return true;
}

/* The statement for the next messages, and how many it takes. */
static size_t choose_statement(struct db *db, const struct message_new *messages, size_t count,
                               enum sql_id *id)
{
    static const struct {
        enum sql_id id;
        size_t count;
    } statements[] = {{SQL_MESSAGE_INSERT_16, MESSAGES_OF_STATEMENT_MAX},
                      {SQL_MESSAGE_INSERT_4, 4}};
    for (size_t i = 0; i < COUNT_OF(statements); i++) {
        *id = statements[i].id;
        if (statements[i].count <= count && are_known(db, messages, statements[i].count))
            return statements[i].count;
    }
    return 1;
}

enum err messages_insert_many(struct db *db, struct message_new *messages, size_t count)
{
    enum err err = sql_transaction_is_lost(db) ? ERR_IO : OK;
    for (size_t i = 0; i < count && err == OK;) {
        enum sql_id id;
        struct message_new *next = &messages[i];
        size_t together = choose_statement(db, next, count - i, &id);
        if (together > 1)
            err = insert_together(db, id, next, together);
        else
            err = messages_insert(db, next->chat_id, next->sender_id, next->content,
                                  next->timestamp_us, &next->id, &next->prev);
        i += together;
    }
    if (err != OK)
        sql_spoil_transaction(db);
    return err;
}
