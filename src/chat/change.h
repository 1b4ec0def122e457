/* change.h - what people do in a chat beside sending messages: edit, delete, react, pin, read, come
 * and go, name and set roles.
 *
 * One function for all of them, whichever way they came in (a frame of confab.v1, /api/v1/, part I,
 * the command line): it checks what the rules of the chat allow (chat/rights.h), stores the change,
 * and makes the event that tells everybody. Next: once the transaction is durable,
 * server/broadcast delivers the event.
 * Thread: the writer's, inside its transaction.
 */
#ifndef CONFAB_CHAT_CHANGE_H
#define CONFAB_CHAT_CHANGE_H

#include "chat/event.h"

enum change_kind {
    CHANGE_EDIT,          /* message_id, content; revision: the expected one, 0: any */
    CHANGE_DELETE,        /* message_id */
    CHANGE_REACT,         /* message_id, text: the emoji */
    CHANGE_UNREACT,       /* message_id, text */
    CHANGE_PIN,           /* message_id */
    CHANGE_UNPIN,         /* message_id */
    CHANGE_READ,          /* seq */
    CHANGE_ADD_MEMBER,    /* user_id; the actor's own: joins a public chat */
    CHANGE_REMOVE_MEMBER, /* user_id; the actor's own: leaves */
    CHANGE_BAN_MEMBER,    /* user_id */
    CHANGE_UNBAN_MEMBER,  /* user_id */
    CHANGE_SET_ROLE,      /* user_id, text: the role */
    CHANGE_MUTE_MEMBER,   /* user_id, until_us; 0 and what is over: no longer */
    CHANGE_UPDATE_CHAT,   /* text: the new name, empty: as it is; chat_kind, empty: as it is;
                             receipts, NULL: as it is */
    CHANGE_KIND_COUNT,
};

enum {
    CHANGE_EMOJI_BYTES_MAX = 32,           /* of one reaction */
    CHANGE_REACTIONS_PER_MESSAGE_MAX = 50, /* different ones of one message */
};

struct change {
    enum change_kind kind;
    /* Only its id and texts are read: what it may do is looked up. NULL: whoever runs the site, who
     * may do everything to members and chats that the kind of the chat allows. */
    const struct user *actor;
    int64_t chat_id; /* 0: that of the message */
    int64_t message_id;
    int64_t user_id;
    struct bytes content;
    struct bytes text;
    struct bytes chat_kind;
    const bool *receipts; /* whether the chat has them */
    int64_t revision;
    int64_t seq;
    int64_t until_us;
};

struct change_result {
    enum v1_code code;   /* not V1_OK: refused, nothing has changed */
    const char *message; /* better words for the code; NULL: its own */
    int64_t chat_id;
    int64_t seq; /* of the event; when nothing had to change: of the chat's head */
    /* The caller's, linked by next in the order of seq: an owner who leaves makes another one
     * owner. NULL: nothing had to change, or the change has no event. */
    struct event *event;
    int64_t read_seq;       /* CHANGE_READ: where the mark is now */
    bool is_receipt;        /* CHANGE_READ: it has moved, and the other members learn of it */
    int64_t gained_user_id; /* who takes part in the chat now, and did not before; 0: nobody */
    int64_t lost_user_id;   /* who does not any more: its connections to the chat must end */
};

/* Make the change. OK also when the rules refuse it: out->code says so. Other errors are the
 * storage's, and out->event is NULL: whoever sees one rolls back. */
CHECKED enum err change_apply(struct db *db, const struct change *change, int64_t now_us,
                              struct change_result *out);

#endif
