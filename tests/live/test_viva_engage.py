"""Viva Engage alone: threads that look empty, the Data Export API, and what both say of one network."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from adoption.errors import AccessError, SettingsError, SourceError
from connectors.viva_engage import VivaEngage
from connectors.viva_engage_export import VivaEngageExport
from tests.live.clock import START
from tests.live.peers.viva_engage import VivaEngagePeer
from tests.live.rig import Checkpoints, Rig, rig_for
from tests.live.world import Kept, World

BACKFILL: dict[str, Any] = {"history_by_export": True, "since": "2026-01-01"}


@pytest.fixture
def rig() -> Iterator[Rig]:
    with rig_for(VivaEngagePeer) as made:
        yield made


@pytest.fixture
def peer(rig: Rig) -> VivaEngagePeer:
    assert isinstance(rig.peer, VivaEngagePeer)
    return rig.peer


def thread_of_five(world: World) -> None:
    root = world.post("ada")
    for name in ("ben", "cem", "dua", "eva"):
        world.post(name, root=root)


def over_a_quarter(world: World) -> None:
    for week in range(12):
        root = world.post("ada", "news" if week % 2 else "all-company")
        world.post("ben", root=root)
        world.clock.advance(7 * 86_400)


@pytest.mark.parametrize("empty", [1, 2])
def test_a_thread_that_looks_empty_is_asked_for_again(
    rig: Rig, peer: VivaEngagePeer, empty: int
) -> None:
    thread_of_five(rig.world)
    peer.empty_first = empty
    assert rig.full().live() == rig.peer.live()


def test_an_old_thread_that_is_still_alive_is_not_skipped(rig: Rig) -> None:
    old = rig.world.post("ada", text="an old question")
    for _ in range(9):
        rig.world.post("ben")
    rig.world.post("cem", root=old)
    for _ in range(5):
        rig.world.post("dua")
    assert rig.full().live() == rig.peer.live()


def test_no_credential_of_the_feed_and_no_private_detail_goes_any_further(rig: Rig) -> None:
    thread_of_five(rig.world)
    connector = rig.connector()
    text = "".join(
        repr(page) for stream in connector.streams for page in connector.read(stream, None)
    )
    assert "realtime-canary-token" not in text
    assert "1 May" not in text


def test_a_quiet_network_costs_a_request_per_list_and_one_for_all_company(rig: Rig) -> None:
    over_a_quarter(rig.world)
    rig.clock.advance(60 * 86_400)
    kept = Kept()
    reached = rig.sync(kept)
    rig.server.log.clear()
    rig.sync(kept, reached)
    asked = [request.path for request in rig.server.log if "messages/" in request.path]
    assert asked == ["/api/v1/messages/general.json"]


def test_members_are_read_once_a_day(rig: Rig) -> None:
    kept = Kept()
    reached = rig.sync(kept)
    rig.server.log.clear()
    reached = rig.sync(kept, reached)
    assert [request for request in rig.server.log if request.path.endswith("users.json")] == []
    rig.clock.advance(86_401)
    rig.sync(kept, reached)
    assert [request for request in rig.server.log if request.path.endswith("users.json")] != []


def test_history_comes_from_the_export_and_the_present_from_the_api(rig: Rig) -> None:
    over_a_quarter(rig.world)
    liked = rig.world.post("ada")
    rig.world.react(liked, "cem")
    kept = Kept()
    rig.sync(kept, **BACKFILL)
    assert kept.live() == rig.peer.live()
    assert len(kept.reactions()) == 1
    feeds = [request for request in rig.server.log if "in_group" in request.path]
    assert len(feeds) < 4


def test_an_export_window_that_fails_is_halved(rig: Rig, peer: VivaEngagePeer) -> None:
    over_a_quarter(rig.world)
    peer.longest_export = timedelta(days=8)
    kept = Kept()
    rig.sync(kept, **BACKFILL)
    assert kept.live() == rig.peer.live()


def test_an_export_that_breaks_off_is_noticed_and_asked_for_again(
    rig: Rig, peer: VivaEngagePeer
) -> None:
    over_a_quarter(rig.world)
    peer.cut_exports = 2
    kept = Kept()
    rig.sync(kept, **BACKFILL)
    assert kept.live() == rig.peer.live()


def test_the_history_goes_on_where_a_run_was_cut_off(rig: Rig) -> None:
    over_a_quarter(rig.world)
    kept = Kept()
    reached = Checkpoints()
    for pages in range(3, 12):
        reached = rig.sync(kept, reached, stop_after=pages, **BACKFILL)
    rig.sync(kept, reached, **BACKFILL)
    assert kept.live() == rig.peer.live()
    assert "export" in json.dumps(reached["messages"].data)


def test_without_the_role_the_export_says_which_one_is_missing(
    rig: Rig, peer: VivaEngagePeer
) -> None:
    peer.is_verified_admin = False
    with pytest.raises(AccessError, match="verified administrator"):
        rig.full(**BACKFILL)
    health = rig.connector(**BACKFILL).check()
    assert [p.name for p in health.permissions if not p.works] == ["export the network"]


def test_the_history_needs_a_first_day(rig: Rig) -> None:
    with pytest.raises(SettingsError, match="first day"):
        rig.full(history_by_export=True)


def test_an_export_that_never_works_ends_the_run(rig: Rig, peer: VivaEngagePeer) -> None:
    peer.longest_export = timedelta(0)
    with pytest.raises(SourceError):
        rig.full(history_by_export=True, since="2026-03-02")


def test_api_and_export_of_one_network_agree(
    rig: Rig, peer: VivaEngagePeer, tmp_path: Path
) -> None:
    over_a_quarter(rig.world)
    by_api = rig.full()
    packed = tmp_path / "export.zip"
    packed.write_bytes(peer.export(START, rig.world.now() + timedelta(days=1)))
    by_file = Kept()
    connector = VivaEngageExport({"path": packed})
    for stream in connector.streams:
        for page in connector.read(stream, None):
            by_file.add(page.rows)
    connector.close()
    assert by_file.messages == by_api.messages
    assert by_file.names == by_api.names
    assert by_file.places == by_api.places


def test_signing_in_as_a_person_needs_both_ids() -> None:
    with pytest.raises(SettingsError, match="client_id"):
        VivaEngage({}).person_sign_in()
    with pytest.raises(SettingsError, match="tenant_id"):
        VivaEngage({"client_id": "c"}).person_sign_in()
