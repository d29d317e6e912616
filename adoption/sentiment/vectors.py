"""The encoder's vectors on disk, so that a new head scores history again without the encoder.

Kept are hashes and vectors, no text. A vector still says something about its message: this folder
belongs to the data folder, under the same retention, and :meth:`VectorStore.forget` goes with a
deletion.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

Halves = npt.NDArray[np.float16]
Pair = tuple[str, str]
_KEY = "V16"


def key_of(pair: Pair) -> bytes:
    """Sixteen bytes that stand for a message and its context."""
    return hashlib.sha256("\x00".join(pair).encode("utf-8", "surrogatepass")).digest()[:16]


class VectorStore:
    """Vectors of one encoder, by content, in numbered parts that are only ever added.

    Args:
        folder: where the parts lie; made when missing.
        encoder: the version of the encoder; parts of another are not read.

    """

    def __init__(self, folder: Path, encoder: str) -> None:
        self._folder = folder / encoder
        self._folder.mkdir(parents=True, exist_ok=True)
        self._place: dict[bytes, tuple[int, int]] = {}
        self._parts: list[Halves] = []
        for path in sorted(self._folder.glob("*.keys.npy")):
            self._open(path)

    def __len__(self) -> int:
        return len(self._place)

    def _open(self, path: Path) -> None:
        keys = np.load(path, allow_pickle=False)
        name = path.name.removesuffix(".keys.npy")
        vectors: Halves = np.load(
            self._folder / f"{name}.vectors.npy", mmap_mode="r", allow_pickle=False
        )
        for row, key in enumerate(keys):
            self._place[bytes(key)] = (len(self._parts), row)
        self._parts.append(vectors)

    def get(self, pairs: Iterable[Pair]) -> dict[Pair, Halves]:
        """The vectors that are known."""
        found: dict[Pair, Halves] = {}
        for pair in pairs:
            place = self._place.get(key_of(pair))
            if place is not None:
                found[pair] = self._parts[place[0]][place[1]]
        return found

    def put(self, vectors: Mapping[Pair, Halves]) -> None:
        """Add vectors as one part; the keys are written last, so a part is whole or not there."""
        fresh = {key_of(pair): vector for pair, vector in vectors.items()}
        fresh = {key: vector for key, vector in fresh.items() if key not in self._place}
        if fresh:
            self._write(list(fresh), np.stack(list(fresh.values())))

    def _write(self, keys: Sequence[bytes], vectors: Halves) -> None:
        number = 1 + max(
            (int(p.name.split(".")[0]) for p in self._folder.glob("*.vectors.npy")), default=0
        )
        name = f"{number:06d}"
        for kind, array in (("vectors", vectors), ("keys", np.array(keys, dtype=_KEY))):
            part = self._folder / f"{name}.{kind}.npy"
            with (self._folder / f".{name}.{kind}").open("wb") as stream:
                np.save(stream, array, allow_pickle=False)
                stream.flush()
                os.fsync(stream.fileno())
            (self._folder / f".{name}.{kind}").replace(part)
        self._open(self._folder / f"{name}.keys.npy")

    def forget(self, pairs: Iterable[Pair]) -> int:
        """Erase vectors of deleted or edited messages; returns how many there were."""
        gone = {key_of(pair) for pair in pairs} & self._place.keys()
        if not gone:
            return 0
        kept = {k: self._parts[p][r] for k, (p, r) in self._place.items() if k not in gone}
        old = sorted(self._folder.glob("*.npy"))
        self._place, self._parts = {}, []
        if kept:
            self._write(list(kept), np.stack(list(kept.values())))
        for path in old:
            path.unlink()
        return len(gone)
