/* begin.c - from a request to the first step of its handler.
 *
 * The order in which a request is judged is the existing system's (Django, then REST framework's
 * dispatch()):
 *
 *   1. Is there such a path?                       404, or 301 to the same path with a slash     on
 * the loop
 *   2. Is it a browser's preflight?                204                                           on
 * the loop
 *   3. Does it change something from elsewhere?    403 (part of authentication there)            on
 * the loop
 *   4. Is somebody logged in, if that is needed?   403                                           on
 * a reader
 *   5. Has the resource this method?               405; OPTIONS is answered here
 *   6. Is there such an object, for this user?     404                                           on
 * a reader
 *   7. The handler: type of content (415), its syntax and fields (400), and the rest.
 */
#include "api/call.h"

#include "api/answer.h"
#include "api/bearer.h"
#include "api/renew.h"
#include "api/routes.h"
#include "auth/origin.h"
#include "http/route.h"
#include "store/chats.h"

/* Methods that change nothing (RFC 9110, section 9.2.1). */
static bool is_safe(enum http_method method)
{
    return method == HTTP_GET || method == HTTP_HEAD || method == HTTP_OPTIONS;
}

/* The path with a slash at its end leads somewhere: say so. Only methods that carry no content are
 * sent there, because clients turn others into GET on the way. */
static bool redirect_to_slash(struct call *call)
{
    const struct http_request *request = call->request;
    if ((request->method != HTTP_GET && request->method != HTTP_HEAD) || request->path.len == 0 ||
        request->path.data[request->path.len - 1] == '/')
        return false;
    struct buf location = {0};
    struct bytes segments[HTTP_ROUTE_SEGMENTS_MAX];
    buf_append(&location, request->path);
    buf_append_byte(&location, '/');
    bool leads_somewhere = resource_find(buf_bytes(&location), segments) != NULL;
    if (request->query.data != NULL) {
        buf_append_byte(&location, '?');
        buf_append(&location, request->query);
    }
    if (leads_somewhere && !location.failed) {
        answer_begin_as(call, 301, NULL);
        http_response_field(&call->response, "Location", buf_bytes(&location));
    }
    bool done = leads_somewhere && !location.failed;
    buf_free(&location);
    return done;
}

/* The token that the call comes with, where tokens count. data NULL: none. */
static struct bytes token_of(const struct call *call)
{
    return answer_has_code(call) ? bearer_token(call->request) : NO_BYTES;
}

/* What a request does with a token, it does with nothing that a browser would add by itself. One
 * that has a cookie too may come from a page: then the rule holds. */
static bool brings_its_own_secret(const struct call *call)
{
    bool has_cookie = http_cookie(call->request, call->settings->cookies.session_name).data != NULL;
    return !has_cookie && ((call->resource->needs & SECRET) != 0 || token_of(call).data != NULL);
}

/* The rule for requests from other sites; docs/security.md has it in words. */
static bool passes_cross_site_rule(const struct call *call, struct bytes *culprit)
{
    const struct http_request *request = call->request;
    if (is_safe(request->method) || brings_its_own_secret(call))
        return true;
    struct origin_evidence evidence = {
        .sec_fetch_site = http_field_value(request, "Sec-Fetch-Site"),
        .origin = http_field_value(request, "Origin"),
        .referer = http_field_value(request, "Referer"),
        .host = request->host,
        .scheme = call->scheme,
    };
    return origin_passes(&call->settings->origins, &evidence, culprit);
}

static struct step answer_cross_site(struct call *call, struct bytes culprit)
{
    struct buf text = {0};
    buf_append_text(&text, "CSRF Failed: Origin checking failed - ");
    for (size_t i = 0; i < culprit.len;
         i++) /* a field value may hold any bytes, an answer only UTF-8 */
        buf_append_byte(&text, culprit.data[i] < 0x80 ? culprit.data[i] : '?');
    buf_append_text(&text, " does not match any trusted origins.");
    buf_append_byte(&text, 0);
    struct step step = text.failed ? answer_failed(call, ERR_MEMORY)
                                   : answer_detail(call, 403, (const char *)text.data);
    buf_free(&text);
    return step;
}

/* What REST framework's metadata class says of a view. */
static struct step answer_options(struct call *call)
{
    static const char *const renders[] = {"application/json"};
    static const char *const parses[] = {
        "application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
    };
    answer_begin(call, 200);
    struct json json = answer_json(call);
    json_object_begin(&json);
    json_key(&json, "name");
    json_text_z(&json, call->resource->name);
    json_key(&json, "description");
    json_text_z(&json, call->resource->description);
    json_key(&json, "renders");
    json_array_begin(&json);
    for (size_t i = 0; i < COUNT_OF(renders); i++)
        json_text_z(&json, renders[i]);
    json_array_end(&json);
    json_key(&json, "parses");
    json_array_begin(&json);
    for (size_t i = 0; i < COUNT_OF(parses); i++)
        json_text_z(&json, parses[i]);
    json_array_end(&json);
    json_object_end(&json);
    return answer_send(call);
}

/* Who asks? ERR_NOT_FOUND: nobody that we know. */
static enum err find_session(struct call *call, struct db *db)
{
    struct bytes cookie = call->renewed_key;
    int64_t expire_us;
    if (cookie.data == NULL) /* else the call begins again */
        cookie = http_cookie(call->request, call->settings->cookies.session_name);
    enum err err =
        api_session_user(db, &call->settings->secrets, cookie, call->now_us, &call->arena,
                         &call->user, &expire_us, &call->session_is_garbage);
    if (err != OK)
        return err;
    call->has_session = true;
    return arena_copy(&call->arena, cookie, &call->session_key);
}

/* Read what the path names, as far as its route needs it. ERR_NOT_FOUND: it names nothing. */
static enum err read_path(struct call *call)
{
    unsigned needs = call->resource->needs;
    struct bytes segments[HTTP_ROUTE_SEGMENTS_MAX] = {NO_BYTES, NO_BYTES};
    (void)resource_find(call->request->path, segments);
    if ((needs & NUMBERED) && http_route_id(segments[0], &call->id) != OK)
        return ERR_NOT_FOUND;
    if ((needs & USER_NUMBERED) && http_route_id(segments[1], &call->user_id) != OK)
        return ERR_NOT_FOUND;
    if (needs & NAMED) {
        struct bytes last = segments[1].data != NULL ? segments[1] : segments[0];
        return http_route_text(last, &call->arena, &call->name);
    }
    return OK;
}

/* See whether the user may know of what the path names. ERR_NOT_FOUND. */
static enum err find_object(struct call *call, struct db *db)
{
    enum err err = read_path(call);
    if (err == OK && call->token != NULL)
        err = bearer_find(call, db);
    if (err != OK || (call->resource->needs & PARTICIPANT) != PARTICIPANT)
        return err;
    bool takes_part = false;
    err = chats_has_participant(db, call->id, call->user.id, &takes_part);
    return err != OK ? err : takes_part ? OK : ERR_NOT_FOUND;
}

/* Steps 5 to 7. Without a database, which only find_object() asks, on the loop. */
static struct step begin_handler(struct call *call, struct db *db)
{
    const struct resource *resource = call->resource;
    enum http_method method = call->request->method;
    if (!resource_has_method(resource, method))
        return answer_wrong_method(call);
    if (method == HTTP_OPTIONS)
        return answer_options(call);
    if (call->token != NULL && !bearer_may(call))
        return answer_code(call, V1_FORBIDDEN, "This token is not good for that.");
    if (resource->needs & (NUMBERED | NAMED)) {
        enum err err = find_object(call, db);
        if (err == ERR_NOT_FOUND)
            return answer_not_found(call);
        if (err != OK)
            return answer_failed(call, err);
    }
    handler *run = resource->handlers[method == HTTP_HEAD ? HTTP_GET : method];
    return db != NULL ? run(call, db) : step_to(CALL_ON_READER, run);
}

static struct step begin_after_renewal(struct call *call, struct db *db)
{
    renew_finish(call, call->state);
    call->state = NULL; /* the handler's from here on */
    return begin_handler(call, db);
}

static struct step store_renewal(struct call *call, struct db *db)
{
    enum err err = renew_store(call, db, call->state);
    return err == OK ? step_to(CALL_ON_READER, begin_after_renewal)
                     : answer_undone(call, err, answer_failed(call, err));
}

/* Between steps 4 and 5, for a session that only an earlier secret key vouches for. ERR_NOT_FOUND:
 * this one is current. */
static enum err begin_renewal(struct call *call, struct db *db)
{
    struct renewal *renewal = arena_alloc(&call->arena, sizeof *renewal);
    call->state = renewal;
    return renewal != NULL ? renew_prepare(call, db, renewal) : ERR_MEMORY;
}

/* That a token is used is noted now and then. */
static struct step note_use(struct call *call, struct db *db)
{
    return bearer_note_use(call, db, call->token->id, step_to(CALL_ON_READER, begin_handler));
}

/* Step 4, for a program. */
static struct step begin_with_token(struct call *call, struct db *db)
{
    struct token_row *token = arena_alloc(&call->arena, sizeof *token);
    if (token == NULL)
        return answer_failed(call, ERR_MEMORY);
    enum err err =
        api_token_user(db, token_of(call), call->now_us, &call->arena, token, &call->user);
    if (err == ERR_NOT_FOUND || (err == OK && token->hook_chat_id != 0))
        return bearer_refuse(call);
    if (err != OK)
        return answer_failed(call, err);
    call->has_session = true;
    call->token = token;
    return token_is_to_be_touched(token, call->now_us) ? step_to(CALL_ON_WRITER, note_use)
                                                       : begin_handler(call, db);
}

/* Step 4. */
static struct step begin_with_session(struct call *call, struct db *db)
{
    enum err err = find_session(call, db);
    if (err == ERR_NOT_FOUND)
        return answer_no_credentials(call);
    if (err != OK)
        return answer_failed(call, err);
    if (call->settings->secrets.fallback_count == 0)
        return begin_handler(call, db);
    err = begin_renewal(call, db);
    if (err == OK)
        return step_to(CALL_ON_WRITER, store_renewal);
    call->state = NULL;
    return err == ERR_NOT_FOUND ? begin_handler(call, db) : answer_failed(call, err);
}

struct step api_begin(struct call *call)
{
    struct bytes segments[HTTP_ROUTE_SEGMENTS_MAX];
    struct bytes culprit = NO_BYTES;
    call->resource = resource_find(call->request->path, segments);
    if (call->resource == NULL)
        return redirect_to_slash(call) ? answer_send(call) : answer_not_found(call);
    if (answer_preflight(call))
        return answer_send(call);
    if (!passes_cross_site_rule(call, &culprit))
        return answer_cross_site(call, culprit);
    if (call->resource->needs & SESSION)
        return step_to(CALL_ON_READER,
                       token_of(call).data != NULL ? begin_with_token : begin_with_session);
    if (call->resource->needs & NAMED)
        return step_to(CALL_ON_READER, begin_handler);
    return begin_handler(call, NULL);
}

bool api_is_streamed(const struct http_request *request)
{
    struct bytes segments[HTTP_ROUTE_SEGMENTS_MAX];
    if (request->method != HTTP_POST)
        return false;
    const struct resource *resource = resource_find(request->path, segments);
    return resource != NULL && (resource->needs & STREAMED) != 0;
}

struct bytes api_loggable_path(const struct http_request *request)
{
    static const char hooks[] = "/api/v1/hooks/";
    struct bytes prefix = bytes_from_text(hooks);
    return bytes_starts_with(request->path, prefix) ? prefix : request->path;
}
