/* v1_hook.c - an incoming webhook: whoever has its address may send a message to its chat. */
#include "api/answer.h"
#include "api/bearer.h"
#include "api/routes.h"

static struct step send(struct call *call, struct db *db)
{
    call->state = NULL; /* the handler's from here on */
    return v1_messages_post(call, db);
}

/* On the writer. */
static struct step note_use(struct call *call, struct db *db)
{
    const struct token_row *token = call->state;
    return bearer_note_use(call, db, token->id, step_to(CALL_ON_READER, send));
}

struct step v1_hook_post(struct call *call, struct db *db)
{
    struct token_row *token = arena_alloc(&call->arena, sizeof *token);
    if (token == NULL)
        return answer_failed(call, ERR_MEMORY);
    enum err err = api_token_user(db, call->name, call->now_us, &call->arena, token, &call->user);
    if (err == ERR_NOT_FOUND || (err == OK && token->hook_chat_id == 0))
        return answer_not_found(call);
    if (err != OK)
        return answer_failed(call, err);
    call->has_session = true;
    call->id = token->hook_chat_id;
    call->state = token;
    return token_is_to_be_touched(token, call->now_us) ? step_to(CALL_ON_WRITER, note_use)
                                                       : send(call, db);
}
