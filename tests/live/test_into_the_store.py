"""Every live connector into the real store: what stands there is what stands in the network."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from adoption.errors import TransientSourceError
from adoption.limits import SystemClock
from adoption.live.recall import Recall
from adoption.store import Network, Store
from adoption.sync import RunResult, sync
from tests.live.clock import START
from tests.live.peers.base import Peer
from tests.live.rig import Rig
from tests.live.server import Reply, Request
from tests.live.test_changes import ACTIONS, Step, happen
from tests.live.world import World

NETWORK = "intranet"


def quiet(stage: str, done: int, total: int | None, note: str = "") -> None:
    """Nobody watches."""


@pytest.fixture
def store(tmp_path: Path, rig: Rig) -> Iterator[Store]:
    with Store.open(tmp_path / "home", create=True) as opened:
        opened.control.put_network(Network(NETWORK, rig.peer.connector.name))
        yield opened


def synced(store: Store, rig: Rig) -> RunResult:
    connector = rig.connector()
    return sync(store, NETWORK, connector, progress=quiet, cancelled=lambda: False)


def texts(store: Store) -> list[str]:
    query = "SELECT text FROM messages WHERE deleted_at IS NULL AND author_kind = 'person'"
    with store.snapshot() as snapshot:
        return sorted(str(row[0]) for row in snapshot.sql(query))


def reactions(store: Store) -> list[tuple[str, str, int]]:
    query = (
        "SELECT m.text, r.kind, sum(r.number)::INTEGER FROM reactions r JOIN messages m USING "
        "(network, message_id) WHERE r.removed_at IS NULL AND m.deleted_at IS NULL GROUP BY 1, 2"
    )
    with store.snapshot() as snapshot:
        return sorted((str(text), str(kind), int(n)) for text, kind, n in snapshot.sql(query))


def real_reactions(world: World, peer: Peer) -> list[tuple[str, str, int]]:
    found: dict[tuple[str, str], set[str]] = {}
    for post in world.standing():
        for who, kind in post.reactions:
            shown = kind if peer.names_reactions else "like"
            found.setdefault((post.text, shown), set()).add(who)
    return sorted((text, kind, len(people)) for (text, kind), people in found.items())


def test_the_store_follows_the_network_through_its_changes(rig: Rig, store: Store) -> None:
    chance = random.Random(7)
    for _ in range(4):
        for _ in range(15):
            step = Step(chance.choice(ACTIONS), chance.randrange(10_000))
            happen(rig.world, step, rig.peer)
        run = synced(store, rig)
        assert run.state == "finished"
        assert texts(store) == sorted(post.text for post in rig.world.standing())
        assert reactions(store) == real_reactions(rig.world, rig.peer)
    idle = synced(store, rig)
    assert "messages" not in idle.rows or idle.rows["messages"].added == 0
    recorded = store.control.runs(limit=1)[0]
    assert recorded.requests > 0


def test_a_run_that_fails_half_way_is_continued_from_what_was_stored(
    rig: Rig, store: Store
) -> None:
    for _ in range(9):
        rig.world.post()
    inner, seen = rig.server.application, iter(range(5))

    def breaks(request: object) -> object:
        if next(seen, None) is None:
            rig.clock.advance(7 * 3600)
        return inner(request)  # type: ignore[arg-type]

    rig.server.application = breaks  # type: ignore[assignment]
    with pytest.raises(TransientSourceError, match="longer than allowed"):
        synced(store, rig)
    rig.server.application = inner
    synced(store, rig)
    assert texts(store) == sorted(post.text for post in rig.world.standing())


def test_a_stop_ends_even_a_long_wait_and_keeps_what_was_read(rig: Rig, store: Store) -> None:
    rig.world.post()
    told = threading.Event()
    connector = rig.connector()
    connector.clock = SystemClock()
    busy = Reply(429, b"", {"Retry-After": "800"})

    def wait_now(request: Request, usual: Reply) -> Reply | None:
        told.set()
        return busy

    rig.server.faults.append(wait_now)
    run = sync(store, NETWORK, connector, progress=quiet, cancelled=told.is_set)
    assert run.state == "stopped"
    synced(store, rig)
    assert texts(store) == ["text 1"]


def test_an_erased_person_is_in_no_checkpoint_either(rig: Rig, store: Store) -> None:
    post = rig.world.post("ada")
    rig.world.react(post, "ben")
    rig.world.react(post, "cem")
    synced(store, rig)
    person = rig.peer.person_id("ben")
    with store.writer("erase") as writer:
        writer.erase_person(person)
    for _, _, checkpoint, _ in store.control.checkpoints():
        for state in checkpoint.data.get("communities", {}).values():
            recall = Recall(state.get("recall"), START)
            remembered = {who for e in recall.before.values() for _, who in e.reactions}
            assert person not in remembered
            if rig.peer.names_reactions:
                assert recall.before == {} or rig.peer.person_id("cem") in remembered
