"""One connection, from the handshake to its end.

  OPENING --opened, confab.v1--> GREETING --hello--> LIVE
     |  \\----opened, no subprotocol (legacy)-------->|
     |                              |                |
     +-- refused, lost, too slow ---+----------------+--> ENDED

Knows: negotiation, the greeting, heartbeats.
Does not know: what comes before and after this connection, and what frames mean.
"""
from __future__ import annotations

import asyncio
import dataclasses
import enum
import json
from typing import Any, Callable, Optional

from .clock import Clock
from .heartbeat import Heartbeat
from .limits import encode
from .socket import OpenSocket, SocketEvents
from .wire import Frame

SUBPROTOCOL = "confab.v1"

# From the first byte to the hello.
_OPEN_DEADLINE_S = 20

_HEARTBEAT_S = 20
_HEARTBEAT_S_MIN = 1

_CLOSE_CODE_ABNORMAL = 1006


@dataclasses.dataclass(frozen=True)
class End:
    code: int
    status: Optional[int]  # of a refused handshake, if it is known
    was_open: bool         # whether the handshake succeeded


@dataclasses.dataclass(frozen=True)
class LinkEvents:
    # Frames may be sent and will come. The hello is None in legacy mode.
    live: Callable[[Optional[Frame]], None]
    frame: Callable[[Frame], None]
    # Nothing was heard for an interval: something must be asked.
    silent: Callable[[], None]
    # The server sent a frame of which a field is missing, or is not what it should be. The connection ends.
    invalid: Callable[[], None]
    # It has ended, and not by close().
    ended: Callable[[End], None]


class _State(enum.Enum):
    OPENING = enum.auto()
    GREETING = enum.auto()
    LIVE = enum.auto()
    ENDED = enum.auto()


class Link:
    def __init__(self, open_socket: OpenSocket, url: str, offer: bool, clock: Clock, events: LinkEvents) -> None:
        self._clock = clock
        self._events = events
        self._state = _State.OPENING
        self._was_open = False
        self._heartbeat: Optional[Heartbeat] = None
        self._end_deadline = clock.after(_OPEN_DEADLINE_S, self.drop)
        self._socket = open_socket(url, [SUBPROTOCOL] if offer else [], SocketEvents(self._on_opened, self._on_text, self._on_closed))

    def send(self, frame: Frame) -> None:
        self._socket.send(encode(frame))

    def close(self) -> asyncio.Future[Any]:
        """End it in order; ended() is not called. Done when it is closed."""
        self._stop()
        return self._socket.close()

    def drop(self) -> None:
        """End it at once; ended() is called."""
        self._socket.drop()
        self._on_closed(_CLOSE_CODE_ABNORMAL, None)

    def _on_opened(self, protocol: str) -> None:
        self._was_open = True
        if protocol == SUBPROTOCOL:
            self._state = _State.GREETING
        else:
            self._on_live(None)

    def _on_text(self, text: str) -> None:
        if self._heartbeat:
            self._heartbeat.heard()
        frame = _parse(text)
        if frame is None:
            return
        try:
            self._take(frame)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            self._events.invalid()
            self.drop()

    def _take(self, frame: Frame) -> None:
        if self._state is _State.LIVE:
            self._events.frame(frame)
        elif self._state is _State.GREETING and frame["type"] == "hello":
            self._on_hello(frame)
        elif self._state is _State.GREETING:
            self.drop()  # hello is always the first frame

    def _on_hello(self, hello: Frame) -> None:
        interval_s = hello.get("heartbeat")
        if not isinstance(interval_s, (int, float)) or interval_s <= 0:
            interval_s = _HEARTBEAT_S
        self._heartbeat = Heartbeat(self._clock, max(interval_s, _HEARTBEAT_S_MIN), self._events.silent, self.drop)
        self._on_live(hello)

    def _on_live(self, hello: Optional[Frame]) -> None:
        self._end_deadline()
        self._state = _State.LIVE
        self._events.live(hello)

    def _on_closed(self, code: int, status: Optional[int]) -> None:
        if self._state is not _State.ENDED:
            self._stop()
            self._events.ended(End(code, status, self._was_open))

    def _stop(self) -> None:
        self._state = _State.ENDED
        self._end_deadline()
        if self._heartbeat:
            self._heartbeat.stop()


def _parse(text: str) -> Optional[Frame]:
    try:
        frame = json.loads(text)
    except ValueError:
        return None
    return frame if isinstance(frame, dict) and isinstance(frame.get("type"), str) else None
