"""Matrix against a real Synapse server: the counts are met exactly, real limits are obeyed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adoption.connector import Checkpoint
from adoption.http import HttpSession, Rate, Settings, bearer
from adoption.model import MessageKind
from connectors.matrix import Matrix
from tests.live.synapse_peer import CannotInstallError, SynapsePeer, synapse_python
from tests.live.world import Kept

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def python() -> Path:
    try:
        return synapse_python()
    except CannotInstallError as error:
        pytest.skip(f"Synapse cannot be installed here, so Matrix meets no real server: {error}")


@pytest.fixture(scope="module")
def server(python: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SynapsePeer]:
    with SynapsePeer(python, tmp_path_factory.mktemp("synapse")) as running:
        yield running


@pytest.fixture
def peer(server: SynapsePeer) -> SynapsePeer:
    return server.begin()


def sync(
    peer: SynapsePeer, kept: Kept, since: dict[str, Checkpoint] | None = None, **settings: Any
) -> dict[str, Checkpoint]:
    reached = dict(since or {})
    given = {"base_url": peer.url, "internal_server": True, "token": peer.alice, **settings}
    connector = Matrix(given)
    for stream in connector.streams:
        for page in connector.read(stream, reached.get(stream.name)):
            assert page.skipped == 0
            kept.add(page.rows)
            reached[stream.name] = page.checkpoint
    connector.close()
    return reached


def assert_as_expected(peer: SynapsePeer, kept: Kept) -> None:
    here = [m for m in kept.messages.values() if m.community_id == peer.room]
    live = [message for message in here if message.deleted_at is None]
    assert {message.text for message in live} == peer.expected.live_texts
    assert len(live) == len(peer.expected.live_texts)
    assert {m.text for m in live if m.kind is MessageKind.REPLY} == peer.expected.replies
    ids = {message.id for message in here}
    present = [r for r in kept.reacted.values() if r.removed_at is None and r.message_id in ids]
    assert {(str(r.person_id), r.kind) for r in present} == peer.expected.reactions
    assert {m.id for m in here if m.deleted_at} == peer.expected.deleted


@pytest.mark.parametrize("as_admin", [False, True])
def test_every_post_reply_reaction_edit_and_deletion_is_met_exactly(
    peer: SynapsePeer, as_admin: bool
) -> None:
    peer.seed(50)
    settings: dict[str, Any] = {"server_admin": True, "token": peer.admin} if as_admin else {}
    kept = Kept()
    reached = sync(peer, kept, **settings)
    assert_as_expected(peer, kept)
    assert kept.places[peer.room] == "all-company"
    assert {f"@{name}:loop.test" for name in peer.names} <= set(kept.names)
    before = dict(kept.messages)
    sync(peer, kept, reached, **settings)
    assert kept.messages == before


def test_what_happens_later_is_folded_into_what_was_read(peer: SynapsePeer) -> None:
    root = peer.seed(5)
    kept = Kept()
    reached = sync(peer, kept)
    peer.edit(peer.alice, root, "edited twice")
    heart = peer.react(peer.alice, root, "💚")
    reached = sync(peer, kept, reached)
    peer.redact(peer.alice, heart)
    late = peer.say(peer.bob, "late")
    reached = sync(peer, kept, reached)
    peer.redact(peer.bob, late)
    sync(peer, kept, reached)
    peer.expected.live_texts = (peer.expected.live_texts - {"edited"}) | {"edited twice"}
    peer.expected.deleted.add(late)
    assert_as_expected(peer, kept)
    full = Kept()
    sync(peer, full)
    assert_as_expected(peer, full)


def test_private_rooms_are_read_when_approved_and_direct_conversations_never(
    peer: SynapsePeer,
) -> None:
    room = peer.make_room("Management", "private_chat")
    secret = {"msgtype": "m.text", "body": "behind closed doors"}
    peer.send(peer.alice, "m.room.message", secret, room)
    kept = Kept()
    sync(peer, kept)
    assert kept.messages == {}
    assert room not in kept.places
    whispers = {
        "preset": "trusted_private_chat",
        "is_direct": True,
        "invite": [f"@{peer.names[1]}:loop.test"],
    }
    path = "/_matrix/client/v3/createRoom"
    direct = str(peer.call("POST", path, whispers, peer.alice)["room_id"])
    peer.send(peer.alice, "m.room.message", {"msgtype": "m.text", "body": "between us"}, direct)
    sync(peer, kept, include_private=True, approved_by="Works council")
    assert {message.text for message in kept.messages.values()} == {"behind closed doors"}


def test_rights_are_told_apart(peer: SynapsePeer) -> None:
    given = {"base_url": peer.url, "internal_server": True}
    assert Matrix({**given, "token": peer.alice}).check().ok
    assert not Matrix({**given, "token": "wrong-token"}).check().ok
    health = Matrix({**given, "token": peer.alice, "server_admin": True}).check()
    assert [permission.works for permission in health.permissions] == [True, False, False]


def test_the_engine_obeys_the_real_limit_of_the_server(python: Path, tmp_path: Path) -> None:
    with SynapsePeer(python, tmp_path, limited=True) as running:
        peer = running.begin()
        rates = {"default": Rate(1000, 1.0)}
        session = HttpSession(Settings(peer.url, rates, internal=True), bearer(peer.alice))
        path = f"_matrix/client/v3/rooms/{peer.room}/send/m.room.message"
        for number in range(7):
            session.post_json(path, {"msgtype": "m.text", "body": f"message {number}"})
        session.close()
        assert session.traffic.retries > 0
        kept = Kept()
        sync(peer, kept)
        assert len(kept.messages) == 7
