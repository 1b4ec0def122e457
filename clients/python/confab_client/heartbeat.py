"""Whether the other side is still there.

Promise: when nothing was heard for an interval it asks; when nothing is heard for another, the connection counts as dead.
"""
from __future__ import annotations

from typing import Callable

from .clock import Clock


class Heartbeat:
    def __init__(self, clock: Clock, interval_s: float, ask: Callable[[], None], dead: Callable[[], None]) -> None:
        self._clock = clock
        self._interval_s = interval_s
        self._ask = ask
        self._dead = dead
        self._heard_at = clock.now()
        self._asked = False
        self._cancel = clock.after(interval_s, self._check)

    def heard(self) -> None:
        """Something came from the other side."""
        self._heard_at = self._clock.now()
        self._asked = False

    def stop(self) -> None:
        self._cancel()

    def _check(self) -> None:
        silent_s = self._clock.now() - self._heard_at
        if not self._asked and silent_s < self._interval_s:
            self._cancel = self._clock.after(self._interval_s - silent_s, self._check)
        elif not self._asked:
            self._asked = True
            self._cancel = self._clock.after(self._interval_s, self._check)
            self._ask()
        else:
            self._dead()
