"""Time as the library sees it; a test puts its own in the place. All in seconds."""
from __future__ import annotations

import asyncio
import time
from typing import Callable


class Clock:
    def now(self) -> float:
        return asyncio.get_running_loop().time()

    def wall(self) -> float:
        """The same by the calendar: it also goes on while the machine sleeps, and may be set."""
        return time.time()

    def after(self, seconds: float, fn: Callable[[], None]) -> Callable[[], None]:
        """Call `fn` once after a while, unless what is returned is called first."""
        return asyncio.get_running_loop().call_later(seconds, fn).cancel
