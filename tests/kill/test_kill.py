"""A hundred kills at random moments: nothing committed is lost, nothing half is ever seen."""

from __future__ import annotations

import multiprocessing
import random
import shutil
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from adoption.store import Store
from adoption.store.derived import DERIVED
from adoption.store.schema import TABLES
from tests.kill import importer

KILLS = 100
_LAUNCHER = multiprocessing.get_context("forkserver")
_LAUNCHER.set_forkserver_preload(["pandas", "tests.kill.importer"])


def read_until_told(home: Path, pipe: Connection) -> None:
    """A reader beside the importer: every page is seen whole or not at all, and none twice."""
    queries, problems, newest = 0, [], 0
    with Store.open(home) as store:
        while not pipe.poll():
            with store.snapshot() as snapshot:
                if snapshot.id < newest:
                    problems.append(f"snapshot {snapshot.id} after {newest}")
                newest = snapshot.id
                problems += torn_pages(snapshot)
                queries += 1
    pipe.send((queries, problems))


def torn_pages(snapshot: Any) -> list[str]:
    """Pages that are not whole in this snapshot, one sentence each."""
    page = "split_part(message_id, '-', 1)"
    messages = snapshot.sql(
        f"SELECT {page}, count(*), count(DISTINCT message_id) FROM messages GROUP BY 1"
    )
    reactions = snapshot.sql(
        f"SELECT {page}, count(*), count(DISTINCT message_id) FROM reactions GROUP BY 1"
    )
    problems = [
        f"page {number}: {rows} rows, {ids} ids"
        for number, rows, ids in messages + reactions
        if (rows, ids) != (importer.PAGE_ROWS, importer.PAGE_ROWS)
    ]
    if {row[0] for row in messages} != {row[0] for row in reactions}:
        problems.append("messages and reactions of different pages")
    facts, deleted = snapshot.sql(
        "SELECT (SELECT count(*) FROM facts), (SELECT count(*) FROM messages WHERE deleted_at NOTNULL)"
    )[0]
    if facts + deleted != len(messages) * importer.PAGE_ROWS:
        problems.append(f"{facts} facts and {deleted} deletions on {len(messages)} pages")
    return problems


def all_rows(home: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table and view.

    Of the scores only those that count, as verdicts: what was judged before it was deleted keeps a
    score, and that depends on when the flagging ran.
    """
    names = [*(name for name in TABLES if name != "scores"), *DERIVED]
    with Store.open(home) as store, store.snapshot() as snapshot:
        return {name: sorted(snapshot.sql(f"FROM {name}"), key=repr) for name in names}


@pytest.mark.timeout(400)
def test_a_hundred_kills_lose_nothing_double_nothing_and_show_nothing_half(tmp_path: Path) -> None:
    home, undisturbed = tmp_path / "killed", tmp_path / "undisturbed"
    importer.create(home)
    undisturbed.mkdir()
    shutil.copy(home / "key", undisturbed / "key")
    importer.create(undisturbed)
    pipe, far_end = _LAUNCHER.Pipe()
    reader = _LAUNCHER.Process(target=read_until_told, args=(home, far_end))
    reader.start()
    moments = random.Random(7)
    for _ in range(KILLS):
        begun, tell = _LAUNCHER.Pipe(duplex=False)
        process = _LAUNCHER.Process(target=importer.run_until_killed, args=(home, tell))
        process.start()
        assert begun.poll(30), "the importer must begin"
        time.sleep(moments.uniform(0.0, 0.8))
        process.kill()
        process.join()
        assert process.exitcode == -9, "the importer must run until it is killed"
    with Store.open(home) as store:
        snapshots = store.control.published()
    pipe.send("stop")
    queries, problems = pipe.recv()
    reader.join()

    assert problems == []
    assert queries > 20
    assert snapshots is not None
    assert snapshots.id > KILLS / 2, "most lives must have committed something"
    importer.run_to_the_end(home)
    importer.run_to_the_end(undisturbed)
    assert all_rows(home) == all_rows(undisturbed)
