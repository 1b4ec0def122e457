#include "api/answer.h"

#include <stdio.h>
#include "api/routes.h"
#include "auth/csrf.h"
#include "auth/digest.h"
#include "auth/origin.h"
#include "base/log.h"
#include "base/time_text.h"

enum { SECOND_US = 1000000 };

static const char CORS_REQUEST_FIELDS[] =
    "accept, content-type, user-agent, x-csrftoken, x-requested-with";

void api_common_fields(struct http_response *response, const char *content_type)
{
    if (content_type != NULL)
        http_response_field_text(response, "Content-Type", content_type);
    http_response_field_text(response, "Vary", "Accept, Cookie");
    http_response_field_text(response, "X-Frame-Options", "DENY");
    http_response_field_text(response, "X-Content-Type-Options", "nosniff");
    http_response_field_text(response, "Referrer-Policy", "same-origin");
}

void answer_append_allow(const struct call *call, struct buf *out)
{
    if (call->resource == NULL)
        return;
    /* In the order in which the existing system lists them. */
    static const enum http_method methods[] = {
        HTTP_GET, HTTP_POST, HTTP_PUT, HTTP_PATCH, HTTP_DELETE, HTTP_HEAD, HTTP_OPTIONS,
    };
    const char *separator = "";
    for (size_t i = 0; i < COUNT_OF(methods); i++) {
        if (!resource_has_method(call->resource, methods[i]))
            continue;
        buf_printf(out, "%s%s", separator, http_method_name(methods[i]));
        separator = ", ";
    }
}

static void add_allow(struct call *call, const char *name)
{
    struct buf methods = {0};
    answer_append_allow(call, &methods);
    if (methods.len > 0)
        http_response_field(&call->response, name, buf_bytes(&methods));
    if (methods.failed)
        call->response.fields.failed = true;
    buf_free(&methods);
}

/* Which origin asks, if it is one that may read our answers from elsewhere. data NULL: none. */
static struct bytes allowed_origin(const struct call *call)
{
    struct bytes origin = http_field_value(call->request, "Origin");
    if (origin.data == NULL || !origin_is_allowed(&call->settings->origins, origin))
        return NO_BYTES;
    return origin;
}

static void add_cors_fields(struct call *call)
{
    if (call->settings->origins.count == 0)
        return;
    /* A cache between us must not hand one origin's answer to another. */
    http_response_field_text(&call->response, "Vary", "Origin");
    struct bytes origin = allowed_origin(call);
    if (origin.data == NULL)
        return;
    http_response_field(&call->response, "Access-Control-Allow-Origin", origin);
    http_response_field_text(&call->response, "Access-Control-Allow-Credentials", "true");
}

void answer_begin_as(struct call *call, unsigned status, const char *content_type)
{
    http_response_clear(&call->response);
    call->pieces.count = 0;
    call->response.status = status;
    api_common_fields(&call->response, content_type);
    add_allow(call, "Allow");
    add_cors_fields(call);
    if (call->session_is_garbage)
        answer_delete_session_cookie(call);
    if (call->renewed_key.data != NULL)
        answer_set_session_cookie(call, call->renewed_key);
}

void answer_begin(struct call *call, unsigned status)
{
    answer_begin_as(call, status, "application/json");
}

struct json answer_json(struct call *call)
{
    return (struct json) {.out = &call->response.content, .style = JSON_COMPACT};
}

struct step answer_send(struct call *call)
{
    if (buf_status(&call->response.content) != OK || buf_status(&call->response.fields) != OK)
        return answer_failed(call, ERR_MEMORY);
    return step_to(CALL_TO_CLIENT, NULL);
}

/* Whether a list of entity tags (If-None-Match) has this one. Weak ones are compared by their
 * values, as section 8.8.3.2 wants it here. */
static bool has_tag(struct bytes list, struct bytes tag)
{
    struct bytes item;
    while (bytes_split(&list, ',', &item)) {
        item = bytes_trim(item, " \t");
        if (bytes_starts_with(item, BYTES("W/")))
            item = bytes_skip(item, 2);
        if (bytes_is(item, "*") || bytes_equal(item, tag))
            return true;
    }
    return false;
}

void answer_add_tag(struct call *call, struct bytes name)
{
    struct buf tag = {0};
    buf_printf(&tag, "\"%.*s\"", BYTES_FMT(name));
    if (tag.failed)
        call->response.fields.failed = true;
    else
        http_response_field(&call->response, "ETag", buf_bytes(&tag));
    buf_free(&tag);
}

bool answer_is_known(struct call *call, struct bytes name)
{
    struct bytes known = NO_BYTES;
    struct buf tag = {0};
    buf_printf(&tag, "\"%.*s\"", BYTES_FMT(name));
    bool is_known = http_field_joined(call->request, "If-None-Match", &call->arena, &known) == OK &&
                    !tag.failed && has_tag(known, buf_bytes(&tag));
    buf_free(&tag);
    if (!is_known) /* also without memory: the whole answer is right as well */
        return false;
    answer_begin_as(call, 304, NULL);
    answer_add_tag(call, name);
    return true;
}

struct step answer_send_tagged(struct call *call)
{
    char digest[DIGEST_TEXT_BYTES + 1];
    struct step step = answer_send(call);
    if (call->response.status != 200)
        return step;
    enum err err = digest_text(buf_bytes(&call->response.content), digest);
    if (err != OK)
        return answer_failed(call, err);
    struct bytes name = bytes_from_text(digest);
    if (!answer_is_known(call, name))
        answer_add_tag(call, name);
    return answer_send(call);
}

void answer_add_rate(struct call *call, const struct rate_state *rate)
{
    char text[96];
    (void)snprintf(text, sizeof text, "\"messages\";q=%lld;w=%lld", (long long)rate->quota,
                   (long long)((rate->window_us + SECOND_US - 1) / SECOND_US));
    http_response_field_text(&call->response, "RateLimit-Policy", text);
    (void)snprintf(text, sizeof text, "\"messages\";r=%lld;t=%lld", (long long)rate->remaining,
                   (long long)((rate->full_in_us + SECOND_US - 1) / SECOND_US));
    http_response_field_text(&call->response, "RateLimit", text);
}

/* The codes of errors that confab.v1 has over REST alone, and of those that have no other. */
static const struct {
    unsigned status;
    const char *code;
} codes_by_status[] = {
    {400, "invalid_frame"},         {403, "forbidden"},    {404, "not_found"},
    {405, "method_not_allowed"},    {413, "too_large"},    {415, "unsupported_media_type"},
    {416, "range_not_satisfiable"}, {429, "rate_limited"}, {503, "unavailable"},
};

const char *answer_code_by_status(unsigned status)
{
    for (size_t i = 0; i < COUNT_OF(codes_by_status); i++) {
        if (codes_by_status[i].status == status)
            return codes_by_status[i].code;
    }
    return v1_code_name(V1_INTERNAL);
}

bool answer_has_code(const struct call *call)
{
    return bytes_starts_with(call->request->path, BYTES("/api/v1/"));
}

void answer_end_error(const struct call *call, struct json *json, const char *code)
{
    if (answer_has_code(call)) {
        json_key(json, "code");
        json_text_z(json, code);
    }
    json_object_end(json);
}

static void begin_detail(struct json *json, const char *detail)
{
    json_object_begin(json);
    json_key(json, "detail");
    json_text_z(json, detail);
}

static void write_detail(struct call *call, const char *detail, const char *code)
{
    struct json json = answer_json(call);
    begin_detail(&json, detail);
    answer_end_error(call, &json, code);
}

struct step answer_detail(struct call *call, unsigned status, const char *detail)
{
    answer_begin(call, status);
    write_detail(call, detail, answer_code_by_status(status));
    return answer_send(call);
}

struct step answer_code(struct call *call, enum v1_code code, const char *detail)
{
    answer_begin(call, v1_code_status(code));
    write_detail(call, detail != NULL ? detail : v1_code_message(code), v1_code_name(code));
    return answer_send(call);
}

struct step answer_no_credentials(struct call *call)
{
    answer_begin(call, 403);
    write_detail(call, "Authentication credentials were not provided.", "not_authenticated");
    return answer_send(call);
}

struct step answer_unauthorized(struct call *call, const char *detail)
{
    answer_begin(call, 401);
    write_detail(call, detail, "not_authenticated");
    return answer_send(call);
}

struct step answer_not_found(struct call *call)
{
    return answer_detail(call, 404, "Not found.");
}

struct step answer_wrong_method(struct call *call)
{
    struct buf text = {0};
    buf_printf(&text, "Method \"%.*s\" not allowed.", BYTES_FMT(call->request->method_name));
    buf_append_byte(&text, 0);
    struct step step = text.failed ? answer_failed(call, ERR_MEMORY)
                                   : answer_detail(call, 405, (const char *)text.data);
    buf_free(&text);
    return step;
}

struct step answer_throttled(struct call *call, int64_t wait_us)
{
    int64_t wait_s = wait_us > 0 ? (wait_us + SECOND_US - 1) / SECOND_US : 1;
    char text[96];
    (void)snprintf(text, sizeof text, "Request was throttled. Expected available in %lld second%s.",
                   (long long)wait_s, wait_s == 1 ? "" : "s");
    char seconds[24];
    (void)snprintf(seconds, sizeof seconds, "%lld", (long long)wait_s);
    answer_begin(call, 429);
    http_response_field_text(&call->response, "Retry-After", seconds);
    write_detail(call, text, v1_code_name(V1_RATE_LIMITED));
    return answer_send(call);
}

void api_storage_failed(struct call *call, enum err err)
{
    log_error("request could not be answered", 0, "error=%s method=%s", err_name(err),
              http_method_name(call->request->method));
    answer_begin(call, 503);
    char seconds[16];
    (void)snprintf(seconds, sizeof seconds, "%d", STORAGE_RETRY_S);
    http_response_field_text(&call->response, "Retry-After", seconds);
    write_detail(call, "The request could not be carried out, please try again.",
                 v1_code_name(V1_UNAVAILABLE));
}

struct step answer_failed(struct call *call, enum err err)
{
    if (call->response.is_streamed) {
        log_error("streamed answer cut short", 0, "error=%s", err_name(err));
        return step_to(CALL_ABORT, NULL);
    }
    api_storage_failed(call, err);
    return step_to(CALL_TO_CLIENT, NULL);
}

struct step answer_undone(struct call *call, enum err err, struct step next)
{
    call->write_result = err;
    return next;
}

void api_refuse(struct http_response *response, unsigned status, const char *detail)
{
    http_response_clear(response);
    response->status = status;
    api_common_fields(response, "application/json");
    struct json json = {.out = &response->content, .style = JSON_COMPACT};
    begin_detail(&json, detail);
    json_object_end(&json);
}

void api_refuse_with_code(struct http_response *response, unsigned status, const char *detail,
                          const char *code)
{
    struct json json = {.out = &response->content, .style = JSON_COMPACT};
    http_response_clear(response);
    response->status = status;
    api_common_fields(response, "application/json");
    json_object_begin(&json);
    json_key(&json, "detail");
    json_text_z(&json, detail);
    json_key(&json, "code");
    json_text_z(&json, code);
    json_object_end(&json);
}

bool answer_preflight(struct call *call)
{
    const struct http_request *request = call->request;
    if (request->method != HTTP_OPTIONS || allowed_origin(call).data == NULL ||
        http_field_value(request, "Access-Control-Request-Method").data == NULL)
        return false;
    answer_begin_as(call, 204, NULL);
    add_allow(call, "Access-Control-Allow-Methods");
    http_response_field_text(&call->response, "Access-Control-Allow-Headers", CORS_REQUEST_FIELDS);
    char age[16];
    (void)snprintf(age, sizeof age, "%d", CORS_PREFLIGHT_AGE_S);
    http_response_field_text(&call->response, "Access-Control-Max-Age", age);
    return true;
}

/* How long a cookie is kept. */
enum { COOKIE_AGE_UNTIL_BROWSER_ENDS = -1, COOKIE_AGE_DELETED = 0 };

static const char *const same_site_attributes[] = {
    [SAME_SITE_LAX] = "; SameSite=Lax",
    [SAME_SITE_STRICT] = "; SameSite=Strict",
    [SAME_SITE_NONE] = "; SameSite=None",
    [SAME_SITE_OFF] = "",
};

/* The attributes stand in the order in which Python's http.cookies writes them. */
static void add_cookie(struct call *call, const char *name, struct bytes value, int64_t age_s,
                       bool is_http_only)
{
    const struct cookie_settings *cookies = &call->settings->cookies;
    bool is_secure = cookies->are_secure || bytes_is(call->scheme, "https");
    struct buf line = {0};
    buf_printf(&line, "%s=%.*s", name, BYTES_FMT(value));
    if (cookies->domain != NULL)
        buf_printf(&line, "; Domain=%s", cookies->domain);
    if (age_s != COOKIE_AGE_UNTIL_BROWSER_ENDS) {
        buf_append_text(&line, "; expires=");
        time_append_http(&line, age_s > 0 ? call->now_us + age_s * SECOND_US : 0);
    }
    if (is_http_only)
        buf_append_text(&line, "; HttpOnly");
    if (age_s != COOKIE_AGE_UNTIL_BROWSER_ENDS)
        buf_printf(&line, "; Max-Age=%lld", (long long)age_s);
    buf_printf(&line, "; Path=%s%s%s", cookies->path, same_site_attributes[cookies->same_site],
               is_secure ? "; Secure" : "");
    if (line.failed)
        call->response.fields.failed = true;
    else
        http_response_field(&call->response, "Set-Cookie", buf_bytes(&line));
    buf_free(&line);
}

void answer_set_session_cookie(struct call *call, struct bytes key)
{
    const struct cookie_settings *cookies = &call->settings->cookies;
    add_cookie(call, cookies->session_name, key,
               cookies->session_is_temporary ? COOKIE_AGE_UNTIL_BROWSER_ENDS
                                             : call->settings->session_age_s,
               true);
}

void answer_set_csrf_cookie(struct call *call)
{
    char secret[CSRF_SECRET_BYTES + 1];
    csrf_secret_new(secret);
    add_cookie(call, call->settings->cookies.csrf_name, bytes_from_text(secret), CSRF_COOKIE_AGE_S,
               false);
}

void answer_delete_session_cookie(struct call *call)
{
    add_cookie(call, call->settings->cookies.session_name, BYTES("\"\""), COOKIE_AGE_DELETED,
               false);
}
