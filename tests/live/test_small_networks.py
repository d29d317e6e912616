"""Traps of single networks: Discourse's two paging rules, Mattermost's cap, Slack's slow regime."""

from __future__ import annotations

import pytest

from tests.live.peers.discourse import DiscoursePeer
from tests.live.peers.mattermost import MattermostPeer
from tests.live.peers.slack import SlackPeer
from tests.live.peers.zulip import ZulipPeer
from tests.live.rig import rig_for
from tests.live.server import Reply
from tests.live.world import Kept


@pytest.mark.parametrize("inclusive", [False, True])
@pytest.mark.parametrize("spans", [False, True])
@pytest.mark.parametrize("page", [1, 7, 50])
def test_discourse_is_read_whole_by_either_rule_and_over_gaps(
    inclusive: bool, spans: bool, page: int
) -> None:
    with rig_for(DiscoursePeer, inclusive=inclusive, spans=spans, page=page) as rig:
        posts = [rig.world.post() for _ in range(140)]
        for post in posts[10:120]:
            rig.world.delete(post)
        assert rig.full().live() == rig.world.live()


def test_mattermost_does_not_trust_a_list_of_changes_that_may_be_cut() -> None:
    with rig_for(MattermostPeer, page=200) as rig:
        rig.world.post()
        kept = Kept()
        reached = rig.sync(kept)
        for _ in range(1407):
            rig.world.post()
        rig.sync(kept, reached)
        assert kept.live() == rig.world.live()
        assert any("more changed than the server lists" in note for note in rig.notes)


def test_slack_says_so_when_an_app_gets_fifteen_messages_a_minute() -> None:
    with rig_for(SlackPeer, page=15) as rig:
        for _ in range(40):
            rig.world.post()
        kept = rig.full()
        assert kept.live() == rig.world.live()
        assert sum("15 messages a minute" in note for note in rig.notes) == 1


def test_a_deleted_slack_starter_with_replies_is_deleted_and_its_replies_stay() -> None:
    with rig_for(SlackPeer) as rig:
        root = rig.world.post()
        reply = rig.world.post("cem", root=root)
        rig.world.delete(root, with_replies=False)
        kept = rig.full()
        assert {item.text for item in kept.live()} == {reply.text}
        assert [m.author_id for m in kept.messages.values() if m.deleted_at] == [None]


def test_zulip_waits_a_fraction_of_a_second_longer_than_asked() -> None:
    with rig_for(ZulipPeer) as rig:
        rig.world.post()
        busy = Reply(429, b'{"code":"RATE_LIMIT_HIT"}', {"Retry-After": "24.208813428878784"})
        rig.server.faults.append(lambda request, usual: busy)
        assert rig.full().live() == rig.peer.live()
        assert 24.2 < max(rig.clock.waits) < 26


def test_a_zulip_message_that_moves_to_another_channel_is_not_taken_for_deleted() -> None:
    with rig_for(ZulipPeer) as rig:
        for number in range(6):
            rig.world.post(community=rig.world.communities[number % 2])
        kept = Kept()
        reached = rig.sync(kept)
        rig.world.posts[1].community = "all-company"
        rig.world.posts[1].topic = "topic 1"
        rig.sync(kept, reached)
        assert kept.live() == rig.peer.live() == rig.full().live()
