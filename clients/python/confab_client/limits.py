"""What is too large for the server. It is refused here: the server would close the connection at a frame above its limit, and at the same
frame after each reconnect.
"""
from __future__ import annotations

import json
from typing import Any, Mapping, Optional

from .errors import ConfabError
from .wire import Frame

# What holds if a server names no limits.
_CONTENT_BYTES = 256 * 1024
_FRAME_BYTES = 1024 * 1024

# A character of a string takes at most so many bytes of JSON, or twice as many outside the basic plane.
_JSON_BYTES_MAX = 12

# Room for the other fields of a command.
_OTHER_BYTES = 4096


def encode(frame: Frame) -> str:
    """A frame as it goes over the wire. Lone surrogates, which UTF-8 cannot say, are escaped."""
    text = json.dumps(frame, ensure_ascii=False, separators=(",", ":"))
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(frame, separators=(",", ":"))
    return text


def size_refusal(command: Frame, limits: Mapping[str, Any]) -> Optional[ConfabError]:
    content = command.get("content")
    content_max, frame_max = limits.get("content_bytes", _CONTENT_BYTES), limits.get("frame_bytes", _FRAME_BYTES)
    if not isinstance(content, str) or len(content) * _JSON_BYTES_MAX + _OTHER_BYTES <= min(content_max, frame_max):
        return None
    if len(content.encode("utf-8", "surrogatepass")) > content_max:
        return ConfabError("too_large", f"Content is too long (at most {content_max} bytes)")
    if len(encode(command).encode()) > frame_max:
        return ConfabError("too_large", f"The frame is too long (at most {frame_max} bytes)")
    return None
