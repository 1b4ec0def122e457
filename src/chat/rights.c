#include "chat/rights.h"

#include <assert.h>

enum { NOBODY = ROLE_COUNT }; /* no role reaches it */

/* What being muted or read-only means for it. */
enum speech {
    SILENT,
    HEARD,  /* a way to be heard: not for the muted */
    WRITES, /* as membership_writing() says; the table's roles do not count */
};

/* The least role that may. */
static const struct {
    enum speech speech;
    unsigned least[CHAT_KIND_COUNT];
} rights[RIGHT_COUNT] = {
    /*                               group,          direct,         public,         announcement */
    [RIGHT_SEND] = {WRITES},
    [RIGHT_EDIT_OWN] = {WRITES},
    [RIGHT_DELETE_OWN] = {SILENT, {ROLE_READ_ONLY, ROLE_READ_ONLY, ROLE_READ_ONLY, ROLE_READ_ONLY}},
    [RIGHT_DELETE_OTHERS] = {SILENT, {ROLE_MODERATOR, NOBODY, ROLE_MODERATOR, ROLE_MODERATOR}},
    [RIGHT_REACT] = {HEARD, {ROLE_MEMBER, ROLE_MEMBER, ROLE_MEMBER, ROLE_MEMBER}},
    [RIGHT_UNREACT] = {SILENT, {ROLE_READ_ONLY, ROLE_READ_ONLY, ROLE_READ_ONLY, ROLE_READ_ONLY}},
    [RIGHT_PIN] = {SILENT, {ROLE_MODERATOR, ROLE_MEMBER, ROLE_MODERATOR, ROLE_MODERATOR}},
    [RIGHT_READ] = {SILENT, {ROLE_READ_ONLY, ROLE_READ_ONLY, ROLE_READ_ONLY, ROLE_READ_ONLY}},
    [RIGHT_JOIN] = {SILENT, {NOBODY, NOBODY, ROLE_NONE, NOBODY}},
    [RIGHT_LEAVE] = {SILENT, {ROLE_READ_ONLY, NOBODY, ROLE_READ_ONLY, ROLE_READ_ONLY}},
    [RIGHT_ADD_MEMBER] = {SILENT, {ROLE_MODERATOR, NOBODY, ROLE_MODERATOR, ROLE_MODERATOR}},
    [RIGHT_REMOVE_MEMBER] = {SILENT, {ROLE_MODERATOR, NOBODY, ROLE_MODERATOR, ROLE_MODERATOR}},
    [RIGHT_BAN_MEMBER] = {SILENT, {ROLE_MODERATOR, NOBODY, ROLE_MODERATOR, ROLE_MODERATOR}},
    [RIGHT_MUTE_MEMBER] = {SILENT, {ROLE_MODERATOR, NOBODY, ROLE_MODERATOR, ROLE_MODERATOR}},
    [RIGHT_SET_ROLE] = {SILENT, {ROLE_OWNER, NOBODY, ROLE_OWNER, ROLE_OWNER}},
    [RIGHT_RENAME] = {SILENT, {ROLE_MEMBER, ROLE_MEMBER, ROLE_MODERATOR, ROLE_MODERATOR}},
    [RIGHT_SET_KIND] = {SILENT, {ROLE_OWNER, ROLE_OWNER, ROLE_OWNER, ROLE_OWNER}},
    [RIGHT_SET_RECEIPTS] = {SILENT, {ROLE_MODERATOR, ROLE_MEMBER, ROLE_MODERATOR, ROLE_MODERATOR}},
    [RIGHT_MENTION_ALL] = {SILENT, {ROLE_MODERATOR, NOBODY, ROLE_MODERATOR, ROLE_MODERATOR}},
    [RIGHT_SEE_REVISIONS] = {SILENT, {ROLE_MODERATOR, NOBODY, ROLE_MODERATOR, ROLE_MODERATOR}},
};

static const enum v1_code writing_codes[] = {
    [WRITING_ALLOWED] = V1_OK,
    [WRITING_NOT_PARTICIPANT] = V1_NOT_FOUND,
    [WRITING_READ_ONLY] = V1_READ_ONLY,
    [WRITING_MUTED] = V1_MUTED,
};

enum v1_code rights_check(enum right right, const struct membership *who, int64_t now_us)
{
    assert(right < RIGHT_COUNT);
    enum member_role role = membership_role(who);
    enum speech speech = rights[right].speech;
    unsigned least = rights[right].least[who->kind];
    bool is_invited = right == RIGHT_JOIN && least != NOBODY;
    if (!who->is_active || (role <= ROLE_NONE && !is_invited))
        return V1_NOT_FOUND;
    if (speech == WRITES)
        return writing_codes[membership_writing(who, now_us)];
    if (role < least)
        return speech == HEARD ? V1_READ_ONLY : V1_FORBIDDEN;
    return speech == HEARD && who->muted_until_us > now_us ? V1_MUTED : V1_OK;
}

enum v1_code rights_check_over(enum right right, const struct membership *who,
                               const struct membership *target, int64_t now_us)
{
    enum v1_code code = rights_check(right, who, now_us);
    enum member_role role = membership_role(who);
    if (code == V1_OK && role <= target->role && role != ROLE_OWNER)
        return V1_FORBIDDEN;
    return code;
}
