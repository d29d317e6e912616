"""Stable names for rows of sources that give none."""

from __future__ import annotations

from array import array
from collections import Counter
from hashlib import blake2b

import numpy as np


class Ordinals:
    """Makes ids of what a row says, and tells equal rows apart by their order.

    Two passes: :meth:`note` every key first, then :meth:`take` them in the same order. Only 8 bytes
    per row are kept between the passes, so files of many million rows fit.
    """

    def __init__(self) -> None:
        self._seen: array[int] = array("Q")
        self._repeated: frozenset[int] | None = None
        self._taken: Counter[str] = Counter()

    def note(self, key: str) -> None:
        """Count a key in the first pass."""
        self._seen.append(_short(key))

    @property
    def count(self) -> int:
        """How many keys were noted."""
        return len(self._seen)

    @property
    def repeats(self) -> int:
        """How many of the noted keys had been noted before."""
        return len(self._seen) - len(np.unique(np.frombuffer(self._seen, dtype=np.uint64)))

    def restart(self) -> None:
        """Begin the second pass, or begin it again."""
        self._taken.clear()

    def take(self, key: str) -> str:
        """The id for the next row of this key: the key, then ``key-2``, ``key-3`` and so on."""
        if self._repeated is None:
            self._repeated = self._find_repeated()
        if _short(key) not in self._repeated:
            return key
        self._taken[key] += 1
        ordinal = self._taken[key]
        return key if ordinal == 1 else f"{key}-{ordinal}"

    def _find_repeated(self) -> frozenset[int]:
        ordered = np.sort(np.frombuffer(self._seen, dtype=np.uint64))
        return frozenset(int(one) for one in ordered[1:][ordered[1:] == ordered[:-1]])


def key_of(*parts: str) -> str:
    """A key of 32 hexadecimal digits for what the parts say."""
    return blake2b("\0".join(parts).encode("utf-8", "replace"), digest_size=16).hexdigest()


def _short(key: str) -> int:
    """64 bits of a key; equal keys are found by them, and compared in full afterwards."""
    return int.from_bytes(blake2b(key.encode("utf-8", "replace"), digest_size=8).digest(), "big")
