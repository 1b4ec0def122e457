"""Where a frame from the server goes: to whoever waits for it, into the positions, to the listeners.

Knows: what each type of frame means for this client.
Does not know: connections.
Promise: the durable events of a chat reach the listeners in the order of the chain, each once.
"""
from __future__ import annotations

import dataclasses
from typing import Any, Callable, Dict

from .chat import chat_of
from .errors import ConfabError, pause_s
from .marks import Marks
from .outbox import Outbox
from .positions import Positions, Verdict
from .subscriptions import Subscriptions
from .wire import Frame

# Frames that are answers and nothing else.
_ANSWERS = {"ack", "subscribed", "unsubscribed", "history", "chats", "pong", "error"}


@dataclasses.dataclass(frozen=True)
class Parts:
    positions: Positions
    outbox: Outbox
    marks: Marks
    subscriptions: Subscriptions


class Inbox:
    def __init__(self, parts: Parts, emit: Callable[[str, Any], None], goodbye: Callable[[float], None],
                 broken: Callable[[], None], followed: Callable[[], None]) -> None:
        """`goodbye` is told the pause in seconds, `broken` that an event is missing and the connection not to be trusted, `followed` that the
        server has begun to deliver the events of some chats."""
        self._parts = parts
        self._emit = emit
        self._goodbye = goodbye
        self._broken = broken
        self._followed = followed
        self._is_answered = False  # the server has said over this connection which chats it delivers
        # What a frame does beside being an answer or an event.
        self._effects: Dict[str, Callable[[Frame], None]] = {
            "hello": self._on_hello,
            "subscribed": self._on_subscribed,
            "gap": lambda gap: parts.positions.jump(gap["chat"], gap["seq"]),
            "goodbye": lambda frame: self._goodbye(pause_s(frame.get("reconnect_after"))),
            "chat_joined": self._on_joined,
            "chat_left": lambda frame: parts.subscriptions.left(frame["chat"]),
        }

    def take(self, frame: Frame) -> None:
        kind = frame["type"]
        if isinstance(frame.get("ref"), int):
            self._parts.marks.answered(frame["ref"], kind == "error")
        effect = self._effects.get(kind)
        if effect:
            effect(frame)
        was_awaited = self._parts.outbox.take(frame)
        if kind == "error" and not was_awaited:
            self._emit("error", ConfabError.of(frame))
        elif kind not in _ANSWERS:
            self._deliver(frame)

    def _on_hello(self, _frame: Frame) -> None:
        self._is_answered = False

    def _on_joined(self, frame: Frame) -> None:
        """Before the answer it subscribes to nothing: the answer will say where the chat begins."""
        if self._is_answered:
            self._parts.positions.begin(frame["chat"]["id"], frame["chat"]["seq"])

    def _on_subscribed(self, frame: Frame) -> None:
        self._is_answered = True
        for row in frame["chats"]:
            self._parts.positions.begin(row["chat"], row["seq"])
        self._followed()

    def _deliver(self, event: Frame) -> None:
        chat, seq, prev = chat_of(event), event.get("seq"), event.get("prev")
        if chat is None or not isinstance(seq, int) or not isinstance(prev, int):
            self._emit(event["type"], event)
            return
        if not self._parts.subscriptions.includes(chat):
            return
        verdict = self._parts.positions.advance(chat, seq, prev)
        if verdict is Verdict.NEXT:
            self._emit(event["type"], event)
        elif verdict is Verdict.BROKEN:
            self._emit("error", ConfabError("chain_broken", f"Something is missing before event {seq} of chat {chat}"))
            self._broken()
