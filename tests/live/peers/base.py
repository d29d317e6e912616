"""What a peer offers the tests, and the traits in which networks differ."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import datetime
from typing import Any, ClassVar

from adoption.connector import Connector
from tests.live.server import Reply, Request
from tests.live.world import Live, Post, World

GOOD_TOKEN = "good-token-canary-7f3a"
NARROW_TOKEN = "narrow-token-canary-91bc"


class Peer(ABC):
    """One network's API over a world.

    Class attributes:
        connector: what is tested against it.
        page: the page size the peer grants, whatever was asked for.
        full_page: the largest page the network gives; overlap: rows of a page that are asked for
            twice on purpose; spare_requests: what may be asked beyond the arithmetical least.
        names_reactions: whether reactions carry people.
        asks_per_community: whether a single community can refuse to be read.
        tells_kinds: whether messages carry a type, so that an unknown one can be kept.
        deletes_replies: whether deleting a starter deletes its replies.
        reads_by_post: the paths a network documents as a read by ``POST``.
        rates: the limit that must never be exceeded: requests per seconds, over all requests.
    """

    connector: ClassVar[type[Connector]]
    page: int = 3
    full_page: ClassVar[int] = 200
    overlap: ClassVar[int] = 0
    spare_requests: ClassVar[int] = 2
    names_reactions: ClassVar[bool] = True
    asks_per_community: ClassVar[bool] = True
    tells_kinds: ClassVar[bool] = True
    deletes_replies: ClassVar[bool] = True
    reads_by_post: ClassVar[tuple[str, ...]] = ()
    rate: ClassVar[tuple[int, float]] = (80, 10.0)
    message_path: ClassVar[str] = ""
    """A part of the path of a request for one community's messages; ``{}`` stands for its id."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.denied: set[str] = set()

    def other(self, post: Post, pick: int) -> None:  # noqa: B027
        """Something only this network knows, done to a post; nothing by default."""

    def live(self) -> set[Live]:
        """What must be read; networks with another idea of a conversation say so here."""
        return self.world.live()

    @abstractmethod
    def settings(self, url: str, token: str = GOOD_TOKEN) -> dict[str, Any]:
        """Settings of a connection to this peer."""

    @abstractmethod
    def __call__(self, request: Request) -> Reply:
        """Answer as the network would."""

    def community_id(self, name: str) -> str:
        """The network's id of a community."""
        return f"c-{name}"

    def person_id(self, name: str) -> str:
        """The network's id of a person."""
        return f"u-{name}"

    def starters(self, community: str) -> list[Post]:
        """Standing starters of a community, newest first."""
        found = [post for post in self.world.standing(community) if post.root is None]
        return sorted(found, key=lambda post: (post.at, post.number), reverse=True)


def ms(moment: datetime | None) -> int:
    """Milliseconds since 1970; 0 for none."""
    return round(moment.timestamp() * 1000) if moment else 0


def iso(moment: datetime) -> str:
    """As most networks write times."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
