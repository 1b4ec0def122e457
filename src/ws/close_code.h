/* close_code.h - why a WebSocket ends (RFC 6455, section 7.4; the IANA registry; 44xx by our
 * protocol). */
#ifndef CONFAB_WS_CLOSE_CODE_H
#define CONFAB_WS_CLOSE_CODE_H

#include <stdbool.h>

enum ws_close_code {
    WS_CLOSE_NORMAL = 1000,
    WS_CLOSE_GOING_AWAY = 1001,
    WS_CLOSE_PROTOCOL = 1002,
    WS_CLOSE_UNSUPPORTED = 1003,
    WS_CLOSE_NO_CODE = 1005,  /* never on the wire: the peer's close frame was empty */
    WS_CLOSE_BAD_DATA = 1007, /* not UTF-8, or not what the message's type says */
    WS_CLOSE_TOO_BIG = 1009,
    WS_CLOSE_INTERNAL = 1011,
    WS_CLOSE_RESTART = 1012,
    WS_CLOSE_OVERLOADED = 1013, /* a reader that is too slow; try again later */
    WS_CLOSE_BAD_FRAME = 4400,  /* confab.v1: not a text frame */
    WS_CLOSE_SESSION_ENDED = 4401,
    WS_CLOSE_REMOVED = 4403,
    WS_CLOSE_CHAT_DELETED = 4404,
    WS_CLOSE_LIFELESS = 4408, /* confab.v1: no sign of life */
    WS_CLOSE_FLOODING = 4429, /* confab.v1: one refused command after the other */
};

/* Whether a peer may send this code: 1000-1003, 1007-1014, 3000-4999. */
bool ws_close_code_is_sendable(unsigned code);

#endif
