#include "api/v1_change.h"

#include "api/answer.h"
#include "base/time_text.h"
#include "chat/commit.h"

/* A chat or message that one may not see does not exist. */
static struct step answer_refused(struct call *call, const struct change_result *result)
{
    if (result->code == V1_NOT_PARTICIPANT ||
        (result->code == V1_NOT_FOUND && result->message == NULL))
        return answer_not_found(call);
    if (result->code == V1_FORBIDDEN && result->message == NULL)
        return answer_detail(call, 403, "You do not have permission to perform this action.");
    return answer_code(call, result->code, result->message);
}

static enum err leave(struct call *call, struct change_result *result)
{
    event_append(&call->events, result->event);
    result->event = NULL;
    if (result->lost_user_id != 0) {
        call->revocation.chat_id = result->chat_id;
        call->revocation.user_id = result->lost_user_id;
    }
    if (result->gained_user_id == 0)
        return OK;
    int64_t *user_id = arena_alloc(&call->arena, sizeof *user_id);
    if (user_id == NULL)
        return ERR_MEMORY;
    *user_id = result->gained_user_id;
    call->admission = (struct admission) {result->chat_id, user_id, 1};
    return OK;
}

bool v1_change(struct call *call, struct db *db, const struct change *change,
               struct change_result *result, struct step *step)
{
    int64_t now_us = commit_timestamp(call->settings->commit, time_now_us());
    enum err err = change_apply(db, change, now_us, result);
    if (err == OK && result->code == V1_OK) {
        err = leave(call, result);
        if (err == OK)
            return true;
    }
    *step = err != OK ? answer_undone(call, err, answer_failed(call, err))
                      : answer_undone(call, ERR_DENIED, answer_refused(call, result));
    return false;
}

struct step v1_change_answer(struct call *call, const struct change_result *result)
{
    answer_begin(call, 200);
    struct json json = answer_json(call);
    json_object_begin(&json);
    json_key(&json, "chat");
    json_number(&json, result->chat_id);
    json_key(&json, "seq");
    json_number(&json, result->seq);
    json_object_end(&json);
    return answer_send(call);
}

struct step v1_change_answer_empty(struct call *call)
{
    answer_begin_as(call, 204, NULL);
    return answer_send(call);
}
