"""Going on from a checkpoint: after any history and any kill, as if everything were read at once."""

from __future__ import annotations

import random
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adoption.connector import Checkpoint
from adoption.errors import SettingsError
from tests.live.conftest import PEERS
from tests.live.peers.base import Peer
from tests.live.rig import Checkpoints, Rig, rig_for
from tests.live.world import Kept, World

ACTIONS = ("post", "post", "reply", "reply", "edit", "delete", "react", "unreact", "burst", "other")


@dataclass(frozen=True)
class Step:
    """Something that happens; ``pick`` chooses to whom."""

    action: str
    pick: int


steps = st.builds(Step, st.sampled_from(ACTIONS), st.integers(0, 10_000))
histories = st.lists(st.lists(steps, max_size=12), min_size=1, max_size=4)
every_peer = pytest.mark.parametrize("peer_type", PEERS, ids=lambda peer: peer.connector.name)


def happen(world: World, step: Step, peer: Peer) -> None:
    standing = world.standing()
    who = world.people[step.pick % len(world.people)]
    target = standing[step.pick % len(standing)] if standing else None
    if step.action == "burst":
        for number in range(5):
            world.post(who, step=0.0 if number else 1.0)
    elif step.action == "post" or target is None:
        world.post(who, world.communities[step.pick % len(world.communities)])
    elif step.action == "reply":
        world.post(who, root=target)
    elif step.action == "edit":
        world.edit(target)
    elif step.action == "delete":
        world.delete(target, with_replies=peer.deletes_replies)
    elif step.action == "react":
        world.react(target, who, "heart" if step.pick % 2 else "laugh")
    elif step.action == "unreact" and target.reactions:
        person, kind = sorted(target.reactions)[step.pick % len(target.reactions)]
        world.unreact(target, person, kind)
    elif step.action == "other":
        peer.other(target, step.pick)


def assert_equal_to_a_full_read(rig: Rig, kept: Kept) -> None:
    full = rig.full()
    assert kept.live() == full.live() == rig.peer.live()
    assert kept.reactions() == full.reactions()
    if rig.peer.names_reactions:
        assert kept.reactions() == rig.world.reactions()


@every_peer
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(histories=histories, page=st.integers(1, 6), kills=st.lists(st.integers(0, 9), max_size=4))
def test_the_union_of_incremental_runs_is_one_full_read(
    peer_type: type[Peer], histories: list[list[Step]], page: int, kills: list[int]
) -> None:
    with rig_for(peer_type, page=page) as rig:
        kept, reached = Kept(), Checkpoints()
        for number, history in enumerate(histories):
            for step in history:
                happen(rig.world, step, rig.peer)
            if number < len(kills):
                reached = rig.sync(kept, reached, stop_after=kills[number])
            reached = rig.sync(kept, reached)
        assert_equal_to_a_full_read(rig, kept)


@every_peer
def test_two_hundred_kills_lose_and_double_nothing(peer_type: type[Peer]) -> None:
    chance = random.Random(20261125)
    with rig_for(peer_type, page=4) as rig:
        kept, reached = Kept(), Checkpoints()
        for _ in range(40):
            happen(rig.world, Step("post", chance.randrange(10_000)), rig.peer)
        for _ in range(200):
            if chance.random() < 0.3:
                happen(rig.world, Step(chance.choice(ACTIONS), chance.randrange(10_000)), rig.peer)
            reached = rig.sync(kept, reached, stop_after=chance.randrange(12))
        rig.sync(kept, reached)
        assert_equal_to_a_full_read(rig, kept)


def test_a_second_run_with_no_news_changes_nothing(rig: Rig) -> None:
    for _ in range(7):
        rig.world.post()
    kept = Kept()
    reached = rig.sync(kept)
    before = dict(kept.messages)
    rig.sync(kept, reached)
    assert kept.messages == before


def test_every_checkpoint_on_the_way_leads_to_the_same_end(rig: Rig) -> None:
    starters = [rig.world.post() for _ in range(6)]
    for starter in starters[:3]:
        rig.world.post("cem", root=starter)
    pages = 0
    while True:
        kept = Kept()
        reached = rig.sync(kept, stop_after=pages)
        complete = rig.sync(Kept()) == reached
        rig.sync(kept, reached)
        assert kept.live() == rig.peer.live()
        if complete or pages > 60:
            break
        pages += 1


def test_an_edit_updates_and_never_adds(rig: Rig) -> None:
    post = rig.world.post()
    kept = Kept()
    reached = rig.sync(kept)
    rig.world.edit(post)
    rig.sync(kept, reached)
    assert {message.text for message in kept.messages.values()} == {"text 1 edited"}


def test_a_deletion_is_seen_as_one(rig: Rig) -> None:
    gone, stays = rig.world.post(), rig.world.post()
    kept = Kept()
    reached = rig.sync(kept)
    rig.world.delete(gone)
    rig.sync(kept, reached)
    (deleted,) = [message for message in kept.messages.values() if message.deleted_at]
    assert deleted.text == ""
    assert {item.text for item in kept.live()} == {stays.text}


def test_a_reaction_taken_back_is_seen(rig: Rig) -> None:
    post = rig.world.post()
    rig.world.react(post, "ben")
    rig.world.react(post, "cem")
    kept = Kept()
    reached = rig.sync(kept)
    assert kept.reactions()
    rig.world.unreact(post, "ben")
    rig.sync(kept, reached)
    assert kept.reactions() == rig.full().reactions()


def test_a_late_reply_to_an_old_post_is_read(rig: Rig) -> None:
    root = rig.world.post()
    kept = Kept()
    reached = rig.sync(kept)
    rig.clock.advance(5 * 86_400)
    rig.world.post("cem", root=root)
    rig.sync(kept, reached)
    assert kept.live() == rig.peer.live()


def test_a_checkpoint_of_the_far_future_gives_nothing_and_does_not_crash(rig: Rig) -> None:
    rig.world.post()
    reached = rig.sync(Kept())
    rig.clock.shift(-10 * 365 * 86_400)
    rig.sync(Kept(), reached)


@pytest.mark.parametrize(
    "checkpoint",
    [
        Checkpoint(99, {}),
        Checkpoint(1, {"communities": []}),
        Checkpoint(1, {"communities": {"c": 5}}),
    ],
)
def test_a_checkpoint_of_another_form_is_refused_by_name(rig: Rig, checkpoint: Checkpoint) -> None:
    with pytest.raises(SettingsError, match="checkpoint"):
        rig.sync(Kept(), {"messages": checkpoint})


def test_a_damaged_memory_is_refused_by_name(rig: Rig) -> None:
    rig.world.post()
    reached = rig.sync(Kept())
    data = dict(reached["messages"].data["communities"])
    broken = {name: {**state, "recall": {"before": ["%%%"]}} for name, state in data.items()}
    with pytest.raises(SettingsError, match="memory"):
        rig.sync(Kept(), {"messages": Checkpoint(1, {"communities": broken})})
