/* rights.h - who may do what in a chat.
 *
 * One table: what can be done, the kinds of chats, and the least role that may. Next:
 * chat/change.c does it. Knows nothing of the database.
 */
#ifndef CONFAB_CHAT_RIGHTS_H
#define CONFAB_CHAT_RIGHTS_H

#include "chat/v1_code.h"
#include "store/members.h"

enum right {
    RIGHT_SEND,
    RIGHT_EDIT_OWN,
    RIGHT_DELETE_OWN,
    RIGHT_DELETE_OTHERS,
    RIGHT_REACT,
    RIGHT_UNREACT,
    RIGHT_PIN,
    RIGHT_READ,
    RIGHT_JOIN,
    RIGHT_LEAVE,
    RIGHT_ADD_MEMBER,
    RIGHT_REMOVE_MEMBER,
    RIGHT_BAN_MEMBER,
    RIGHT_MUTE_MEMBER,
    RIGHT_SET_ROLE,
    RIGHT_RENAME,
    RIGHT_SET_KIND,
    RIGHT_SET_RECEIPTS,
    RIGHT_MENTION_ALL,
    RIGHT_SEE_REVISIONS,
    RIGHT_COUNT,
};

/* V1_OK: may. V1_NOT_FOUND: the chat is none of the user's business. V1_FORBIDDEN, and for what
 * counts as writing V1_READ_ONLY and V1_MUTED. */
enum v1_code rights_check(enum right right, const struct membership *who, int64_t now_us);

/* The same for what is done to another member: the role of the one must be above the other's, and
 * an owner may do it to owners. */
enum v1_code rights_check_over(enum right right, const struct membership *who,
                               const struct membership *target, int64_t now_us);

#endif
