/* v1_tokens.c - the tokens that a user has made for programs, and the webhooks of a chat: list,
 * make, revoke. */
#include "store/tokens.h"

#include "api/answer.h"
#include "api/fields.h"
#include "api/routes.h"
#include "api/v1_change.h"
#include "api/v1_page.h"
#include "auth/token.h"
#include "base/time_text.h"
#include "chat/rights.h"

/* --- The token object --- */

static void write_time_or_null(struct json *json, const char *key, int64_t us)
{
    json_key(json, key);
    if (us != 0)
        json_time(json, us);
    else
        json_null(json);
}

static void write_scopes(struct json *json, const struct token_row *token)
{
    json_key(json, "scopes");
    json_array_begin(json);
    if (token->may_read)
        json_text_z(json, "read");
    if (token->may_write)
        json_text_z(json, "write");
    json_array_end(json);
}

static void write_chats(struct json *json, const struct token_row *token)
{
    json_key(json, "chats");
    if (token->chat_count == 0) {
        json_null(json);
        return;
    }
    json_array_begin(json);
    for (size_t i = 0; i < token->chat_count; i++)
        json_number(json, token->chat_ids[i]);
    json_array_end(json);
}

/* text: the token itself, which is shown once; NULL: not now. */
static void write_token(struct json *json, const struct token_row *token, const char *text)
{
    json_object_begin(json);
    json_key(json, "id");
    json_number(json, token->id);
    json_key(json, "name");
    json_text(json, token->name);
    json_key(json, "prefix");
    json_text(json, token->prefix);
    write_scopes(json, token);
    write_chats(json, token);
    json_key(json, "hook");
    if (token->hook_chat_id != 0)
        json_number(json, token->hook_chat_id);
    else
        json_null(json);
    json_key(json, "by");
    json_number(json, token->creator_id);
    write_time_or_null(json, "created_at", token->created_us);
    write_time_or_null(json, "expires_at", token->expires_us);
    write_time_or_null(json, "last_used_at", token->last_used_us);
    if (text != NULL) {
        json_key(json, "token");
        json_text_z(json, text);
    }
    json_object_end(json);
}

/* --- The list: a user has TOKENS_PER_USER_MAX at most --- */

struct step v1_tokens_get(struct call *call, struct db *db)
{
    struct json json;
    size_t count = 0;
    struct token_row *tokens = arena_alloc(&call->arena, TOKENS_PER_USER_MAX * sizeof *tokens);
    enum err err = tokens != NULL ? tokens_list(db, call->user.id, 0, TOKENS_PER_USER_MAX,
                                                &call->arena, tokens, &count)
                                  : ERR_MEMORY;
    if (err == OK)
        err =
            v1_page_begin(call, &json, (struct page_link) {NULL, 0}, (struct page_link) {NULL, 0});
    if (err != OK)
        return answer_failed(call, err);
    for (size_t i = 0; i < count; i++)
        write_token(&json, &tokens[i], NULL);
    return v1_page_end(call, &json);
}

/* --- The webhooks of a chat, for whoever may end them --- */

/* What the user may do to the webhooks of a chat. */
static enum err check_hooks(struct call *call, struct db *db, int64_t chat_id, enum v1_code *code)
{
    struct membership member;
    enum err err = members_find(db, chat_id, call->user.id, &member);
    *code = err == OK ? rights_check(RIGHT_SET_ROLE, &member, call->now_us) : V1_NOT_FOUND;
    return err == ERR_NOT_FOUND ? OK : err;
}

static struct step answer_hooks(struct call *call, struct db *db)
{
    const struct page_query *page = call->state;
    size_t limit = (size_t)page->limit;
    size_t count = 0;
    enum v1_code code = V1_OK;
    struct json json;
    struct page_link next = {NULL, 0};
    struct token_row *hooks = arena_alloc(&call->arena, (limit + 1) * sizeof *hooks);
    enum err err = check_hooks(call, db, call->id, &code);
    if (err == OK && code == V1_NOT_FOUND)
        return answer_not_found(call);
    if (err == OK && code != V1_OK)
        return answer_code(call, code, NULL);
    if (err == OK)
        err = hooks != NULL ? tokens_list_hooks(db, call->id, page->cursor, limit + 1, &call->arena,
                                                hooks, &count)
                            : ERR_MEMORY;
    if (err == OK && count > limit) {
        count = limit;
        next = (struct page_link) {"cursor", hooks[limit - 1].id};
    }
    if (err == OK)
        err = v1_page_begin(call, &json, (struct page_link) {NULL, 0}, next);
    if (err != OK)
        return answer_failed(call, err);
    for (size_t i = 0; i < count; i++)
        write_token(&json, &hooks[i], NULL);
    return v1_page_end(call, &json);
}

struct step v1_chat_hooks_get(struct call *call, struct db *db)
{
    return fields_then(call, db, FIELDS_OF_QUERY, v1_page_take, sizeof(struct page_query),
                       step_to(CALL_ON_READER, answer_hooks));
}

/* --- Making one --- */

struct token_state {
    struct token_row row;
    struct token token;
};

static void take_scopes(struct fields *fields, struct token_row *row)
{
    static const struct text_rule rule = {.name = "scopes"};
    struct bytes *scopes;
    size_t count;
    row->may_read = row->may_write = true;
    if (!fields_texts(fields, &rule, &scopes, &count))
        return;
    row->may_read = row->may_write = false;
    for (size_t i = 0; i < count; i++) {
        row->may_read = row->may_read || bytes_is(scopes[i], "read");
        row->may_write = row->may_write || bytes_is(scopes[i], "write");
        if (!bytes_is(scopes[i], "read") && !bytes_is(scopes[i], "write"))
            fields_error(fields, rule.name, "A scope is \"read\" or \"write\".");
    }
    if (count == 0)
        fields_error(fields, rule.name, "This list may not be empty.");
}

static void take_chats(struct fields *fields, struct token_row *row)
{
    int64_t *ids;
    if (fields_ids(fields, "chats", TOKEN_CHATS_MAX, &ids, &row->chat_count))
        row->chat_ids = ids;
}

static void take_end(struct fields *fields, const struct call *call, struct token_row *row)
{
    static const struct text_rule rule = {.name = "expires_at", .options = FIELD_OPTIONAL};
    struct bytes text;
    if (body_value(fields->body, rule.name).kind == VALUE_NULL ||
        !fields_text(fields, &rule, &text))
        return;
    if (time_read_sql(text, &row->expires_us) != OK)
        fields_error(fields, rule.name, FIELDS_BAD_TIME);
    else if (row->expires_us <= call->now_us)
        fields_error(fields, rule.name, "This moment is over.");
}

/* A webhook is of a chat in which the user may write. */
static void take_hook(struct fields *fields, const struct call *call, struct token_row *row)
{
    static const struct number_rule rule = {"hook", FIELD_OPTIONAL, 1, INT64_MAX};
    struct membership member;
    if (body_value(fields->body, rule.name).kind == VALUE_NULL ||
        !fields_number(fields, &rule, &row->hook_chat_id))
        return;
    enum err err = members_find(fields->db, row->hook_chat_id, call->user.id, &member);
    if (err == ERR_NOT_FOUND ||
        (err == OK && rights_check(RIGHT_SEND, &member, call->now_us) != V1_OK))
        fields_error(fields, rule.name, "You may not write in that chat.");
    else if (err != OK)
        fields->err = err;
}

static void take_token(struct fields *fields, struct call *call)
{
    static const struct text_rule name = {.name = "name", .count_max = TOKEN_NAME_COUNT_MAX};
    struct token_state *state = call->state;
    struct token_row *row = &state->row;
    row->user_id = row->creator_id = call->user.id;
    (void)fields_text(fields, &name, &row->name);
    take_scopes(fields, row);
    take_chats(fields, row);
    take_end(fields, call, row);
    take_hook(fields, call, row);
    if (fields->err == OK)
        fields->err = token_make(&state->token);
    row->prefix = bytes_from_text(state->token.prefix);
}

/* On the writer. */
static struct step insert_token(struct call *call, struct db *db)
{
    struct token_state *state = call->state;
    enum err err = tokens_insert(db, &state->row, bytes_from_text(state->token.hash), call->now_us,
                                 &state->row.id);
    if (err == ERR_LIMIT)
        return answer_undone(
            call, err, answer_code(call, V1_FORBIDDEN, "You have as many tokens as you may."));
    if (err != OK)
        return answer_undone(call, err, answer_failed(call, err));
    state->row.created_us = call->now_us;
    answer_begin(call, 201);
    http_response_field_text(&call->response, "Cache-Control", "no-store");
    struct json json = answer_json(call);
    write_token(&json, &state->row, state->token.text);
    return answer_send(call);
}

struct step v1_tokens_post(struct call *call, struct db *db)
{
    return fields_then(call, db, FIELDS_OF_BODY, take_token, sizeof(struct token_state),
                       step_to(CALL_ON_WRITER, insert_token));
}

/* --- Revoking one --- */

/* It is the user's own, or a webhook of a chat in which the user may set roles. */
static enum err delete_what_may_be(struct call *call, struct db *db)
{
    struct token_row token;
    enum v1_code code = V1_OK;
    enum err err = tokens_delete(db, call->id, call->user.id, 0);
    if (err != ERR_NOT_FOUND)
        return err;
    err = tokens_find_id(db, call->id, call->now_us, &call->arena, &token);
    if (err == OK)
        err = check_hooks(call, db, token.hook_chat_id, &code);
    if (err == OK && code != V1_OK)
        err = ERR_NOT_FOUND;
    return err == OK ? tokens_delete(db, call->id, 0, token.hook_chat_id) : err;
}

/* On the writer. */
static struct step delete_token(struct call *call, struct db *db)
{
    enum err err = delete_what_may_be(call, db);
    if (err == ERR_NOT_FOUND)
        return answer_undone(call, err, answer_not_found(call));
    if (err != OK)
        return answer_undone(call, err, answer_failed(call, err));
    char key[API_TOKEN_KEY_BYTES];
    api_token_key(call->id, key);
    err = arena_copy(&call->arena, bytes_from_text(key), &call->revocation.session_key);
    return err == OK ? v1_change_answer_empty(call)
                     : answer_undone(call, err, answer_failed(call, err));
}

struct step v1_token_delete(struct call *call, struct db *db)
{
    (void)call;
    (void)db;
    return step_to(CALL_ON_WRITER, delete_token);
}
