"""Hashed word and character n-grams of many texts at once, in numpy.

The same function makes the features for training and at run time, so the two cannot drift apart.
Hashes are polynomial with an odd base modulo 2^64, taken from prefix sums: the hash of any span is
``(S[end] - S[start]) * B^-start``, which makes all n-grams of a batch one vector operation
(about 30 times faster than hashing them one by one in Python).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
_Codes = npt.NDArray[np.uint64]

BITS = 17
"""Features are hashed into ``2**BITS`` buckets."""
CHARS = (3, 4, 5)
CHAR_LIMIT = 1_200
_BASE = 0x9E3779B97F4A7C15
_MIX = np.uint64(0xFF51AFD7ED558CCD)
_SEED = {"word": 0x1B873593, "pair": 0x2545F491, "char": 0x7F4A7C15, "context": 0x51ED270B}
_WORD_CHARS = np.zeros(128, dtype=bool)
_WORD_CHARS[[*range(48, 58), *range(97, 123), 39]] = True


class Hashed(NamedTuple):
    """A sparse matrix in rows: ``bucket[start[i]:start[i+1]]`` and ``value`` belong to text i."""

    bucket: Ints
    value: Floats
    start: Ints

    def dot(self, weights: Floats) -> Floats:
        """The product with a matrix of shape (2**BITS, outputs), one row for each text."""
        out = np.zeros((len(self.start) - 1, weights.shape[1]), dtype=np.float32)
        filled = np.flatnonzero(np.diff(self.start))
        if len(filled):
            products = weights[self.bucket].astype(np.float32) * self.value[:, None]
            out[filled] = np.add.reduceat(products, self.start[filled], axis=0)
        return out

    def take(self, rows: Sequence[int] | Ints) -> Hashed:
        """Only some rows, in the order given."""
        sizes = np.diff(self.start)[rows]
        start = np.zeros(len(sizes) + 1, dtype=np.int64)
        np.cumsum(sizes, out=start[1:])
        at = np.arange(start[-1]) + np.repeat(self.start[:-1][rows] - start[:-1], sizes)
        return Hashed(self.bucket[at], self.value[at], start)


class _Powers:
    """Powers of the base and of its inverse modulo 2^64, grown on demand."""

    def __init__(self) -> None:
        self.up = np.ones(1, dtype=np.uint64)
        self.down = np.ones(1, dtype=np.uint64)

    def grow(self, size: int) -> None:
        if size > len(self.up):
            size = max(size, 2 * len(self.up))
            inverse = pow(_BASE, -1, 1 << 64)
            for name, base in (("up", _BASE), ("down", inverse)):
                steps = np.full(size, base, dtype=np.uint64)
                steps[0] = 1
                setattr(self, name, np.multiply.accumulate(steps))


_POWERS = _Powers()


def _codes(texts: Sequence[str]) -> tuple[_Codes, Ints]:
    """Code points of all texts in a row, each between blanks, and where each begins."""
    padded = [f" {text[:CHAR_LIMIT]} " for text in texts]
    joined = "".join(padded)
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    begin = np.zeros(len(texts) + 1, dtype=np.int64)
    np.cumsum([len(text) for text in padded], out=begin[1:])
    return codes.astype(np.uint64), begin


def _bucket(hashes: _Codes, seed: int) -> Ints:
    mixed = (hashes ^ np.uint64(seed)) * _MIX
    return ((mixed ^ (mixed >> np.uint64(29))) >> np.uint64(64 - BITS - 13)).astype(np.int64) & (
        (1 << BITS) - 1
    )


def _words(codes: _Codes, sums: _Codes, begin: Ints) -> tuple[_Codes, Ints]:
    """The hash of each word and the text it stands in."""
    small = np.minimum(codes, np.uint64(127)).astype(np.int64)
    inside = _WORD_CHARS[small] | (codes >= 128)
    edges = np.diff(inside.astype(np.int8), prepend=0, append=0)
    first, last = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    hashes = (sums[last] - sums[first]) * _POWERS.down[first]
    return hashes, np.searchsorted(begin, first, side="right") - 1


def _scaled(rows: Ints, count: int) -> Floats:
    """One over the root of how many features of a kind a text has (unit length of each part)."""
    per_row = np.bincount(rows, minlength=count).astype(np.float32)
    return (1.0 / np.sqrt(per_row[rows])).astype(np.float32)


def hash_texts(texts: Sequence[str], contexts: Sequence[str] | None = None) -> Hashed:
    """Features of lower-cased texts, with the words of their contexts in a space of their own.

    Args:
        texts: what is judged.
        contexts: parent and community of each, as one string; words only.

    """
    count = len(texts)
    parts: list[tuple[Ints, Ints, Floats]] = []
    codes, begin = _codes(texts)
    parts += _text_parts(codes, begin, count)
    if contexts is not None and any(contexts):
        codes, begin = _codes(contexts)
        sums = _prefix(codes)
        hashes, rows = _words(codes, sums, begin)
        parts.append((_bucket(hashes, _SEED["context"]), rows, 0.7 * _scaled(rows, count)))
    index = np.concatenate([p[0] for p in parts])
    row = np.concatenate([p[1] for p in parts])
    value = np.concatenate([p[2] for p in parts])
    order = np.argsort(row, kind="stable")
    start = np.zeros(count + 1, dtype=np.int64)
    np.cumsum(np.bincount(row, minlength=count), out=start[1:])
    return Hashed(index[order], value[order], start)


def _prefix(codes: _Codes) -> _Codes:
    _POWERS.grow(len(codes) + 1)
    sums = np.zeros(len(codes) + 1, dtype=np.uint64)
    np.cumsum(codes * _POWERS.up[: len(codes)], out=sums[1:])
    return sums


def _text_parts(codes: _Codes, begin: Ints, count: int) -> list[tuple[Ints, Ints, Floats]]:
    sums = _prefix(codes)
    hashes, rows = _words(codes, sums, begin)
    parts = [(_bucket(hashes, _SEED["word"]), rows, _scaled(rows, count))]
    same = np.flatnonzero(rows[1:] == rows[:-1])
    both = hashes[same] * np.uint64(31) + hashes[same + 1]
    parts.append((_bucket(both, _SEED["pair"]), rows[same], _scaled(rows[same], count)))
    text_of = np.repeat(np.arange(count), np.diff(begin))
    for n in CHARS:
        at = np.arange(max(0, len(codes) - n + 1))
        at = at[text_of[at] == text_of[at + n - 1]] if len(at) else at
        spans = (sums[at + n] - sums[at]) * _POWERS.down[at]
        parts.append(
            (_bucket(spans, _SEED["char"] + n), text_of[at], 0.6 * _scaled(text_of[at], count))
        )
    return parts
