/* routes.h - which resources there are, what each may be asked, and who may ask.
 *
 * Who may call what is said in the table in routes.c and nowhere else; handlers do not check it
 * again.
 */
#ifndef CONFAB_API_ROUTES_H
#define CONFAB_API_ROUTES_H

#include "api/call.h"
#include "http/route.h"

/* What must hold before a handler runs. Requests that change something must besides pass the
 * cross-site rule, all of them (begin.c). */
enum need {
    ANYONE = 0,
    SESSION = 1 << 0,                      /* somebody is logged in, or shows a token: call->user */
    NUMBERED = 1 << 1,                     /* the {id} of the path is a number: call->id */
    CHAT = NUMBERED | 1 << 2,              /* it is a chat's */
    MESSAGE = NUMBERED | 1 << 3,           /* it is a message's */
    PARTICIPANT = SESSION | CHAT | 1 << 4, /* the user takes part in the chat */
    NAMED = 1 << 5,                        /* the last segment in braces is a text: call->name */
    USER_NUMBERED = 1 << 6, /* the {user} behind the {id} is a number: call->user_id */
    STREAMED = 1 << 7,      /* the content of POST is handed out in pieces (CALL_FOR_PIECE) */
    PERSONAL = 1 << 8,      /* not with a token */
    SECRET = 1 << 9,        /* whoever knows the path may; no cookie counts */
};

typedef struct step handler(struct call *call, struct db *db);

struct resource {
    const char *pattern;
    unsigned needs;   /* of enum need */
    const char *name; /* for OPTIONS */
    const char *description;
    handler *handlers[HTTP_METHOD_COUNT]; /* their first steps, run on a reader; HEAD and OPTIONS
                                             have none of their own */
};

/* The resource of a path, and the segments in its braces (HTTP_ROUTE_SEGMENTS_MAX). NULL: there is
 * none. */
const struct resource *resource_find(struct bytes path, struct bytes *segments);

/* The resources by number, and their patterns, for statistics. */
size_t resource_count(void);
size_t resource_index(const struct resource *resource);
const char *resource_pattern(size_t index);

/* HEAD goes where GET goes; OPTIONS everywhere. */
bool resource_has_method(const struct resource *resource, enum http_method method);

/* The first steps, each in the file of its resource. All run on a reader. */
handler register_post;
handler login_post;
handler logout_post;
handler me_get;
handler users_get;
handler chats_get;
handler chats_post;
handler chat_get;
handler chat_put;
handler chat_delete;
handler chat_messages_get;
handler chat_messages_post;
handler messages_get;
handler message_get;
handler v1_version_get;
handler v1_chats_get;
handler v1_chats_post;
handler v1_typing_post;
handler v1_chat_patch;
handler v1_read_put;
handler v1_messages_get;
handler v1_messages_post;
handler v1_message_patch;
handler v1_message_delete;
handler v1_reaction_put;
handler v1_reaction_delete;
handler v1_revisions_get;
handler v1_pin_put;
handler v1_pin_delete;
handler v1_search_get;
handler v1_tokens_get;
handler v1_tokens_post;
handler v1_token_delete;
handler v1_hook_post;
handler v1_chat_hooks_get;
handler v1_uploads_post;
handler v1_upload_get;
handler v1_members_get;
handler v1_members_post;
handler v1_member_patch;
handler v1_member_delete;
handler v1_events_get;
handler schema_get;
handler asyncapi_get;
handler docs_get;

#endif
