/* bearer.c - programs that show a token instead of a session (RFC 6750). */
#include "api/bearer.h"

#include <stdio.h>
#include "api/answer.h"
#include "api/routes.h"
#include "auth/token.h"
#include "store/messages.h"
#include "store/users.h"

struct bytes bearer_token(const struct http_request *request)
{
    static const char scheme[] = "Bearer ";
    struct bytes value = http_field_value(request, "Authorization");
    size_t len = sizeof scheme - 1;
    if (value.len < len || !bytes_equal_nocase(bytes_first(value, len), bytes_from_text(scheme)))
        return NO_BYTES;
    return bytes_trim(bytes_skip(value, len), " ");
}

enum err api_token_user(struct db *db, struct bytes text, int64_t now_us, struct arena *arena,
                        struct token_row *token, struct user *user)
{
    char hash[DIGEST_TEXT_BYTES + 1];
    enum err err = token_hash(text, hash);
    if (err == ERR_SYNTAX)
        return ERR_NOT_FOUND;
    if (err == OK)
        err = tokens_find(db, bytes_from_text(hash), now_us, arena, token);
    return err == OK ? users_find_id(db, token->user_id, arena, user) : err;
}

/* No session has such a key: it is none that Django or we would make. */
static const char token_key_beginning[] = "token:";

void api_token_key(int64_t token_id, char out[API_TOKEN_KEY_BYTES])
{
    (void)snprintf(out, API_TOKEN_KEY_BYTES, "%s%lld", token_key_beginning, (long long)token_id);
}

/* False: it is a session's. */
static bool read_token_key(struct bytes key, int64_t *id)
{
    struct bytes beginning = bytes_from_text(token_key_beginning);
    return bytes_starts_with(key, beginning) &&
           http_route_id(bytes_skip(key, beginning.len), id) == OK;
}

enum err api_live_user(struct db *db, const struct secrets *secrets, struct bytes key,
                       int64_t now_us, struct arena *arena, struct user *user, int64_t *expire_us)
{
    struct token_row token;
    int64_t id;
    bool is_garbage;
    if (!read_token_key(key, &id))
        return api_session_user(db, secrets, key, now_us, arena, user, expire_us, &is_garbage);
    enum err err = tokens_find_id(db, id, now_us, arena, &token);
    if (err != OK)
        return err;
    *expire_us = token.expires_us != 0 ? token.expires_us : INT64_MAX;
    return users_find_id(db, token.user_id, arena, user);
}

struct step bearer_refuse(struct call *call)
{
    struct step step = answer_unauthorized(call, "Invalid token.");
    http_response_field_text(&call->response, "WWW-Authenticate", "Bearer error=\"invalid_token\"");
    return step;
}

/* Which chat the path is about; 0: none. */
static enum err find_chat(const struct call *call, struct db *db, int64_t *chat_id)
{
    unsigned needs = call->resource->needs;
    int64_t thread;
    *chat_id = (needs & CHAT) == CHAT ? call->id : 0;
    if ((needs & MESSAGE) != MESSAGE)
        return OK;
    return messages_find_place(db, call->id, chat_id, &thread);
}

bool bearer_may(const struct call *call)
{
    const struct token_row *token = call->token;
    enum http_method method = call->request->method;
    bool is_reading = method == HTTP_GET || method == HTTP_HEAD;
    bool is_about_chat = (call->resource->needs & (CHAT | MESSAGE) & ~(unsigned)NUMBERED) != 0;
    return !(call->resource->needs & PERSONAL) &&
           (is_reading ? token->may_read : token->may_write) &&
           (token->chat_count == 0 || is_about_chat);
}

enum err bearer_find(const struct call *call, struct db *db)
{
    int64_t chat_id = 0;
    if (call->token->chat_count == 0)
        return OK;
    enum err err = find_chat(call, db, &chat_id);
    if (err != OK)
        return err;
    return token_covers(call->token, chat_id) ? OK : ERR_NOT_FOUND;
}

struct step bearer_note_use(struct call *call, struct db *db, int64_t token_id, struct step next)
{
    enum err err = tokens_touch(db, token_id, call->now_us);
    return err == OK ? next : answer_undone(call, err, next);
}
