"""The labelled messages, read and checked."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from adoption.errors import SourceError
from adoption.sentiment.outputs import BARRIERS, INTENSITIES
from adoption.sentiment.verdict import KINDS, PUSHBACK, STANCES, Comment
from adoption.settings import config_dir

WEIGHTS = {"invented": 0.5}
"""Files whose messages count less in training: invented ones teach about a third as much."""


@dataclass(frozen=True, slots=True)
class Example:
    """One labelled message.

    ``group`` is the organisation, conversation or file part it comes from: examples of one group
    never stand on both sides of a split. ``weight`` is how much it counts in training.
    """

    id: str
    comment: Comment
    stance: str
    barrier: str | None
    further: tuple[str, ...]
    kind: str | None
    intensity: int | None
    target: str | None
    form: tuple[str, ...]
    pair: str | None
    group: str
    origin: str
    weight: float = 1.0
    accepted: tuple[str, ...] = field(default=())


def corpus_files() -> list[Path]:
    """The labelled files that ship, in order."""
    return sorted((config_dir() / "corpus").glob("*.jsonl"))


def read_examples(paths: Iterable[Path]) -> list[Example]:
    """All examples of some files.

    Raises:
        SourceError: a line is not an example; says which.

    """
    return [example for path in paths for example in _read(path)]


def _read(path: Path) -> Iterator[Example]:
    with path.open(encoding="utf-8") as stream:
        for number, line in enumerate(stream, 1):
            if line.strip():
                try:
                    yield to_example(json.loads(line), path.stem)
                except (ValueError, KeyError, TypeError) as problem:
                    raise SourceError(
                        f"The labelled message cannot be read: {problem}",
                        where=f"{path}, line {number}",
                        next_step="Correct that line; config/corpus/README.md describes the fields",
                    ) from problem


def to_example(row: dict[str, Any], origin: str) -> Example:
    """One example from a row of a labelled file.

    Raises:
        ValueError: a label is not one of those that exist.

    """
    stance = row["stance"]
    barrier = row.get("barrier")
    if stance not in STANCES or barrier not in (None, *BARRIERS):
        raise ValueError(f"unknown stance {stance!r} or barrier {barrier!r}")
    if row.get("kind") not in (None, *KINDS) or row.get("intensity") not in (None, *INTENSITIES):
        raise ValueError(f"unknown kind {row.get('kind')!r} or intensity {row.get('intensity')!r}")
    name = str(row["id"])
    accepted = row.get("barriers_accepted") or ([barrier] if barrier else [])
    return Example(
        id=name,
        comment=Comment(str(row["text"]), row.get("parent"), row.get("community"), name),
        stance=stance,
        barrier=barrier if stance == PUSHBACK else None,
        further=tuple(row.get("further") or ()),
        kind=row.get("kind"),
        intensity=row.get("intensity"),
        target=row.get("target"),
        form=tuple(row.get("form") or ()),
        pair=row.get("pair"),
        group=f"{origin}:{row.get('source') or row.get('parent') or name}",
        origin=origin,
        weight=WEIGHTS.get(origin, 1.0),
        accepted=tuple(accepted),
    )
