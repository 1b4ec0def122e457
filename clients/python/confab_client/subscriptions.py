"""Which chats this client follows, beyond one connection's life.

Knows: the subscribe and unsubscribe commands of `/ws/`.
Does not know: when they are sent.
"""
from __future__ import annotations

from typing import Any, Iterable, List, Optional, Sequence, Set, Union

from .positions import Positions
from .wire import Frame

# "all", or ids of chats.
Chats = Union[str, Sequence[int]]


class Subscriptions:
    def __init__(self, positions: Positions, events: Optional[Sequence[str]]) -> None:
        self._positions = positions
        self._events = events
        self._all = False
        self._chats: Set[int] = set()
        self._except: Set[int] = set()

    def add(self, chats: Chats) -> Frame:
        """The command that adds these chats."""
        if isinstance(chats, str):
            if chats != "all":
                raise TypeError('chats are "all" or a list of ids')
            self._all = True
            self._except.clear()
            return self._everything()
        self._chats.update(chats)
        self._except.difference_update(chats)
        return self._some(chats)

    def remove(self, chats: Sequence[int]) -> Frame:
        """The command that takes these chats away. Their positions are forgotten."""
        for chat in chats:
            self.left(chat)
            if self._all:
                self._except.add(chat)
        return {"type": "unsubscribe", "chats": list(chats)}

    def left(self, chat: int) -> None:
        """The user is not in this chat any more."""
        self._chats.discard(chat)
        self._positions.forget(chat)

    @property
    def chats(self) -> List[int]:
        """The chats that were named one by one."""
        return sorted(self._chats)

    def commands(self) -> List[Frame]:
        """What a new connection must be told, in order."""
        if not self._all:
            return [self._some(self.chats)] if self._chats else []
        unwanted = [{"type": "unsubscribe", "chats": sorted(self._except)}] if self._except else []
        return [self._everything(), *unwanted]

    def includes(self, chat: int) -> bool:
        """Whether an event of this chat is wanted: some may still be on their way behind an unsubscribe."""
        return chat not in self._except if self._all else chat in self._chats

    def _everything(self) -> Frame:
        return self._command("all", after={str(chat): seq for chat, seq in self._positions.as_dict().items()})

    def _some(self, chats: Iterable[int]) -> Frame:
        rows = []
        for chat in chats:
            after = self._positions.get(chat)
            rows.append({"chat": chat} if after is None else {"chat": chat, "after": after})
        return self._command(rows)

    def _command(self, chats: Any, **more: Any) -> Frame:
        command = {"type": "subscribe", "chats": chats, **more}
        if self._positions.epoch is not None:
            command["epoch"] = self._positions.epoch
        if self._events is not None:
            command["events"] = list(self._events)
        return command
