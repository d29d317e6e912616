"""The use cases. The command line and the dashboard call these and nothing below them.

A :class:`Service` is bound to one data folder. Several can work on the same folder at once: readers
never wait, and the store lets one writer in at a time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from adoption.configuration import load_configuration
from adoption.connecting import PEOPLE_NETWORK, ConnectionDesk, network_for
from adoption.connections import Connection, check_network_name
from adoption.demo import Sample, write_sample
from adoption.enabling import (
    EFFECT_METRICS,
    EnablerReport,
    MeasuredEffect,
    departments_of,
)
from adoption.errors import AdoptionError, SettingsError
from adoption.importing import explained, file_connector, kind_of, lacks_of
from adoption.judging import detector_for
from adoption.metrics import (
    Selection,
    compute,
    enabler_effect,
    flagged_comments,
    weeks_around,
)
from adoption.overview import Headline, overview
from adoption.period import WEEK, Period
from adoption.privacy import (
    Floors,
    Masker,
    Released,
    ReleasedComments,
    release,
    release_comments,
    release_effect,
)
from adoption.reports import build_report, write_report
from adoption.reports.charts import Event
from adoption.review_files import read_answers, write_queue
from adoption.review_quality import ReviewQuality, review_quality
from adoption.reviews import ReviewDesk, ReviewItem
from adoption.scoring import ScoreResult, score
from adoption.sentiment.corrections import Correction
from adoption.status import Status, read_status
from adoption.store import Counts, Enabler, Snapshot, Store
from adoption.sync import Progress, RunResult, sync

__all__ = ["Outcome", "Progress", "Service", "network_for"]

PEOPLE_CONNECTOR = "people-file"
DEFAULT_WEEKS = 13


def never() -> bool:
    """The default answer to "was this cancelled?"."""
    return False


def quiet(stage: str, done: int, total: int | None, note: str = "") -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How reading one network ended.

    ``state`` is ``finished``, ``stopped`` or ``failed``; ``error`` then says why and what to do.
    """

    network: str
    state: str
    rows: Mapping[str, Counts] = field(default_factory=dict)
    skipped: int = 0
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    error: str = ""

    @classmethod
    def of(cls, run: RunResult) -> Outcome:
        """The outcome of a run that did not fail."""
        return cls(run.network, run.state, run.rows, run.skipped, run.notes, run.seconds)

    def as_dict(self) -> dict[str, Any]:
        """JSON, as ``adoption import --json`` and ``adoption sync --json`` print it."""
        return {
            "network": self.network,
            "state": self.state,
            "rows": {table: counts._asdict() for table, counts in self.rows.items()},
            "skipped": self.skipped,
            "notes": list(self.notes),
            "seconds": round(self.seconds, 2),
            "error": self.error,
        }


class Service:
    """All use cases on one data folder; use it with ``with``.

    Raises:
        StoreError: there is no data folder (unless ``create``), or it cannot be used.

    """

    def __init__(self, home: Path, *, create: bool = False, floors: Floors | None = None) -> None:
        self.home = home
        self.configuration = load_configuration(home)
        self.floors = floors or self.configuration.floors
        self._store = Store.open(home, create=create)
        self.connections = ConnectionDesk(home, self._store)
        self._reviews = ReviewDesk(
            self._store, floors=self.floors, share=self.configuration.review_share
        )

    def __enter__(self) -> Service:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the data folder."""
        self._store.close()

    # Bring data in

    def import_files(
        self,
        files: Sequence[Path],
        *,
        kind: str | None = None,
        network: str | None = None,
        options: Mapping[str, Any] | None = None,
        progress: Progress = quiet,
        cancelled: Callable[[], bool] = never,
    ) -> Outcome:
        """Read files of one kind into one network. Reading them again changes nothing.

        Raises:
            SettingsError: the kind cannot be told, or the network belongs to another connector.
            SourceError: a file cannot be used; the store is unchanged.

        """
        name = kind_of(files, kind)
        target = network or (PEOPLE_NETWORK if name == PEOPLE_CONNECTOR else network_for(name))
        check_network_name(target)
        self.connections.refuse_other_connector(target, name)
        connector = file_connector(name, files, options or {})
        self.connections.register(target, name, lacks_of(connector))
        return Outcome.of(
            sync(self._store, target, connector, progress=progress, cancelled=cancelled)
        )

    def explain_file(
        self, files: Sequence[Path], *, kind: str | None, options: Mapping[str, Any]
    ) -> list[str]:
        """How files would be read, in lines: the connector, and for tables the mapping of columns."""
        return explained(files, kind_of(files, kind), options)

    def sync(
        self,
        networks: Sequence[str] = (),
        *,
        full: bool = False,
        progress: Progress = quiet,
        cancelled: Callable[[], bool] = never,
        wait_seconds: float = 0.0,
    ) -> list[Outcome]:
        """Fetch what is new. One network failing does not stop the others; its run says why."""
        chosen = self.connections.chosen(networks)
        results = []
        for connection in chosen:
            if cancelled():
                break
            results.append(self._sync_one(connection, full, progress, cancelled, wait_seconds))
        return results

    def flag(
        self,
        *,
        everything: bool = False,
        profile: str | None = None,
        progress: Progress = quiet,
        cancelled: Callable[[], bool] = never,
    ) -> ScoreResult:
        """Score what is new, or everything when the model changed or ``everything`` is asked."""
        detector = detector_for(self.configuration, self.home, profile, self._masker)
        result = score(
            self._store, detector, progress=progress, cancelled=cancelled, everything=everything
        )
        self.warm()
        return result

    # Figures

    def latest_period(self, weeks: int = DEFAULT_WEEKS) -> Period:
        """The last ``weeks`` whole weeks that have data.

        Raises:
            SettingsError: there are no messages yet.

        """
        span = self.data_span()
        if span is None:
            raise SettingsError(
                "There are no messages yet",
                where=str(self.home),
                next_step="Run adoption import FILE, or adoption demo for a sample network",
            )
        return Period.last_weeks(span[1], weeks)

    def data_span(self) -> tuple[date, date] | None:
        """The first and the last day with messages, or ``None`` when there are none."""
        with self._store.snapshot() as snapshot:
            first, last = snapshot.sql("SELECT min(created_on), max(created_on) FROM facts")[0]
        return (first, last) if first else None

    def metric(
        self,
        name: str,
        period: Period,
        selection: Selection = Selection(),  # noqa: B008 - frozen
        by: str | None = None,
        across: str | None = None,
    ) -> Released:
        """One metric, past the privacy gate."""
        with self._store.snapshot() as snapshot:
            return self._metric(snapshot, name, period, selection, by, across)

    def overview(self, period: Period, selection: Selection) -> tuple[Headline, ...]:
        """The headline figures with their comparison, all from one snapshot."""
        with self._store.snapshot() as snapshot:

            def read(name: str, weeks: Period, chosen: Selection, by: str | None) -> Released:
                return self._metric(snapshot, name, weeks, chosen, by, None)

            return overview(read, period, selection)

    def comments(
        self,
        period: Period,
        selection: Selection = Selection(),  # noqa: B008 - frozen
        barrier: str | None = None,
        limit: int = 50,
    ) -> ReleasedComments:
        """Flagged comments, masked and without author, where the floors allow."""
        with self._store.snapshot() as snapshot:
            raw = flagged_comments(
                snapshot,
                period,
                selection,
                barrier,
                limit,
                lacks=self.connections.lacks(),
                cache=self._store.control,
            )
            return release_comments(raw, self._masker(), self.floors)

    def warm(self) -> None:
        """Compute what the first page shows, so that the first visitor does not wait for it."""
        if self.data_span() is None:
            return
        period = self.latest_period()
        self.overview(period, Selection())
        for name in ("active-share", "pushback-rate"):
            self.metric(name, period, by="department")
        self.comments(period)

    def groups(self) -> dict[str, list[tuple[str, str]]]:
        """What figures can be limited to: networks, communities and departments, key and label."""
        with self._store.snapshot() as snapshot:
            networks = snapshot.sql("SELECT DISTINCT network FROM facts ORDER BY 1")
            communities = snapshot.sql(
                "SELECT DISTINCT c.network || '/' || c.community_id, c.name FROM communities c"
                " JOIN facts f ON f.network = c.network AND f.community_id = c.community_id"
                " ORDER BY 2"
            )
            departments = snapshot.sql(
                "SELECT DISTINCT department FROM facts WHERE department IS NOT NULL ORDER BY 1"
            )
        return {
            "networks": [(row[0], row[0]) for row in networks],
            "communities": [(row[0], row[1]) for row in communities],
            "departments": [(row[0], row[0]) for row in departments],
        }

    def enablers(self) -> list[Enabler]:
        """What was done about barriers, by date."""
        return self._store.control.enablers()

    def add_enabler(self, enabler: Enabler) -> None:
        """Register what was done."""
        self._store.control.put_enabler(enabler)

    def remove_enabler(self, number: int) -> None:
        """Forget an enabler."""
        self._store.control.remove_enabler(number)

    def enabler_effects(self) -> list[EnablerReport]:
        """Each enabler with what it changed, newest first."""
        span = self.data_span()
        if span is None:
            return []
        names = [name for name, _ in self.groups()["departments"]]
        with self._store.snapshot() as snapshot:
            return [
                EnablerReport(enabler, self._effects(snapshot, enabler, span, names))
                for enabler in reversed(self.enablers())
            ]

    def events(self, period: Period) -> list[Event]:
        """The enablers that began within a period, for charts."""
        return [
            Event(enabler.on.isoformat(), enabler.title)
            for enabler in self.enablers()
            if period.start <= enabler.on < period.end
        ]

    def status(self) -> Status:
        """What is in the data folder."""
        return read_status(self._store, self.connections.lacks())

    def report(self, period: Period, selection: Selection, kind: str, out: Path) -> Path:
        """Write a resistance report; see :mod:`adoption.reports`."""
        return write_report(build_report(self, period, selection), kind, out)

    # Corrections by people

    def review_queue(self, limit: int = 40) -> list[ReviewItem]:
        """What to review next: random checks and uncertain comments in turn, masked."""
        return self._reviews.queue(limit, self._masker())

    def review(self, key: str, verdict: str, barrier: str | None = None) -> None:
        """Keep one answer to an item of the queue; it counts at once and is in the audit."""
        self._reviews.take(key, verdict, barrier)

    def undo_review(self, key: str) -> None:
        """Take the newest answer on an item back."""
        self._reviews.undo(key)

    def review_quality(self) -> ReviewQuality:
        """Precision and recall of the detector by the word of those who checked it at random."""
        return review_quality(self._store)

    def corrections(self) -> list[Correction]:
        """What reviewers said, masked, for training; without the random checks, which test it."""
        return self._reviews.lessons(self._masker())

    def export_review_queue(self, out: Path, limit: int = 100) -> int:
        """Write the queue as CSV; returns how many comments it holds."""
        return write_queue(self.review_queue(limit), out)

    def import_review_answers(self, path: Path) -> int:
        """Take over a filled-in CSV; returns how many answers were new."""
        return self._reviews.keep(read_answers(path, self._reviews))

    # The sample network

    def load_sample(
        self,
        people: int,
        months: int,
        seed: int,
        until: date,
        *,
        progress: Progress = quiet,
        cancelled: Callable[[], bool] = never,
    ) -> Sample:
        """Make the sample network, import it as a customer would, register its enablers, flag it."""
        sample = write_sample(
            self.home / "sample",
            people=people,
            months=months,
            seed=seed,
            until=until,
            progress=progress,
        )
        self.import_files(
            [sample.people_file], kind=PEOPLE_CONNECTOR, progress=progress, cancelled=cancelled
        )
        self.import_files([sample.export_zip], progress=progress, cancelled=cancelled)
        self._register_enablers(sample.enablers)
        if not cancelled():
            self.flag(progress=progress, cancelled=cancelled)
        return sample

    # Within

    def _effects(
        self, snapshot: Snapshot, enabler: Enabler, span: tuple[date, date], names: Sequence[str]
    ) -> tuple[MeasuredEffect, ...]:
        period = weeks_around(enabler.on, span[1])
        if not span[0] < enabler.on < period.end - WEEK:
            return ()
        target = departments_of(enabler)
        others = tuple(name for name in names if name not in target) if target else ()
        lacks, cache = self.connections.lacks(), self._store.control

        def weekly(name: str, departments: tuple[str, ...]) -> Released:
            selection = Selection(departments=departments)
            return self._metric(snapshot, name, period, selection, "week", None)

        return tuple(
            MeasuredEffect(
                release_effect(
                    enabler_effect(
                        snapshot, name, period, enabler.on, target, lacks=lacks, cache=cache
                    ),
                    self.floors,
                ),
                weekly(name, target),
                weekly(name, others) if others else None,
            )
            for name in EFFECT_METRICS
        )

    def _masker(self) -> Masker:
        people = self._store.control.identities()
        return Masker(
            names=[person.name for person in people if person.name],
            handles=[h for person in people for h in (person.handle, person.email) if h],
        )

    def _metric(
        self,
        snapshot: Snapshot,
        name: str,
        period: Period,
        selection: Selection,
        by: str | None,
        across: str | None,
    ) -> Released:
        figures = compute(
            snapshot,
            name,
            period,
            selection,
            by,
            across,
            lacks=self.connections.lacks(),
            cache=self._store.control,
        )
        return release(figures, self.floors)

    def _sync_one(
        self,
        connection: Connection,
        full: bool,
        progress: Progress,
        cancelled: Callable[[], bool],
        wait_seconds: float,
    ) -> Outcome:
        def named(stage: str, done: int, total: int | None, note: str = "") -> None:
            progress(f"{connection.network}: {stage}", done, total, note)

        self.connections.register(connection.network, connection.connector)
        try:
            return Outcome.of(
                sync(
                    self._store,
                    connection.network,
                    self.connections.connector(connection),
                    progress=named,
                    cancelled=cancelled,
                    full=full,
                    wait_seconds=wait_seconds,
                )
            )
        except AdoptionError as problem:
            return Outcome(connection.network, "failed", error=str(problem))

    def _register_enablers(self, path: Path) -> None:
        if self._store.control.enablers():
            return
        for entry in json.loads(path.read_text("utf-8")):
            self._store.control.put_enabler(
                Enabler(
                    0,
                    entry["kind"],
                    entry["title"],
                    date.fromisoformat(entry["on"]),
                    target=entry.get("target", {}),
                )
            )
