"""Microsoft Teams alone: batches, expired delta links, and texts as Teams writes them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from adoption.errors import SettingsError
from adoption.records.graph import plain
from tests.live.peers.microsoft_teams import MicrosoftTeamsPeer
from tests.live.rig import Rig, rig_for
from tests.live.world import Kept


@pytest.fixture
def rig() -> Iterator[Rig]:
    with rig_for(MicrosoftTeamsPeer) as made:
        yield made


@pytest.fixture
def peer(rig: Rig) -> MicrosoftTeamsPeer:
    assert isinstance(rig.peer, MicrosoftTeamsPeer)
    return rig.peer


def test_a_reply_that_does_not_bring_its_post_back_is_found_by_batches(
    rig: Rig, peer: MicrosoftTeamsPeer
) -> None:
    starters = [rig.world.post() for _ in range(45)]
    kept = Kept()
    reached = rig.sync(kept)
    for starter in starters:
        rig.world.post("cem", root=starter)
    rig.server.log.clear()
    peer.throttled_members = 7
    rig.sync(kept, reached)
    assert kept.live() == rig.peer.live()
    batches = [request for request in rig.server.log if request.path.endswith("$batch")]
    assert 3 <= len(batches) <= 4


def test_an_expired_delta_link_leads_to_a_full_read(rig: Rig, peer: MicrosoftTeamsPeer) -> None:
    post = rig.world.post()
    kept = Kept()
    reached = rig.sync(kept)
    rig.world.edit(post)
    peer.forgets_before = rig.world.now() + timedelta(days=1)
    rig.sync(kept, reached)
    assert kept.live() == rig.peer.live()
    assert any("is read again" in note for note in rig.notes)


def test_teams_nobody_knows_are_named_as_the_mistake(rig: Rig) -> None:
    with pytest.raises(SettingsError, match="None of the teams"):
        rig.full(teams="Elsewhere")


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        ("<p>5 &lt; 6 &amp; 7</p>", "5 < 6 & 7"),
        ('<div>Hi <at id="0">Ada Lovelace</at>, why?</div>', "Hi @someone, why?"),
        ('<p>good <emoji id="x" alt="🙂" title="Smile"></emoji></p>', "good 🙂"),
        ("<p>one</p><p>two<br>three</p>", "one\ntwo\nthree"),
        ("a < b and no tag", "a < b and no tag"),
        ('<attachment id="1"></attachment>', ""),
    ],
)
def test_markup_becomes_words(markup: str, words: str) -> None:
    assert plain(markup) == words
