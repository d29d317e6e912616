"""A sample network: Northfield Hospitals, an invented hospital trust that introduces a network.

:func:`write_sample` writes what a customer would upload (a Viva Engage data export and a people
file) and, beside it, what is true of it: which messages push back and why, and which enablers
were used. The story is told in docs/sample-network.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from random import Random

from adoption.demo.activity import Activity
from adoption.demo.calendar import make_timeline
from adoption.demo.communities import make_places
from adoption.demo.people import make_people
from adoption.demo.script import read_script
from adoption.demo.truth import write_enablers, write_label, write_people
from adoption.demo.writer import ExportWriter
from adoption.errors import SettingsError

LEAST_PEOPLE = 100
LEAST_MONTHS = 3


@dataclass(frozen=True, slots=True)
class Sample:
    """Where the parts of a sample network lie, and how many messages the export holds."""

    export_zip: Path
    people_file: Path
    truth: Path
    enablers: Path
    messages: int


def write_sample(
    folder: Path,
    *,
    people: int = 2000,
    months: int = 18,
    seed: int = 1,
    until: date | None = None,
    progress: Callable[[str, int, int | None], object] | None = None,
) -> Sample:
    """Write a sample network into ``folder``; the same arguments give the same bytes.

    Args:
        folder: where the files go; made if it is not there. Earlier files are replaced.
        people: how many people are employed at any time of the sample, at least 100.
        months: how many months the sample covers, at least 3; the launch comes after a third.
        seed: the seed of the random generator.
        until: the last day with messages, today if left out.
        progress: called with a stage, the days done and the days in all.

    Raises:
        SettingsError: ``people`` or ``months`` is too small, or ``folder`` cannot be written.

    """
    _check(people, months)
    timeline = make_timeline(months, until or date.today())
    staff = make_people(people, timeline, Random(f"people {seed}"))
    places = make_places()
    activity = Activity(staff, places, read_script(), timeline, Random(f"activity {seed}"))
    sample = Sample(
        export_zip=folder / "northfield-viva-engage-export.zip",
        people_file=folder / "northfield-people.csv",
        truth=folder / "northfield-truth.jsonl",
        enablers=folder / "northfield-enablers.json",
        messages=0,
    )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_people(sample.people_file, staff)
        write_enablers(sample.enablers, timeline)
        with (
            ExportWriter(sample.export_zip, timeline, Random(f"export {seed}")) as export,
            sample.truth.open("w", encoding="utf-8", newline="\n") as truth,
        ):
            export.write_directory(staff, places)
            with export.messages() as sink:
                for number, (_, messages) in enumerate(activity.days(), start=1):
                    for message in messages:
                        if sink.add(message):
                            write_label(truth, message)
                    if progress is not None:
                        progress("sample", number, timeline.days)
    except OSError as error:
        raise SettingsError(
            "The sample network could not be written",
            where=str(folder),
            next_step=f"Choose a folder that can be written and has room ({error.strerror})",
        ) from error
    return Sample(
        sample.export_zip, sample.people_file, sample.truth, sample.enablers, sink.written
    )


def _check(people: int, months: int) -> None:
    if people < LEAST_PEOPLE:
        raise SettingsError(
            f"A sample network needs at least {LEAST_PEOPLE} people",
            where=f"people = {people}",
            next_step="Ask for more people",
        )
    if months < LEAST_MONTHS:
        raise SettingsError(
            f"A sample network needs at least {LEAST_MONTHS} months",
            where=f"months = {months}",
            next_step="Ask for more months",
        )
