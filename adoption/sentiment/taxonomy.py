"""The barriers as data: config/barriers.toml, read and checked.

An organisation may rename a barrier, add one, or fold one into another. Everything that shows or
predicts barriers asks this module, so that the words appear once.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from adoption.errors import SettingsError
from adoption.settings import config_dir

FILE_NAME = "barriers.toml"


@dataclass(frozen=True, slots=True)
class Group:
    """One of the groups that barriers are reported in."""

    code: str
    title: str
    description: str
    answer: str


@dataclass(frozen=True, slots=True)
class Barrier:
    """One reason to push back.

    ``phrases`` hint at it, ``decisive`` phrases are pushback by themselves, ``examples`` are
    whole comments an organisation gave to teach it. ``merged_into`` names the barrier that
    stands for it from now on.
    """

    code: str
    group: str
    title: str
    description: str
    example: str
    answered_by: str
    enablers: tuple[str, ...]
    phrases: tuple[str, ...]
    decisive: tuple[str, ...]
    examples: tuple[str, ...]
    merged_into: str | None


@dataclass(frozen=True)
class Taxonomy:
    """All groups, barriers, target names and marks of one barriers.toml."""

    groups: Mapping[str, Group]
    barriers: Mapping[str, Barrier]
    target_names: tuple[str, ...]
    cased_names: tuple[str, ...]
    marks: Mapping[str, tuple[str, ...]]
    version: str

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """The codes in force, in the order of the file, without merged ones."""
        return tuple(b.code for b in self.barriers.values() if b.merged_into is None)

    def resolve(self, code: str) -> str | None:
        """The code that stands for ``code`` today; ``None`` when it was removed."""
        for _ in range(len(self.barriers)):
            barrier = self.barriers.get(code)
            if barrier is None or barrier.merged_into is None:
                return code if barrier is not None else None
            code = barrier.merged_into
        return None

    def group_of(self, code: str) -> str | None:
        """The group a barrier is reported in."""
        resolved = self.resolve(code)
        return self.barriers[resolved].group if resolved is not None else None


def load_taxonomy(path: Path | None = None) -> Taxonomy:
    """Read a barriers.toml; the shipped one when no path is given.

    Raises:
        SettingsError: the file is missing, is not TOML, or lacks a needed field.

    """
    source = path or config_dir() / FILE_NAME
    try:
        content = source.read_bytes()
        data = tomllib.loads(content.decode("utf-8"))
    except OSError as problem:
        raise SettingsError(
            f"The taxonomy cannot be read: {problem.strerror}",
            where=str(source),
            next_step="Restore the file or leave the setting out to use the shipped one",
        ) from problem
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise _bad(source, f"The taxonomy is not valid TOML: {problem}") from problem
    groups = {
        code: Group(
            code, *(_text(source, code, entry, k) for k in ("title", "description", "answer"))
        )
        for code, entry in data.get("groups", {}).items()
    }
    barriers = {b.code: b for b in (_barrier(source, entry) for entry in data.get("barrier", []))}
    _check(source, groups, barriers, len(data.get("barrier", [])))
    marks = {name: tuple(values) for name, values in data.get("marks", {}).items()}
    names, cased = (
        tuple(str(name) for name in data.get("target", {}).get(key, ()))
        for key in ("names", "cased")
    )
    digest = hashlib.sha256(content).hexdigest()[:8]
    return Taxonomy(groups, barriers, names, cased, marks, f"{data.get('version', '0')}-{digest}")


def _barrier(source: Path, entry: dict[str, Any]) -> Barrier:
    code = str(entry.get("code", ""))
    texts = ("group", "title", "description", "example", "answered_by")
    group, title, description, example, answered_by = (
        _text(source, code or "a barrier without a code", entry, key) for key in texts
    )
    lists = {
        key: tuple(str(item) for item in entry.get(key, ()))
        for key in ("enablers", "phrases", "decisive", "examples")
    }
    return Barrier(
        code, group, title, description, example, answered_by,
        merged_into=entry.get("merged_into"), **lists,
    )  # fmt: skip


def _text(source: Path, code: str, entry: Mapping[str, Any], key: str) -> str:
    value = entry.get(key)
    if not isinstance(value, str) or not value:
        raise _bad(source, f"{code} has no {key}")
    return value


def _check(
    source: Path, groups: Mapping[str, Group], barriers: Mapping[str, Barrier], count: int
) -> None:
    if not barriers:
        raise _bad(source, "The taxonomy names no barrier")
    if len(barriers) != count or "" in barriers:
        raise _bad(source, "A barrier code is missing or used twice")
    for barrier in barriers.values():
        if barrier.group not in groups:
            raise _bad(source, f"{barrier.code} is in the unknown group {barrier.group!r}")
        if barrier.merged_into is not None and barrier.merged_into not in barriers:
            raise _bad(source, f"{barrier.code} is merged into the unknown {barrier.merged_into!r}")


def _bad(source: Path, what: str) -> SettingsError:
    return SettingsError(
        what, where=str(source), next_step="Correct the file; docs/detector.md describes its fields"
    )
