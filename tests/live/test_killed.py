"""Real kills while a live connector syncs into the real store: nothing is lost, nothing doubled.

Every connector is killed a few times here; ``ADOPTION_KILLS=200`` makes it two hundred.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import time
from pathlib import Path

import pytest

from adoption.store import Store
from tests.live import syncer
from tests.live.rig import Rig
from tests.live.test_changes import ACTIONS, Step, happen

KILLS = int(os.environ.get("ADOPTION_KILLS", "4"))
LONGEST_LIFE = 0.8
_LAUNCHER = multiprocessing.get_context("forkserver")
_LAUNCHER.set_forkserver_preload(["pandas", "tests.live.syncer"])


def texts(home: Path) -> list[str]:
    query = "SELECT text FROM messages WHERE deleted_at IS NULL AND author_kind = 'person'"
    with Store.open(home) as store, store.snapshot() as snapshot:
        return sorted(str(row[0]) for row in snapshot.sql(query))


@pytest.mark.timeout(120 + 4 * KILLS)
def test_kills_at_random_moments_lose_and_double_nothing(rig: Rig, tmp_path: Path) -> None:
    chance = random.Random(11)
    home, kind = tmp_path / "home", rig.peer.connector.name
    syncer.create(home, kind)
    for number in range(60):
        action = "post" if number < 30 else chance.choice(ACTIONS)
        happen(rig.world, Step(action, chance.randrange(10_000)), rig.peer)
    settings = rig.peer.settings(rig.server.url)
    for _ in range(KILLS):
        begun, tell = _LAUNCHER.Pipe(duplex=False)
        given = (home, kind, settings, rig.clock.now(), tell)
        process = _LAUNCHER.Process(target=syncer.run_until_killed, args=given)
        process.start()
        assert begun.poll(60), "the sync must begin"
        time.sleep(chance.uniform(0.0, LONGEST_LIFE))
        process.kill()
        process.join()
        assert process.exitcode == -9, "the sync must run until it is killed"
        for _ in range(3):
            happen(rig.world, Step(chance.choice(ACTIONS), chance.randrange(10_000)), rig.peer)
    syncer.run(home, kind, settings, rig.clock.now())
    assert texts(home) == sorted(post.text for post in rig.world.standing())
