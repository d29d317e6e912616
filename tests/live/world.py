"""An invented network: people post, answer, edit, delete and react, and what must be read of it.

Peers serve one world in the form of one network's API. Every text is unique, so what a connector
gives can be compared with the world without knowing the network's ids.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from adoption.model import AuthorKind, Community, Message, Person, Reaction, Row
from tests.live.clock import SteppedClock

PEOPLE = ("ada", "ben", "cem", "dua", "eva", "fay")
COMMUNITIES = ("all-company", "news")


@dataclass
class Post:
    number: int
    community: str
    author: str
    at: datetime
    text: str
    root: Post | None = None
    topic: str = ""
    edited: datetime | None = None
    deleted: datetime | None = None
    updated: datetime | None = None
    """When the post or its thread changed last."""
    touched: datetime | None = None
    """When the post itself changed last; a new reply does not count."""
    reactions: dict[tuple[str, str], datetime] = field(default_factory=dict)
    kind: str = "person"

    @property
    def changed(self) -> datetime:
        return self.updated or self.at


@dataclass(frozen=True)
class Live:
    """One standing message as it must be read."""

    text: str
    community: str
    author: str
    starter: str
    at: datetime


class World:
    """The state of a network; every change is stamped with the shared clock."""

    def __init__(self, clock: SteppedClock, communities: Iterable[str] = COMMUNITIES) -> None:
        self.clock = clock
        self.people = list(PEOPLE)
        self.communities = list(communities)
        self.private: set[str] = set()
        self.posts: list[Post] = []
        self._numbers = itertools.count(1)

    def now(self) -> datetime:
        """Whole seconds, the finest all networks can tell."""
        return self.clock.now().replace(microsecond=0)

    def post(
        self,
        author: str = "ada",
        community: str = "all-company",
        *,
        root: Post | None = None,
        kind: str = "person",
        text: str | None = None,
        step: float = 1.0,
    ) -> Post:
        self.clock.advance(step)
        number = next(self._numbers)
        starter = root.root if root is not None and root.root is not None else root
        made = Post(
            number,
            starter.community if starter else community,
            author,
            self.now(),
            text if text is not None else f"text {number}",
            starter,
            kind=kind,
        )
        self.posts.append(made)
        if starter is not None:
            starter.updated = self.now()
        return made

    def edit(self, post: Post) -> None:
        self.clock.advance(1)
        post.text += " edited"
        post.edited = post.updated = post.touched = self.now()

    def delete(self, post: Post, *, with_replies: bool = True) -> None:
        self.clock.advance(1)
        for item in self.posts:
            goes = item is post or (with_replies and item.root is post)
            if goes and item.deleted is None:
                item.deleted = item.updated = item.touched = self.now()

    def react(self, post: Post, person: str = "ben", kind: str = "heart") -> None:
        self.clock.advance(1)
        post.reactions[(person, kind)] = post.updated = post.touched = self.now()

    def unreact(self, post: Post, person: str = "ben", kind: str = "heart") -> None:
        self.clock.advance(1)
        post.reactions.pop((person, kind), None)
        post.updated = post.touched = self.now()

    def standing(self, community: str | None = None) -> list[Post]:
        return [
            post
            for post in self.posts
            if post.deleted is None and community in (None, post.community)
        ]

    def replies(self, post: Post) -> list[Post]:
        return [item for item in self.standing() if item.root is post]

    def live(self) -> set[Live]:
        return {
            Live(p.text, p.community, p.author, _starter(p), p.at)
            for p in self.standing()
            if p.kind == "person" and p.community not in self.private
        }

    def reactions(self) -> set[tuple[str, str, str]]:
        return {
            (post.text, person, kind)
            for post in self.standing()
            if post.community not in self.private
            for person, kind in post.reactions
        }


def _starter(post: Post) -> str:
    starter = post.root or post
    return "" if starter.deleted else starter.text


class Kept:
    """Folds rows by key, as the store does."""

    def __init__(self) -> None:
        self.messages: dict[str, Message] = {}
        self.reacted: dict[tuple[str, str | None, str], Reaction] = {}
        self.names: dict[str, str] = {}
        self.places: dict[str, str] = {}

    def add(self, rows: Iterable[Row]) -> None:
        for row in rows:
            if isinstance(row, Message):
                self.messages[row.id] = row
            elif isinstance(row, Reaction):
                self.reacted[(row.message_id, row.person_id, row.kind)] = row
            elif isinstance(row, Community):
                self.places[row.id] = row.name.split(": ")[-1].casefold().replace(" ", "-")
            elif isinstance(row, Person):
                self.names[row.id] = (row.handle or row.name or row.id).casefold()

    def live(self) -> set[Live]:
        found = set()
        for message in self.messages.values():
            if message.deleted_at is None and message.author_kind is AuthorKind.PERSON:
                starter = self.messages.get(message.conversation_id)
                found.add(
                    Live(
                        message.text,
                        self.places.get(message.community_id or "", message.community_id or ""),
                        self.names.get(message.author_id or "", message.author_id or ""),
                        starter.text if starter else "?",
                        message.created_at.replace(microsecond=0),
                    )
                )
        return found

    def reactions(self) -> set[tuple[str, str, str]]:
        found = set()
        for (message_id, person, kind), reaction in self.reacted.items():
            message = self.messages.get(message_id)
            if reaction.removed_at is None and message is not None and message.deleted_at is None:
                who = self.names.get(person, person) if person else str(reaction.number)
                found.add((message.text, who, kind))
        return found
