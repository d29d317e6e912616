"""The suite every connector passes, file or server, for each live connector against its peer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

import pytest

from adoption.conformance import ConformanceSuite, Expected
from adoption.connector import Capability, Connector
from adoption.files.viva_rows import ALL_COMPANY
from adoption.live.connector import LiveConnector
from connectors.discourse import Discourse
from connectors.matrix import Matrix
from connectors.mattermost import Mattermost
from connectors.microsoft_graph import MicrosoftGraph
from connectors.microsoft_teams import MicrosoftTeams
from connectors.rocketchat import RocketChat
from connectors.slack import Slack
from connectors.viva_engage import VivaEngage
from connectors.zulip import Zulip
from tests.live.clock import SteppedClock
from tests.live.peers.base import GOOD_TOKEN, Peer
from tests.live.peers.discourse import DiscoursePeer
from tests.live.peers.matrix import MatrixPeer
from tests.live.peers.mattermost import MattermostPeer
from tests.live.peers.microsoft_graph import GraphPeer
from tests.live.peers.microsoft_teams import MicrosoftTeamsPeer
from tests.live.peers.rocketchat import RocketChatPeer
from tests.live.peers.slack import SlackPeer
from tests.live.peers.viva_engage import VivaEngagePeer
from tests.live.peers.zulip import BOT, ZulipPeer
from tests.live.rig import Rig, rig_for
from tests.live.server import PeerServer
from tests.live.world import World


def furnish(world: World) -> None:
    """Something of each kind, over several pages."""
    first = world.post("ada")
    for number in range(6):
        world.post(world.people[number], world.communities[number % 2])
    answer = world.post("ben", root=first)
    world.post("cem", root=first)
    world.react(first, "cem")
    world.react(first, "dua", "laugh")
    world.react(answer, "ada")
    world.edit(answer)
    world.post("eva", kind="webhook")
    world.post("eva", kind="system")
    gone = world.post("fay")
    world.post("ada", root=gone)
    world.delete(gone, with_replies=False)


class LiveSuite(ConformanceSuite):
    """The suite over a peer; waiting takes no time.

    Networks that do not show a deletion once it has happened cannot give one in a first read:
    ``shows_deletions`` says so, and tests/live/test_changes.py proves that the next read finds it.
    """

    rows_may_repeat = True
    peer_type: ClassVar[type[Peer]]
    shows_deletions: ClassVar[bool] = False
    more_people: ClassVar[frozenset[str]] = frozenset()

    @pytest.fixture
    def rig(self) -> Iterator[Rig]:
        with rig_for(self.peer_type) as made:
            furnish(made.world)
            if not self.shows_deletions:
                for post in made.world.posts:
                    if post.root is not None and post.root.deleted:
                        made.world.delete(post)
            yield made

    @pytest.fixture
    def settings(self, rig: Rig) -> Mapping[str, Any]:
        return rig.peer.settings(rig.server.url)

    @pytest.fixture
    def make(self, settings: Mapping[str, Any], rig: Rig) -> Callable[..., Connector]:
        def made(**changes: Any) -> Connector:
            connector = self.connector_type({**settings, **changes})
            assert isinstance(connector, LiveConnector)
            connector.clock = rig.clock
            return connector

        return made

    def communities(self, peer: Peer) -> frozenset[str]:
        return frozenset(map(peer.community_id, peer.world.communities))

    @pytest.fixture
    def expected(self, rig: Rig) -> Expected:
        world, gives = rig.world, self.connector_type.gives
        standing = world.standing()
        deleted = len(world.posts) - len(standing) if self.shows_deletions else 0
        reactions = [{who for who, _ in post.reactions} for post in standing]
        pairs = sum(len(post.reactions) for post in standing)
        return Expected(
            communities=self.communities(rig.peer),
            people=frozenset(map(rig.peer.person_id, world.people)) | self.more_people,
            posts=sum(post.root is None for post in standing) + deleted,
            replies=sum(post.root is not None for post in standing),
            edited=sum(bool(post.edited) for post in standing) * (Capability.EDITS in gives),
            deleted=deleted,
            bots=sum(post.kind == "webhook" for post in standing),
            system=sum(post.kind == "system" for post in standing),
            reactions=pairs if rig.peer.names_reactions else sum(map(len, reactions)),
            secrets=(GOOD_TOKEN,),
        )

    def test_what_is_declared_given_is_met_in_the_fixture(
        self, make: Callable[..., Connector]
    ) -> None:
        gives = self.connector_type.gives
        if not self.shows_deletions:
            self.connector_type.gives = gives - {Capability.DELETIONS}
        try:
            super().test_what_is_declared_given_is_met_in_the_fixture(make)
        finally:
            self.connector_type.gives = gives


class TestMattermost(LiveSuite):
    connector_type = Mattermost
    peer_type = MattermostPeer


class TestSlack(LiveSuite):
    connector_type = Slack
    peer_type = SlackPeer
    shows_deletions = True


class TestMatrix(LiveSuite):
    connector_type = Matrix
    peer_type = MatrixPeer
    shows_deletions = True


class TestVivaEngage(LiveSuite):
    connector_type = VivaEngage
    peer_type = VivaEngagePeer

    def communities(self, peer: Peer) -> frozenset[str]:
        return frozenset({ALL_COMPANY, "9001"})


class TestMicrosoftTeams(LiveSuite):
    connector_type = MicrosoftTeams
    peer_type = MicrosoftTeamsPeer
    shows_deletions = True

    def communities(self, peer: Peer) -> frozenset[str]:
        return frozenset(f"t1/{peer.community_id(name)}" for name in peer.world.communities)


class TestZulip(LiveSuite):
    connector_type = Zulip
    peer_type = ZulipPeer
    more_people = frozenset({str(BOT)})


class TestRocketChat(LiveSuite):
    connector_type = RocketChat
    peer_type = RocketChatPeer
    more_people = frozenset({"u-bot"})


class TestDiscourse(LiveSuite):
    connector_type = Discourse
    peer_type = DiscoursePeer


class TestMicrosoftGraph(ConformanceSuite):
    connector_type = MicrosoftGraph

    @pytest.fixture
    def peer(self) -> Iterator[GraphPeer]:
        clock = SteppedClock()
        made = GraphPeer(clock)
        with PeerServer(made, clock.monotonic) as server:
            made.url = server.url
            yield made

    @pytest.fixture
    def settings(self, peer: GraphPeer) -> Mapping[str, Any]:
        return peer.settings()

    @pytest.fixture
    def make(self, settings: Mapping[str, Any], peer: GraphPeer) -> Callable[..., Connector]:
        def made(**changes: Any) -> Connector:
            connector = MicrosoftGraph({**settings, **changes})
            connector.clock = peer.clock
            return connector

        return made

    @pytest.fixture
    def expected(self) -> Expected:
        people = frozenset({"guid-ada", "guid-ben", "guid-cem"})
        return Expected(frozenset({"71"}), people, posts=0, replies=0, secrets=(GOOD_TOKEN,))
