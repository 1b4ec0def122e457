#include "api/answer.h"
#include "api/represent.h"
#include "api/routes.h"

struct step me_get(struct call *call, struct db *db)
{
    (void)db;
    answer_begin(call, 200);
    struct json json = answer_json(call);
    represent_user(&json, &call->user);
    return answer_send(call);
}
