"""How long to wait before the next attempt: exponential, with full jitter, so that thousands of clients of a server that restarts do not come
back at the same instant.
"""
from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Backoff:
    """The longest pause before the first attempt, which doubles with each, and the longest ever; in seconds."""

    base: float = 1.0
    max: float = 60.0

    def pause_s(self, attempt: int, random: float) -> float:
        """The pause before attempt number `attempt` (from 0) in seconds; `random` is in [0, 1)."""
        doublings = min(attempt, 64)  # beyond that nothing changes but the size of the number
        return random * min(self.max, self.base * 2.0 ** doublings)
