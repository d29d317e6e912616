"""When to try again, and how long to wait first."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

RETRIED_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504})

_EPOCH_MILLISECONDS = 1e11
_EPOCH_SECONDS = 1e9


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Bounds of patience.

    Attributes:
        attempts: how often a request is repeated at most.
        base_seconds / cap_seconds: full jitter draws from 0 to ``min(cap, base * 2**n)``
            (Brooker, "Exponential backoff and jitter", 2015).
        floor_seconds: least wait after a 429 that names no time.
        longest_wait_seconds: a server that asks for more ends the run instead.
        connect_seconds / read_seconds: time-outs of one connection and of one read.
        answer_seconds: how long one whole answer may take.
        run_seconds: how long all requests of a run may take together.
        answer_bytes: the largest answer that is read into memory.

    """

    attempts: int = 5
    base_seconds: float = 1.0
    cap_seconds: float = 60.0
    floor_seconds: float = 6.0
    longest_wait_seconds: float = 900.0
    connect_seconds: float = 5.0
    read_seconds: float = 30.0
    answer_seconds: float = 120.0
    run_seconds: float = 6 * 3600.0
    answer_bytes: int = 50 * 1024 * 1024

    def backoff(self, attempt: int, chance: random.Random) -> float:
        """Seconds before repetition number ``attempt`` (0-based), with full jitter."""
        return chance.uniform(0, min(self.cap_seconds, self.base_seconds * 2.0**attempt))


def requested_wait(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds a server asks to wait, or ``None`` when it does not say so usefully.

    ``Retry-After`` comes as whole seconds (Slack, Graph), a fraction (Zulip: ``24.2088``) or an
    HTTP date (RFC 9110); ``X-RateLimit-Reset`` as seconds (Mattermost), epoch seconds (Zulip) or
    epoch milliseconds (Rocket.Chat). Nonsense and negative values count as not said.
    """
    given = headers.get("Retry-After")
    seconds = _number(given)
    if given is not None and seconds is None:
        seconds = _until_date(given, now)
    if seconds is None:
        seconds = _until_reset(_number(headers.get("X-RateLimit-Reset")), now)
    return seconds if seconds is not None and seconds >= 0 else None


def _number(text: str | None) -> float | None:
    try:
        value = float(text) if text is not None else None
    except ValueError:
        return None
    return value if value is not None and math.isfinite(value) else None


def _until_date(text: str, now: datetime) -> float | None:
    try:
        when = parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError):
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max((when - now).total_seconds(), 0.0)


def _until_reset(value: float | None, now: datetime) -> float | None:
    if value is None:
        return None
    if value >= _EPOCH_MILLISECONDS:
        return max(value / 1000 - now.timestamp(), 0.0)
    if value >= _EPOCH_SECONDS:
        return max(value - now.timestamp(), 0.0)
    return value
