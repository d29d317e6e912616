"""The written conversations: reading ``bodies/*.jsonl`` and drawing from them.

One line of a body file is one conversation::

    {"by": "leader", "place": "all_staff", "after": "incident", "title": "...", "lines": [
        {"text": "...", "turn": "post"},
        {"text": "...", "turn": "answer", "stance": "pushback", "barrier": "skills",
         "kind": "obstacle", "intensity": 2},
        {"text": "...", "turn": "back", "stance": "support"}]}

``turn`` says who speaks to whom: ``post`` opens; ``answer`` is somebody who answers the post and
starts a branch; ``follow`` is somebody who answers the line before; ``back`` is the writer of the
post who answers the line before. ``by`` (optional) is ``leader`` or a department; ``place``
(optional) is a community; ``after`` (optional) keeps a conversation back until the incident. A
line without ``stance`` is neutral. The file name is the topic.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Generic, NamedTuple, TypeVar

BODIES = Path(__file__).parent / "bodies"
NETWORK_TOPIC = "network"
REMINDER_TOPIC = "reminders"

T = TypeVar("T")


class Label(NamedTuple):
    """What a reader would say of a line; the words of the labelling guideline."""

    stance: str
    barrier: str | None = None
    kind: str | None = None
    intensity: int | None = None


NEUTRAL = Label("neutral")


class Line(NamedTuple):
    """One written message; ``text`` may hold slots such as ``{ward}``."""

    text: str
    turn: str
    label: Label
    has_slots: bool


@dataclass(frozen=True, slots=True)
class Conversation:
    """A post and its branches; each branch is a tuple of indexes into ``lines``."""

    topic: str
    lines: tuple[Line, ...]
    branches: tuple[tuple[int, ...], ...]
    by: str | None = None
    place: str | None = None
    after: str | None = None
    title: str = ""
    has_slots: bool = False


class Seed(NamedTuple):
    """A conversation and the line in it that pushes back."""

    conversation: Conversation
    line: int


class Script(NamedTuple):
    """Everything that was written: conversations by topic, pushback by barrier."""

    topics: dict[str, tuple[Conversation, ...]]
    seeds: dict[str, tuple[Seed, ...]]

    @property
    def lines(self) -> list[Line]:
        """Every written message."""
        return [line for told in self.topics.values() for talk in told for line in talk.lines]


class Bag(Generic[T]):
    """Draws without putting back until everything was drawn once, then starts again."""

    def __init__(self, items: tuple[T, ...], random: Random) -> None:
        self._items = items
        self._random = random
        self._left: list[T] = []

    def draw(self) -> T:
        """The next item."""
        if not self._left:
            self._left = list(self._items)
            self._random.shuffle(self._left)
        return self._left.pop()


@cache
def read_script() -> Script:
    """All conversations that ship with the package."""
    topics: dict[str, tuple[Conversation, ...]] = {}
    seeds: dict[str, list[Seed]] = defaultdict(list)
    for path in sorted(BODIES.glob("*.jsonl")):
        rows = path.read_text(encoding="utf-8").splitlines()
        topics[path.stem] = tuple(_conversation(path.stem, json.loads(row)) for row in rows)
    for conversation in topics.get(NETWORK_TOPIC, ()):
        for index, line in enumerate(conversation.lines):
            if line.label.barrier is not None:
                seeds[line.label.barrier].append(Seed(conversation, index))
    return Script(topics, {barrier: tuple(found) for barrier, found in seeds.items()})


def _conversation(topic: str, row: dict[str, Any]) -> Conversation:
    lines = tuple(_line(line) for line in row["lines"])
    title = row.get("title", "")
    branches: list[list[int]] = []
    for index, line in enumerate(lines[1:], start=1):
        if line.turn == "answer" or not branches:
            branches.append([])
        branches[-1].append(index)
    return Conversation(
        topic=topic,
        lines=lines,
        branches=tuple(tuple(branch) for branch in branches),
        by=row.get("by"),
        place=row.get("place"),
        after=row.get("after"),
        title=title,
        has_slots="{" in title or any(line.has_slots for line in lines),
    )


def _line(row: dict[str, Any]) -> Line:
    label = NEUTRAL
    if "stance" in row:
        label = Label(row["stance"], row.get("barrier"), row.get("kind"), row.get("intensity"))
    return Line(row["text"], row["turn"], label, "{" in row["text"])
