"""How far this client has followed each chat: the last seq that it has seen.

Knows: the chain of seq and prev.
Does not know: connections and listeners.
Promise: no event is the next one twice, or before one that came earlier in the chain.
"""
from __future__ import annotations

import enum
from typing import Dict, List, Mapping, Optional, Tuple


class Verdict(enum.Enum):
    NEXT = "next"      # deliver it
    REPEAT = "repeat"  # it was delivered
    BROKEN = "broken"  # something before it is missing


def _integer(value: int) -> int:
    """What comes from a server may be anything."""
    if not isinstance(value, int):
        raise TypeError(f"{value} is no number of a chat or an event")
    return value


class Positions:
    def __init__(self, after: Mapping[int, int], epoch: Optional[str]) -> None:
        self._last = dict(after)
        # That of the numbering which the positions belong to; None until a server has named it.
        self.epoch = epoch

    def advance(self, chat: int, seq: int, prev: int) -> Verdict:
        """Judge a durable event, and go on to it if it is the next one. A chat without a position begins with it."""
        last = self._last.get(chat)
        if last is not None and seq <= last:
            return Verdict.REPEAT
        if last is not None and prev > last:
            return Verdict.BROKEN
        self._last[chat] = seq
        return Verdict.NEXT

    def begin(self, chat: int, seq: int) -> None:
        """A chat is followed from this seq on, if it has no position yet."""
        if chat not in self._last:
            self.jump(chat, seq)

    def jump(self, chat: int, seq: int) -> None:
        """The server goes on behind `seq`, whatever was before."""
        self._last[_integer(chat)] = _integer(seq)

    def reach(self, chat: int, seq: int) -> None:
        """Everything up to `seq` is known, and perhaps more."""
        self.jump(chat, max(seq, self._last.get(chat, 0)))

    def restart(self) -> List[Tuple[int, int]]:
        """The numbering has begun anew: no position means anything any more. What they were, for the gaps to be told."""
        old = list(self._last.items())
        self._last.clear()
        return old

    def forget(self, chat: int) -> None:
        self._last.pop(chat, None)

    def get(self, chat: int) -> Optional[int]:
        return self._last.get(chat)

    def as_dict(self) -> Dict[int, int]:
        return dict(self._last)
