#include "store/tokens.h"

#include "base/json_read.h"
#include "base/json_write.h"
#include "store/row_read.h"

bool token_covers(const struct token_row *token, int64_t chat_id)
{
    if (token->hook_chat_id != 0)
        return token->hook_chat_id == chat_id;
    for (size_t i = 0; i < token->chat_count; i++) {
        if (token->chat_ids[i] == chat_id)
            return true;
    }
    return token->chat_count == 0;
}

bool token_is_to_be_touched(const struct token_row *token, int64_t now_us)
{
    return now_us - token->last_used_us > (int64_t)TOKEN_TOUCH_S * 1000000;
}

/* --- Reading --- */

/* The ids of a JSON array. A text that is none was not stored by us: then the token is good for no
 * chat at all. */
static enum err read_chats(struct bytes text, struct arena *arena, struct token_row *token)
{
    static const int64_t no_chat = 0;
    struct json_doc doc = {0};
    enum err err = json_read(&doc, text);
    token->chat_ids = &no_chat;
    token->chat_count = 1;
    if (err == OK && json_root(&doc)->kind == JSON_ARRAY) {
        int64_t *ids = arena_alloc(arena, (doc.count + 1) * sizeof *ids);
        size_t count = 0;
        const struct json_node *node = json_first(&doc, json_root(&doc));
        for (; ids != NULL && node != NULL; node = json_next(&doc, json_root(&doc), node)) {
            uint64_t id = 0;
            if (node->kind == JSON_NUMBER &&
                bytes_to_number(json_raw_bytes(&doc, node), INT64_MAX, &id) == OK)
                ids[count++] = (int64_t)id;
        }
        err = ids != NULL ? OK : ERR_MEMORY;
        if (count > 0) {
            token->chat_ids = ids;
            token->chat_count = count;
        }
    }
    json_doc_free(&doc);
    return err == ERR_SYNTAX || err == ERR_LIMIT ? OK : err;
}

static enum err read_token(struct sql *sql, struct arena *arena, struct token_row *out)
{
    *out = (struct token_row) {
        .id = sql_number(sql, 0),
        .user_id = sql_number(sql, 1),
        .creator_id = sql_number(sql, 2),
        .name = sql_copy(sql, 3, arena),
        .prefix = sql_copy(sql, 4, arena),
        .may_read = sql_bool(sql, 5),
        .may_write = sql_bool(sql, 6),
        .hook_chat_id = sql_number(sql, 8),
        .created_us = sql_time(sql, 9),
        .expires_us = sql_time(sql, 10),
        .last_used_us = sql_time(sql, 11),
    };
    struct bytes chats = sql_text(sql, 7);
    enum err err = chats.len > 0 ? read_chats(chats, arena, out) : OK;
    return err == OK ? sql_status(sql) : err;
}

/* The token in the statement's first row, unless it has expired. Gives the statement back. */
static enum err read_valid_token(struct sql *sql, int64_t now_us, struct arena *arena,
                                 struct token_row *out)
{
    struct token_row token;
    enum err err = sql_next(sql);
    if (err == OK)
        err = read_token(sql, arena, &token);
    sql_done(sql);
    if (err == OK && token.expires_us != 0 && token.expires_us <= now_us)
        return ERR_NOT_FOUND;
    if (err == OK)
        *out = token;
    return err;
}

enum err tokens_find(struct db *db, struct bytes hash, int64_t now_us, struct arena *arena,
                     struct token_row *out)
{
    struct sql *sql = sql_take(db, SQL_TOKEN_FIND);
    sql_bind_text(sql, 1, hash);
    return read_valid_token(sql, now_us, arena, out);
}

enum err tokens_find_id(struct db *db, int64_t id, int64_t now_us, struct arena *arena,
                        struct token_row *out)
{
    struct sql *sql = sql_take(db, SQL_TOKEN_FIND_ID);
    sql_bind_number(sql, 1, id);
    return read_valid_token(sql, now_us, arena, out);
}

static enum err list(struct db *db, enum sql_id id, int64_t of_id, int64_t after_id, size_t max,
                     struct arena *arena, struct token_row *out, size_t *count)
{
    size_t n = 0;
    enum err err = OK;
    struct sql *sql = sql_take(db, id);
    sql_bind_number(sql, 1, of_id);
    sql_bind_number(sql, 2, after_id);
    sql_bind_number(sql, 3, (int64_t)max);
    while (n < max && (err = sql_next(sql)) == OK) {
        err = read_token(sql, arena, &out[n]);
        if (err != OK)
            break;
        n++;
    }
    return end_rows(sql, err, n, count);
}

enum err tokens_list(struct db *db, int64_t creator_id, int64_t after_id, size_t max,
                     struct arena *arena, struct token_row *out, size_t *count)
{
    return list(db, SQL_TOKEN_LIST, creator_id, after_id, max, arena, out, count);
}

enum err tokens_list_hooks(struct db *db, int64_t chat_id, int64_t after_id, size_t max,
                           struct arena *arena, struct token_row *out, size_t *count)
{
    return list(db, SQL_TOKEN_LIST_HOOKS, chat_id, after_id, max, arena, out, count);
}

/* --- Writing --- */

static void write_chats(const struct token_row *token, struct buf *out)
{
    struct json json = {.out = out, .style = JSON_COMPACT};
    if (token->chat_count == 0)
        return;
    json_array_begin(&json);
    for (size_t i = 0; i < token->chat_count; i++)
        json_number(&json, token->chat_ids[i]);
    json_array_end(&json);
}

static enum err insert(struct db *db, const struct token_row *token, struct bytes hash,
                       struct bytes chats, int64_t now_us, int64_t *id)
{
    struct sql *sql = sql_take(db, SQL_TOKEN_INSERT);
    sql_bind_number(sql, 1, token->user_id);
    sql_bind_number(sql, 2, token->creator_id);
    sql_bind_text(sql, 3, token->name);
    sql_bind_text(sql, 4, token->prefix);
    sql_bind_text(sql, 5, hash);
    sql_bind_bool(sql, 6, token->may_read);
    sql_bind_bool(sql, 7, token->may_write);
    sql_bind_text(sql, 8, chats);
    sql_bind_number(sql, 9, token->hook_chat_id);
    sql_bind_time(sql, 10, now_us);
    if (token->expires_us != 0)
        sql_bind_time(sql, 11, token->expires_us); /* else NULL */
    return sql_insert(sql, id);
}

enum err tokens_insert(struct db *db, const struct token_row *token, struct bytes hash,
                       int64_t now_us, int64_t *id)
{
    struct buf chats = {0};
    int64_t count = 0;
    struct sql *sql = sql_take(db, SQL_TOKEN_COUNT);
    sql_bind_number(sql, 1, token->creator_id);
    enum err err = read_one_number(sql, &count);
    if (err == OK && count >= TOKENS_PER_USER_MAX)
        err = ERR_LIMIT;
    write_chats(token, &chats);
    if (err == OK)
        err = buf_status(&chats);
    if (err == OK)
        err = insert(db, token, hash, buf_bytes(&chats), now_us, id);
    buf_free(&chats);
    return err;
}

enum err tokens_delete(struct db *db, int64_t id, int64_t creator_id, int64_t hook_chat_id)
{
    struct sql *sql = sql_take(db, SQL_TOKEN_DELETE);
    sql_bind_number(sql, 1, id);
    sql_bind_number(sql, 2, creator_id);
    sql_bind_number(sql, 3, hook_chat_id);
    return sql_change_one(sql);
}

enum err tokens_touch(struct db *db, int64_t id, int64_t now_us)
{
    struct sql *sql = sql_take(db, SQL_TOKEN_TOUCH);
    sql_bind_number(sql, 1, id);
    sql_bind_time(sql, 2, now_us);
    return sql_run(sql, NULL);
}
