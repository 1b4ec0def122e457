#include "server/health.h"

#include "store/messages.h"

static struct step answer(struct call *call, unsigned status, const char *json)
{
    call->response.status = status;
    api_common_fields(&call->response, "application/json");
    http_response_field_text(&call->response, "Cache-Control", "no-store");
    buf_append_text(&call->response.content, json);
    return (struct step) {.place = CALL_TO_CLIENT};
}

bool health_is_wanted(const struct http_request *request)
{
    return bytes_is(request->path, "/healthz");
}

/* On a reader: a read that touches the file. */
static struct step look(struct call *call, struct db *db)
{
    int64_t id;
    enum err err = messages_last_id(db, 0, &id);
    return err == OK ? answer(call, 200, "{\"status\":\"ok\"}")
                     : answer(call, 503, "{\"status\":\"the database cannot be read\"}");
}

struct step health_begin(struct call *call)
{
    if (call->request->method == HTTP_GET || call->request->method == HTTP_HEAD)
        return (struct step) {CALL_ON_READER, look};
    http_response_field_text(&call->response, "Allow", "GET, HEAD");
    return answer(call, 405, "{\"status\":\"only GET and HEAD\"}");
}
