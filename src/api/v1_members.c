/* v1_members.c - who is in a chat, and as what. */
#include "store/members.h"

#include "api/fields.h"
#include "api/routes.h"
#include "api/v1_change.h"
#include "api/v1_page.h"
#include "base/time_text.h"
#include "chat/v1_json.h"
#include "store/chats.h"
#include "store/users.h"

/* --- The member object --- */

/* {"id","username","email","user_type","role"}, if the member is muted "muted_until", and where the
 * chat shows it "read". */
static void write_member(struct json *json, const struct member_row *member, bool shows_read,
                         int64_t now_us)
{
    json_object_begin(json);
    json_key(json, "id");
    json_number(json, member->user.id);
    json_key(json, "username");
    json_text(json, member->user.username);
    json_key(json, "email");
    json_text(json, member->user.email);
    json_key(json, "user_type");
    json_text(json, member->user.user_type);
    json_key(json, "role");
    json_text_z(json, member_role_name(member->role));
    if (member->muted_until_us > now_us) {
        json_key(json, "muted_until");
        json_time(json, member->muted_until_us);
    }
    if (shows_read) {
        json_key(json, "read");
        json_number(json, member->read_seq);
    }
    json_object_end(json);
}

/* Answer with the member, or the banned user, as it is now. On the writer. */
static struct step answer_member(struct call *call, struct db *db, unsigned status, int64_t user_id)
{
    struct membership membership;
    struct member_row member;
    bool shows_read = false;
    enum err err = members_find(db, call->id, user_id, &membership);
    if (err == ERR_NOT_FOUND || (err == OK && membership.role == ROLE_NONE))
        return answer_undone(call, ERR_NOT_FOUND, answer_not_found(call));
    if (err == OK)
        err = users_find_id(db, user_id, &call->arena, &member.user);
    if (err == OK)
        err = chats_shows_receipts(db, call->id, &shows_read);
    if (err != OK)
        return answer_undone(call, err, answer_failed(call, err));
    member.role = membership.role;
    member.muted_until_us = membership.muted_until_us;
    member.read_seq = membership.read_seq;
    answer_begin(call, status);
    struct json json = answer_json(call);
    write_member(&json, &member, shows_read, call->now_us);
    return answer_send(call);
}

/* --- The list --- */

static struct step answer_list(struct call *call, struct db *db)
{
    const struct page_query *page = call->state;
    bool takes_part = false;
    bool shows_read = false;
    size_t limit = (size_t)page->limit;
    size_t count = 0;
    struct json json;
    struct page_link next = {NULL, 0};
    struct member_row *members = arena_alloc(&call->arena, (limit + 1) * sizeof *members);
    enum err err = chats_has_participant(db, call->id, call->user.id, &takes_part);
    if (err == OK && !takes_part)
        return answer_not_found(call);
    if (err == OK)
        err = members != NULL ? members_list(db, call->id, page->cursor, limit + 1, &call->arena,
                                             members, &count)
                              : ERR_MEMORY;
    if (err == OK)
        err = chats_shows_receipts(db, call->id, &shows_read);
    if (err == OK && count > limit) {
        count = limit;
        next = (struct page_link) {"cursor", members[limit - 1].user.id};
    }
    if (err == OK)
        err = v1_page_begin(call, &json, (struct page_link) {NULL, 0}, next);
    if (err != OK)
        return answer_failed(call, err);
    for (size_t i = 0; i < count; i++)
        write_member(&json, &members[i], shows_read, call->now_us);
    return v1_page_end(call, &json);
}

struct step v1_members_get(struct call *call, struct db *db)
{
    return fields_then(call, db, FIELDS_OF_QUERY, v1_page_take, sizeof(struct page_query),
                       step_to(CALL_ON_READER, answer_list));
}

/* --- Coming --- */

static void take_new_member(struct fields *fields, struct call *call)
{
    static const struct number_rule user = {"user", FIELD_OPTIONAL, 1, INT64_MAX};
    call->user_id = call->user.id; /* without the field one joins oneself */
    (void)fields_number(fields, &user, &call->user_id);
}

/* On the writer. */
static struct step add_member(struct call *call, struct db *db)
{
    const struct change change = {
        .kind = CHANGE_ADD_MEMBER,
        .actor = &call->user,
        .chat_id = call->id,
        .user_id = call->user_id,
    };
    struct change_result result;
    struct step step;
    if (!v1_change(call, db, &change, &result, &step))
        return step;
    return answer_member(call, db, result.gained_user_id != 0 ? 201 : 200, call->user_id);
}

struct step v1_members_post(struct call *call, struct db *db)
{
    return fields_then(call, db, FIELDS_OF_BODY, take_new_member, 1,
                       step_to(CALL_ON_WRITER, add_member));
}

/* --- Being --- */

struct member_state {
    struct bytes role; /* data NULL: as it is */
    bool has_muted_until;
    int64_t muted_until_us; /* 0: not muted any more */
};

static void take_muted_until(struct fields *fields, struct member_state *state)
{
    static const struct text_rule rule = {.name = "muted_until", .options = FIELD_OPTIONAL};
    struct bytes text;
    if (body_value(fields->body, rule.name).kind == VALUE_NULL)
        state->has_muted_until = true;
    else if (fields_text(fields, &rule, &text))
        state->has_muted_until = time_read_sql(text, &state->muted_until_us) == OK;
    else
        return;
    if (!state->has_muted_until)
        fields_error(fields, rule.name, FIELDS_BAD_TIME);
}

static void take_member(struct fields *fields, struct call *call)
{
    static const char *const roles[] = {"owner", "moderator", "member", "read_only", "banned"};
    struct member_state *state = call->state;
    (void)fields_choice(fields, "role", roles, COUNT_OF(roles), &state->role);
    take_muted_until(fields, state);
}

/* On the writer. */
static struct step update_member(struct call *call, struct db *db)
{
    const struct member_state *state = call->state;
    bool is_ban = bytes_is(state->role, "banned");
    const struct change changes[] = {
        {.kind = is_ban ? CHANGE_BAN_MEMBER : CHANGE_SET_ROLE, .text = state->role},
        {.kind = CHANGE_MUTE_MEMBER, .until_us = state->muted_until_us},
    };
    const bool are_wanted[] = {state->role.data != NULL, state->has_muted_until};
    for (size_t i = 0; i < COUNT_OF(changes); i++) {
        struct change change = changes[i];
        struct change_result result;
        struct step step;
        change.actor = &call->user;
        change.chat_id = call->id;
        change.user_id = call->user_id;
        if (are_wanted[i] && !v1_change(call, db, &change, &result, &step))
            return step;
    }
    return answer_member(call, db, 200, call->user_id);
}

struct step v1_member_patch(struct call *call, struct db *db)
{
    return fields_then(call, db, FIELDS_OF_BODY, take_member, sizeof(struct member_state),
                       step_to(CALL_ON_WRITER, update_member));
}

/* --- Going --- */

/* On the writer. Who is banned takes no part: there the ban is what goes. */
static struct step remove_member(struct call *call, struct db *db)
{
    struct membership target;
    struct change_result result;
    struct step step;
    enum err err = members_find(db, call->id, call->user_id, &target);
    if (err == ERR_NOT_FOUND)
        return answer_undone(call, err, answer_not_found(call));
    if (err != OK)
        return answer_undone(call, err, answer_failed(call, err));
    const struct change change = {
        .kind = target.role == ROLE_BANNED ? CHANGE_UNBAN_MEMBER : CHANGE_REMOVE_MEMBER,
        .actor = &call->user,
        .chat_id = call->id,
        .user_id = call->user_id,
    };
    return v1_change(call, db, &change, &result, &step) ? v1_change_answer_empty(call) : step;
}

struct step v1_member_delete(struct call *call, struct db *db)
{
    (void)call;
    (void)db;
    return step_to(CALL_ON_WRITER, remove_member);
}
