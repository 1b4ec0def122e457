"""Commands that have no answer yet, in the order in which they were given.

Knows: who waits for which answer; what must be sent again, and when.
Does not know: sockets, and what the commands mean, but for one thing: sends of a chat keep their order.
Promise: every command is answered, refused, or fails at the end of the client; none is forgotten, and no more than `limit` wait.
"""
from __future__ import annotations

import asyncio
import dataclasses
from typing import Any, Callable, Dict, Optional

from .clock import Clock
from .errors import ConfabError, is_passing, pause_s
from .wire import Frame

# Room on top of the limit for what a new connection must be told, which must not fail because an application waits for much.
_RESERVED = 16


@dataclasses.dataclass
class _Entry:
    command: Frame
    once: bool  # it concerns one connection, and fails with it
    answer: asyncio.Future[Any]
    sent: bool = False
    first_sent_at: Optional[float] = None  # by the calendar


@dataclasses.dataclass(frozen=True)
class Wire:
    """The way to the server while there is a connection."""

    # Why the command can never be sent here, if it cannot.
    refusal: Callable[[Frame], Optional[ConfabError]]
    transmit: Callable[[Frame], None]
    # How many sends of a chat may be under way at once. With one their order is kept even if one of them is put off.
    pipeline: int
    # For how long the server knows a nonce: a send that is repeated later might be stored twice. None: for ever.
    nonce_s: Optional[float] = None


class Outbox:
    def __init__(self, clock: Clock, limit: int) -> None:
        self._clock = clock
        self._limit = limit
        self._entries: Dict[int, _Entry] = {}
        self._refs = 0
        self._wire: Optional[Wire] = None
        self._end_pause: Optional[Callable[[], None]] = None

    def next_ref(self) -> int:
        """A number for a command that nobody waits for here."""
        self._refs += 1
        return self._refs

    def add(self, command: Frame, once: bool = False) -> asyncio.Future[Any]:
        """Send a command as soon as there is a connection, and again over the next one, until it is answered.

        With `once` it is rejected with `connection_lost` if its connection ends before. Cancelling the answer means that nobody cares any
        more: what is not under way then is not sent.
        """
        answer = asyncio.get_running_loop().create_future()
        if len(self._entries) >= self._limit + (_RESERVED if once else 0):
            answer.set_exception(ConfabError("queue_full", f"{self._limit} commands wait for their answer"))
            return answer
        ref = self.next_ref()
        self._entries[ref] = _Entry({**command, "ref": ref}, once, answer)
        self._pump()
        return answer

    def open(self, wire: Wire) -> None:
        """There is a connection: what has no answer is sent over it, in order."""
        self._wire = wire
        self._pump()

    def lost(self, error: Optional[ConfabError] = None) -> None:
        """The connection is gone. What was under way is sent again over the next one; with an error it fails instead."""
        self._wire = None
        for ref, entry in list(self._entries.items()):
            if entry.once or (entry.sent and error):
                self._reject(ref, error or ConfabError("connection_lost", "The connection was lost"))
            entry.sent = False

    def take(self, frame: Frame) -> bool:
        """Take an answer to where it is waited for. False: nobody waits for it."""
        ref = self._ref_of(frame)
        entry = self._entries.get(ref) if ref is not None else None
        if ref is None or entry is None:
            return False
        is_error = frame["type"] == "error"
        if is_error and is_passing(frame):
            entry.sent = False
            self._pause(pause_s(frame.get("retry_after")))
            return True
        if is_error:
            self._reject(ref, ConfabError.of(frame))
        else:
            del self._entries[ref]
            if not entry.answer.done():
                entry.answer.set_result(frame)
        self._pump()
        return True

    def under_way(self) -> Optional[Frame]:
        """The oldest command that is under way."""
        return next((entry.command for entry in self._entries.values() if entry.sent), None)

    def fail(self, error: ConfabError) -> None:
        """Nothing will be answered any more."""
        self._wire = None
        if self._end_pause:
            self._end_pause()
        for ref in list(self._entries):
            self._reject(ref, error)

    def _reject(self, ref: int, error: ConfabError) -> None:
        answer = self._entries.pop(ref).answer
        if not answer.done():
            answer.set_exception(error)

    def _ref_of(self, frame: Frame) -> Optional[int]:
        ref, nonce = frame.get("ref"), frame.get("nonce")
        if isinstance(ref, int):
            return ref
        if nonce is None or frame["type"] not in ("ack", "error"):
            return None
        return next((ref for ref, entry in self._entries.items() if entry.command.get("nonce") == nonce), None)

    def _pause(self, seconds: float) -> None:
        """Send nothing for a while: the server has said that it would refuse it."""
        def end() -> None:
            self._end_pause = None
            self._pump()
        if self._end_pause:
            self._end_pause()
        self._end_pause = self._clock.after(seconds, end)

    def _pump(self) -> None:
        wire = self._wire
        if wire is None or self._end_pause:
            return
        sends: Dict[Optional[int], int] = {}
        for ref, entry in list(self._entries.items()):
            command, chat = entry.command, entry.command.get("chat")
            is_send = command["type"] == "send"
            if is_send and sends.get(chat, 0) >= wire.pipeline:
                continue
            if not entry.sent and entry.answer.cancelled():
                del self._entries[ref]
                continue
            refusal = None if entry.sent else self._unconfirmed(entry, wire) or wire.refusal(command)
            if refusal:
                self._reject(ref, refusal)
                continue
            if is_send:
                sends[chat] = sends.get(chat, 0) + 1
            if not entry.sent:
                entry.sent = True
                if entry.first_sent_at is None:
                    entry.first_sent_at = self._clock.wall()
                wire.transmit(command)

    def _unconfirmed(self, entry: _Entry, wire: Wire) -> Optional[ConfabError]:
        if (entry.command.get("nonce") is None or entry.first_sent_at is None or wire.nonce_s is None
                or self._clock.wall() - entry.first_sent_at < wire.nonce_s):
            return None
        return ConfabError("unconfirmed", "The message was sent, but it is too long ago for the server to know whether it was stored")
