"""One sample network for all tests, read back the plain way, without the product's reader."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from adoption.demo import Sample, write_sample
from adoption.demo.calendar import Timeline, make_timeline

UNTIL = date(2026, 6, 30)

Rows = list[dict[str, str]]


def read_table(export: Path, name: str) -> Rows:
    """A table of an export as dictionaries."""
    with ZipFile(export) as archive, archive.open(name) as raw:
        text = io.TextIOWrapper(raw, encoding="utf-8-sig", newline="")
        return list(csv.DictReader(text))


class World:
    """A sample and what it holds."""

    def __init__(self, sample: Sample) -> None:
        self.sample = sample
        self.timeline: Timeline = make_timeline(18, UNTIL)
        self.rows = read_table(sample.export_zip, "Messages.csv")
        self.messages = [row for row in self.rows if row["sender_type"] == "user"]
        self.users = {row["id"]: row for row in read_table(sample.export_zip, "Users.csv")}
        lines = sample.truth.read_text("utf-8").splitlines()
        self.truth: dict[str, dict[str, Any]] = {
            row["id"]: row for row in (json.loads(line) for line in lines)
        }
        self.enablers: dict[str, dict[str, Any]] = {
            row["kind"]: row for row in json.loads(sample.enablers.read_text("utf-8"))
        }
        with sample.people_file.open(encoding="utf-8", newline="") as stream:
            self.people = list(csv.DictReader(stream))

    def department(self, row: dict[str, str]) -> str:
        """The department of a message's writer."""
        return self.users[row["sender_id"]]["department"]

    def between(self, start: date, end: date) -> Iterator[dict[str, str]]:
        """The messages from ``start`` up to, not including, ``end``."""
        for row in self.messages:
            if start.isoformat() <= row["created_at"][:10] < end.isoformat():
                yield row

    def barriers(self, start: date, days: int) -> list[str]:
        """The barriers of the pushback in some days."""
        found = (self.truth.get(r["id"]) for r in self.between(start, start + timedelta(days)))
        return [label["barrier"] for label in found if label and "barrier" in label]


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The sample network with the default arguments, up to a fixed day."""
    return World(write_sample(tmp_path_factory.mktemp("sample"), until=UNTIL))
