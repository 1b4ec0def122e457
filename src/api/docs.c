/* docs.c - the documents that describe this server, and the page that shows the first. */
#include "web/asset.h"

#include "api/answer.h"
#include "api/documents.h"
#include "api/routes.h"
#include "api/stream.h"

/* Everything comes from this server and nothing is inline, so nothing that gets into the page can
 * run. */
static const char DOCS_POLICY[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

struct asset_state {
    struct bytes rest; /* what has not yet been sent */
};

/* In pieces, like every long answer: many clients that ask for a large file and do not read it must
 * not fill the memory. */
static enum err asset_more(struct call *call, struct db *db, bool *is_done)
{
    (void)db;
    struct asset_state *state = call->state;
    size_t room = stream_room(call);
    size_t len = state->rest.len < room ? state->rest.len : room;
    buf_append(&call->response.content, bytes_first(state->rest, len));
    state->rest = bytes_skip(state->rest, len);
    *is_done = state->rest.len == 0;
    return OK;
}

static struct step answer_asset(struct call *call, const struct web_asset *asset,
                                const char *policy)
{
    struct asset_state *state = arena_alloc(&call->arena, sizeof *state);
    if (state == NULL)
        return answer_failed(call, ERR_MEMORY);
    state->rest = asset->content;
    call->state = state;
    answer_begin_as(call, 200, asset->type);
    if (policy != NULL)
        http_response_field_text(&call->response, "Content-Security-Policy", policy);
    return stream_answer(call, NULL, asset_more, sizeof *state);
}

/* The value of the query's parameter "format", the last one. data NULL: there is none. */
static struct bytes query_format(struct bytes query)
{
    static const struct bytes name = {(const uint8_t *)"format=", 7};
    struct bytes found = NO_BYTES;
    struct bytes pair;
    while (bytes_split(&query, '&', &pair)) {
        if (bytes_starts_with(pair, name))
            found = bytes_skip(pair, name.len);
    }
    return found;
}

/* Whether the client names YAML before JSON (or "anything"), in whichever of its media types.
 * Weights are not compared: who wants YAML asks for nothing else. */
static bool accepts_yaml(struct bytes accept)
{
    static const char *const yaml_types[] = {
        "application/yaml", "application/x-yaml", "application/vnd.oai.openapi",       "text/yaml",
        "text/x-yaml",      "text/vnd.yaml",      "application/vnd.aai.asyncapi+yaml",
    };
    struct bytes range;
    while (bytes_split(&accept, ',', &range)) {
        struct bytes type = bytes_trim(bytes_first(range, bytes_index(range, ';')), " \t");
        if (bytes_equal_nocase(type, BYTES("application/json")) || bytes_is(type, "*/*"))
            return false;
        for (size_t i = 0; i < COUNT_OF(yaml_types); i++) {
            if (bytes_equal_nocase(type, bytes_from_text(yaml_types[i])))
                return true;
        }
    }
    return false;
}

static bool wants_yaml(const struct http_request *request)
{
    struct bytes format = query_format(request->query);
    if (format.data != NULL)
        return bytes_is(format, "yaml");
    return accepts_yaml(http_field_value(request, "Accept"));
}

static struct step answer_document(struct call *call, const char *json, const char *yaml)
{
    struct bytes name = bytes_from_text(wants_yaml(call->request) ? yaml : json);
    return answer_asset(call, web_asset_find(&api_documents, name), NULL);
}

struct step schema_get(struct call *call, struct db *db)
{
    (void)db;
    return answer_document(call, "openapi.json", "openapi.yaml");
}

struct step asyncapi_get(struct call *call, struct db *db)
{
    (void)db;
    return answer_document(call, "asyncapi.json", "asyncapi.yaml");
}

struct step docs_get(struct call *call, struct db *db)
{
    (void)db;
    struct bytes path = call->request->path;
    struct bytes name = bytes_skip(path, bytes_last_index(path, '/') + 1);
    const struct web_asset *asset =
        web_asset_find(&web_docs, name.len > 0 ? name : BYTES("docs.html"));
    return asset != NULL ? answer_asset(call, asset, DOCS_POLICY) : answer_not_found(call);
}
