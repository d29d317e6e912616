"""What is true of the sample network, kept beside the export for tests and evaluation."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TextIO

from adoption.demo.activity import Posted
from adoption.demo.calendar import Timeline
from adoption.demo.effects import CHAMPIONS_TARGETS, TRAINING_TARGETS
from adoption.demo.people import BY_KEY, ROTA_BOT, Person

PEOPLE_COLUMNS = (
    "email",
    "name",
    "department",
    "location",
    "job_family",
    "leader",
    "employed_from",
    "employed_to",
)


def write_label(stream: TextIO, message: Posted) -> None:
    """One line of the truth file: message id, stance, barrier, kind and intensity.

    A bot has no stance, so its messages have no line.
    """
    if message.author is ROTA_BOT:
        return
    label = message.label
    if label.barrier is None:
        stream.write(f'{{"id": "{message.id}", "stance": "{label.stance}"}}\n')
        return
    stream.write(
        f'{{"id": "{message.id}", "stance": "{label.stance}", "barrier": "{label.barrier}",'
        f' "kind": "{label.kind}", "intensity": {label.intensity}}}\n'
    )


def write_people(path: Path, people: Sequence[Person]) -> None:
    """The people file: everybody employed in the time, whether on the network or not."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(PEOPLE_COLUMNS)
        for person in people:
            writer.writerow(
                (
                    person.email,
                    person.name,
                    BY_KEY[person.department].name,
                    person.site,
                    person.job_family,
                    "yes" if person.leader else "no",
                    person.employed_from.isoformat(),
                    person.employed_to.isoformat() if person.employed_to else "",
                )
            )


def write_enablers(path: Path, timeline: Timeline) -> None:
    """The three enablers of the programme, each with kind, title, date and target.

    ``target`` is as the store keeps it: departments by name, or nothing where all are meant.
    """
    told: tuple[tuple[str, str, date, Sequence[str]], ...] = (
        ("training", "Half-hour hands-on sessions", timeline.training, TRAINING_TARGETS),
        ("policy", "Posting policy in plain words", timeline.policy, ()),
        ("champions", "Network champions on the wards", timeline.champions, CHAMPIONS_TARGETS),
    )
    rows = [
        {
            "kind": kind,
            "title": title,
            "on": on.isoformat(),
            "target": {"department": [BY_KEY[key].name for key in targets]} if targets else {},
        }
        for kind, title, on, targets in told
    ]
    path.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
