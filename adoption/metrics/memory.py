"""What was computed before for the same snapshot."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Protocol

from adoption import __version__


class Cache(Protocol):
    """Where computed figures are kept; :class:`adoption.store.Control` is one."""

    def cached_metric(self, metric: str, params: str, snapshot: int) -> str | None:
        """A figure computed before for exactly this snapshot, as JSON."""

    def cache_metric(self, metric: str, params: str, snapshot: int, value: str) -> None:
        """Keep a figure (JSON)."""


class Memory:
    """Results for one snapshot, kept in a cache if there is one.

    The version of the product is part of every key, because a release may count differently.
    """

    def __init__(self, snapshot: int, cache: Cache | None = None) -> None:
        self._snapshot = snapshot
        self._cache = cache

    def recall(self, name: str, params: object, make: Callable[[], Any]) -> Any:
        """The JSON value kept under a name and parameters; made and kept if it is not there."""
        if self._cache is None:
            return make()
        key = json.dumps([__version__, params])
        stored = self._cache.cached_metric(name, key, self._snapshot)
        if stored is None:
            stored = json.dumps(make())
            self._cache.cache_metric(name, key, self._snapshot, stored)
        return json.loads(stored)
