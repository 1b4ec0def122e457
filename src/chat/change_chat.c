/* change_chat.c - a chat's name, kind and settings. */
#include "base/text.h"
#include "chat/change_parts.h"
#include "store/chats.h"

enum { DIRECT_MEMBERS = 2 };

static enum err tell_updated(struct doing *doing, const struct chat *chat)
{
    struct doing_event event;
    doing_begin_event(doing, &event);
    json_key(&event.json, "name");
    json_text(&event.json, chat->name);
    json_key(&event.json, "kind");
    json_text_z(&event.json, chat_kind_name(chat->kind));
    json_key(&event.json, "receipts");
    json_bool(&event.json, chat->has_receipts);
    return doing_store_event(doing, &event, EVENT_CHAT_UPDATED);
}

/* The new name; the chat's own if it stays. False: refused. */
static bool read_name(struct doing *doing, const struct chat *chat, struct bytes *name)
{
    *name = text_strip(doing->change->text);
    if (name->len == 0)
        *name = chat->name;
    if (bytes_equal(*name, chat->name))
        return true;
    if (!doing_may(doing, RIGHT_RENAME))
        return false;
    if (utf8_count(*name) <= CHAT_NAME_COUNT_MAX)
        return true;
    doing_refuse(doing, V1_INVALID_FRAME, "name is too long (at most 255 characters)");
    return false;
}

/* The new kind, in the same way. A direct chat stays one, since nobody may come to it. */
static enum err read_kind(struct doing *doing, const struct chat *chat, enum chat_kind *kind,
                          bool *may_go_on)
{
    int64_t members = 0;
    struct bytes name = doing->change->chat_kind;
    *may_go_on = false;
    *kind = chat->kind;
    if (name.len > 0 && chat_kind_of(name, kind) != OK)
        return doing_refuse(doing, V1_INVALID_FRAME, "kind is wrong");
    *may_go_on = *kind == chat->kind || doing_may(doing, RIGHT_SET_KIND);
    if (*kind == chat->kind || !*may_go_on)
        return OK;
    enum err err = members_count(doing->db, chat->id, &members);
    *may_go_on = chat->kind != CHAT_DIRECT && (*kind != CHAT_DIRECT || members == DIRECT_MEMBERS);
    if (err == OK && !*may_go_on)
        return doing_refuse(doing, V1_FORBIDDEN, "A direct chat is one of two, and stays one");
    return err;
}

/* The same for whether members learn how far others have read. False: refused. */
static bool read_receipts(struct doing *doing, const struct chat *chat, bool *has_receipts)
{
    const bool *receipts = doing->change->receipts;
    *has_receipts = receipts != NULL ? *receipts : chat->has_receipts;
    return *has_receipts == chat->has_receipts || doing_may(doing, RIGHT_SET_RECEIPTS);
}

static enum err store(struct doing *doing, const struct chat *before, const struct chat *after)
{
    enum err err = OK;
    if (!bytes_equal(before->name, after->name))
        err = chats_rename(doing->db, after->id, after->name);
    if (err == OK && before->kind != after->kind)
        err = chats_set_kind(doing->db, after->id, after->kind);
    if (err == OK && before->has_receipts != after->has_receipts)
        err = chats_set_receipts(doing->db, after->id, after->has_receipts);
    return err == OK ? tell_updated(doing, after) : err;
}

enum err change_update_chat(struct doing *doing)
{
    struct chat chat;
    bool may_go_on = false;
    if (!doing_may(doing, RIGHT_READ))
        return OK;
    enum err err = chats_find(doing->db, doing->chat_id, &doing->arena, &chat);
    if (err != OK)
        return err;
    struct chat after = chat;
    if (!read_name(doing, &chat, &after.name) || !read_receipts(doing, &chat, &after.has_receipts))
        return OK;
    err = read_kind(doing, &chat, &after.kind, &may_go_on);
    if (err != OK || !may_go_on)
        return err;
    if (bytes_equal(chat.name, after.name) && chat.kind == after.kind &&
        chat.has_receipts == after.has_receipts)
        return doing_finish(doing);
    return store(doing, &chat, &after);
}
