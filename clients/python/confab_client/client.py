"""A client for as long as the application wants it: connections come and go beneath.

  connecting --live--> open --lost--> waiting --pause over--> connecting
      |                 |                |
      |  refused for good, or close() by the application
      +-----------------+----------------+--> closed

Knows: when to connect, and what a new connection must be told.
Does not know: how each of its parts does its work: link, inbox, outbox, positions, subscriptions, marks.
"""
from __future__ import annotations

import asyncio
import random as dice
from typing import Any, Awaitable, Callable, Dict, Literal, Mapping, Optional, Sequence

from .backoff import Backoff
from .chat import Chat, Commands
from .clock import Clock
from .emitter import Emitter
from .errors import ConfabError, final_error
from .inbox import Inbox, Parts
from .legacy import from_legacy, legacy_frame, legacy_refusal
from .limits import size_refusal
from .link import End, Link, LinkEvents
from .marks import Marks
from .options import PIPELINE, QUEUE, chat_of_address, headers_of, with_query
from .outbox import Outbox, Wire
from .positions import Positions
from .socket import OpenSocket, socket_opener
from .standing import Standing
from .subscriptions import Chats, Subscriptions
from .wire import ChatWindow, Frame

# A server passes on one typing event of a user and chat in this time.
_TYPING_INTERVAL_S = 3

# A connection that lived for so long was no failed attempt.
_STABLE_S = 10

# A frame was above the server's limit: it would end the next connection too.
_CLOSE_CODE_TOO_BIG = 1009

# Statuses of a refused handshake that have nothing to do with the offer of a subprotocol.
_NOT_ABOUT_THE_OFFER = {401, 403, 404, 429}


class Client(Emitter):
    """A client of `ws://HOST/ws/` (all chats) or `ws://HOST/ws/chat/ID/` (one). It begins to connect at once, and stays connected until close().

    `async with connect(url) as client:` waits until the client is ready, and closes it at the end.
    `hello`: what the server has said about itself in the newest connection; None before, and in legacy mode.
    `state`: connecting, open, waiting or closed.
    """

    def __init__(
        self,
        url: str,
        *,
        cookie: Optional[str] = None,
        token: Optional[str] = None,
        headers: Optional[Mapping[str, str]] = None,
        after: Optional[Mapping[int, int]] = None,
        epoch: Optional[str] = None,
        subscribe: Chats = "all",
        events: Optional[Sequence[str]] = None,
        queue: int = QUEUE,
        pipeline: int = PIPELINE,
        backoff: Backoff = Backoff(),
        clock: Optional[Clock] = None,
        random: Callable[[], float] = dice.SystemRandom().random,
        open_socket: Optional[OpenSocket] = None,
    ) -> None:
        super().__init__()
        self.hello: Optional[Frame] = None
        self.state = "connecting"
        self._url = url
        self._only = chat_of_address(url)  # the one chat of /ws/chat/ID/
        self._pipeline = pipeline
        self._backoff = backoff
        self._clock = clock or Clock()
        self._random = random
        self._open_socket = open_socket or socket_opener(headers_of(cookie, token, headers))
        self._loop = asyncio.get_running_loop()
        self._typed_at: Dict[int, float] = {}
        self._nonce_prefix = "".join(f"{int(random() * 2 ** 32):08x}" for _ in range(4))
        self._nonces = 0

        self._link: Optional[Link] = None
        self._spoke_v1 = False
        self._spoke_legacy = False
        # When the newest connection became live, unless that has been taken into account.
        self._live_at: Optional[float] = None
        self._attempt = 0
        self._goodbye_s: Optional[float] = None
        self._end_pause: Callable[[], None] = lambda: None

        positions = Positions(after or {}, epoch)
        subscriptions = Subscriptions(positions, events)
        subscriptions.add(subscribe if self._only is None else [self._only])
        self._parts = Parts(positions, Outbox(self._clock, queue), Marks(), subscriptions)
        self._standing = Standing(self._parts.outbox, subscriptions, self._only is not None, lambda error: self._emit("error", error))
        self._inbox = Inbox(self._parts, self._emit, self._on_goodbye, self._on_broken, self._standing.followed)
        self._commands = Commands(self._request, self._send, self._typing, self._parts.marks.set, self.on)
        self._connect(True)

    async def __aenter__(self) -> Client:
        try:
            await self.ready()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def is_legacy(self) -> bool:
        """Whether this is a connection to an existing server that does not know confab.v1."""
        return self.state == "open" and self.hello is None

    def ready(self) -> Awaitable[None]:
        """Done when the first connection is there and follows its chats; fails when there will never be one."""
        return asyncio.shield(self._standing.ready)

    @property
    def position(self) -> Dict[str, Any]:
        """Where this client stands: give it to a later connect() as `after` and `epoch`, and nothing is missed in between."""
        return {"after": self._parts.positions.as_dict(), "epoch": self._parts.positions.epoch}

    def chat(self, id: Optional[int] = None) -> Chat:
        """A chat; without an id the one of `/ws/chat/ID/`."""
        chat = self._only if id is None else id
        if chat is None:
            raise ValueError("Which chat?")
        if self._only not in (None, chat):
            raise ValueError(f"This connection is for chat {self._only} alone")
        return Chat(chat, self._commands)

    def chats(self, *, offset: Optional[int] = None, limit: Optional[int] = None) -> Awaitable[ChatWindow]:
        """A window of the list of chats."""
        named = {"offset": offset, "limit": limit}
        return self._request({"type": "chats", **{name: value for name, value in named.items() if value is not None}})

    def subscribe(self, chats: Chats) -> Awaitable[None]:
        """Follow all chats ("all"), or these too."""
        self._must_live()
        return self._standing.subscribe(chats)

    def unsubscribe(self, chats: Sequence[int]) -> Awaitable[None]:
        self._must_live()
        return self._standing.unsubscribe(chats)

    def watch(self, users: Sequence[int]) -> Awaitable[None]:
        """Be told of the presence of these users, and of no others any more."""
        self._must_live()
        return self._standing.watch(users)

    def presence(self, status: Literal["online", "away"]) -> Awaitable[None]:
        """Say whether the user is at this device. Who watches them is told `away` when all their connections say so."""
        self._must_live()
        return self._standing.presence(status)

    def retry(self) -> None:
        """Do not wait for the end of the pause: the network may be back."""
        if self.state == "waiting":
            self._end_pause()
            self._connect(True)

    def close(self) -> Awaitable[None]:
        """End it for good, at once; await it to wait for the closing handshake. What has no answer yet is rejected with `closed`."""
        return self._finish(ConfabError("closed", "The client was closed"))

    # The life of connections

    def _connect(self, offer: bool) -> None:
        self._move("connecting")
        self._link = Link(self._open_socket, self._address(offer), offer, self._clock, LinkEvents(
            live=lambda hello: self._on_hello(hello) if hello is not None else self._on_legacy(),
            frame=self._on_frame,
            silent=self._on_silent,
            invalid=lambda: self._emit("error", ConfabError("invalid_frame", "The server sent a frame that is none")),
            ended=lambda end: self._on_ended(end, offer),
        ))

    def _address(self, offer: bool) -> str:
        positions = self._parts.positions
        after = None if self._only is None else positions.get(self._only)
        if not offer or after is None:
            return self._url
        return with_query(self._url, {"after": after, **({} if positions.epoch is None else {"epoch": positions.epoch})})

    def _on_hello(self, hello: Frame) -> None:
        positions = self._parts.positions
        self._spoke_v1 = True
        self._open(hello)
        if positions.epoch is not None and positions.epoch != hello.get("epoch"):
            for chat, seq in positions.restart():
                self._gap(chat, seq, "epoch")
        positions.epoch = hello.get("epoch")
        self._emit("hello", hello)
        if self._link:  # no listener has closed the client
            self._standing.begin()
            self._parts.outbox.open(self._wire(hello, self._link))
            self._parts.marks.open(self._send_mark)

    def _on_legacy(self) -> None:
        lacking = ConfabError("not_supported", "This server does not know confab.v1")
        if self._only is None:
            self._finish(lacking)
            return
        self._open(None)
        last = self._parts.positions.get(self._only)
        if self._spoke_legacy or last is not None:
            self._gap(self._only, last, "legacy")
        self._spoke_legacy = True
        self._standing.begin_legacy(lacking)
        if self._link:
            send = self._link.send
            self._parts.outbox.open(Wire(legacy_refusal, lambda command: send(legacy_frame(command)), 1))

    def _open(self, hello: Optional[Frame]) -> None:
        self.hello = hello
        self._live_at = self._clock.now()
        self._move("open")

    def _wire(self, hello: Frame, link: Link) -> Wire:
        limits = hello.get("limits", {})
        return Wire(lambda command: size_refusal(command, limits), link.send, self._pipeline, limits.get("nonce_seconds"))

    def _on_ended(self, end: End, offered: bool) -> None:
        self._link = None
        self._parts.outbox.lost(self._repeat_error(end))
        self._parts.marks.lost()
        self._standing.lost()
        final = final_error(end.code, end.status)
        if (offered and not end.was_open and self._only is not None and not self._spoke_v1
                and end.status not in _NOT_ABOUT_THE_OFFER):
            self._connect(False)  # something between refuses a handshake whose offer is not answered, as browsers do
        elif final:
            self._finish(final)
        else:
            self._wait()

    def _repeat_error(self, end: End) -> Optional[ConfabError]:
        """Why what was under way must not be sent again, if it must not."""
        if end.code == _CLOSE_CODE_TOO_BIG:
            return ConfabError("too_large", "The server closed the connection at a frame that is too long", end.code)
        if self.is_legacy:
            return ConfabError("connection_lost", "The connection was lost; the server may have stored it or not")
        return None

    def _wait(self) -> None:
        if self._live_at is not None and self._clock.now() - self._live_at >= _STABLE_S:
            self._attempt = 0
        pause = self._goodbye_s
        if pause is None:
            pause = self._backoff.pause_s(self._attempt, self._random())
        self._attempt += 1
        self._live_at = self._goodbye_s = None
        self._end_pause = self._clock.after(pause, lambda: self._connect(True))
        self._move("waiting", pause=pause)

    def _finish(self, error: ConfabError) -> asyncio.Future[Any]:
        closed: asyncio.Future[Any] = self._loop.create_future()
        closed.set_result(None)
        if self.state == "closed":
            return closed
        link, self._link = self._link, None
        if link:
            closed = link.close()
        self._end_pause()
        self._move("closed", **({} if error.code == "closed" else {"error": error}))
        self._parts.outbox.fail(error)
        self._standing.fail(error)
        return closed

    def _move(self, state: str, **more: Any) -> None:
        """The only place where the state changes."""
        if state != self.state:
            self.state = state
            self._emit("state", {"type": "state", "state": state, **more})

    def _on_frame(self, frame: Frame) -> None:
        if not self.is_legacy:
            self._inbox.take(frame)
            return
        for said in from_legacy(frame, self._parts.outbox.under_way()):
            if said["type"] == "message" and self._only is not None:
                self._parts.positions.reach(self._only, said["message"]["id"])  # a later server may know confab.v1
            self._inbox.take(said)

    def _on_silent(self) -> None:
        if self._link:
            self._link.send({"type": "ping", "ref": self._parts.outbox.next_ref()})

    def _on_goodbye(self, pause_s: float) -> None:
        self._goodbye_s = pause_s

    def _on_broken(self) -> None:
        if self._link:
            self._link.drop()

    def _gap(self, chat: int, after: Optional[int], reason: str) -> None:
        self._emit("gap", {"type": "gap", "chat": chat, "after": after, "seq": None, "reason": reason})

    # Commands

    def _request(self, command: Frame) -> Awaitable[Any]:
        self._must_live()
        return self._parts.outbox.add(command)

    def _send(self, command: Frame) -> Awaitable[Any]:
        self._nonces += 1
        return self._request({"nonce": f"{self._nonce_prefix}-{self._nonces}", **command})

    def _must_live(self) -> None:
        if self.state == "closed":
            raise ConfabError("closed", "The client is closed")

    def _typing(self, chat: int) -> None:
        now = self._clock.now()
        before = self._typed_at.get(chat)
        if self._link and self.state == "open" and self.hello and (before is None or now - before >= _TYPING_INTERVAL_S):
            self._typed_at[chat] = now
            self._link.send({"type": "typing", "chat": chat})

    def _send_mark(self, chat: int, seq: int) -> int:
        ref = self._parts.outbox.next_ref()
        assert self._link
        self._link.send({"type": "read", "ref": ref, "chat": chat, "seq": seq})
        return ref


connect = Client
