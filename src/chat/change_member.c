/* change_member.c - who is in a chat, and as what. */
#include "chat/change_parts.h"
#include "chat/v1_json.h"
#include "store/users.h"

/* The user whom the change is about, and what it is in the chat. ERR_NOT_FOUND: no such user. */
static enum err find_target(struct doing *doing, struct membership *target)
{
    return members_find(doing->db, doing->chat_id, doing->change->user_id, target);
}

static bool takes_part(const struct membership *target)
{
    return target->role > ROLE_NONE;
}

static bool is_self(const struct doing *doing)
{
    return doing->change->user_id == doing->actor.user_id;
}

/* May the actor do it to the target? If not, the change is refused. */
static bool may_over(struct doing *doing, enum right right, const struct membership *target)
{
    doing->out->code = rights_check_over(right, &doing->actor, target, doing->now_us);
    return doing->out->code == V1_OK;
}

/* Begin the change that needs a target: refused if there is no such user or the right is missing;
 * *may_go_on says whether it is not. */
static enum err begin(struct doing *doing, enum right right, struct membership *target,
                      bool *may_go_on)
{
    enum err err = find_target(doing, target);
    *may_go_on = err == OK && may_over(doing, right, target);
    if (err != ERR_NOT_FOUND)
        return err;
    return doing_may(doing, right) ? doing_refuse(doing, V1_NOT_FOUND, "There is no such user")
                                   : OK;
}

/* --- Events --- */

static void write_by(struct doing *doing, struct doing_event *event)
{
    json_key(&event->json, "by");
    if (doing->change->actor != NULL)
        json_number(&event->json, doing->change->actor->id);
    else
        json_null(&event->json);
}

static enum err tell_joined(struct doing *doing, const struct user *user)
{
    struct doing_event event;
    doing_begin_event(doing, &event);
    json_key(&event.json, "user");
    v1_write_user(&event.json, user);
    write_by(doing, &event);
    return doing_store_event(doing, &event, EVENT_MEMBER_JOINED);
}

static enum err tell_left(struct doing *doing, int64_t user_id, const char *reason)
{
    struct doing_event event;
    struct user user;
    enum err err = users_find_id(doing->db, user_id, &doing->arena, &user);
    if (err != OK)
        return err;
    doing_begin_event(doing, &event);
    json_key(&event.json, "user");
    v1_write_short_user(&event.json, &user);
    write_by(doing, &event);
    json_key(&event.json, "reason");
    json_text_z(&event.json, reason);
    return doing_store_event(doing, &event, EVENT_MEMBER_LEFT);
}

/* The member as it is now. */
static enum err tell_updated(struct doing *doing, int64_t user_id)
{
    struct doing_event event;
    struct membership member;
    enum err err = members_find(doing->db, doing->chat_id, user_id, &member);
    if (err != OK)
        return err;
    doing_begin_event(doing, &event);
    json_key(&event.json, "user");
    json_object_begin(&event.json);
    json_key(&event.json, "id");
    json_number(&event.json, user_id);
    json_object_end(&event.json);
    json_key(&event.json, "role");
    json_text_z(&event.json, member_role_name(member.role));
    json_key(&event.json, "muted_until");
    if (member.muted_until_us > 0)
        json_time(&event.json, member.muted_until_us);
    else
        json_null(&event.json);
    return doing_store_event(doing, &event, EVENT_MEMBER_UPDATED);
}

/* --- Coming --- */

enum err change_add_member(struct doing *doing)
{
    const struct change *change = doing->change;
    struct membership target;
    struct user user;
    if (is_self(doing) && takes_part(&doing->actor))
        return doing_finish(doing);
    if (!doing_may(doing, is_self(doing) ? RIGHT_JOIN : RIGHT_ADD_MEMBER))
        return OK;
    enum err err = find_target(doing, &target);
    bool is_asleep = err == OK && !target.is_active && change->actor != NULL;
    if (err == ERR_NOT_FOUND || is_asleep)
        return doing_refuse(doing, V1_NOT_FOUND, "There is no such user");
    if (err != OK)
        return err;
    if (takes_part(&target))
        return doing_finish(doing);
    if (target.role == ROLE_BANNED)
        return doing_refuse(doing, V1_FORBIDDEN, "The user is banned from this chat");
    err = members_add(doing->db, doing->chat_id, change->user_id);
    if (err == OK)
        err = users_find_id(doing->db, change->user_id, &doing->arena, &user);
    if (err != OK)
        return err;
    doing->out->gained_user_id = user.id;
    return tell_joined(doing, &user);
}

/* --- Going --- */

/* Whether the chat would be without an owner if the target were none. */
static enum err is_last_owner(struct doing *doing, const struct membership *target, bool *out)
{
    int64_t owners = 0;
    *out = false;
    if (target->role != ROLE_OWNER)
        return OK;
    enum err err = members_count_owners(doing->db, doing->chat_id, &owners);
    *out = owners == 1;
    return err;
}

/* A chat whose last owner goes gets another one, if anybody is left in it. */
static enum err appoint_heir(struct doing *doing, const struct membership *target)
{
    bool is_last = false;
    int64_t heir_id = 0;
    enum err err = is_last_owner(doing, target, &is_last);
    if (err == OK && is_last)
        err = members_find_heir(doing->db, doing->chat_id, target->user_id, &heir_id);
    if (err != OK || heir_id == 0)
        return err;
    err = members_set_role(doing->db, doing->chat_id, heir_id, ROLE_OWNER);
    return err == OK ? tell_updated(doing, heir_id) : err;
}

static enum err take_out(struct doing *doing, const struct membership *target, const char *reason)
{
    enum err err = appoint_heir(doing, target);
    if (err == OK)
        err = members_remove(doing->db, doing->chat_id, target->user_id);
    if (err != OK)
        return err;
    doing->out->lost_user_id = target->user_id;
    return tell_left(doing, target->user_id, reason);
}

enum err change_remove_member(struct doing *doing)
{
    struct membership target;
    bool may_go_on = false;
    if (is_self(doing))
        return doing_may(doing, RIGHT_LEAVE) ? take_out(doing, &doing->actor, "left") : OK;
    enum err err = begin(doing, RIGHT_REMOVE_MEMBER, &target, &may_go_on);
    if (err != OK || !may_go_on)
        return err;
    return takes_part(&target) ? take_out(doing, &target, "removed") : doing_finish(doing);
}

enum err change_ban_member(struct doing *doing)
{
    struct membership target;
    bool may_go_on = false;
    enum err err = begin(doing, RIGHT_BAN_MEMBER, &target, &may_go_on);
    if (err != OK || !may_go_on)
        return err;
    if (is_self(doing))
        return doing_refuse(doing, V1_FORBIDDEN, "Nobody may ban themselves");
    if (target.role == ROLE_BANNED)
        return doing_finish(doing);
    err = takes_part(&target) ? take_out(doing, &target, "banned") : doing_finish(doing);
    return err == OK ? members_ban(doing->db, doing->chat_id, target.user_id) : err;
}

enum err change_unban_member(struct doing *doing)
{
    struct membership target;
    bool may_go_on = false;
    enum err err = begin(doing, RIGHT_BAN_MEMBER, &target, &may_go_on);
    if (err != OK || !may_go_on)
        return err;
    err = doing_finish(doing);
    if (err == OK && target.role == ROLE_BANNED)
        err = members_unban(doing->db, doing->chat_id, target.user_id);
    return err;
}

/* --- Being --- */

enum err change_set_role(struct doing *doing)
{
    struct membership target;
    enum member_role role = ROLE_NONE;
    bool may_go_on = false;
    bool is_last = false;
    enum err err = begin(doing, RIGHT_SET_ROLE, &target, &may_go_on);
    if (err != OK || !may_go_on)
        return err;
    if (member_role_of(doing->change->text, &role) != OK || role < ROLE_READ_ONLY)
        return doing_refuse(doing, V1_INVALID_FRAME,
                            "role must be owner, moderator, member or read_only");
    if (!takes_part(&target))
        return doing_refuse(doing, V1_NOT_FOUND, "The user takes no part in this chat");
    if (target.role == role)
        return doing_finish(doing);
    err = is_last_owner(doing, &target, &is_last);
    if (err == OK && is_last)
        return doing_refuse(doing, V1_FORBIDDEN, "The chat needs an owner: make another one first");
    if (err == OK)
        err = members_set_role(doing->db, doing->chat_id, target.user_id, role);
    return err == OK ? tell_updated(doing, target.user_id) : err;
}

enum err change_mute_member(struct doing *doing)
{
    struct membership target;
    bool may_go_on = false;
    int64_t until_us = doing->change->until_us > doing->now_us ? doing->change->until_us : 0;
    enum err err = begin(doing, RIGHT_MUTE_MEMBER, &target, &may_go_on);
    if (err != OK || !may_go_on)
        return err;
    if (!takes_part(&target))
        return doing_refuse(doing, V1_NOT_FOUND, "The user takes no part in this chat");
    if (target.muted_until_us == until_us)
        return doing_finish(doing);
    err = members_set_muted(doing->db, doing->chat_id, target.user_id, until_us);
    return err == OK ? tell_updated(doing, target.user_id) : err;
}
