/* answer.h - what all answers of the API have in common: fields, errors as JSON, CORS, cookies.
 *
 * Knows: part I.1 of the protocol, the field lines of Django's cookies.
 * Does not know: what a handler says.
 */
#ifndef CONFAB_API_ANSWER_H
#define CONFAB_API_ANSWER_H

#include "api/call.h"
#include "base/json_write.h"
#include "chat/rate.h"
#include "chat/v1_code.h"

enum {
    STORAGE_RETRY_S = 1,          /* Retry-After of an answer that storage trouble caused */
    CSRF_COOKIE_AGE_S = 31449600, /* a year, as Django's */
    CORS_PREFLIGHT_AGE_S = 86400, /* how long a browser may remember a preflight */
};

/* Begin the answer afresh: status and the fields that every answer has. JSON content is to follow.
 */
void answer_begin(struct call *call, unsigned status);

/* The same with another type of content; data NULL: no content at all. */
void answer_begin_as(struct call *call, unsigned status, const char *content_type);

/* A writer into the answer's content. */
struct json answer_json(struct call *call);

/* The answer is complete: send it. If memory ran out while it was made, the client is told to come
 * again. */
struct step answer_send(struct call *call);

/* The same in parts, for content whose name is known without it. True: the client has it, and the
 * answer is a 304. */
bool answer_is_known(struct call *call, struct bytes name);
void answer_add_tag(struct call *call, struct bytes name);

/* Whether the call is one of /api/v1/, whose errors carry a code. */
bool answer_has_code(const struct call *call);

/* The code of an error that has no other; "internal" for a status without one. */
const char *answer_code_by_status(unsigned status);

/* End the object of an error; under /api/v1/ its last member is the code. */
void answer_end_error(const struct call *call, struct json *json, const char *code);

/* The same for a list that clients ask for again and again: with a strong ETag made of the content,
 * or 304 if the client has it (RFC 9110, section 13.1.2). The answer is whole, and its status 200.
 */
struct step answer_send_tagged(struct call *call);

/* A whole answer {"detail":"…"}; its code goes by the status. */
struct step answer_detail(struct call *call, unsigned status, const char *detail);

/* The same for a code of confab.v1, with its status. detail NULL: its own words. */
struct step answer_code(struct call *call, enum v1_code code, const char *detail);

/* 403 for those who are not known here; 401 for a program whose token is wrong. */
struct step answer_no_credentials(struct call *call);
struct step answer_unauthorized(struct call *call, const char *detail);

/* 404, the same for what does not exist and what the asker may not see. */
struct step answer_not_found(struct call *call);

/* 405 with the methods that the resource has. */
struct step answer_wrong_method(struct call *call);

/* 429; the next try may succeed after wait_us. */
struct step answer_throttled(struct call *call, int64_t wait_us);

/* Add how the sender's rate stands (RateLimit fields for HTTP, IETF draft). To a complete answer.
 */
void answer_add_rate(struct call *call, const struct rate_state *rate);

/* The storage or the memory failed us: 503, or the end of the connection if a piece has already
 * gone. */
struct step answer_failed(struct call *call, enum err err);

/* To be used by steps on the writer: what the step stored is undone, because of err, and next is
 * what follows. */
struct step answer_undone(struct call *call, enum err err, struct step next);

/* The methods of the call's resource, as in "GET, POST, HEAD, OPTIONS". Empty without a resource.
 */
void answer_append_allow(const struct call *call, struct buf *out);

/* Answer a browser's question whether it may send a request from an allowed origin (Fetch standard,
 * CORS-preflight). False: it is no such question. */
bool answer_preflight(struct call *call);

/* The session cookie with its key, a new CSRF secret as cookie, and the deletion of the session
 * cookie. */
void answer_set_session_cookie(struct call *call, struct bytes key);
void answer_set_csrf_cookie(struct call *call);
void answer_delete_session_cookie(struct call *call);

static inline struct step step_to(enum call_place place,
                                  struct step (*run)(struct call *call, struct db *db))
{
    return (struct step) {.place = place, .run = run};
}

#endif
