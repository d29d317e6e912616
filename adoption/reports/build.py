"""The resistance report: what it holds, whatever the format.

A report is made of released figures only and computes none. Its text says what was found, over
which window, compared with what, and what the figures do not say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from adoption import __version__
from adoption.metrics import Selection
from adoption.overview import Headline
from adoption.period import Period
from adoption.privacy import Released, ReleasedComments, rounded
from adoption.reports.charts import Event

HEADLINES = (
    "pushback-rate",
    "objectors-share",
    "answered-pushback",
    "time-to-answer",
    "active-share",
    "active-people",
    "dialogue-share",
    "response-rate",
    "unscored-share",
)
COMMENTS_PER_BARRIER = 3
BARRIERS_WITH_COMMENTS = 6

PURPOSE = (
    "This report describes how a change is received, by topic and place. It is not made for "
    "evaluating persons, and it names none."
)
LIMITS = (
    "Text shows what people say, not what they leave unsaid: few objections may also mean that few "
    "people speak up. Flags are made by a detector that errs both ways; docs/detector.md gives its "
    "measured precision and recall. Exported counts are rounded to 5 and shares to one per cent."
)


class Figures(Protocol):
    """What a report needs to ask: the service offers it."""

    def metric(
        self,
        name: str,
        period: Period,
        selection: Selection = ...,
        by: str | None = ...,
        across: str | None = ...,
    ) -> Released:
        """One released metric."""

    def comments(
        self,
        period: Period,
        selection: Selection = ...,
        barrier: str | None = ...,
        limit: int = ...,
    ) -> ReleasedComments:
        """Released comments."""

    def events(self, period: Period) -> Sequence[Event]:
        """What was done about barriers within the period."""


@dataclass(frozen=True, slots=True)
class Section:
    """One table of the report: a figure split by something, with a heading in plain words."""

    heading: str
    figures: Released


@dataclass(frozen=True, slots=True)
class Voices:
    """The most typical comments of one barrier."""

    barrier: str
    title: str
    comments: ReleasedComments


@dataclass(frozen=True, slots=True)
class Report:
    """Everything a writer needs.

    ``trend`` is pushback by week; ``sections`` are the tables; ``definitions`` are all metrics used,
    each once; ``events`` are enablers within the period.
    """

    title: str
    period: Period
    selection: Selection
    made_at: datetime
    headlines: tuple[Headline, ...]
    trend: Released
    sections: tuple[Section, ...]
    voices: tuple[Voices, ...]
    events: tuple[Event, ...]
    version: str = __version__

    @property
    def snapshot(self) -> int:
        """The snapshot all figures were counted on."""
        return self.trend.snapshot

    @property
    def definitions(self) -> tuple[Released, ...]:
        """Each metric of the report once, for the page of definitions."""
        used = [*(h.now for h in self.headlines), *(s.figures for s in self.sections)]
        return tuple({released.metric: released for released in used}.values())

    @property
    def scope(self) -> str:
        """What the report is limited to, in words."""
        parts = [
            f"{name}: {', '.join(values)}" for name, values in self.selection.as_dict().items()
        ]
        return "; ".join(parts) or "The whole network"


def build_report(
    figures: Figures, period: Period, selection: Selection, *, now: datetime | None = None
) -> Report:
    """Gather the released figures of a resistance report.

    Args:
        figures: where they come from (the service).
        period: whole ISO weeks.
        selection: what the report is limited to.
        now: when it is made; the present by default.

    """

    def ask(name: str, by: str | None = None, weeks: Period = period) -> Released:
        return rounded(figures.metric(name, weeks, selection, by))

    by_barrier = ask("barriers", "barrier")
    return Report(
        title="Resistance report",
        period=period,
        selection=selection,
        made_at=now or datetime.now(UTC),
        headlines=tuple(
            Headline(ask(name), ask(name, weeks=period.previous())) for name in HEADLINES
        ),
        trend=ask("pushback-rate", "week"),
        sections=(
            Section("Reasons people give", by_barrier),
            Section("Pushback by department", ask("pushback-rate", "department")),
            Section("Pushback by community", ask("pushback-rate", "community")),
            Section("Answered pushback by reason", ask("answered-pushback", "barrier")),
            Section("Active share by department", ask("active-share", "department")),
        ),
        voices=_voices(figures, by_barrier, period, selection),
        events=tuple(figures.events(period)),
    )


def _voices(
    figures: Figures, by_barrier: Released, period: Period, selection: Selection
) -> tuple[Voices, ...]:
    """The surest comments of the reasons given most."""
    given = sorted(
        (cell for cell in by_barrier if cell.shown and cell.value),
        key=lambda cell: -(cell.value or 0.0),
    )
    found = (
        Voices(
            cell.key,
            cell.label,
            figures.comments(period, selection, cell.key, COMMENTS_PER_BARRIER),
        )
        for cell in given[:BARRIERS_WITH_COMMENTS]
    )
    return tuple(voices for voices in found if voices.comments.comments)
