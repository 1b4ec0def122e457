"""What can go wrong, each with a code, and which of it passes by itself.

Knows: the tables of error codes and close codes.
Does not know: who waits for what.
"""
from __future__ import annotations

from typing import Optional

from .wire import Frame


class ConfabError(Exception):
    """A refusal or a failure.

    `code` is the server's, or one of this library's: not_supported, queue_full, connection_lost, unconfirmed, closed, refused, chain_broken,
    invalid_frame (of the server), or the name of a close code. `status`: the HTTP status of a refused handshake, or the close code, where it
    is known. `frame`: the server's error frame, which may say more (`until` of `muted`).
    """

    def __init__(self, code: str, message: str = "", status: Optional[int] = None, frame: Optional[Frame] = None) -> None:
        super().__init__(message or code)
        self.code = code
        self.status = status
        self.frame = frame

    @classmethod
    def of(cls, frame: Frame) -> ConfabError:
        return cls(str(frame.get("code", "refused")), str(frame.get("message", "")), frame=frame)


# Nothing was stored, and the same command may succeed later. Every other code is final.
_PASSING = {"rate_limited", "unavailable"}

# The pause before a command is repeated if the server names none, and the longest that it may name.
_RETRY_AFTER_S = 1.0
_RETRY_AFTER_S_MAX = 300.0


def is_passing(frame: Frame) -> bool:
    return frame.get("code") in _PASSING


def pause_s(seconds: object) -> float:
    """A number of seconds from the server, within bounds."""
    is_number = isinstance(seconds, (int, float)) and not isinstance(seconds, bool)
    asked = float(seconds) if is_number and seconds >= 0 else _RETRY_AFTER_S  # type: ignore[arg-type, operator]
    return min(asked, _RETRY_AFTER_S_MAX)


# After these a new connection would end in the same way.
_FINAL_CLOSE_CODES = {
    1002: ("protocol_error", "The server found a fault in how this client speaks the WebSocket protocol"),
    1007: ("protocol_error", "The server found text that is not UTF-8"),
    4400: ("bad_frame", "The server did not understand a frame"),
    4401: ("session_ended", "The session has ended"),
    4403: ("removed", "You are not in this chat any more"),
    4404: ("chat_not_found", "There is no such chat"),
}

# Refused handshakes that may succeed later although their status is 4xx.
_PASSING_STATUSES = {408, 425, 429}


def final_error(close_code: int, status: Optional[int] = None) -> Optional[ConfabError]:
    """Why there is no point in connecting again, if there is none."""
    if status is not None and 400 <= status < 500 and status not in _PASSING_STATUSES:
        return ConfabError("refused", f"The server refused the connection with HTTP {status}", status)
    if close_code not in _FINAL_CLOSE_CODES:
        return None
    code, message = _FINAL_CLOSE_CODES[close_code]
    return ConfabError(code, message, close_code)
