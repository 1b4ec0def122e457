/* bearer.h - programs that show a token instead of a session (RFC 6750), under /api/v1/ alone. */
#ifndef CONFAB_API_BEARER_H
#define CONFAB_API_BEARER_H

#include "api/call.h"

/* The token that a request shows. data NULL: none. */
struct bytes bearer_token(const struct http_request *request);

/* 401: the token is none of ours, or no more. */
struct step bearer_refuse(struct call *call);

/* Whether the call's token is good for what its route does; PERSONAL routes are for people. */
bool bearer_may(const struct call *call);

/* Whether it is good for the chat that the path is about. ERR_NOT_FOUND: it is not, or there is
 * none. Runs on a reader. */
CHECKED enum err bearer_find(const struct call *call, struct db *db);

/* A step on the writer: note that the token is used, and go on with next. That it cannot be noted
 * is no reason to refuse. */
struct step bearer_note_use(struct call *call, struct db *db, int64_t token_id, struct step next);

#endif
