"""Read marks that the server may not have yet.

Knows: that marks only move forward, and that a server reads the commands of a connection in order, so that an answer to a later one shows
that it has the mark.
Promise: the last mark of each chat reaches the server, over whichever connection; one of a chat is under way at a time.
"""
from __future__ import annotations

import dataclasses
from typing import Callable, Dict, Optional

# Send a mark; the number of the command.
SendMark = Callable[[int, int], int]


@dataclasses.dataclass
class _Mark:
    seq: int = 0
    stored: int = 0  # the server has this one
    sent: int = 0    # this one is under way, as command number `ref`
    ref: Optional[int] = None


class Marks:
    def __init__(self) -> None:
        self._marks: Dict[int, _Mark] = {}
        self._send: Optional[SendMark] = None

    def set(self, chat: int, seq: int) -> None:
        """Everything of this chat has been read up to here."""
        mark = self._marks.setdefault(chat, _Mark())
        mark.seq = max(mark.seq, seq)
        self._pump(chat, mark)

    def open(self, send: SendMark) -> None:
        """There is a connection."""
        self._send = send
        for chat, mark in self._marks.items():
            self._pump(chat, mark)

    def answered(self, ref: int, was_refused: bool) -> None:
        """Command number `ref` was answered, and so every earlier one has been read. A mark that was refused waits for the next set() or
        connection."""
        for chat, mark in self._marks.items():
            if mark.ref is None or mark.ref > ref:
                continue
            is_refused = was_refused and mark.ref == ref
            mark.ref = None
            if not is_refused:
                mark.stored = mark.sent
                self._pump(chat, mark)

    def lost(self) -> None:
        """The connection is gone, and what was under way with it."""
        self._send = None
        for mark in self._marks.values():
            mark.ref = None

    def _pump(self, chat: int, mark: _Mark) -> None:
        if self._send and mark.ref is None and mark.seq > mark.stored:
            mark.sent = mark.seq
            mark.ref = self._send(chat, mark.seq)
