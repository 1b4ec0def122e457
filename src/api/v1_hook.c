/* v1_hook.c - an incoming webhook: whoever has its address may send a message to its chat. */
#include "api/answer.h"
#include "api/routes.h"

struct step v1_hook_post(struct call *call, struct db *db)
{
    struct token_row token;
    enum err err = api_token_user(db, call->name, call->now_us, &call->arena, &token, &call->user);
    if (err == ERR_NOT_FOUND || (err == OK && token.hook_chat_id == 0))
        return answer_not_found(call);
    if (err != OK)
        return answer_failed(call, err);
    call->has_session = true;
    call->id = token.hook_chat_id;
    return v1_messages_post(call, db);
}
