/* change_message.c - editing and deleting messages. */
#include "base/text.h"
#include "chat/change_parts.h"
#include "chat/consumer.h"
#include "chat/mentions.h"
#include "chat/v1_json.h"
#include "store/extras.h"
#include "store/history.h"

static bool is_own(const struct doing *doing)
{
    return doing->message.sender.id == doing->actor.user_id;
}

/* The message as it is now, to everybody. */
static enum err tell_update(struct doing *doing)
{
    struct doing_event event;
    enum err err = history_find(doing->db, doing->message.id, &doing->arena, &doing->message);
    if (err != OK)
        return err;
    doing_begin_event(doing, &event);
    json_key(&event.json, "message");
    v1_write_message(&event.json, &doing->message, NO_BYTES);
    return doing_store_event(doing, &event, EVENT_MESSAGE_UPDATED);
}

static enum err store_edit(struct doing *doing)
{
    const struct bytes content = doing->change->content;
    const int64_t id = doing->message.id;
    struct mentions mentions = {0};
    struct buf ids = {0};
    enum err err = OK;
    if (mentions_are_possible(content))
        err = mentions_find(doing->db, doing->chat_id, &doing->actor, content, doing->now_us,
                            &mentions);
    mentions_append(&mentions, &ids);
    if (err == OK)
        err = buf_status(&ids);
    const struct message_extra extra = {
        .mentions = buf_bytes(&ids),
        .mentions_all = mentions.all,
    };
    if (err == OK)
        err = extras_edit(doing->db, id, content, &extra, doing->actor.user_id, doing->now_us);
    if (err == OK)
        err = mentions_store(doing->db, doing->chat_id, id, &mentions);
    buf_free(&ids);
    return err;
}

enum err change_edit(struct doing *doing)
{
    const struct change *change = doing->change;
    if (!doing_may(doing, RIGHT_READ)) /* who is not in the chat learns nothing of it */
        return OK;
    if (doing->message.extra.is_deleted)
        return doing_refuse(doing, V1_NOT_FOUND, NULL);
    if (!is_own(doing))
        return doing_refuse(doing, V1_FORBIDDEN, "Only its sender may edit a message");
    if (!doing_may(doing, RIGHT_EDIT_OWN))
        return OK;
    if (text_strip(change->content).len == 0)
        return doing_refuse(doing, V1_CONTENT_EMPTY, NULL);
    if (change->content.len > CONTENT_BYTES_MAX)
        return doing_refuse(doing, V1_TOO_LARGE, NULL);
    /* Looked at before the revision: who repeats an edit whose answer was lost is right. */
    if (bytes_equal(change->content, doing->message.content))
        return doing_finish(doing);
    if (change->revision != 0 && change->revision != doing->message.extra.revision)
        return doing_refuse(doing, V1_CONFLICT, NULL);
    enum err err = store_edit(doing);
    return err == OK ? tell_update(doing) : err;
}

enum err change_delete(struct doing *doing)
{
    struct doing_event event;
    if (!doing_may(doing, is_own(doing) ? RIGHT_DELETE_OWN : RIGHT_DELETE_OTHERS))
        return OK;
    if (doing->message.extra.is_deleted)
        return doing_finish(doing);
    enum err err = extras_blank(doing->db, doing->message.id, doing->actor.user_id, doing->now_us);
    if (err != OK)
        return err;
    doing_begin_event(doing, &event);
    json_key(&event.json, "id");
    json_number(&event.json, doing->message.id);
    doing_write_actor(doing, &event);
    return doing_store_event(doing, &event, EVENT_MESSAGE_DELETED);
}
