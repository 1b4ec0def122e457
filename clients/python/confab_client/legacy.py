"""Part I of the wire in the words of confab.v1: what an existing Django + Channels server understands.

Knows: that a send is `{"content"}`, and what its error texts mean.
Does not know: connections. One send is under way at a time, so an error or a message with its content is taken for its answer.
"""
from __future__ import annotations

from typing import List, Optional

from .errors import ConfabError
from .wire import Frame

# The beginnings of part I's error texts; what is not here is refused for good, with the server's text.
_CODES = (
    ("Content cannot be empty", "content_empty"),
    ("Content is too long", "too_large"),
    ("Invalid JSON", "invalid_json"),
    ("Too many messages", "rate_limited"),
    ("Message could not be stored", "unavailable"),
)


def legacy_refusal(command: Frame) -> Optional[ConfabError]:
    """Why a command cannot be said in legacy mode, if it cannot."""
    lacking: Optional[str] = command["type"]
    if lacking == "send":
        lacking = next((field for field in ("reply_to", "thread") if field in command), None)
    return ConfabError("not_supported", f"This server does not know {lacking}") if lacking else None


def legacy_frame(command: Frame) -> Frame:
    return {"content": command["content"]}


def from_legacy(frame: Frame, under_way: Optional[Frame]) -> List[Frame]:
    """The frames of confab.v1 that say what a legacy frame says. `under_way` is the send that has no answer yet."""
    if frame["type"] == "error":
        text = str(frame.get("message"))
        code = next((code for beginning, code in _CODES if text.startswith(beginning)), "refused")
        return [{"type": "error", "code": code, "message": text, **({"ref": under_way["ref"]} if under_way else {})}]
    message = frame.get("message")
    if frame["type"] != "message" or not under_way or not isinstance(message, dict) or message.get("content") != under_way["content"]:
        return [frame]
    return [frame, {"type": "ack", "ref": under_way["ref"], "nonce": under_way["nonce"], "chat": message["chat"], "id": message["id"],
                    "seq": message["id"], "timestamp": message["timestamp"]}]
