#include "server/upgrade.h"

#include "api/bearer.h"
#include "base/time_text.h"
#include "http/route.h"
#include "store/chats.h"

static const struct step to_client = {.place = CALL_TO_CLIENT};

/* One text for all who may not enter, so that nobody learns which chats there are. */
static const char no_access[] = "You may not connect to this chat.";

bool upgrade_is_wanted(const struct http_request *request)
{
    return bytes_starts_with(request->path, BYTES("/ws/"));
}

static struct step refuse(struct call *call, unsigned status, const char *detail)
{
    http_response_clear(&call->response);
    api_refuse(&call->response, status, detail);
    if (status == 426) {
        http_response_field_text(&call->response, "Upgrade", "websocket");
        http_response_field_text(&call->response, "Sec-WebSocket-Version", "13");
    }
    if (status == 405)
        http_response_field_text(&call->response, "Allow", "GET");
    return to_client;
}

/* The fields of the request that RFC 6455 speaks of. */
static enum err read_offer(struct call *call, struct ws_offer *offer)
{
    const struct http_request *request = call->request;
    *offer = (struct ws_offer) {
        .is_get = request->method == HTTP_GET,
        .is_http_1_1 = request->minor_version >= 1,
        .key_count = http_field_count(request, "Sec-WebSocket-Key"),
        .key = http_field_value(request, "Sec-WebSocket-Key"),
        .version = http_field_value(request, "Sec-WebSocket-Version"),
    };
    enum err err = http_field_joined(request, "Upgrade", &call->arena, &offer->upgrade);
    if (err == OK)
        err = http_field_joined(request, "Connection", &call->arena, &offer->connection);
    if (err == OK)
        err = http_field_joined(request, "Sec-WebSocket-Extensions", &call->arena,
                                &offer->extensions);
    return err;
}

static struct step refuse_handshake(struct call *call, enum ws_handshake_verdict verdict)
{
    switch (verdict) {
    case WS_HANDSHAKE_NOT_WEBSOCKET:
        return refuse(call, 426,
                      "This is a WebSocket endpoint: an Upgrade to websocket is required.");
    case WS_HANDSHAKE_BAD_METHOD:
        return refuse(call, 405, "A WebSocket handshake is a GET request.");
    case WS_HANDSHAKE_BAD_HTTP:
        return refuse(call, 426, "A WebSocket handshake needs HTTP/1.1.");
    case WS_HANDSHAKE_BAD_KEY:
        return refuse(call, 400, "Sec-WebSocket-Key must be one base64 text of 16 bytes.");
    case WS_HANDSHAKE_BAD_VERSION:
        return refuse(call, 426, "Only version 13 of the WebSocket protocol is supported.");
    case WS_HANDSHAKE_OK:
        break;
    }
    return to_client;
}

/* Say yes. */
static struct step accept(struct call *call, const struct upgrade *upgrade)
{
    struct http_response *response = &call->response;
    char value[WS_ACCEPT_BYTES + 1];
    ws_accept_value(http_field_value(call->request, "Sec-WebSocket-Key"), value);
    http_response_clear(response);
    response->status = 101;
    http_response_field_text(response, "Upgrade", "websocket");
    http_response_field_text(response, "Connection", "Upgrade");
    http_response_field_text(response, "Sec-WebSocket-Accept", value);
    if (upgrade->v1.is_on)
        http_response_field_text(response, "Sec-WebSocket-Protocol", "confab.v1");
    if (upgrade->deflate.is_on) {
        struct buf extension = {0};
        ws_deflate_append_response(&upgrade->deflate, &extension);
        http_response_field(response, "Sec-WebSocket-Extensions", buf_bytes(&extension));
        if (extension.failed)
            response->fields.failed = true;
        buf_free(&extension);
    }
    return to_client;
}

/* Which WebSocket the path names. ERR_NOT_FOUND: none; ERR_DENIED: chat 0, a number that no chat
 * has. */
static enum err read_path(const struct call *call, bool echo_is_served, struct upgrade *upgrade)
{
    struct bytes id;
    if (echo_is_served && bytes_is(call->request->path, "/ws/echo/")) {
        upgrade->kind = UPGRADE_ECHO;
        return OK;
    }
    if (bytes_is(call->request->path, "/ws/")) {
        upgrade->kind = UPGRADE_ALL;
        return OK;
    }
    upgrade->kind = UPGRADE_CHAT;
    if (!http_route_matches("/ws/chat/{id}/", call->request->path, &id))
        return ERR_NOT_FOUND;
    return bytes_trim(id, "0").len == 0 ? ERR_DENIED : http_route_id(id, &upgrade->chat_id);
}

/* ?after=SEQ&epoch=NAME, of a client of confab.v1. Others may be there. False: after is no number.
 */
static bool read_position(struct bytes query, struct v1_request *v1)
{
    struct bytes pair;
    v1->after = -1;
    while (bytes_split(&query, '&', &pair)) {
        uint64_t number;
        if (bytes_starts_with(pair, BYTES("epoch=")))
            v1->epoch = bytes_skip(pair, strlen("epoch="));
        if (!bytes_starts_with(pair, BYTES("after=")))
            continue;
        if (bytes_to_number(bytes_skip(pair, strlen("after=")), INT64_MAX, &number) != OK)
            return false;
        v1->after = (int64_t)number;
    }
    return true;
}

/* confab.v1, if the client offers it; other names are passed over, and so is the query of a client
 * of part I. Returns the refusal, or NULL. */
static const char *read_protocol(struct call *call, struct upgrade *upgrade)
{
    struct bytes offered;
    if (http_field_joined(call->request, "Sec-WebSocket-Protocol", &call->arena, &offered) != OK)
        return "no memory";
    upgrade->v1.is_on = upgrade->kind != UPGRADE_ECHO && ws_list_has_token(offered, "confab.v1");
    if (!upgrade->v1.is_on)
        return upgrade->kind == UPGRADE_ALL ? "/ws/ speaks confab.v1 only: offer it as subprotocol."
                                            : NULL;
    return read_position(call->request->query, &upgrade->v1)
               ? NULL
               : "after must be a whole number: the seq up to which the client has everything.";
}

static bool origin_is_fine(const struct call *call)
{
    const struct origin_evidence evidence = {
        .sec_fetch_site = http_field_value(call->request, "Sec-Fetch-Site"),
        .origin = http_field_value(call->request, "Origin"),
        .referer = http_field_value(call->request, "Referer"),
        .host = call->request->host,
        .scheme = call->scheme,
    };
    struct bytes culprit;
    return origin_passes(&call->settings->origins, &evidence, &culprit);
}

/* Who comes with a session. */
static enum err find_by_session(struct call *call, struct db *db, struct upgrade *upgrade)
{
    const struct api_settings *settings = call->settings;
    bool is_garbage;
    upgrade->session_key = http_cookie(call->request, settings->cookies.session_name);
    return api_session_user(db, &settings->secrets, upgrade->session_key, time_now_us(),
                            &call->arena, &upgrade->user, &upgrade->expire_us, &is_garbage);
}

/* Whether a token is good for that connection. One that names chats is not for all of them. */
static bool token_is_good(const struct token_row *token, const struct upgrade *upgrade)
{
    bool covers = upgrade->kind == UPGRADE_ALL ? token->chat_count == 0
                                               : token_covers(token, upgrade->chat_id);
    return token->may_read && token->hook_chat_id == 0 && covers;
}

/* Who comes with a token. */
static enum err find_by_token(struct call *call, struct db *db, struct bytes text,
                              struct upgrade *upgrade)
{
    struct token_row token;
    char key[API_TOKEN_KEY_BYTES];
    enum err err = api_token_user(db, text, time_now_us(), &call->arena, &token, &upgrade->user);
    if (err != OK || !token_is_good(&token, upgrade))
        return err != OK ? err : ERR_NOT_FOUND;
    upgrade->expire_us = token.expires_us != 0 ? token.expires_us : INT64_MAX;
    upgrade->is_read_only = !token.may_write;
    upgrade->is_narrow = token.chat_count > 0;
    upgrade->used_token_id = token_is_to_be_touched(&token, time_now_us()) ? token.id : 0;
    api_token_key(token.id, key);
    return arena_copy(&call->arena, bytes_from_text(key), &upgrade->session_key);
}

/* Tokens are for confab.v1: part I knows none. */
static enum err find_user(struct call *call, struct db *db, struct upgrade *upgrade)
{
    struct bytes token = upgrade->v1.is_on ? bearer_token(call->request) : NO_BYTES;
    return token.data != NULL ? find_by_token(call, db, token, upgrade)
                              : find_by_session(call, db, upgrade);
}

/* On the writer. */
static struct step note_use(struct call *call, struct db *db)
{
    const struct upgrade *upgrade = call->state;
    return bearer_note_use(call, db, upgrade->used_token_id, to_client);
}

/* On a reader: who comes, and is it one of the chat? All who may not get the same answer. */
static struct step check_access(struct call *call, struct db *db)
{
    struct upgrade *upgrade = call->state;
    bool is_participant = upgrade->kind == UPGRADE_ALL;
    enum err err = find_user(call, db, upgrade);
    if (err == OK && !is_participant)
        err = chats_has_participant(db, upgrade->chat_id, upgrade->user.id, &is_participant);
    if (err == OK && !is_participant)
        err = ERR_NOT_FOUND;
    if (err == ERR_NOT_FOUND)
        return refuse(call, 403, no_access);
    if (err != OK) {
        api_storage_failed(call, err);
        return to_client;
    }
    struct step step = accept(call, upgrade);
    return upgrade->used_token_id != 0 ? (struct step) {CALL_ON_WRITER, note_use} : step;
}

struct step upgrade_begin(struct call *call, bool echo, const _Atomic uint64_t *generation)
{
    struct ws_offer offer;
    struct upgrade *upgrade = arena_alloc(&call->arena, sizeof *upgrade);
    if (upgrade == NULL || read_offer(call, &offer) != OK) {
        api_storage_failed(call, ERR_MEMORY);
        return to_client;
    }
    enum err err = read_path(call, echo, upgrade);
    if (err == ERR_NOT_FOUND)
        return refuse(call, 404, "Not found.");
    enum ws_handshake_verdict verdict = ws_handshake_check(&offer);
    if (verdict != WS_HANDSHAKE_OK)
        return refuse_handshake(call, verdict);
    if (err != OK || !origin_is_fine(call))
        return refuse(call, 403, no_access);
    const char *refusal = read_protocol(call, upgrade);
    if (refusal != NULL && upgrade->v1.is_on)
        return refuse(call, 400, refusal);
    if (refusal != NULL) {
        http_response_clear(&call->response);
        api_refuse_with_code(&call->response, 400, refusal, "subprotocol_required");
        return to_client;
    }
    ws_deflate_negotiate(offer.extensions, &upgrade->deflate);
    upgrade->generation = generation;
    upgrade->access_generation = atomic_load(generation);
    call->state = upgrade;
    if (upgrade->kind != UPGRADE_ECHO)
        return (struct step) {CALL_ON_READER, check_access};
    upgrade->expire_us = INT64_MAX;
    return accept(call, upgrade);
}

struct step upgrade_again(struct call *call)
{
    struct upgrade *upgrade = call->state;
    upgrade->access_generation = atomic_load(upgrade->generation);
    return upgrade->kind != UPGRADE_ECHO ? (struct step) {CALL_ON_READER, check_access} : to_client;
}
