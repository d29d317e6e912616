"""How alike two comments are, by their words and characters; and the nearest one a person reviewed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from adoption.sentiment.corrections import Correction
from adoption.sentiment.ngrams import Floats, hash_texts

WIDTH = 4_096
LEAST = 0.2
"""Below this, two comments have nothing to do with each other."""


def profiles(texts: Sequence[str]) -> Floats:
    """The n-grams of each text in :data:`WIDTH` buckets, rows of unit length."""
    rows = np.zeros((len(texts), WIDTH), dtype=np.float32)
    if texts:
        hashed = hash_texts([text.lower() for text in texts])
        row = np.repeat(np.arange(len(texts)), np.diff(hashed.start))
        np.add.at(rows, (row, hashed.bucket % WIDTH), hashed.value)
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return (rows / np.where(length == 0, 1.0, length)).astype(np.float32)


class ReviewedExamples:
    """Comments that people have reviewed, to show beside a new one: "a reviewer said of this ...".

    Args:
        corrections: the reviews.

    """

    def __init__(self, corrections: Sequence[Correction]) -> None:
        self._corrections = list(corrections)
        self._profiles = profiles([c.comment.text for c in corrections])

    def nearest(self, text: str) -> tuple[Correction, float] | None:
        """The most alike review and its likeness (0 to 1); ``None`` where none is alike."""
        if not self._corrections:
            return None
        likeness = self._profiles @ profiles([text])[0]
        best = int(likeness.argmax())
        if likeness[best] < LEAST:
            return None
        return self._corrections[best], round(float(likeness[best]), 3)
