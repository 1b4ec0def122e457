#include "chat/v1_code.h"

#include <assert.h>

static const struct {
    const char *name;
    const char *message;
    unsigned status;
} codes[V1_CODE_COUNT] = {
    [V1_OK] = {"ok", "", 200},
    [V1_CONTENT_EMPTY] = {"content_empty", "Content cannot be empty", 400},
    [V1_INVALID_JSON] = {"invalid_json", "Invalid JSON", 400},
    [V1_INVALID_FRAME] = {"invalid_frame", "A field is missing or wrong", 400},
    [V1_UNKNOWN_TYPE] = {"unknown_type", "This type is not known", 400},
    [V1_NOT_FOUND] = {"not_found", "Not found", 404},
    [V1_NOT_PARTICIPANT] = {"not_participant", "You are not a participant of this chat", 403},
    [V1_FORBIDDEN] = {"forbidden", "You may not do this", 403},
    [V1_READ_ONLY] = {"read_only", "You may only read in this chat", 403},
    [V1_MUTED] = {"muted", "You are muted in this chat", 403},
    [V1_TOO_LARGE] = {"too_large", "Content is too long (at most 262144 bytes)", 400},
    [V1_NONCE_CONFLICT] = {"nonce_conflict", "This nonce was used for another content", 409},
    [V1_CONFLICT] = {"conflict", "It was changed meanwhile", 409},
    [V1_RATE_LIMITED] = {"rate_limited", "Too many messages, please slow down", 429},
    [V1_UNAVAILABLE] = {"unavailable", "The storage failed, please try again", 503},
    [V1_INTERNAL] = {"internal", "Internal error", 500},
};

const char *v1_code_name(enum v1_code code)
{
    assert(code < V1_CODE_COUNT);
    return codes[code].name;
}

const char *v1_code_message(enum v1_code code)
{
    assert(code < V1_CODE_COUNT);
    return codes[code].message;
}

unsigned v1_code_status(enum v1_code code)
{
    assert(code < V1_CODE_COUNT);
    return codes[code].status;
}

enum v1_code v1_code_of(enum err err)
{
    switch (err) {
    case OK:
    case ERR_PARTIAL:
        return V1_OK;
    case ERR_PROTOCOL:
    case ERR_SYNTAX:
        return V1_INVALID_FRAME;
    case ERR_NOT_FOUND:
        return V1_NOT_FOUND;
    case ERR_DENIED:
        return V1_FORBIDDEN;
    case ERR_CONFLICT:
        return V1_CONFLICT;
    case ERR_LIMIT:
    case ERR_MEMORY:
    case ERR_BUSY:
    case ERR_FULL:
    case ERR_IO:
    case ERR_CLOSED:
    case ERR_COUNT:
        break;
    }
    return V1_UNAVAILABLE;
}
