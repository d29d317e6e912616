"""Time and politeness: the clock the engine waits on, and a sliding-window request limit."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from adoption.errors import InterruptedRunError


class Clock(Protocol):
    """Where the engine gets the time from and how it waits; tests bring one that never sleeps."""

    def now(self) -> datetime:
        """The present, timezone-aware, UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds on a clock that never goes back."""
        ...

    def wait(self, seconds: float, cancelled: threading.Event) -> None:
        """Return after ``seconds``, or at once when ``cancelled`` is set."""
        ...


class SystemClock:
    """The clock of this machine."""

    def now(self) -> datetime:
        """The present, timezone-aware, UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds on a clock that never goes back."""
        return time.monotonic()

    def wait(self, seconds: float, cancelled: threading.Event) -> None:
        """Return after ``seconds``, or at once when ``cancelled`` is set."""
        cancelled.wait(seconds)


@dataclass(frozen=True, slots=True)
class Rate:
    """At most ``requests`` requests in any span of ``seconds`` seconds."""

    requests: int
    seconds: float


def stop_if(cancelled: threading.Event) -> None:
    """Raise :class:`InterruptedRunError` when the user asked to stop."""
    if cancelled.is_set():
        raise InterruptedRunError(
            "The run was stopped", next_step="Run it again to go on from the last committed page"
        )


class Limiter:
    """Holds one class of endpoints to a :class:`Rate`, and to what a server asks for on top.

    A sliding window, as Yammer and Mattermost count: the request times of the last ``seconds`` are
    kept, and a request waits until the oldest leaves the window. Safe to share between threads.
    """

    def __init__(self, rate: Rate, clock: Clock) -> None:
        self._rate = rate
        self._clock = clock
        self._sent: deque[float] = deque()
        self._held_until = float("-inf")
        self._lock = threading.Lock()

    def acquire(self, cancelled: threading.Event) -> float:
        """Wait for a free place and take it; gives the seconds waited.

        Raises:
            InterruptedRunError: ``cancelled`` was set while waiting.

        """
        waited = 0.0
        while True:
            stop_if(cancelled)
            delay = self._take()
            if delay <= 0:
                return waited
            self._clock.wait(delay, cancelled)
            waited += delay

    def hold(self, seconds: float) -> None:
        """Let nobody through for ``seconds``: the server asked all of us to wait."""
        with self._lock:
            self._held_until = max(self._held_until, self._clock.monotonic() + seconds)

    def _take(self) -> float:
        with self._lock:
            now = self._clock.monotonic()
            if now < self._held_until:
                return self._held_until - now
            while self._sent and self._sent[0] <= now - self._rate.seconds:
                self._sent.popleft()
            if len(self._sent) < self._rate.requests:
                self._sent.append(now)
                return 0.0
            return max(self._sent[0] + self._rate.seconds - now, 0.001)
