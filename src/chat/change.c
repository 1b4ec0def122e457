#include "chat/change.h"

#include <assert.h>
#include "chat/change_parts.h"
#include "chat/v1_json.h"
#include "store/chats.h"
#include "store/history.h"

static const struct {
    enum err (*run)(struct doing *doing);
    bool is_of_message; /* message_id must name one of the chat */
} kinds[CHANGE_KIND_COUNT] = {
    [CHANGE_EDIT] = {change_edit, true},
    [CHANGE_DELETE] = {change_delete, true},
    [CHANGE_REACT] = {change_react, true},
    [CHANGE_UNREACT] = {change_unreact, true},
    [CHANGE_PIN] = {change_pin, true},
    [CHANGE_UNPIN] = {change_unpin, true},
    [CHANGE_READ] = {change_read, false},
    [CHANGE_ADD_MEMBER] = {change_add_member, false},
    [CHANGE_REMOVE_MEMBER] = {change_remove_member, false},
    [CHANGE_BAN_MEMBER] = {change_ban_member, false},
    [CHANGE_UNBAN_MEMBER] = {change_unban_member, false},
    [CHANGE_SET_ROLE] = {change_set_role, false},
    [CHANGE_MUTE_MEMBER] = {change_mute_member, false},
    [CHANGE_UPDATE_CHAT] = {change_update_chat, false},
};

/* --- Events --- */

enum err doing_finish(struct doing *doing)
{
    return events_head(doing->db, doing->chat_id, &doing->out->seq);
}

void doing_begin_event(struct doing *doing, struct doing_event *event)
{
    *event = (struct doing_event) {.json = {.style = JSON_COMPACT}};
    event->json.out = &event->buf;
    json_object_begin(&event->json);
    json_key(&event->json, "chat");
    json_number(&event->json, doing->chat_id);
}

void doing_write_actor(struct doing *doing, struct doing_event *event)
{
    json_key(&event->json, "user");
    v1_write_short_user(&event->json, doing->change->actor);
}

static void add_event(struct change_result *out, struct event *event)
{
    event_append(&out->event, event);
    out->seq = event->seq;
}

enum err doing_store_event(struct doing *doing, struct doing_event *event, enum event_kind kind)
{
    struct event *made = NULL;
    int64_t seq = 0;
    int64_t prev = 0;
    json_object_end(&event->json);
    enum err err = buf_status(&event->buf);
    struct bytes members = buf_bytes(&event->buf);
    if (err == OK)
        err = events_insert(doing->db, kind, doing->chat_id, doing->message.id,
                            kind == EVENT_MESSAGE_UPDATED ? BYTES("{}") : members, doing->now_us,
                            &seq, &prev);
    if (err == OK)
        err = event_new(kind, doing->chat_id, seq, prev, members, &made);
    if (err == OK)
        add_event(doing->out, made);
    buf_free(&event->buf);
    return err;
}

/* --- The change --- */

/* The message, if there is one such. */
static enum err find_message(struct doing *doing)
{
    const struct change *change = doing->change;
    enum err err = history_find(doing->db, change->message_id, &doing->arena, &doing->message);
    if (err == OK && change->chat_id != 0 && change->chat_id != doing->message.chat_id)
        err = ERR_NOT_FOUND;
    doing->chat_id = err == OK ? doing->message.chat_id : 0;
    return err;
}

/* Whoever runs the site stands above the members of every chat. */
static enum err find_actor(struct doing *doing)
{
    struct chat chat;
    if (doing->change->actor != NULL)
        return members_find(doing->db, doing->chat_id, doing->change->actor->id, &doing->actor);
    assert(!kinds[doing->change->kind].is_of_message && doing->change->kind != CHANGE_READ);
    enum err err = chats_find(doing->db, doing->chat_id, &doing->arena, &chat);
    if (err == OK)
        doing->actor =
            (struct membership) {.kind = chat.kind, .role = ROLE_OWNER, .is_active = true};
    return err;
}

static enum err apply(struct doing *doing)
{
    const struct change *change = doing->change;
    enum err err = OK;
    doing->chat_id = change->chat_id;
    if (kinds[change->kind].is_of_message)
        err = find_message(doing);
    if (err == OK)
        err = find_actor(doing);
    if (err == ERR_NOT_FOUND)
        return doing_refuse(doing, V1_NOT_FOUND, NULL);
    if (err != OK)
        return err;
    doing->out->chat_id = doing->chat_id;
    return kinds[change->kind].run(doing);
}

enum err change_apply(struct db *db, const struct change *change, int64_t now_us,
                      struct change_result *out)
{
    assert(change->kind < CHANGE_KIND_COUNT);
    struct doing doing = {.db = db, .change = change, .now_us = now_us, .out = out};
    *out = (struct change_result) {.code = V1_OK};
    enum err err = apply(&doing);
    arena_free(&doing.arena);
    if (err != OK)
        event_release_list(&out->event);
    return err;
}
