"""What every connection is told anew: which chats to follow, whom to watch, whether the user is away.

Knows: when a connection has taken it, and what to do when the server refuses it.
Does not know: when connections come and go.
Promise: what the application has asked for holds on every connection; what the server has refused is not asked for again.
"""
from __future__ import annotations

import asyncio
from typing import Any, Awaitable, Callable, Coroutine, List, Optional, Sequence, Set

from .errors import ConfabError
from .outbox import Outbox
from .subscriptions import Chats, Subscriptions
from .wire import Frame


class _Order:
    """One thing that a connection is told. `done` is settled when the newest connection, or the next one, has taken it."""

    def __init__(self, tell: Callable[[], Awaitable[Any]]) -> None:
        self.tell = tell
        self.done = _promise()


class _KeptOrder(_Order):
    """The same where it is always one command, once there is something to say."""

    def __init__(self, outbox: Outbox) -> None:
        self.command: Optional[Frame] = None
        self._outbox = outbox
        super().__init__(self._say)

    def _say(self) -> Awaitable[Any]:
        commands = [] if self.command is None else [self.command]
        return asyncio.gather(*(self._outbox.add(command, once=True) for command in commands))


class Standing:
    """`ready`: settled when the first connection follows its chats, or never will."""

    def __init__(self, outbox: Outbox, subscriptions: Subscriptions, is_for_one_chat: bool, fault: Callable[[ConfabError], None]) -> None:
        self._outbox = outbox
        self._subscriptions = subscriptions
        self._fault = fault
        self.ready = _promise()
        self._following = _Order((lambda: asyncio.shield(self._followed)) if is_for_one_chat else self._tell_chats)
        self._watching = _KeptOrder(outbox)
        self._presence = _KeptOrder(outbox)
        self._orders: Sequence[_Order] = (self._following, self._watching, self._presence)
        # Settled when the newest connection of /ws/chat/ID/ follows its chat, which it does without being told.
        self._followed = _promise()
        self._is_open = False
        self._tasks: Set[asyncio.Task[Any]] = set()

    def begin(self) -> None:
        """There is a connection of confab.v1."""
        self._is_open = True
        for order in self._orders:
            self._start(self._carry_out(order.tell(), order.done))

    def followed(self) -> None:
        """The server has begun to deliver the events of some chats."""
        _settle(self._followed)

    def begin_legacy(self, lacking: ConfabError) -> None:
        """There is a connection that cannot be told anything."""
        _settle(self.ready)
        for order in self._orders:
            _settle(order.done, lacking)

    def lost(self) -> None:
        self._is_open = False
        _settle(self._followed, ConfabError("connection_lost", "The connection was lost"))
        self._followed = _promise()
        for order in self._orders:
            if order.done.done():
                order.done = _promise()

    def fail(self, error: ConfabError) -> None:
        """There will be no connection any more."""
        self._is_open = False
        for waiting in (self.ready, self._followed, *(order.done for order in self._orders)):
            _settle(waiting, error)

    def subscribe(self, chats: Chats) -> Awaitable[None]:
        added = [] if isinstance(chats, str) else [chat for chat in chats if not self._subscriptions.includes(chat)]
        return self._start(self._subscribe(self._tell(self._following, self._subscriptions.add(chats)), added))

    def unsubscribe(self, chats: Sequence[int]) -> Awaitable[None]:
        return self._tell(self._following, self._subscriptions.remove(chats))

    def watch(self, users: Sequence[int]) -> Awaitable[None]:
        return self._tell_and_keep(self._watching, {"type": "watch", "users": list(users)})

    def presence(self, status: str) -> Awaitable[None]:
        return self._tell_and_keep(self._presence, {"type": "presence", "status": status})

    def _tell_and_keep(self, order: _KeptOrder, command: Frame) -> Awaitable[None]:
        order.command = command
        return self._tell(order, command)

    async def _carry_out(self, telling: Awaitable[Any], done: asyncio.Future[None]) -> None:
        is_following = done is self._following.done
        error: Optional[ConfabError] = None
        try:
            await telling
        except ConfabError as refused:
            error = refused
        if error and error.code == "connection_lost":
            return
        _settle(done, error)
        if is_following:
            _settle(self.ready, error)
        if error:
            self._fault(error)

    async def _subscribe(self, told: Awaitable[None], added: List[int]) -> None:
        try:
            await told
        except ConfabError:
            for chat in added:
                self._subscriptions.left(chat)
            raise

    def _tell(self, order: _Order, command: Frame) -> Awaitable[None]:
        """Done when this connection has taken it, or a later one that is told the same."""
        if not self._is_open:
            return asyncio.shield(order.done)
        return self._start(self._told(order, self._outbox.add(command, once=True)))

    async def _told(self, order: _Order, answer: asyncio.Future[Any]) -> None:
        try:
            await answer
        except ConfabError as error:
            if error.code != "connection_lost":
                raise
            await asyncio.shield(order.done)

    def _tell_chats(self) -> Awaitable[None]:
        answers = [self._outbox.add(command, once=True) for command in self._subscriptions.commands()]
        return self._follow(answers)

    async def _follow(self, answers: List[asyncio.Future[Any]]) -> None:
        """The server refuses a list of chats as a whole, and one that is gone must not keep the others from being followed."""
        try:
            await asyncio.gather(*answers)
        except ConfabError as error:
            if error.code != "not_found":
                raise
            await asyncio.gather(*map(self._tell_chat, self._subscriptions.chats))
            if not self._subscriptions.chats:
                raise

    async def _tell_chat(self, chat: int) -> None:
        try:
            await self._outbox.add(self._subscriptions.add([chat]), once=True)
        except ConfabError as error:
            if error.code != "not_found":
                raise
            self._subscriptions.left(chat)
            self._fault(ConfabError("not_found", f"Chat {chat} is not followed any more: it is not there"))

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Begin something that ends by itself; the event loop alone would forget it."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def _promise() -> asyncio.Future[None]:
    """A future that is settled from outside. That it fails is no fault if nobody waits for it."""
    future = asyncio.get_running_loop().create_future()
    future.add_done_callback(lambda done: done.cancelled() or done.exception())
    return future


def _settle(future: asyncio.Future[None], error: Optional[ConfabError] = None) -> None:
    if future.done():
        return
    if error:
        future.set_exception(error)
    else:
        future.set_result(None)
