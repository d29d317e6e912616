"""Imports that are killed at random moments and started again end where an undisturbed one does."""

from __future__ import annotations

import multiprocessing
import random
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from adoption.store import Store
from tests.connectors import killed_import, mattermost, slack, viva

KILLS = 10
TABLES = ("messages", "reactions", "people", "communities")
_LAUNCHER = multiprocessing.get_context("forkserver")
_LAUNCHER.set_forkserver_preload(["pandas", "tests.connectors.killed_import"])


def viva_windows(folder: Path) -> list[str]:
    """Two windows that overlap: edits, deletions and a broken row in them."""
    first = [viva.message(number) for number in range(150)]
    second = [
        *(viva.message(number, body=f"Edited {number}") for number in range(100, 150)),
        *(viva.reply(number, to=number - 100) for number in range(150, 300)),
        viva.message(301, created_at="soon"),
    ]
    people = [viva.user(number) for number in range(1, 20)]
    return [
        str(viva.export(folder / "1.zip", first, users=people, until="2026-01-01")),
        str(viva.export(folder / "2.zip", second, users=people, until="2026-02-01")),
    ]


def slack_export(folder: Path) -> list[str]:
    eyes = [{"name": "eyes", "users": ["U1", "U2"], "count": 4}]
    days = {
        f"{place}/2020-01-{day:02}": [
            slack.said(day * 100 + number, reactions=eyes if number % 3 else [])
            for number in range(15)
        ]
        for place in ("general", "wards")
        for day in range(1, 8)
    }
    return [str(slack.export(folder / "e.zip", days))]


def mattermost_export(folder: Path) -> list[str]:
    """Posts with replies and reactions, many of them of the same person in the same moment."""
    lines = [
        mattermost.post(
            number // 4,
            message=f"Note {number}",
            replies=[mattermost.written(number // 4)],
            reactions=[mattermost.reaction("bob", number)],
        )
        for number in range(120)
    ]
    return [str(mattermost.export(folder / "e.jsonl", lines))]


def all_rows(home: Path) -> dict[str, list[tuple[Any, ...]]]:
    with Store.open(home) as store, store.snapshot() as snapshot:
        return {name: sorted(snapshot.sql(f"FROM {name}"), key=repr) for name in TABLES}


@pytest.mark.parametrize(
    ("kind", "make"),
    [
        ("viva-engage-export", viva_windows),
        ("slack-export", slack_export),
        ("mattermost-export", mattermost_export),
    ],
)
def test_kills_lose_nothing_and_double_nothing(
    kind: str, make: Callable[[Path], list[str]], tmp_path: Path
) -> None:
    paths = make(tmp_path)
    home, undisturbed = tmp_path / "killed", tmp_path / "undisturbed"
    killed_import.create(home, kind)
    undisturbed.mkdir()
    shutil.copy(home / "key", undisturbed / "key")
    killed_import.create(undisturbed, kind)
    moments = random.Random(kind)
    killed = 0
    for _ in range(KILLS):
        begun, tell = _LAUNCHER.Pipe(duplex=False)
        process = _LAUNCHER.Process(target=killed_import.bring_in, args=(home, kind, paths, tell))
        process.start()
        assert begun.poll(30), "the import must begin"
        time.sleep(moments.uniform(0.0, 0.4))
        process.kill()
        process.join()
        killed += process.exitcode == -9
    assert killed > KILLS / 2, "most lives must end before the import does"
    for folder in (home, undisturbed):
        process = _LAUNCHER.Process(target=killed_import.bring_in, args=(folder, kind, paths))
        process.start()
        process.join()
        assert process.exitcode == 0
    rows = all_rows(home)
    assert rows == all_rows(undisturbed)
    assert len(rows["messages"]) > 200
