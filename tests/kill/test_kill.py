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
SOME_COMMITS = 4
LONGEST_LIFE = 1.0
"""Seconds; keeps the test short on a machine that is busy with other things."""
_LAUNCHER = multiprocessing.get_context("forkserver")
_LAUNCHER.set_forkserver_preload(["pandas", "tests.kill.importer"])


def start_importer(home: Path, *, flag_first: bool) -> Any:
    """An importer that has begun its work."""
    begun, tell = _LAUNCHER.Pipe(duplex=False)
    process = _LAUNCHER.Process(
        target=importer.run_until_killed, daemon=True, args=(home, tell, flag_first)
    )
    process.start()
    assert begun.poll(60), "the importer must begin"
    return process


def seconds_of_some_commits(home: Path) -> float:
    """How long an importer needs on this machine, now, for a few commits, within reason."""
    process = start_importer(home, flag_first=False)
    began = time.perf_counter()
    with Store.open(home) as store:
        while published(store) < SOME_COMMITS:
            time.sleep(0.01)
    process.kill()
    process.join()
    return min(time.perf_counter() - began, LONGEST_LIFE)


def published(store: Store) -> int:
    """The number of the published snapshot."""
    found = store.control.published()
    assert found is not None
    return found.id


def read_until_told(home: Path, pipe: Connection) -> None:
    """A reader beside the importer: every page is seen whole or not at all, and none twice."""
    queries, problems, newest = 0, [], 0
    with Store.open(home) as store:
        while not pipe.poll():
            with store.snapshot() as snapshot:
                if snapshot.id < newest:
                    problems.append(f"snapshot {snapshot.id} after {newest}")
                newest = snapshot.id
                problems += torn_pages(snapshot) + wrong_facts(snapshot)
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
    return problems


def wrong_facts(snapshot: Any) -> list[str]:
    """Whether the facts are all messages but the deleted ones."""
    facts, deleted, messages = snapshot.sql(
        "SELECT (SELECT count(*) FROM facts), count(deleted_at), count(*) FROM messages"
    )[0]
    return (
        [] if facts + deleted == messages else [f"{facts} facts, {deleted} of {messages} deleted"]
    )


def all_rows(home: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table and view.

    Of the scores only those that count, as verdicts: what was judged before it was deleted keeps a
    score, and that depends on when the flagging ran.
    """
    names = [*(name for name in TABLES if name != "scores"), *DERIVED]
    with Store.open(home) as store, store.snapshot() as snapshot:
        return {name: sorted(snapshot.sql(f"FROM {name}"), key=repr) for name in names}


@pytest.mark.timeout(600)
def test_a_hundred_kills_lose_nothing_double_nothing_and_show_nothing_half(tmp_path: Path) -> None:
    home, undisturbed = tmp_path / "killed", tmp_path / "undisturbed"
    importer.create(home)
    undisturbed.mkdir()
    shutil.copy(home / "key", undisturbed / "key")
    importer.create(undisturbed)
    pipe, far_end = _LAUNCHER.Pipe()
    reader = _LAUNCHER.Process(target=read_until_told, daemon=True, args=(home, far_end))
    reader.start()
    moments = random.Random(7)
    some_commits = seconds_of_some_commits(home)
    for life in range(KILLS):
        process = start_importer(home, flag_first=life % 2 == 0)
        time.sleep(moments.uniform(0.0, some_commits))
        process.kill()
        process.join()
        assert process.exitcode == -9, "the importer must run until it is killed"
        with Store.open(home) as store, store.snapshot() as snapshot:
            assert torn_pages(snapshot) == []
    with Store.open(home) as store:
        snapshots = published(store)
    pipe.send("stop")
    queries, problems = pipe.recv()
    reader.join()

    assert problems == []
    assert queries > 20
    assert snapshots > KILLS / 5, "many lives must have committed something"
    importer.run_to_the_end(home)
    importer.run_to_the_end(undisturbed)
    assert all_rows(home) == all_rows(undisturbed)
