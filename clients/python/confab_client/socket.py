"""One WebSocket of the `websockets` library behind plain calls.

Knows: that library.
Does not know: what is said over it.
"""
from __future__ import annotations

import asyncio
import dataclasses
from typing import Any, Callable, Mapping, Optional, Protocol, Sequence

import websockets
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatusCode, NegotiationError
from websockets.legacy.client import WebSocketClientProtocol
from websockets.typing import Subprotocol

# A server's frame is a message at most, with its JSON.
_FRAME_BYTES_MAX = 4 * 1024 * 1024

# How long a closing handshake may take.
_CLOSE_DEADLINE_S = 10

_CLOSE_CODE_ABNORMAL = 1006


@dataclasses.dataclass(frozen=True)
class SocketEvents:
    # The handshake is done; with the subprotocol that the server has chosen, "" for none.
    opened: Callable[[str], None]
    text: Callable[[str], None]
    # Once, and nothing comes after it: the close code, and the status of a refused handshake.
    closed: Callable[[int, Optional[int]], None]


class Socket(Protocol):
    def send(self, text: str) -> None: ...

    def close(self) -> asyncio.Future[Any]:
        """Close in order; `closed` is not called any more. Done when it is closed."""

    def drop(self) -> None:
        """Give up a connection that does not answer; `closed` is not called any more."""


OpenSocket = Callable[[str, Sequence[str], SocketEvents], Socket]


def socket_opener(headers: Mapping[str, str]) -> OpenSocket:
    """How sockets are opened with further fields of the request."""
    return lambda url, protocols, events: _Socket(url, protocols, headers, events)


class _Socket:
    def __init__(self, url: str, protocols: Sequence[str], headers: Mapping[str, str], events: SocketEvents) -> None:
        self._events: Optional[SocketEvents] = events
        # Bounded by what may be without an answer: the outbox has a limit, and so have marks, typing and pings.
        self._outgoing: asyncio.Queue[Optional[str]] = asyncio.Queue()
        self._is_open = False
        self._task = asyncio.get_running_loop().create_task(self._live(url, protocols, headers))

    def send(self, text: str) -> None:
        self._outgoing.put_nowait(text)

    def close(self) -> asyncio.Future[Any]:
        self._events = None
        if self._is_open:
            self._outgoing.put_nowait(None)
        else:
            self._task.cancel()
        return asyncio.gather(self._task, return_exceptions=True)

    def drop(self) -> None:
        self._events = None
        self._task.cancel()

    async def _live(self, url: str, protocols: Sequence[str], headers: Mapping[str, str]) -> None:
        try:
            socket = await websockets.connect(  # type: ignore[attr-defined]
                url, subprotocols=[Subprotocol(name) for name in protocols] or None, extra_headers=headers,
                max_size=_FRAME_BYTES_MAX, close_timeout=_CLOSE_DEADLINE_S, open_timeout=None)
        except InvalidStatusCode as refused:
            self._closed(_CLOSE_CODE_ABNORMAL, refused.status_code)
            return
        except (OSError, InvalidHandshake, NegotiationError, EOFError):
            self._closed(_CLOSE_CODE_ABNORMAL)
            return
        await self._talk(socket)

    async def _talk(self, socket: WebSocketClientProtocol) -> None:
        writer = asyncio.get_running_loop().create_task(self._write(socket))
        try:
            self._is_open = True
            if self._events:
                self._events.opened(socket.subprotocol or "")
            async for text in socket:
                if self._events and isinstance(text, str):
                    self._events.text(text)
        except ConnectionClosed:
            pass
        finally:
            writer.cancel()
            if socket.transport:
                socket.transport.abort()
        self._closed(socket.close_code or _CLOSE_CODE_ABNORMAL)

    async def _write(self, socket: WebSocketClientProtocol) -> None:
        """Send what there is to send, as fast as the network takes it; None is the end."""
        try:
            while (text := await self._outgoing.get()) is not None:
                await socket.send(text)
            await socket.close()
        except ConnectionClosed:
            pass

    def _closed(self, code: int, status: Optional[int] = None) -> None:
        events, self._events = self._events, None
        if events:
            events.closed(code, status)
