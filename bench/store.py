"""Speed of the store: first import, import of the same again, small live batches, views, flagged share.

Run: ``python -m bench.store [--messages 1000000] [--order time|shuffled] [--export EXPORT.zip]``.
Rows are made on the fly, or read from a Viva Engage export (``adoption demo --people 60000 --months 24``
writes one of about 1.2 million messages). Each step runs in a process of its own, so that peak memory is
that step's. ``cpu`` is processor time, which other work on the machine does not lengthen. The last line
gives the ratios: messages per second, and how much faster the second import is.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from adoption.connector import Capability, Checkpoint, Connector, Health, Page, Source, Stream
from adoption.model import (
    AuthorKind,
    Community,
    CommunityKind,
    Message,
    MessageKind,
    Person,
    Reaction,
)
from adoption.store import Network, Store
from adoption.sync import sync
from connectors.viva_engage_export import VivaEngageExport

START = datetime(2025, 1, 6, tzinfo=UTC)
MONTHS = 18
PEOPLE = 60_000
COMMUNITIES = 400
PAGE = 5_000
DEPARTMENTS = [f"Department {number}" for number in range(16)]
_WORDS = (
    "shift rota ward meeting please thanks training account why email again nobody told us where"
    " theatre handover patient visit canteen parking update today tomorrow system slow good news"
)
WORDS = _WORDS.split()


class Generated(Connector):
    """A network made on the fly: the same rows for the same size and order."""

    name = "generated"
    title = "Generated network"
    source = Source.FILE
    summary = "Rows for measuring."
    settings = ()
    streams = (
        Stream("communities", Community, ("id",)),
        Stream("people", Person, ("id",)),
        Stream("messages", Message, ("id",)),
        Stream("reactions", Reaction, ("message_id", "person_id", "kind")),
    )
    gives = frozenset(Capability)
    lacks = {}  # noqa: RUF012
    messages = 1_000_000
    order = "time"

    def check(self) -> Health:
        """Always well."""
        return Health(True, "Generated")

    def read(self, stream: Stream, since: Checkpoint | None) -> Iterator[Page]:
        """All rows of a stream, or none after the first complete reading."""
        if since is not None:
            return
        rows = getattr(self, f"_{stream.name}")()
        page = []
        for row in rows:
            page.append(row)
            if len(page) == PAGE:
                yield Page(page, Checkpoint())
                page = []
        yield Page(page, Checkpoint())

    def _communities(self) -> Iterator[Community]:
        for number in range(COMMUNITIES):
            yield Community(
                str(number), f"Community {number}", CommunityKind.COMMUNITY, number % 9 == 0
            )

    def _people(self) -> Iterator[Person]:
        for number in range(PEOPLE):
            yield Person(
                str(number),
                name=f"Person {number}",
                email=f"person{number}@hospital.example",
                department=DEPARTMENTS[number % 16],
                location=f"Site {number % 5}",
                job_family=f"Family {number % 7}",
                is_leader=number % 50 == 0,
            )

    def _messages(self) -> Iterator[Message]:
        rng = random.Random(1)
        texts = [" ".join(rng.choices(WORDS, k=rng.randint(5, 50))) for _ in range(5000)]
        step = timedelta(days=MONTHS * 30) / self.messages
        places = list(range(self.messages))
        if self.order == "shuffled":
            rng.shuffle(places)
        for place in places:
            starter = place if place % 3 == 0 else place - place % 3
            reply = starter != place
            yield Message(
                str(10_000_000_000 + place),
                str(starter % COMMUNITIES),
                str(10_000_000_000 + starter),
                str(10_000_000_000 + starter) if reply else None,
                str((place * 7919) % PEOPLE),
                AuthorKind.PERSON,
                MessageKind.REPLY if reply else MessageKind.POST,
                START + step * place,
                f"{texts[place % 5000]} {place}",
            )

    def _reactions(self) -> Iterator[Reaction]:
        step = timedelta(days=MONTHS * 30) / self.messages
        for place in range(0, self.messages, 5):
            yield Reaction(
                str(10_000_000_000 + place),
                START + step * place,
                str((place * 104_729) % PEOPLE),
                "like",
            )


def quiet(stage: str, done: int, total: int | None, note: str = "") -> None:
    """No progress."""


def step_generate(home: Path, connector: Connector) -> dict[str, object]:
    rows = sum(
        len(page.rows) for stream in connector.streams for page in connector.read(stream, None)
    )
    return {"rows": rows}


def step_import(home: Path, connector: Connector) -> dict[str, object]:
    with Store.open(home, create=True) as store:
        store.control.put_network(Network("bench", "generated"))
        result = sync(store, "bench", connector, progress=quiet, cancelled=lambda: False, full=True)
        return {"snapshot": result.snapshot, "rows": result.rows}


def step_again(home: Path, connector: Connector) -> dict[str, object]:
    with Store.open(home) as store:
        before = store.control.published()
        result = sync(store, "bench", connector, progress=quiet, cancelled=lambda: False)
        return {"unchanged": before == store.control.published(), "rows": result.rows}


def step_live(home: Path, connector: Connector) -> dict[str, object]:
    rows = list(itertools.islice(Generated({})._messages(), 20))
    late = START + timedelta(days=MONTHS * 30 - 1)
    times = {"new": [], "edited": []}
    with Store.open(home) as store, store.writer("live") as writer:
        for number in range(6):
            new = [r._replace(id=f"live-{number}-{i}", created_at=late) for i, r in enumerate(rows)]
            for kind, batch in (("new", new), ("edited", [r._replace(text="edited") for r in new])):
                began = time.perf_counter()
                writer.write("bench", batch)
                writer.commit()
                times[kind].append(round(time.perf_counter() - began, 3))
    return times


OVERVIEW = (
    "SELECT count(DISTINCT person_id) FROM acts WHERE week BETWEEN $1 AND $2",
    "SELECT act, count(*) FROM acts WHERE week BETWEEN $1 AND $2 GROUP BY 1",
    "SELECT week, count(DISTINCT person_id), count(*) FROM acts WHERE week BETWEEN $1 AND $2 GROUP BY 1",
    "SELECT department, count(DISTINCT person_id) FROM acts WHERE week BETWEEN $1 AND $2 GROUP BY 1",
    "SELECT count(*) FILTER (people > 1), count(*) FROM (SELECT conversation_id, count(DISTINCT person_id)"
    " AS people FROM facts WHERE week BETWEEN $1 AND $2 GROUP BY 1)",
)


def step_read(home: Path, connector: Connector) -> dict[str, object]:
    found: dict[str, object] = {}
    with Store.open(home) as store:
        for name in ("first", "warm", "again"):
            began = time.perf_counter()
            with store.snapshot() as snapshot:
                snapshot.warm()
                opened = time.perf_counter()
                for query in OVERVIEW:
                    for weeks in (("2026-01-05", "2026-03-30"), ("2025-10-06", "2025-12-29")):
                        snapshot.sql(query, weeks)
            found[name] = {
                "open": round(opened - began, 3),
                "figures of two periods": round(time.perf_counter() - opened, 3),
            }
    return found


STEPS = {
    "read the source only": step_generate,
    "import": step_import,
    "import again": step_again,
    "import again in full": step_import,
    "live batches of 20": step_live,
    "read": step_read,
}


def source(given: argparse.Namespace) -> Connector:
    if given.export:
        return VivaEngageExport({"path": str(given.export)})
    connector = Generated({})
    connector.messages, connector.order = given.messages, given.order
    return connector


def run_step(given: argparse.Namespace) -> dict[str, object]:
    connector = source(given)
    began, cpu = time.perf_counter(), time.process_time()
    found = STEPS[given.step](given.home, connector)
    return {
        "step": given.step,
        "seconds": round(time.perf_counter() - began, 2),
        "cpu": round(time.process_time() - cpu, 2),
        "peak MB": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        **found,
    }


def ratios(steps: dict[str, dict[str, Any]]) -> dict[str, object]:
    first, again = steps["import"], steps["import again"]
    messages = sum(first["rows"]["messages"])
    return {
        "messages per second": round(messages / first["seconds"]),
        "messages per processor second": round(messages / first["cpu"]),
        "second import faster": round(first["seconds"] / max(again["seconds"], 0.01), 1),
        "second import changed nothing": again["unchanged"],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--order", choices=("time", "shuffled"), default="time")
    parser.add_argument("--export", type=Path)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--step", choices=tuple(STEPS))
    given = parser.parse_args()
    if given.step:
        print(json.dumps(run_step(given)))
        return
    steps = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in STEPS:
            command = [
                sys.executable,
                "-m",
                "bench.store",
                *sys.argv[1:],
                "--step",
                name,
                "--home",
                f"{folder}/home",
            ]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
            print(done.stdout.strip(), flush=True)
            steps[name] = json.loads(done.stdout)
    print(json.dumps(ratios(steps)))


if __name__ == "__main__":
    main()
