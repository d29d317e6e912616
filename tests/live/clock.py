"""A clock that only moves when told, shared by the peer and the engine."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


class SteppedClock:
    """Waiting takes no time but moves the clock, so politeness can be read off the request times."""

    def __init__(self, start: datetime = START) -> None:
        self._start = start
        self._elapsed = 0.0
        self._lock = threading.Lock()
        self.waits: list[float] = []

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        return self._elapsed

    def wait(self, seconds: float, cancelled: threading.Event) -> None:
        with self._lock:
            self.waits.append(seconds)
            self._elapsed += seconds

    def advance(self, seconds: float) -> None:
        with self._lock:
            self._elapsed += seconds

    def shift(self, seconds: float) -> None:
        """Set the wall clock to another time; the monotonic one goes on as before."""
        self._start += timedelta(seconds=seconds)
