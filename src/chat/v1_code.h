/* v1_code.h - why a command of confab.v1 was refused: the codes of error frames and of /api/v1/.
 *
 * One table has each code with its name, its words, and the HTTP status that it has over REST.
 */
#ifndef CONFAB_CHAT_V1_CODE_H
#define CONFAB_CHAT_V1_CODE_H

#include "base/err.h"

enum v1_code {
    V1_OK,
    V1_CONTENT_EMPTY,
    V1_INVALID_JSON,
    V1_INVALID_FRAME, /* a field is missing or wrong: the message names it */
    V1_UNKNOWN_TYPE,
    V1_NOT_FOUND, /* also what the asker may not see */
    V1_NOT_PARTICIPANT,
    V1_FORBIDDEN,
    V1_READ_ONLY, /* the chat, or the member in it */
    V1_MUTED,
    V1_TOO_LARGE,
    V1_NONCE_CONFLICT, /* the same nonce with other content */
    V1_CONFLICT,       /* the revision is another one by now */
    V1_RATE_LIMITED,
    V1_UNAVAILABLE, /* the storage failed; nothing was stored, the same may be tried again */
    V1_INTERNAL,
    V1_CODE_COUNT,
};

/* The code's name on the wire: "content_empty". */
const char *v1_code_name(enum v1_code code);

/* Words for people, when there are no better ones. */
const char *v1_code_message(enum v1_code code);

/* The status of an answer of HTTP that carries it. */
unsigned v1_code_status(enum v1_code code);

/* The code for an error of the storage. OK: V1_OK. */
enum v1_code v1_code_of(enum err err);

#endif
