/* v1_version.c - which server this is, and what it can do. */
#include "chat/v1_features.h"

#include "api/answer.h"
#include "api/routes.h"

struct step v1_version_get(struct call *call, struct db *db)
{
    (void)db;
    answer_begin(call, 200);
    struct json json = answer_json(call);
    json_object_begin(&json);
    json_key(&json, "server");
    json_text_z(&json, "confab/" CONFAB_VERSION);
    json_key(&json, "protocols");
    json_array_begin(&json);
    json_text_z(&json, "confab.v1");
    json_array_end(&json);
    json_key(&json, "features");
    v1_write_features(&json, call->settings->uploads.directory != NULL);
    json_object_end(&json);
    return answer_send_tagged(call);
}
