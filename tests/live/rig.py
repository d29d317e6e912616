"""Runs a connector against its peer as a sync would: page by page, each with its checkpoint."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from adoption.connector import Checkpoint, Page
from adoption.live.connector import LiveConnector
from tests.live.clock import SteppedClock
from tests.live.peers.base import GOOD_TOKEN, Peer
from tests.live.server import PeerServer, Reply, Request
from tests.live.world import Kept, World

Checkpoints = dict[str, Checkpoint]


@dataclass
class Rig:
    peer: Peer
    server: PeerServer
    clock: SteppedClock
    notes: list[str] = field(default_factory=list)

    @property
    def world(self) -> World:
        return self.peer.world

    def connector(self, token: str = GOOD_TOKEN, **settings: Any) -> LiveConnector:
        given = {**self.peer.settings(self.server.url, token), **settings}
        made = self.peer.connector(given)
        assert isinstance(made, LiveConnector)
        made.clock = self.clock
        return made

    def sync(
        self,
        kept: Kept,
        checkpoints: Checkpoints | None = None,
        *,
        stop_after: int | None = None,
        **settings: Any,
    ) -> Checkpoints:
        """Read all streams; ``stop_after`` pages the run is cut off, before that page is kept."""
        reached = dict(checkpoints or {})
        connector = self.connector(**settings)
        seen = 0
        try:
            for stream in connector.streams:
                pages = connector.read(stream, reached.get(stream.name))
                for page in pages:
                    if stop_after is not None and seen >= stop_after:
                        pages.close()  # type: ignore[attr-defined]
                        return reached
                    seen += 1
                    kept.add(page.rows)
                    self.notes += page.notes
                    reached[stream.name] = as_stored(page)
        finally:
            connector.close()
        return reached

    def full(self, **settings: Any) -> Kept:
        kept = Kept()
        self.sync(kept, **settings)
        return kept


def as_stored(page: Page) -> Checkpoint:
    """A checkpoint after it has been through the store: JSON, and nothing else."""
    return Checkpoint(page.checkpoint.version, json.loads(json.dumps(page.checkpoint.data)))


@contextmanager
def rig_for(peer_type: type[Peer], **traits: Any) -> Iterator[Rig]:
    """A peer over an empty world, served."""
    clock = SteppedClock()
    peer = peer_type(World(clock))
    for name, value in traits.items():
        setattr(peer, name, value)
    with PeerServer(reading_only(peer), clock.monotonic) as server:
        yield Rig(peer, server, clock)


def reading_only(peer: Peer) -> Any:
    """The peer, which fails the test on anything that is not a documented read."""

    def answer(request: Request) -> Reply:
        is_read = request.method == "GET" or (
            request.method == "POST" and any(path in request.path for path in peer.reads_by_post)
        )
        assert is_read, f"{request.method} {request.path} is no read"
        return peer(request)

    return answer
