/* change_parts.h - what the files that make up change.h share.
 *
 * Only chat/change*.c include it.
 */
#ifndef CONFAB_CHAT_CHANGE_PARTS_H
#define CONFAB_CHAT_CHANGE_PARTS_H

#include "base/json_write.h"
#include "chat/change.h"
#include "chat/rights.h"

/* A change that is being made. */
struct doing {
    struct db *db;
    const struct change *change;
    int64_t now_us;
    int64_t chat_id;
    struct arena arena;
    struct membership actor;
    struct message_row message; /* what it is about, for changes of messages */
    struct change_result *out;
};

/* What each kind of change does; all return OK also after a refusal. The actor is in the chat, or
 * joins it. */
CHECKED enum err change_edit(struct doing *doing);
CHECKED enum err change_delete(struct doing *doing);
CHECKED enum err change_react(struct doing *doing);
CHECKED enum err change_unreact(struct doing *doing);
CHECKED enum err change_pin(struct doing *doing);
CHECKED enum err change_unpin(struct doing *doing);
CHECKED enum err change_read(struct doing *doing);
CHECKED enum err change_add_member(struct doing *doing);
CHECKED enum err change_remove_member(struct doing *doing);
CHECKED enum err change_ban_member(struct doing *doing);
CHECKED enum err change_unban_member(struct doing *doing);
CHECKED enum err change_set_role(struct doing *doing);
CHECKED enum err change_mute_member(struct doing *doing);
CHECKED enum err change_update_chat(struct doing *doing);

/* Refuse the change. message NULL: the code's own words. Nothing may have been stored. */
static inline enum err doing_refuse(struct doing *doing, enum v1_code code, const char *message)
{
    doing->out->code = code;
    doing->out->message = message;
    return OK;
}

/* Whether the actor may; if not, the change is refused. */
static inline bool doing_may(struct doing *doing, enum right right)
{
    doing->out->code = rights_check(right, &doing->actor, doing->now_us);
    return doing->out->code == V1_OK;
}

/* Nothing has to change, or the change is not for the stream: the seq is that of the head. */
CHECKED enum err doing_finish(struct doing *doing);

/* The members of an event that is being written. */
struct doing_event {
    struct buf buf;
    struct json json;
};

/* Begin with {"chat":…. Errors stay in the buffer; doing_store_event() frees it. */
void doing_begin_event(struct doing *doing, struct doing_event *event);

/* A user beside it: the short form, the actor's. */
void doing_write_actor(struct doing *doing, struct doing_event *event);

/* End the members, store the event, and add it to those of the result. */
CHECKED enum err doing_store_event(struct doing *doing, struct doing_event *event,
                                   enum event_kind kind);

#endif
