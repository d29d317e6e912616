"""A small table of messages as somebody would export it, and the staff list beside it."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

OBJECTION = "Why can't we just use email? This network is one more place to look."
ORDINARY = "The car park on the north side is closed on Friday, please use the east gate."


def write_table(path: Path, rows: Iterable[Mapping[str, object]]) -> Path:
    """A CSV of rows that all have the same columns."""
    listed = list(rows)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(listed[0]))
        writer.writeheader()
        writer.writerows(listed)
    return path


def write_talk(
    path: Path,
    texts: Iterable[str] = (OBJECTION, ORDINARY),
    *,
    authors: int = 2,
    month: str = "2026-03",
    communities: Iterable[str] = ("Ward 3",),
) -> Path:
    """A table of messages, one a text, spread over authors, days and communities."""
    places = list(communities)
    return write_table(
        path,
        (
            {
                "id": number,
                "date": f"{month}-{number % 27 + 1:02}T09:{number % 60:02}:00Z",
                "author": f"person{number % authors}@northfield.example",
                "community": places[number % len(places)],
                "text": text,
            }
            for number, text in enumerate(texts)
        ),
    )


def write_staff(path: Path, people: int, departments: Iterable[str] = ("Surgery",)) -> Path:
    """A staff list of the authors of :func:`write_talk` and their colleagues."""
    places = list(departments)
    return write_table(
        path,
        (
            {
                "email": f"person{number}@northfield.example",
                "name": f"Person Number{number}",
                "department": places[number % len(places)],
                "location": "North site",
                "job_family": "Nursing",
                "leader": "no",
                "employed_from": "2020-01-01",
                "employed_to": "",
            }
            for number in range(people)
        ),
    )
