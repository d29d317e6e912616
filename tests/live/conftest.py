"""One rig per network: every test that takes ``rig`` runs for all connectors."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.live.peers.base import Peer
from tests.live.peers.discourse import DiscoursePeer
from tests.live.peers.matrix import MatrixPeer
from tests.live.peers.mattermost import MattermostPeer
from tests.live.peers.microsoft_teams import MicrosoftTeamsPeer
from tests.live.peers.rocketchat import RocketChatPeer
from tests.live.peers.slack import SlackPeer
from tests.live.peers.viva_engage import VivaEngagePeer
from tests.live.peers.zulip import ZulipPeer
from tests.live.rig import Rig, rig_for

PEERS: tuple[type[Peer], ...] = (
    MattermostPeer,
    SlackPeer,
    MatrixPeer,
    VivaEngagePeer,
    MicrosoftTeamsPeer,
    ZulipPeer,
    RocketChatPeer,
    DiscoursePeer,
)


@pytest.fixture(params=PEERS, ids=lambda peer: peer.connector.name)
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    with rig_for(request.param) as made:
        yield made
