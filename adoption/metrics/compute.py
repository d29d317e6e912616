"""Computing one metric: rows, groups, totals, and what the privacy gate needs to know."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from adoption.connector import Capability
from adoption.errors import SettingsError
from adoption.metrics.catalogue import metric_called
from adoption.metrics.channels import has_usage
from adoption.metrics.engine import cell, estimates, is_mix, measure
from adoption.metrics.figures import (
    LABELS,
    Figures,
    RawCell,
    Rest,
    Selection,
    figures_from_dict,
)
from adoption.metrics.frames import TIME_SPLITS, Frames, Tables, records, split_columns
from adoption.metrics.memory import Cache, Memory
from adoption.metrics.metric import Floor, Key, Metric, Scene
from adoption.metrics.roster import ROSTER_SPLITS, Roster, counted
from adoption.metrics.taxonomy import barrier_groups, barrier_titles, group_titles
from adoption.period import Period, week_name

Lacks = Mapping[str, Mapping[str, str]]
NOT_KNOWN = "Not known"
NOTHING = "Nothing to count here in this period."
STATE_TITLES = {
    "scored": "Judged",
    "unsupported_language": "Another language",
    "too_short": "Too short",
    "undetermined": "Undetermined",
    "waiting": "Not yet looked at",
}


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: one metric, for a period and a selection, split once or twice."""

    metric: Metric
    period: Period
    selection: Selection
    by: str | None
    across: str | None

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits that are set."""
        return tuple(split for split in (self.by, self.across) if split)

    def params(self, lacks: Lacks) -> list[object]:
        """Everything but metric and snapshot, as a key of the cache."""
        return [
            str(self.period),
            self.selection.as_dict(),
            self.by,
            self.across,
            {network: sorted(missing) for network, missing in sorted(lacks.items())},
        ]


def compute(
    snapshot: Tables,
    name: str,
    period: Period,
    selection: Selection = Selection(),  # noqa: B008 - frozen
    by: str | None = None,
    across: str | None = None,
    *,
    lacks: Lacks | None = None,
    cache: Cache | None = None,
) -> Figures:
    """Compute one metric.

    Args:
        snapshot: the published data to read.
        name: a metric of the catalogue.
        period: whole ISO weeks.
        selection: what to limit it to.
        by: a split (one of :data:`SPLITS`), or ``None``.
        across: a second split.
        lacks: per network, the capabilities its connector lacks, each with a sentence saying so.
        cache: where results are kept.

    Raises:
        SettingsError: there is no such metric, or it cannot be split like that.

    """
    metric = metric_called(name)
    question = Question(metric, period, selection, by or metric.default_split, across)
    check_splits(question)
    memory = Memory(snapshot.id, cache)
    stored = memory.recall(
        name,
        question.params(lacks or {}),
        lambda: _answer(snapshot, question, lacks or {}, memory).as_dict(),
    )
    return figures_from_dict(stored)


def check_splits(question: Question) -> None:
    """Refuse splits the metric does not have.

    Raises:
        SettingsError: names the splits it has.

    """
    splits, allowed = question.splits, question.metric.splits
    wrong = [split for split in splits if split not in allowed]
    clash = len(set(splits)) < len(splits) or len(TIME_SPLITS & set(splits)) > 1
    if wrong or clash or len(LABELS & set(splits)) > 1:
        raise SettingsError(
            f"{question.metric.title} cannot be split by {' and '.join(wrong or splits)}",
            where=f"metric {question.metric.name}",
            next_step=f"Use one of: {', '.join(allowed)}",
        )


def _answer(snapshot: Tables, question: Question, lacks: Lacks, memory: Memory) -> Figures:
    metric = question.metric
    missing = {
        network: " ".join(said[need] for need in metric.needs if need in said)
        for network, said in lacks.items()
        if not said.keys().isdisjoint(metric.needs)
    }
    frames = Frames(snapshot, question.period, question.selection, missing, memory=memory)
    roster = Roster(frames, [n for n, said in lacks.items() if Capability.ROSTER in said])
    reason = _why_not(question, frames, roster, missing)
    if reason:
        return _bare(question, snapshot.id, RawCell(note=reason))
    return _Answer(question, frames, roster).figures(
        tuple(f"Without {network}: {said}" for network, said in sorted(missing.items()))
    )


def _why_not(question: Question, frames: Frames, roster: Roster, missing: Mapping[str, str]) -> str:
    """Why there can be no figure at all, or ``""``."""
    if not frames.data_span:
        return " ".join(sorted(set(missing.values()))) or "There are no messages yet."
    first = min(span[0] for span in frames.data_span.values()).date()
    if question.period.end <= first:
        return f"The data begins on {first}, after this period."
    if question.metric.needs_usage and question.selection.communities:
        return "Mail and chat belong to no community."
    if question.metric.needs_usage and not has_usage(frames):
        return "No daily counts of mail and chat for this period; connect a usage report."
    if question.metric.needs_roster and question.selection.communities:
        return "Who belongs to a community is not known."
    if question.metric.needs_roster and not roster.exists:
        return "There is no list of all staff; import a people file to see this."
    return ""


def _bare(question: Question, snapshot: int, total: RawCell) -> Figures:
    return Figures(
        question.metric.name,
        question.period,
        question.selection,
        question.by,
        question.across,
        snapshot,
        total,
    )


class _Answer:
    """One question being answered."""

    def __init__(self, question: Question, frames: Frames, roster: Roster) -> None:
        self.question = question
        self.metric = question.metric
        self.frames = frames
        self.roster = roster
        self._sizes: dict[str | None, dict[Key, int]] = {}
        self._names: dict[Key, str] | None = None

    def figures(self, notes: tuple[str, ...]) -> Figures:
        """Everything the gate needs."""
        question = self.question
        total = self._cells(())[0]
        rows = self._cells(question.splits) if question.by else ()
        both = question.by is not None and question.across is not None
        return replace(
            _bare(question, self.frames.snapshot.id, total),
            rows=rows,
            row_totals=self._cells((question.by,)) if both and question.by else (),
            column_totals=self._cells((question.across,)) if both and question.across else (),
            parts=self._parts(),
            rest=self._rest(),
            notes=notes + self._notes(),
        )

    def _parts(self) -> tuple[RawCell, ...]:
        """The selected groups one by one: adding a small one to a large one must not betray it."""
        selection = self.question.selection
        chosen = {"department": selection.departments, "community": selection.communities}
        return tuple(
            RawCell(key=key_text(split, key), people=people)
            for split, keys in chosen.items()
            if keys
            for key, people in sorted(self._group_sizes(split).items())
        )

    def _rest(self) -> Rest | None:
        """What the selection leaves out."""
        selection, frames = self.question.selection, self.frames
        if selection.is_everything():
            return None
        others = Frames(
            frames.snapshot,
            frames.period,
            selection,
            frames.without,
            memory=frames.memory,
            inverse=True,
        )
        roster = Roster(others, self.roster.unnamed)
        if roster.exists and not (selection.communities or selection.networks):
            people = roster.sizes(None)[()]
        else:
            people = counted(others.acts(), None)[()]
        if self.metric.floor is not Floor.PUSHBACK:
            return Rest(people)
        authors = measure(self.metric, self.metric.rows(Scene(others, roster, ())), ())
        return Rest(people, authors.of(()).authors)

    def _notes(self) -> tuple[str, ...]:
        first = min(span[0] for span in self.frames.data_span.values()).date()
        last = max(span[1] for span in self.frames.data_span.values()).date()
        notes = []
        if first > self.question.period.start:
            notes.append(f"The data begins on {first}, within this period.")
        if last < self.question.period.end - timedelta(days=1):
            notes.append(f"The data ends on {last}, before this period is over.")
        return tuple(notes)

    def _cells(self, splits: tuple[str, ...]) -> tuple[RawCell, ...]:
        events = self.frames.split(
            self.metric.rows(Scene(self.frames, self.roster, splits)), splits
        )
        counts = measure(self.metric, events, splits)
        estimated = estimates(self.metric, events, splits)
        mixed = is_mix(self.metric, splits)
        cells = []
        for keys in self._groups(splits, counts.found):
            people = self._people(keys, splits)
            raw = cell(self.metric, counts.of(keys), people, mixed=mixed, empty=NOTHING)
            cells.append(self._named(estimated(keys, raw), keys, splits))
        return tuple(cells)

    def _groups(self, splits: tuple[str, ...], found: Collection[Key]) -> Iterable[tuple[Key, ...]]:
        """All groups that are listed, also those in which nothing happened."""
        if not splits:
            return [()]
        if len(splits) == 1:
            return [(key,) for key in self._keys(splits[0], found)]
        width = len(split_columns(splits[0]))
        firsts = self._keys(splits[0], {key[:width] for key in found})
        seconds = self._keys(splits[1], {key[width:] for key in found})
        return [(first, second) for first in firsts for second in seconds]

    def _keys(self, split: str, found: Iterable[Key]) -> list[Key]:
        expected: list[Key] = []
        if split in TIME_SPLITS:
            step = 1 if split == "week" else 4
            return [(start,) for start in self.question.period.weeks()[::step]]
        if split == "barrier":
            expected = [(code,) for code in barrier_groups()]
        elif split == "group":
            expected = [(code,) for code in group_titles()]
        elif split in ROSTER_SPLITS:
            expected = sorted(self._group_sizes(split))
        return expected + sorted(set(found) - set(expected))

    def _people(self, keys: tuple[Key, ...], splits: tuple[str, ...]) -> int:
        """How many people the group has: the smallest of the groups it lies in."""
        sizes = [self._group_sizes(None).get((), 0)]
        for key, split in zip(keys, splits, strict=True):
            if split not in LABELS:
                sizes.append(self._group_sizes(split).get(key, 0))
        return min(sizes)

    def _group_sizes(self, split: str | None) -> dict[Key, int]:
        """People per group: on the roster where it knows the split, else those who acted."""
        if split not in self._sizes:
            asked = self.question
            params = [
                str(asked.period),
                asked.selection.as_dict(),
                split,
                sorted(self.frames.without),
                self.roster.networks,
            ]
            stored = self.frames.memory.recall(
                "group-sizes", params, lambda: _listed(self._counted(split))
            )
            self._sizes[split] = {
                tuple(date.fromisoformat(p) if split in TIME_SPLITS else p for p in key): people
                for key, people in stored
            }
        return self._sizes[split]

    def _counted(self, split: str | None) -> dict[Key, int]:
        from_roster = split is None or split in ROSTER_SPLITS or split in TIME_SPLITS
        if from_roster and self.roster.exists and not self.question.selection.communities:
            return self.roster.sizes(split)
        return counted(self.frames.split(self.frames.acts(), [split] if split else []), split)

    def _named(self, raw: RawCell, keys: tuple[Key, ...], splits: tuple[str, ...]) -> RawCell:
        if not splits:
            return raw
        across = key_text(splits[1], keys[1]) if len(splits) > 1 else None
        key = key_text(splits[0], keys[0])
        return replace(raw, key=key, label=self._label(splits[0], keys[0]), across=across)

    def _label(self, split: str, key: Key) -> str:
        if split == "community":
            return self._community_names().get(key) or NOT_KNOWN
        text = key_text(split, key)
        titles: Mapping[str, str] = {}
        if split == "barrier":
            titles = barrier_titles()
        elif split == "group":
            titles = group_titles()
        elif split == "state":
            titles = STATE_TITLES
        return titles.get(text, text) or NOT_KNOWN

    def _community_names(self) -> dict[Key, str]:
        if self._names is None:
            table = self.frames.snapshot.table("communities")
            rows = records(table.select("network", "community_id", "name"))
            self._names = {(row["network"], row["community_id"]): row["name"] for row in rows}
        return self._names


def _listed(sizes: Mapping[Key, int]) -> list[tuple[list[str], int]]:
    """Group sizes as JSON knows them."""
    return [
        ([part.isoformat() if isinstance(part, date) else part for part in key], people)
        for key, people in sizes.items()
    ]


def key_text(split: str, key: Key) -> str:
    """A group's key as it stands in a URL, an export and a selection."""
    if split in TIME_SPLITS:
        start = key[0]
        return week_name(start if isinstance(start, date) else start.date())
    return "/".join(str(part) for part in key)
